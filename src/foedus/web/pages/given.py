"""What a liaison officer sees: what their own party was given here, and the logs that it holds too; of anything else nothing."""

from __future__ import annotations

import msgspec

from foedus.errors import InputError
from foedus.node import account, given
from foedus.node.given import Choice
from foedus.web.answer import Answer, File, Moved, Shown, Table
from foedus.web.pages import ledger
from foedus.web.pages.finding import drawn, plain_id, tracks_of
from foedus.web.visit import Visit

_FILTERS = Choice.__struct_fields__
_COLUMNS = (
    "object", "title", "area", "kind", "owner", "label", "urgency", "at", "since", "latitude", "longitude",
)  # fmt: skip


def home(_: Visit) -> Answer:
    """Go to where a liaison begins."""
    return Moved("/situation")


def situation(visit: Visit) -> Answer:
    """Show a page of what the party was given, with where it happened."""
    choice = Choice(**{name: visit.value(name) for name in _FILTERS})
    found = given.page(visit.node, _party(visit), choice)
    points = [
        {
            "id": one.object_id,
            "urgency": one.urgency,
            "room": one.room,
            "kind": one.kind,
            "lat": at.lat_deg,
            "lon": at.lon_deg,
        }
        for one in found.items
        for at in one.places
    ]
    chosen = {name: value for name, value in msgspec.structs.asdict(choice).items() if value and name != "after"}
    data = {"given": found, "wanted": choice, "chosen": chosen, "points": points}
    placed = sorted({(one.room, one.kind) for one in found.items if one.places})
    rows = [
        (
            *msgspec.structs.astuple(one)[:-1],
            *((one.places[0].lat_deg, one.places[0].lon_deg) if one.places else ("", "")),
        )
        for one in found.items
    ]
    labels = [one.label for one in found.items if one.label]
    page = Shown("given.html", data, Table(_COLUMNS, rows), labels)
    return page if visit.asked.twin != "html" else page._replace(data={**data, "placed": placed})


def finding(visit: Visit) -> Answer:
    """Show what the party was given of a finding."""
    found = given.one(visit.node, _party(visit), visit.place("object_id"), visit.look.language)
    picture = found.picture
    data = {
        "seen": found.seen,
        "versions": [
            {"version": one.version, "since": one.since, "until": one.until, "object": msgspec.json.decode(one.raw)}
            for one in found.versions
        ],
        "links": found.links,
        "tracks": tracks_of(picture),
        "drawn": picture.panes if picture else (),
    }
    labels = [one.label for one in found.versions if one.label]
    table = Table(("how", "object", "title"), [msgspec.structs.astuple(one) for one in found.links])
    page = Shown("given-one.html", data, table, labels)
    return page if visit.asked.twin != "html" else page._replace(data={**data, "picture": drawn(visit, picture)})


def stix(visit: Visit) -> Answer:
    """Give the bytes of a version as they are shown."""
    object_id, version = visit.place("object_id"), visit.value("version")
    found = given.one(visit.node, _party(visit), object_id, visit.look.language).versions
    chosen = next((one for one in found if version in ("", one.version)), None)
    if chosen is None:
        raise InputError("no such version", code="object-unknown")
    return File(chosen.raw, f"{plain_id(object_id)}.stix", "application/stix+json;version=2.1")


def logs(visit: Visit) -> Answer:
    """Show the logs of what went to the party and came from it."""
    names = given.logs_of(visit.node, _party(visit))
    held = [one for one in account.logs(visit.node) if one.name in names]
    rows = [(one.name, one.origin, one.entries, one.signed, one.signatures) for one in held]
    return Shown("given-logs.html", {"logs": held}, Table(("log", "origin", "entries", "signed", "signatures"), rows))


def log(visit: Visit) -> Answer:
    """Show entries of one of these logs."""
    _own(visit)
    return ledger.log(visit)


def proof(visit: Visit) -> Answer:
    """Give the proof of an entry of one of these logs."""
    _own(visit)
    return ledger.proof(visit)


def _own(visit: Visit) -> None:
    if visit.value("name") not in given.logs_of(visit.node, _party(visit)):
        raise InputError("no such log", code="log-unknown")


def _party(visit: Visit) -> str:
    return visit.person.party
