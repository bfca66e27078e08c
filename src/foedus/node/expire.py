"""Expire: what is over in the vault goes, and with it the records it became and what its room carries of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from foedus import areas
from foedus.account.bodies import VaultExpired, draft
from foedus.account.ledger import append
from foedus.model import instant
from foedus.model.entry import MASTER
from foedus.node.home import Node
from foedus.node.ingest import RECORDS, done_mark
from foedus.node.turns import alone
from foedus.store import records, state, vault
from foedus.store.engine import Tx
from foedus.store.vault import Item


def expire(node: Node) -> int:
    """Delete what is over in the vault, and enter that for each source; return how many things went.

    The records of such a source go too, and what its room remembers of it: nothing concluded later rests on it. No room
    concludes meanwhile, so none puts back what it had read before.
    """
    with node.store.read() as read:
        over = vault.due(read)
    if not over:
        return 0
    at = node.clock.now()
    with ExitStack() as turns:
        for area in over:
            turns.enter_context(alone(node, area))
        with node.store.write() as tx:
            gone = vault.expire(tx, node.directory, over)
            captures = [one for one in gone if one.kind == "capture"]
            _forget(node, tx, captures)
            drafts = [
                draft(
                    VaultExpired(at=instant.text(instant.to_us(at)), area=one.area, source=one.source, sha256=one.name)
                )
                for one in captures
            ]
            append(tx.logs, MASTER, drafts, at=at, entropy=node.entropy)
    return len(gone)


def _forget(node: Node, tx: Tx, gone: Sequence[Item]) -> None:
    """Take the records of sources away, and what rooms carry of them."""
    by_area: dict[str, set[str]] = defaultdict(set)
    for one in gone:
        by_area[one.area].add(one.source)
    for area, sources in by_area.items():
        # Before the transaction ends: after a crash the capture is still there, and is over again.
        _unlink(node.directory / RECORDS, area, sources)
        room = node.rooms.get(area)
        door = areas.retention(room) if room is not None else None
        version, held = state.room_state_of(tx, area)
        if door is not None and held:
            state.put_room_state(tx, area, version, door.forget(held, sources))


def _unlink(directory: Path, area: str, sources: set[str]) -> None:
    for source, paths in records.by_source(directory, area).items():
        for path in map(Path, paths if source in sources else ()):
            path.unlink(missing_ok=True)
            done_mark(path).unlink(missing_ok=True)
