"""MISP events: each part of an event as the STIX object that shows it, with the handling of that part."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import msgspec

from foedus.areas.cyber.batches import Handling, Row
from foedus.engine.opened import Opened
from foedus.engine.refused import Refusal, refusal
from foedus.errors import FoedusError
from foedus.model import ijson, misp
from foedus.model.misp import extension
from foedus.model.misp.event import flag, parts, uuid_of

MAX_EVENT_BYTES = 64 * 2**20


class Part(NamedTuple):
    """One event, or what a search answered without one: its bytes, and where it stood."""

    raw: bytes
    pointer: str


def read(opened: Opened, limit: int) -> Iterator[Row | Refusal]:
    """Yield the objects of every event of a file, list or REST answer; an event that cannot be read is refused whole."""
    for piece in ijson.split(opened.chunks(), max_object_bytes=limit):
        if isinstance(piece, ijson.Refused):
            yield Refusal(piece.pointer or "byte 0", piece.code, piece.message, piece.hint, piece.raw_head)
            continue
        for part in _parts(piece):
            if isinstance(part, Refusal):
                yield part
            else:
                yield from _rows(part)


def _rows(part: Part) -> Iterator[Row | Refusal]:
    try:
        for event in misp.read_events(part.raw):
            place = f"{part.pointer}{event.pointer}" or "/"
            apart = _apart(event.event)
            for shown in misp.to_stix(event):
                group = shown.sharing_group.organisations if shown.sharing_group else ()
                joined = not apart or _attribute(shown.object.raw) not in apart
                yield Row(
                    shown.object.raw, place, "misp", Handling(shown.distribution, group, shown.mark or "", joined)
                )
    except FoedusError as error:
        yield refusal(error, part.pointer, part.raw)


def _apart(event: dict[str, Any]) -> frozenset[str]:
    """Uuids of the attributes that must not be correlated (``disable_correlation``, of their own or of the event)."""
    held = [*parts(event, "Attribute"), *(one for item in parts(event, "Object") for one in parts(item, "Attribute"))]
    everywhere = flag(event.get("disable_correlation"))
    return frozenset(uuid_of(one) for one in held if everywhere or flag(one.get("disable_correlation")))


def _attribute(raw: bytes) -> str:
    """Uuid of the attribute an object shows; no uuid is of no attribute."""
    return str(extension.of(ijson.decode(raw)).get("attribute", "none"))


def _parts(piece: ijson.Piece) -> Iterator[Part | Refusal]:
    """Events of a REST answer one by one, so that one that is broken does not cost the others."""
    try:
        response = msgspec.json.decode(piece.raw, type=dict[str, msgspec.Raw]).get("response", msgspec.Raw())
    except msgspec.DecodeError:
        response = msgspec.Raw()  # the reader says what is wrong, and where
    if not bytes(response).startswith(b"["):
        yield Part(piece.raw, piece.pointer)
        return
    for inner in ijson.split([bytes(response)], max_object_bytes=MAX_EVENT_BYTES):
        place = f"{piece.pointer}/response{inner.pointer}"
        if isinstance(inner, ijson.Refused):
            yield Refusal(place, inner.code, inner.message, inner.hint, inner.raw_head)
        else:
            yield Part(inner.raw, place)
