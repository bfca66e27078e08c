"""Packs: what findings can be replayed from, in the vault until the first of its sources is over; and the replay."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from foedus import areas
from foedus.errors import InputError, StoreError
from foedus.model import instant
from foedus.model.finding import Again, Pack
from foedus.model.stix import read as read_stix
from foedus.node.home import Node
from foedus.node.show import versions
from foedus.node.vault import box_of, item_of
from foedus.store import vault
from foedus.store.engine import Tx


class Replayed(msgspec.Struct, frozen=True):
    """A finding concluded again: of which version, until when that can be done, what it said and what comes out."""

    object_id: str
    version: str
    until: str
    again: tuple[Again, ...]

    @property
    def same(self) -> bool:
        """Say whether all comes out as it was said."""
        return all(one.same for one in self.again)


def keep(node: Node, tx: Tx, area: str, packs: Iterable[Pack]) -> None:
    """Keep what a room's findings can be replayed from, each pack in place of the one before it."""
    for one in packs:
        vault.keep_pack(tx, box_of(node), item_of(node, "pack", area, "", one.name), one)


def replay(node: Node, object_id: str) -> Replayed:
    """Conclude a finding again, from what is kept for that.

    Raises:
        InputError: the node does not hold it, somebody else concluded it, or its room replays nothing.
        StoreError: what it rests on is over (``pack-expired``), or it cannot be read.
        MalformedRecord: what is kept is no pack.
    """
    with node.store.read() as read:
        held = versions(read, object_id)[0]
        door, head = areas.evidence(node.rooms[held.room]), read_stix(held.raw)
        name = door.pack_of(head) if door is not None else ""
        if door is None or not name or held.document:
            raise InputError(
                "this finding is not replayed here",
                code="replay-none",
                where=object_id,
                hint="its own node replays it, where its room keeps evidence",
            )
        kept = vault.pack(read, box_of(node), held.room, name)
    if kept is None:
        raise StoreError(
            "what it was concluded from is no longer kept",
            code="pack-expired",
            where=object_id,
            hint="the evidence that was released with it remains",
        )
    return Replayed(object_id, held.version, instant.text(kept[0].until_us), tuple(door.replay(kept[1], head)))
