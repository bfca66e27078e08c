"""Merkle logs in the database: entries, subtree hashes, checkpoints, intents (model.ports.LogStore)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    Table,
    and_,
    false,
    func,
    insert,
    literal,
    or_,
    select,
    update,
)

from foedus.errors import BrokenChain, ForkedLedger, StoreError
from foedus.model.entry import Checkpoint, LogInfo, StoredEntry
from foedus.model.instant import parse, to_us
from foedus.store.bulk import bulk_insert, chunks
from foedus.store.dialects import PlaceOf
from foedus.store.log_tables import checkpoint as checkpoints
from foedus.store.log_tables import entry, intent, log, node

_BATCH = 1_000
_WANTED = 10_000
"""Subtrees in one question; their places take part of a statement's parameters."""
_POINTS = 1_000
"""Entries that are looked at to find where an instant is, in all logs together."""


class _Kept(NamedTuple):
    """A log as it is kept: its number, its size, what it is."""

    id: int
    size: int
    info: LogInfo


class Logs:
    """The logs as one transaction sees them."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._read: dict[str, _Kept] | None = None

    @property
    def _known(self) -> dict[str, _Kept]:
        """All logs, two a partner, read once: within one transaction nobody else changes them."""
        if self._read is None:
            rows = self._connection.execute(select(log).order_by(log.c.name))
            self._read = {row.name: _Kept(row.id, row.size, _info(row)) for row in rows}
        return self._read

    def log(self, name: str) -> LogInfo | None:
        """Return the log of a name, or None."""
        held = self._known.get(name)
        return None if held is None else held.info

    def logs(self) -> Sequence[LogInfo]:
        """Return all logs, ordered by name."""
        return [held.info for held in self._known.values()]

    def open_log(self, info: LogInfo) -> None:
        """Create a log; one that exists with the same info is left alone.

        Raises:
            StoreError: a log of that name exists with other info.
        """
        found = self.log(info.name)
        if found is None:
            facts = {name: getattr(info, name) for name in info.__struct_fields__}
            self._connection.execute(insert(log).values(size=0, **facts))
            self._read = None
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
        found = self.kept_nodes(name, wanted)
        try:
            return [found[place] for place in wanted]
        except KeyError as missing:
            raise BrokenChain(f"no hash for subtree {missing.args[0]}", code="node-missing", where=name) from None

    def kept_nodes(self, name: str, wanted: Iterable[tuple[int, int]]) -> dict[tuple[int, int], bytes]:
        """Return the hashes of those of some complete subtrees (level, index) that are kept."""
        log_id, _ = self._state(name)
        found: dict[tuple[int, int], bytes] = {}
        for chunk in chunks(sorted(set(wanted)), _WANTED):
            columns = select(node.c.level, node.c.position, node.c.hash).where(_among(log_id, chunk))
            rows = self._connection.execute(columns).fetchall()
            found.update(((level, position), digest) for level, position, digest in rows)
        return found

    def append(self, name: str, entries: Sequence[StoredEntry], nodes: Sequence[tuple[int, int, bytes]]) -> None:
        """Append entries at the end, with the subtree hashes that became complete."""
        log_id, size = self._state(name)
        rows = [(log_id, seq, kept.leaf, kept.salt, kept.body) for seq, kept in enumerate(entries, size)]
        bulk_insert(self._connection, entry, ("log_id", "seq", "leaf", "salt", "body"), rows)
        hashes = [(log_id, *place) for place in nodes]
        bulk_insert(self._connection, node, ("log_id", "level", "position", "hash"), hashes)
        self._connection.execute(update(log).where(log.c.id == log_id).values(size=size + len(entries)))
        self._known[name] = self._known[name]._replace(size=size + len(entries))

    def entries(self, name: str, start: int, end: int) -> Iterator[StoredEntry]:
        """Yield entries ``start <= seq < end`` in order."""
        log_id, size = self._state(name)
        end = min(end, size)
        columns = select(entry.c.leaf, entry.c.salt, entry.c.body).order_by(entry.c.seq)
        for low in range(max(start, 0), end, _BATCH):
            span = entry.c.seq.between(low, min(low + _BATCH, end) - 1)
            yield from map(
                stored_entry, self._connection.execute(columns.where(entry.c.log_id == log_id, span)).fetchall()
            )

    def last_with(self, names: Collection[str], mark: bytes = b"") -> dict[str, tuple[int, StoredEntry]]:
        """Return of each of some logs the last entry in whose leaf a mark stands, with its place; of none where there is none."""
        other = entry.alias()
        marked = PlaceOf(other.c.leaf, literal(mark)) > 0 if mark else other.c.seq >= 0
        last = select(other.c.seq).where(other.c.log_id == log.c.id, marked).order_by(other.c.seq.desc()).limit(1)
        which = _named.join(entry, (entry.c.log_id == log.c.id) & (entry.c.seq == last.scalar_subquery()))
        return {name: (seq, stored_entry(row)) for name, seq, *row in self._rows(which, names)}

    def first_since(self, begun: Mapping[str, int], ends: Mapping[str, int]) -> dict[str, int]:
        """Return of logs, whose instants never fall, a place before an end: what is before it is before an instant (us).

        Some entries, evenly spaced, are looked at, so that the place is near the first entry of that instant or later.
        """
        each = max(2, _POINTS // max(1, len(ends)))
        wanted = {name: range(0, end, max(1, end // each)) for name, end in ends.items() if end}
        spans = ((entry.c.log_id == self._state(name)[0]) & entry.c.seq.in_(seqs) for name, seqs in wanted.items())
        leaves = _named.join(entry, entry.c.log_id == log.c.id).where(or_(false(), *spans))
        found = dict.fromkeys(wanted, 0)
        for name, seq, *row in self._connection.execute(leaves.order_by(entry.c.seq)) if wanted else ():
            if to_us(parse(stored_entry(row).entry().at)) < begun[name]:
                found[name] = seq
        return found

    def since(self, starts: Mapping[str, int]) -> Iterator[tuple[str, int, StoredEntry]]:
        """Yield the entries of logs from a place of each on: log by log, each in order, with their places."""
        spans = ((entry.c.log_id == self._state(name)[0]) & (entry.c.seq >= start) for name, start in starts.items())
        which = _named.join(entry, entry.c.log_id == log.c.id).where(or_(false(), *spans))
        which = which.order_by(log.c.name, entry.c.seq).execution_options(yield_per=_BATCH)
        for name, seq, *row in self._connection.execute(which) if starts else ():
            yield name, seq, stored_entry(row)

    def newest(self) -> dict[str, Checkpoint]:
        """Return the newest checkpoint of each log that has one."""
        other = checkpoints.alias()
        last = select(func.max(other.c.size)).where(other.c.log_id == log.c.id).scalar_subquery()
        columns = log.c.name, log.c.origin, checkpoints.c.size, checkpoints.c.root, checkpoints.c.note
        which = (
            select(*columns)
            .select_from(log)
            .join(checkpoints, (checkpoints.c.log_id == log.c.id) & (checkpoints.c.size == last))
        )
        return {name: Checkpoint(*row) for name, *row in self._connection.execute(which)}

    def receipted(self, last: int) -> dict[str, int]:
        """Return of each log the size of the largest state with two signatures among those of its last so many entries."""
        both = checkpoints.c.note.like("%\n— %\n— %") & (checkpoints.c.size > log.c.size - last)
        largest = select(log.c.name, func.max(checkpoints.c.size)).select_from(log)
        largest = largest.join(checkpoints, checkpoints.c.log_id == log.c.id)
        rows = self._connection.execute(largest.where(both).group_by(log.c.name))
        return {row[0]: row[1] for row in rows}

    def _rows(self, which: Select[Any], names: Collection[str]) -> Iterator[Sequence[Any]]:
        rows = self._connection.execute(which.where(log.c.name.in_(names)).order_by(log.c.name)) if names else ()
        yield from map(tuple, rows)

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
        held = self._known.get(name)
        if held is None:
            raise StoreError("no such log", code="log-unknown", where=name)
        return held.id, held.size

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


def stored_entry(row: Sequence[object]) -> StoredEntry:
    """Return an entry's row; whoever changed one by hand may have left text where bytes were, and that is verified too."""
    leaf, salt, body = (value if isinstance(value, bytes) else str(value).encode() for value in row)
    return StoredEntry(leaf, salt, body)


_named = select(log.c.name, entry.c.seq, entry.c.leaf, entry.c.salt, entry.c.body).select_from(log)


def _info(row: Row[tuple[object, ...]]) -> LogInfo:
    return LogInfo(row.name, row.origin, row.programme, row.sender, row.recipient, row.own)
