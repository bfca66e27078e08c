"""A MISP event as it was received, and who it is meant for.

Source: MISP core format (draft-dulaunoy-misp-core-format); MISP 2.4 and 2.5 sources where the draft is silent.
"""

from __future__ import annotations

import hashlib
import uuid as uuids
from collections.abc import Iterator
from typing import Any

import msgspec

from foedus.errors import MalformedRecord, UnsupportedFormat
from foedus.model import ijson
from foedus.model.misp.extension import NAMESPACE

OWN, COMMUNITY, CONNECTED, ALL, GROUP, INHERIT = range(6)

_LISTS = (
    "Attribute",
    "Object",
    "Tag",
    "Galaxy",
    "GalaxyCluster",
    "EventReport",
    "ShadowAttribute",
    "Sighting",
    "ObjectReference",
)
_TEXTS = (
    "info",
    "type",
    "value",
    "category",
    "comment",
    "object_relation",
    "name",
    "description",
    "content",
    "tag_name",
)
_SECONDS = ("timestamp", "publish_timestamp", "date_sighting")
_LAST_SECOND = 253_402_300_799  # 9999-12-31T23:59:59Z
_MARKS_OF_AN_EVENT = ("info", "Attribute", "Object")


class Organisation(msgspec.Struct, frozen=True):
    """A MISP organisation."""

    uuid: str
    name: str


class SharingGroup(msgspec.Struct, frozen=True):
    """Who a sharing group lists: organisation uuids, lower case, sorted. An inactive or unknown group lists nobody."""

    uuid: str
    name: str = ""
    organisations: tuple[str, ...] = ()


class Handling(msgspec.Struct, frozen=True):
    """Effective audience of a part: the distribution (0 to 4), and for 4 the group that every whole around it allows."""

    distribution: int
    sharing_group: SharingGroup | None = None


class MispEvent(msgspec.Struct, frozen=True):
    """One event.

    ``raw`` are the received bytes, the wrapper ``{"Event": …}`` included where there was one; ``pointer`` is where in them
    the event stands. ``event`` is their decoded form, only to be read. ``derived`` says that the event came without a uuid,
    and that ours was made from its bytes.
    """

    raw: bytes
    sha256: str
    pointer: str
    uuid: str
    derived: bool
    info: str
    timestamp: int
    published: bool
    event: dict[str, Any]


def read_event(raw: bytes) -> MispEvent:
    """Return the one event of a file: ``{"Event": …}`` or a bare event.

    Raises:
        UnsupportedFormat: JSON, but no MISP event (``misp-no-event``), or several (``misp-several-events``).
        MalformedRecord: no strict JSON, or a part of another type than MISP gives it (``misp-malformed``).

    >>> read_event(b'{"Event": {"info": "a", "timestamp": "1700000000", "Attribute": []}}').timestamp
    1700000000
    """
    found = list(read_events(raw))
    if len(found) != 1:
        raise UnsupportedFormat(
            "not one event", code="misp-several-events", where="/response", hint="read them with read_events"
        )
    return found[0]


def read_events(raw: bytes) -> Iterator[MispEvent]:
    """Yield the events of a file or answer: one event, a list of them, or ``{"response": […]}``.

    The attributes or objects that a search answers without an event are taken as an event that says nothing else.

    Raises:
        UnsupportedFormat: JSON, but no MISP event (``misp-no-event``).
        MalformedRecord: no strict JSON, or a part of another type than MISP gives it (``misp-malformed``).
    """
    document = ijson.loads(raw)
    response = document.get("response") if isinstance(document, dict) else document
    if response is None:
        yield _event(raw, document, "")
    elif isinstance(response, list):
        base = "/response" if isinstance(document, dict) else ""
        # The bytes of each event are cut out of the answer as they stand.
        pieces = msgspec.json.decode(_response(raw) if base else raw, type=list[msgspec.Raw])
        for index, (piece, item) in enumerate(zip(pieces, response, strict=True)):
            yield _event(bytes(piece), item, f"{base}/{index}")
    else:
        yield _event(_response(raw), response, "/response")


def _response(raw: bytes) -> bytes:
    return bytes(msgspec.json.decode(raw, type=dict[str, msgspec.Raw])["response"])


def handling(event: MispEvent, attribute: dict[str, Any], *wholes: dict[str, Any]) -> Handling:
    """Return who a part may reach: what the event, the object around it and the part itself allow, all together.

    Args:
        event: the event.
        attribute: the part: an attribute, object, report or the event itself.
        wholes: what stands around it inside the event, an object.

    Returns:
        Handling, never wider than any of them. 5 (inherit) adds nothing; absent or unknown is 0: own organisation only.
    """
    held = own_handling(event.event)
    for part in (*wholes, attribute):
        if part is not event.event:
            held = narrower(held, own_handling(part, inherited=held))
    return held


def own_handling(part: dict[str, Any], inherited: Handling | None = None) -> Handling:
    """Return what a part says of itself; ``inherited`` where it says 5."""
    distribution = whole(part.get("distribution"), OWN)
    if distribution == INHERIT and inherited is not None:
        return inherited
    if distribution == GROUP:
        return Handling(GROUP, _group(part))
    return Handling(distribution if OWN <= distribution <= ALL else OWN)


def narrower(one: Handling, other: Handling) -> Handling:
    """Return what both allow: 0 before a group before a community; of two groups those whom both list."""
    if one.sharing_group is not None and other.sharing_group is not None:
        listed = set(one.sharing_group.organisations) & set(other.sharing_group.organisations)
        return Handling(GROUP, msgspec.structs.replace(other.sharing_group, organisations=tuple(sorted(listed))))
    return min(one, other, key=reach)


def reach(held: Handling) -> int:
    """Return the order of distributions by reach: 0, 4, 1, 2, 3."""
    return (OWN, GROUP, COMMUNITY, CONNECTED, ALL).index(held.distribution)


def whole(value: Any, default: int = 0) -> int:
    """Return a number that MISP writes as integer or text, the default for anything else.

    >>> whole("3"), whole(3), whole(None), whole("x", -1)
    (3, 3, 0, -1)
    """
    if isinstance(value, str) and value.strip().isascii() and value.strip().isdigit() and len(value) < 20:
        value = int(value)
    return value if type(value) is int and abs(value) < 2**53 else default


def flag(value: Any) -> bool:
    """Return a truth value that MISP writes as true, 1 or "1"."""
    return value in (1, "1", "true")


def uuid_of(part: dict[str, Any]) -> str:
    """Return the part's uuid, lower case; empty where it has none that is one."""
    text = part.get("uuid")
    try:
        return str(uuids.UUID(text)) if isinstance(text, str) and len(text) == 36 else ""
    except ValueError:
        return ""


def parts(part: dict[str, Any], name: str) -> list[dict[str, Any]]:
    """Return the sub-parts of a name; MISP writes none as absent, null or an empty list."""
    found = part.get(name) or []
    return found if isinstance(found, list) else [found]


def _event(raw: bytes, item: Any, pointer: str) -> MispEvent:
    wrapped = isinstance(item, dict) and isinstance(item.get("Event"), dict)
    event = item["Event"] if wrapped else item
    place = f"{pointer}/Event"
    if not isinstance(event, dict) or not (wrapped or any(mark in event for mark in _MARKS_OF_AN_EVENT)):
        raise UnsupportedFormat(
            "JSON, but no MISP event", code="misp-no-event", where=place, hint="send an event export"
        )
    _check(event, place if wrapped else pointer)
    sha256 = hashlib.sha256(raw).hexdigest()
    given = uuid_of(event)
    return MispEvent(
        raw,
        sha256,
        "/Event" if wrapped else "",
        given or str(uuids.uuid5(NAMESPACE, f"event {sha256}")),
        not given,
        event.get("info") or "",
        whole(event.get("timestamp")),
        flag(event.get("published")),
        event,
    )


def _check(part: dict[str, Any], pointer: str) -> None:
    """Lists hold objects, texts are texts, seconds are a date, an attribute has type and value: no more is asked."""
    for key in _TEXTS:
        if not isinstance(part.get(key) or "", str):
            # A sighting's type is a number.
            if key != "type" or "date_sighting" not in part:
                raise _malformed(f"{pointer}/{key}", "not a text")
    for key in _SECONDS:
        if not 0 <= whole(part.get(key)) <= _LAST_SECOND:
            raise _malformed(f"{pointer}/{key}", "not a time")
    for name in _LISTS:
        for index, item in enumerate(parts(part, name)):
            place = f"{pointer}/{name}/{index}" if isinstance(part[name], list) else f"{pointer}/{name}"
            if not isinstance(item, dict):
                raise _malformed(place, "not an object")
            for key in ("type", "value") if name in ("Attribute", "ShadowAttribute") else ():
                if not isinstance(item.get(key), str):
                    raise _malformed(f"{place}/{key}", "an attribute needs type and value, both text")
            _check(item, place)


def _malformed(pointer: str, message: str) -> MalformedRecord:
    return MalformedRecord(message, code="misp-malformed", where=pointer, hint="see the MISP core format")


def _group(part: dict[str, Any]) -> SharingGroup:
    """The group a part names: only organisations it lists count, whatever ``extend`` and ``all_orgs`` say."""
    group = part.get("SharingGroup")
    if not isinstance(group, dict):
        return SharingGroup("")
    listed: set[str] = set()
    if flag(group.get("active", True)):
        for entry in parts(group, "SharingGroupOrg"):
            organisation = entry.get("Organisation") if isinstance(entry, dict) else None
            if isinstance(organisation, dict):
                listed.add(uuid_of(organisation))
    return SharingGroup(uuid_of(group), str(group.get("name") or ""), tuple(sorted(listed - {""})))
