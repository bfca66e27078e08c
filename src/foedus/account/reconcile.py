"""Compare two copies of a log by the hashes of their subtrees, and name the entries in which they differ.

Both sides answer with what their *rows* say: a hash kept beside a changed row would hide the change.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import partial

import msgspec

from foedus.account import leaf, merkle
from foedus.account.merkle import NodeGetter, Position
from foedus.errors import BrokenChain, FoedusError
from foedus.model.entry import StoredEntry
from foedus.model.ports import LogStore

# A missing row counts as the hash of nothing, which no leaf has: a leaf's hash begins with a zero byte.
MISSING = merkle.EMPTY_ROOT
# Two levels a question: as many hashes as one level at a time (four for two), in half the round trips.
_STRIDE = 2
_CHUNK = 512


class Difference(msgspec.Struct, frozen=True):
    """One entry in which two copies differ: its sequence number and the leaf hash (hex) on either side."""

    seq: int
    mine: str
    theirs: str


class Comparison(msgspec.Struct, frozen=True):
    """What a comparison found: entries that differ, and those that only one side has, each as (first, end)."""

    differing: tuple[Difference, ...]
    only_mine: tuple[int, int]
    only_theirs: tuple[int, int]


class Recomputed(msgspec.Struct, frozen=True):
    """A log as its rows say: size, root, and the subtree hashes that are not what is kept."""

    size: int
    root: bytes
    changed: dict[Position, bytes]

    def nodes(self, kept: NodeGetter, wanted: Sequence[Position]) -> list[bytes]:
        """Return subtree hashes as the rows say.

        Args:
            kept: the hashes kept beside the rows.
            wanted: complete subtrees (level, index) below ``size``.

        Raises:
            BrokenChain: one of them is not complete at this size.
        """
        if any(level < 0 or index < 0 or (index + 1) << level > self.size for level, index in wanted):
            raise BrokenChain("no such subtree in the log", code="subtree-unknown", where=f"size {self.size}")
        unchanged = [position for position in wanted if position not in self.changed]
        found = dict(zip(unchanged, kept(unchanged), strict=True)) if unchanged else {}
        return [self.changed[position] if position in self.changed else found[position] for position in wanted]


def recompute(store: LogStore, log_name: str, size: int) -> Recomputed:
    """Hash a log's rows again; memory grows with the damage, not with the log.

    Args:
        store: the log store.
        log_name: the log.
        size: how many entries from the beginning; rows that are missing among them count as ``MISSING``.
    """
    frontier = merkle.Frontier()
    changed: dict[Position, bytes] = {}
    for start in range(0, size, _CHUNK):
        grown: dict[Position, bytes] = {}
        for stored in _rows(store, log_name, start, min(start + _CHUNK, size)):
            value = MISSING if stored is None else _row_hash(stored)
            grown.update(((level, index), found) for level, index, found in frontier.append(value))
        changed.update(_unlike(grown, partial(store.nodes, log_name)))
    return Recomputed(size, frontier.root(), changed)


def _row_hash(stored: StoredEntry) -> bytes:
    """Return the leaf hash of a row; of one whose body is not what its leaf commits to, a hash that no leaf has."""
    told = leaf.commitment(stored.salt, stored.body).encode()
    value = merkle.leaf_hash(stored.leaf)
    return value if b'"commit":"' + told + b'"' in stored.leaf else hashlib.sha256(b"\x02" + value + told).digest()


def _rows(store: LogStore, log_name: str, start: int, end: int) -> list[StoredEntry | None]:
    """Return the rows of a range, None where one is missing."""
    found = list(store.entries(log_name, start, end))
    if len(found) == end - start:
        return list(found)
    return [next(iter(store.entries(log_name, seq, seq + 1)), None) for seq in range(start, end)]


def _unlike(grown: dict[Position, bytes], kept: NodeGetter) -> dict[Position, bytes]:
    """Return the hashes that are not what is kept; all, where some are not kept."""
    try:
        beside = kept(list(grown))
    except (FoedusError, LookupError):
        return grown
    return {position: value for (position, value), other in zip(grown.items(), beside, strict=True) if value != other}


def compare(sizes: tuple[int, int], mine: NodeGetter, theirs: NodeGetter) -> Comparison:
    """Name exactly the entries in which two copies of a log differ.

    For n common entries of which k differ at most ``log2(n) + 1 + 2 * k * (log2(n) + 2)`` hashes are asked for, in at
    most ``log2(n) / 2 + 2`` questions.

    Args:
        sizes: of my copy and of theirs.
        mine: subtree hashes of my copy.
        theirs: those of the other copy; each call is one question.

    Raises:
        BrokenChain: the other side's hashes do not join: what it says of parts is not what it said of the whole.

    >>> leaves = [[merkle.leaf_hash(text) for text in (b"one", b"two")], [merkle.leaf_hash(b"one")]]
    >>> ask = [lambda wanted, of=of: [of[index] for _, index in wanted] for of in leaves]
    >>> compare((1, 1), *ask).differing, compare((2, 1), *ask).only_mine
    ((), (1, 2))
    """
    common = min(sizes)
    unequal = _unequal(merkle.cover(0, common), mine, theirs)
    found: list[Difference] = []
    while unequal:
        found += [Difference(at[1], a.hex(), b.hex()) for at, (a, b) in unequal.items() if at[0] == 0]
        wholes = {at: pair[1] for at, pair in unequal.items() if at[0] > 0}
        parts = {at: _parts(at) for at in wholes}
        unequal = _unequal([part for one in parts.values() for part in one], mine, _joining(wholes, parts, theirs))
    found.sort(key=lambda one: one.seq)
    return Comparison(tuple(found), (common, sizes[0]), (common, sizes[1]))


def _unequal(wanted: Sequence[Position], mine: NodeGetter, theirs: NodeGetter) -> dict[Position, tuple[bytes, bytes]]:
    if not wanted:
        return {}
    pairs = zip(mine(wanted), theirs(wanted), strict=True)
    return {at: pair for at, pair in zip(wanted, pairs, strict=True) if pair[0] != pair[1]}


def _parts(whole: Position) -> list[Position]:
    """Return the subtrees that a subtree is made of, two levels down where there are two."""
    level, index = whole
    down = min(_STRIDE, level)
    return [(level - down, (index << down) + part) for part in range(1 << down)]


def _joining(wholes: dict[Position, bytes], parts: dict[Position, list[Position]], ask: NodeGetter) -> NodeGetter:
    """Return a getter that refuses parts which do not make up the whole the other side gave before."""

    def asked(wanted: Sequence[Position]) -> Sequence[bytes]:
        hashes = dict(zip(wanted, ask(wanted), strict=True))
        for whole, value in wholes.items():
            joined = [hashes[part] for part in parts[whole]]
            while len(joined) > 1:
                joined = [merkle.node_hash(*pair) for pair in zip(joined[::2], joined[1::2], strict=True)]
            if joined != [value]:
                raise BrokenChain(
                    "the other side's subtree hashes do not join",
                    code="subtree-unjoined",
                    where=f"level {whole[0]} index {whole[1]}",
                    hint="its log changed while it was read, or it is not honest; try again",
                )
        return [hashes[part] for part in wanted]

    return asked
