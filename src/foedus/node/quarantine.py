"""Parts that were refused: taken up again after a mend, or put aside."""

from __future__ import annotations

import io

import msgspec

from foedus.engine import run as engine
from foedus.errors import InputError
from foedus.node.analyse import Analysed, Arriving, conclude
from foedus.node.home import Node
from foedus.node.ingest import refusals_of, settings_of
from foedus.store import quarantine


class Retried(msgspec.Struct, frozen=True):
    """What became of a part that was tried again."""

    number: int
    taken: int
    refused: tuple[str, ...]


def retry(node: Node, number: int) -> Retried:
    """Try a refused part again under its source, as the room reads today.

    Raises:
        InputError: no such part, or more was refused than quarantine keeps of it.
    """
    with node.store.read() as read:
        held = quarantine.refusal(read, number)
    if held is None:
        raise InputError(f"no part {number} in quarantine", code="quarantine-unknown", hint="foedus quarantine list")
    part = held.refusal
    if len(part.raw) >= quarantine.KEPT_BYTES:
        raise InputError("only its first 64 kB were kept", code="quarantine-cut", hint="ingest the source again")
    room = node.room(part.area)
    read_again = engine.records_from(room.ingest(io.BytesIO(part.raw), settings=settings_of(node, room)), part.source)
    refused = [one for batch in read_again.refused for one in refusals_of(batch, room.name, part.source)]
    result = Analysed(room.name)
    if read_again.batches:
        conclude(Arriving(node, room, read_again), result)
    if not refused and not result.conflicts:
        with node.store.write() as tx:
            quarantine.settle(tx, [number], "accepted")
    return Retried(number, result.new + result.same, tuple(f"{one.code}: {one.message}" for one in refused))


def dismiss(node: Node, number: int) -> None:
    """Put a refused part aside: somebody looked at it."""
    with node.store.write() as tx:
        if not quarantine.settle(tx, [number], "discarded"):
            raise InputError(f"no open part {number}", code="quarantine-unknown", hint="foedus quarantine list")
