"""Verify a kept log: leaves from bodies and salts, nodes from leaves, the root against the signed checkpoint."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from itertools import product

import msgspec

from foedus.account import checkpoint, leaf, merkle
from foedus.errors import BrokenChain, FoedusError
from foedus.model.entry import Checkpoint, LogInfo, StoredEntry
from foedus.model.ports import LogStore
from foedus.model.vkey import VerifierKey

MAX_FAULTS = 100
_CHUNK = 512
_UNKNOWN = "?"


class Fault(msgspec.Struct, frozen=True):
    """One thing that does not join: a stable code, the place, what is wrong.

    ``seq`` is the entry, or the first entry below a node; -1 where the fault is the checkpoint's.
    """

    code: str
    where: str
    message: str
    seq: int = -1


class Report(msgspec.Struct, frozen=True):
    """What was verified of a log: entries read, the signed size and root (hex), and at most 100 faults."""

    log: str
    origin: str
    entries: int
    signed_size: int | None
    root: str
    faults: tuple[Fault, ...] = ()

    @property
    def whole(self) -> bool:
        """Say whether nothing is wrong."""
        return not self.faults


def verify_log(store: LogStore, info: LogInfo, keys: Sequence[VerifierKey]) -> Report:
    """Recompute a whole log and name every row that was changed.

    Args:
        store: the log store.
        info: the log.
        keys: the log's keys; a log that nobody signed yet verifies without.

    Returns:
        The report; damage is listed, never raised.
    """
    walk = _Walk(store, info)
    signed = walk.signed(keys)
    roots: tuple[bytes, ...] = (merkle.EMPTY_ROOT,)
    for stored in store.entries(info.name, 0, store.size(info.name)):
        walk.take(stored)
        if signed is not None and walk.tree.size == signed.size:
            roots = walk.tree.roots()
    walk.finish(signed, roots)
    return Report(
        log=info.name,
        origin=info.origin,
        entries=walk.tree.size,
        signed_size=None if signed is None else signed.size,
        root=walk.tree.roots()[0].hex(),
        faults=tuple(walk.faults[:MAX_FAULTS]),
    )


class _Walk:
    """Goes through a log entry by entry; what one bad row says is not held against the next."""

    def __init__(self, store: LogStore, info: LogInfo) -> None:
        self.faults: list[Fault] = []
        self.tree = _Tree(partial(store.nodes, info.name), store.size(info.name), self.faults)
        self._store = store
        self._info = info
        self._size = store.size(info.name)
        self._place = leaf.Place(info.origin, 0, 0, "")

    def signed(self, keys: Sequence[VerifierKey]) -> Checkpoint | None:
        """Return the kept checkpoint as its note says it, after verifying the note."""
        kept = self._store.checkpoint(self._info.name)
        if kept is None:
            return None
        where = f"{self._info.origin} checkpoint"
        try:
            signed = checkpoint.open_checkpoint(kept.note, self._info.origin, keys)
        except FoedusError as error:
            self.faults.append(Fault(error.code, where, error.message))
            return kept
        if signed != kept:
            self.faults.append(Fault("checkpoint-row", where, "the row is not what its note says"))
        return signed

    def take(self, stored: StoredEntry) -> None:
        """Check one entry, and whatever is missing before it."""
        value = merkle.leaf_hash(stored.leaf)
        stands = self._stands(stored, value)
        if stands < self.tree.size:
            self.faults.append(Fault("entry-sequence", str(self._place), "an entry out of its place", stands))
            return
        while self.tree.size < stands:
            self._missing()
            self.tree.append(self.tree.kept((0, self.tree.size)))
            self._place = leaf.Place(self._info.origin, self.tree.size, self._place.after_us, _UNKNOWN)
        known = self.tree.expects(value)
        here, after = self._place, self._check(stored)
        self.tree.append(value)
        self._place = after if known else leaf.Place(here.origin, here.seq + 1, here.after_us, _UNKNOWN)

    def _stands(self, stored: StoredEntry, value: bytes) -> int:
        """Return where an entry stands: here, or where it says if the kept leaf hash there is its own."""
        if self.tree.expects(value):
            return self.tree.size
        try:
            seq = leaf.read(stored.leaf, self._place).seq
        except BrokenChain:
            return self.tree.size
        return seq if seq in range(self._size) and self.tree.kept((0, seq)) == value else self.tree.size

    def _check(self, stored: StoredEntry) -> leaf.Place:
        here = self._place
        after = leaf.Place(here.origin, here.seq + 1, here.after_us, _UNKNOWN)
        try:
            entry = leaf.check(stored, here)
        except BrokenChain as error:
            self.faults.append(Fault(error.code, error.where, error.message, here.seq))
            return after
        if here.prev in {_UNKNOWN, entry.prev}:
            return here.next(entry)
        if entry.prev in {checkpoint.state_hash(here.origin, here.seq, root) for root in self.tree.roots()}:
            return here.next(entry)
        self.faults.append(Fault("entry-prev", str(here), "prev is no state of this log", here.seq))
        return after

    def _missing(self) -> None:
        self.faults.append(Fault("entries-missing", str(self._place), "the row is missing", self.tree.size))

    def finish(self, signed: Checkpoint | None, roots: tuple[bytes, ...]) -> None:
        """Compare the end of the log with its size and with what was signed."""
        if self.tree.size < max(self._size, 0 if signed is None else signed.size):
            self._missing()
        elif signed is not None and signed.root not in roots:
            where = f"{self._info.origin} size {signed.size}"
            self.faults.append(Fault("root-mismatch", where, "the entries do not lead to the signed root"))


class _Tree:
    """Recomputes nodes beside the kept ones.

    Where the two differ, either row can be the changed one, so both values go on as candidates and whatever fits the
    next kept node above decides: one changed row is one fault, not one on every level.
    """

    def __init__(self, get: merkle.NodeGetter, size: int, faults: list[Fault]) -> None:
        self.size = 0
        self._get = get
        self._end = size
        self._faults = faults
        self._edge: list[tuple[bytes, ...]] = []
        self._known: dict[merkle.Position, bytes] = {}

    def kept(self, position: merkle.Position) -> bytes:
        """Return a kept node; nothing where the row is missing."""
        if position not in self._known and position == (0, self.size):
            self._known = self._ahead()
        return self._known[position] if position in self._known else self._one(position)

    def _ahead(self) -> dict[merkle.Position, bytes]:
        """Return the kept nodes that the next entries complete, with one question."""
        wanted = [
            (level, seq >> level)
            for seq in range(self.size, min(self.size + _CHUNK, self._end))
            for level in range((~seq & (seq + 1)).bit_length())
        ]
        try:
            return dict(zip(wanted, self._get(wanted), strict=True))
        except (FoedusError, LookupError, ValueError):
            return {position: self._one(position) for position in wanted}

    def _one(self, position: merkle.Position) -> bytes:
        try:
            return next(iter(self._get([position])), b"")
        except (FoedusError, LookupError):
            return b""

    def expects(self, value: bytes) -> bool:
        """Say whether a leaf hash is the next kept one."""
        return self.kept((0, self.size)) == value

    def append(self, value: bytes) -> None:
        """Append a leaf hash and settle the subtrees it completes."""
        level, index = 0, self.size
        found = self._settle((value,), level, index)
        while index & 1:
            level, index = level + 1, index >> 1
            pairs = tuple(merkle.node_hash(left, right) for left, right in product(self._edge.pop(), found))
            found = self._settle(pairs, level, index)
        self._edge.append(found)
        self.size += 1

    def roots(self) -> tuple[bytes, ...]:
        """Return the root as recomputed and as kept."""
        return (merkle.fold([e[0] for e in self._edge]), merkle.fold([e[-1] for e in self._edge]))

    def _settle(self, values: tuple[bytes, ...], level: int, index: int) -> tuple[bytes, ...]:
        kept = self.kept((level, index))
        if kept in values:
            return (kept,)
        what = "the entry is not what its leaf hash says" if level == 0 else "a subtree hash is not that of its parts"
        self._faults.append(Fault("node-mismatch", f"level {level} index {index}", what, index << level))
        return (values[0], kept)
