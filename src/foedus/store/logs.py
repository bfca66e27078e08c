"""Merkle logs in the database: entries, subtree hashes, checkpoints, intents (model.ports.LogStore)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from operator import itemgetter

from sqlalchemy import ColumnElement, Connection, Row, Table, and_, insert, or_, select, update

from foedus.errors import BrokenChain, ForkedLedger, StoreError
from foedus.model.entry import Checkpoint, LogInfo, StoredEntry
from foedus.store.bulk import bulk_insert, chunks
from foedus.store.log_tables import checkpoint as checkpoints
from foedus.store.log_tables import entry, intent, log, node

_BATCH = 1_000


class Logs:
    """The logs as one transaction sees them."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._states: dict[str, tuple[int, int]] = {}

    def log(self, name: str) -> LogInfo | None:
        """Return the log of a name, or None."""
        row = self._connection.execute(select(log).where(log.c.name == name)).one_or_none()
        return None if row is None else _info(row)

    def logs(self) -> Sequence[LogInfo]:
        """Return all logs, ordered by name."""
        return [_info(row) for row in self._connection.execute(select(log).order_by(log.c.name))]

    def open_log(self, info: LogInfo) -> None:
        """Create a log; one that exists with the same info is left alone.

        Raises:
            StoreError: a log of that name exists with other info.
        """
        found = self.log(info.name)
        if found is None:
            facts = {name: getattr(info, name) for name in info.__struct_fields__}
            self._connection.execute(insert(log).values(size=0, **facts))
        elif found != info:
            raise StoreError("a log of this name exists with other facts", code="log-differs", where=info.name)

    def size(self, name: str) -> int:
        """Return the number of entries."""
        return self._state(name)[1]

    def nodes(self, name: str, wanted: Sequence[tuple[int, int]]) -> list[bytes]:
        """Return the hashes of complete subtrees (level, index), in the order asked for.

        Raises:
            BrokenChain: one of them is not kept.
        """
        log_id, _ = self._state(name)
        found: dict[tuple[int, int], bytes] = {}
        for chunk in chunks(sorted(set(wanted))):
            columns = select(node.c.level, node.c.position, node.c.hash).where(_among(log_id, chunk))
            rows = self._connection.execute(columns).fetchall()
            found.update(((level, position), digest) for level, position, digest in rows)
        try:
            return [found[place] for place in wanted]
        except KeyError as missing:
            raise BrokenChain(f"no hash for subtree {missing.args[0]}", code="node-missing", where=name) from None

    def append(self, name: str, entries: Sequence[StoredEntry], nodes: Sequence[tuple[int, int, bytes]]) -> None:
        """Append entries at the end, with the subtree hashes that became complete."""
        log_id, size = self._state(name)
        rows = [(log_id, seq, kept.leaf, kept.salt, kept.body) for seq, kept in enumerate(entries, size)]
        bulk_insert(self._connection, entry, ("log_id", "seq", "leaf", "salt", "body"), rows)
        hashes = [(log_id, *place) for place in nodes]
        bulk_insert(self._connection, node, ("log_id", "level", "position", "hash"), hashes)
        self._connection.execute(update(log).where(log.c.id == log_id).values(size=size + len(entries)))
        self._states[name] = (log_id, size + len(entries))

    def entries(self, name: str, start: int, end: int) -> Iterator[StoredEntry]:
        """Yield entries ``start <= seq < end`` in order."""
        log_id, size = self._state(name)
        end = min(end, size)
        columns = select(entry.c.leaf, entry.c.salt, entry.c.body).order_by(entry.c.seq)
        for low in range(max(start, 0), end, _BATCH):
            span = entry.c.seq.between(low, min(low + _BATCH, end) - 1)
            yield from map(_stored, self._connection.execute(columns.where(entry.c.log_id == log_id, span)).fetchall())

    def checkpoint(self, name: str) -> Checkpoint | None:
        """Return the newest checkpoint that this node signed (own log) or verified (another's log)."""
        newest = (
            select(log.c.origin, checkpoints.c.size, checkpoints.c.root, checkpoints.c.note)
            .join(log, log.c.id == checkpoints.c.log_id)
            .where(log.c.name == name)
            .order_by(checkpoints.c.size.desc())
            .limit(1)
        )
        row = self._connection.execute(newest).one_or_none()
        return None if row is None else Checkpoint(*row)

    def checkpoints(self, name: str, above: int) -> Sequence[Checkpoint]:
        """Return the kept checkpoints of more than ``above`` entries, smallest first."""
        kept = (
            select(log.c.origin, checkpoints.c.size, checkpoints.c.root, checkpoints.c.note)
            .join(log, log.c.id == checkpoints.c.log_id)
            .where(log.c.name == name, checkpoints.c.size > above)
            .order_by(checkpoints.c.size)
        )
        return [Checkpoint(*row) for row in self._connection.execute(kept)]

    def keep_checkpoint(self, name: str, checkpoint: Checkpoint) -> None:
        """Keep a checkpoint; the same size and root again replaces the note (more signatures).

        Raises:
            ForkedLedger: a checkpoint of that size has another root.
        """
        same = self._same_root(checkpoints, name, checkpoint.size, checkpoint.root)
        kept = {
            "log_id": self._state(name)[0],
            "size": checkpoint.size,
            "root": checkpoint.root,
            "note": checkpoint.note,
        }
        if same is None:
            self._connection.execute(insert(checkpoints).values(kept))
        else:
            self._connection.execute(update(checkpoints).where(same).values(note=checkpoint.note))

    def intend(self, name: str, size: int, root: bytes) -> None:
        """Persist the intent to sign (size, root) before signing.

        Raises:
            ForkedLedger: another root was intended for that size before.
        """
        if self._same_root(intent, name, size, root) is None:
            self._connection.execute(insert(intent).values(log_id=self._state(name)[0], size=size, root=root))

    def _state(self, name: str) -> tuple[int, int]:
        """Number and size of a log; within one transaction nobody else changes them."""
        if name in self._states:
            return self._states[name]
        row = self._connection.execute(select(log.c.id, log.c.size).where(log.c.name == name)).one_or_none()
        if row is None:
            raise StoreError("no such log", code="log-unknown", where=name)
        self._states[name] = found = (row.id, row.size)
        return found

    def _same_root(self, table: Table, name: str, size: int, root: bytes) -> ColumnElement[bool] | None:
        """Return where the row of this size is, None where there is none; refuse another root."""
        place = (table.c.log_id == self._state(name)[0]) & (table.c.size == size)
        held = self._connection.scalar(select(table.c.root).where(place))
        if held is None:
            return None
        if held != root:
            raise ForkedLedger(
                f"size {size} has another root in {table.name}", where=name, hint="keep both as evidence"
            )
        return place


def _among(log_id: int, places: Sequence[tuple[int, int]]) -> ColumnElement[bool]:
    """Say which subtrees, each level with the whole key: anything else is compared with every row of the log."""
    by_level = groupby(places, key=itemgetter(0))
    return or_(*(and_(node.c.log_id == log_id, node.c.level == level, _at(list(these))) for level, these in by_level))


def _at(places: Sequence[tuple[int, int]]) -> ColumnElement[bool]:
    first, last = places[0][1], places[-1][1]
    if last - first + 1 == len(places):
        return node.c.position.between(first, last)
    return node.c.position.in_([position for _, position in places])


def _stored(row: Sequence[object]) -> StoredEntry:
    """Return an entry's row; whoever changed one by hand may have left text where bytes were, and that is verified too."""
    leaf, salt, body = (value if isinstance(value, bytes) else str(value).encode() for value in row)
    return StoredEntry(leaf, salt, body)


def _info(row: Row[tuple[object, ...]]) -> LogInfo:
    return LogInfo(row.name, row.origin, row.programme, row.sender, row.recipient, row.own)
