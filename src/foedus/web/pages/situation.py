"""The situation: findings as a list with filters in its address, on a map, and the evidence of one beside."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import msgspec

from foedus.errors import FoedusError
from foedus.node.on_map import on_map
from foedus.node.situation import Seen, Wanted, situation
from foedus.node.watch import REASONS, WATCHERS, watchers
from foedus.web.answer import Answer, Json, Shown, Table
from foedus.web.pages.finding import evidence
from foedus.web.visit import Visit

_FILTERS = Wanted.__struct_fields__
# What asks for no attention at all (identities, relations, markings) is shown to whoever asks for it.
_USUAL: Mapping[str, str] = MappingProxyType({"urgency": "1"})
COLUMNS = (
    *("object", "title", "area", "kind", "owner", "label", "urgency", "at", "latitude", "longitude"),
    *("watch", "assigned"),
)
WATCH = ("open", "mine", "acknowledged", "dismissed")


def show(visit: Visit) -> Answer:
    """Show a page of findings that pass the filters of the address."""
    wanted = _wanted(visit)
    found = situation(visit.node, wanted, person=visit.person.name)
    chosen = {
        name: value
        for name, value in msgspec.structs.asdict(wanted).items()
        if value != _USUAL.get(name, "") and name != "after"
    }
    data = {
        "situation": found,
        "wanted": wanted,
        "chosen": chosen,
        "labels_by_id": dict(found.labels),
        "watch_states": WATCH,
        "watchers": watchers(visit.node) if visit.may(*WATCHERS) else [],
        "dismiss_reasons": REASONS,
        "told": _told(visit),
    }
    labels = [*(one.label for one in found.items if one.label != "no label"), *found.placed_labels]
    page = Shown("situation.html", data, Table(COLUMNS, [row(one) for one in found.items]), labels)
    return page if visit.asked.twin != "html" else page._replace(data={**data, "beside": _beside(visit)})


def places(visit: Visit) -> Answer:
    """Give the map its places: of all findings that pass the filters of the address."""
    zoom = visit.value("zoom")
    return Json(
        on_map(visit.node, _wanted(visit), int(zoom) if zoom.isdecimal() and len(zoom) < 3 else 0, visit.person.name)
    )


def _wanted(visit: Visit) -> Wanted:
    return Wanted(**{name: visit.value(name) or _USUAL.get(name, "") for name in _FILTERS})


def _beside(visit: Visit) -> dict[str, object] | None:
    """Return the evidence that the address asks for beside the list."""
    object_id = visit.value("at")
    try:
        return evidence(visit, object_id) if object_id else None
    except FoedusError:
        return None


def row(one: Seen) -> tuple[object, ...]:
    """Return a finding as a row of a table."""
    place = one.places[0] if one.places else None
    said = (one.object_id, one.title, one.room, one.kind, one.owner, one.label, one.urgency, one.at)
    return (*said, place.lat_deg if place else "", place.lon_deg if place else "", one.watch, one.assigned)


def _told(visit: Visit) -> dict[str, int]:
    """Return how many of a set were done, and how many had changed, as the address says after an act about a set."""
    done, _, gone = visit.value("told").partition("-")
    return (
        {"done": int(done), "gone": int(gone)} if done.isdecimal() and gone.isdecimal() and len(done + gone) < 8 else {}
    )
