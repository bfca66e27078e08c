"""Shares of objects, and who shared the same object within a window: the kernel under every kind of co-sharing.

Rows are sorted by object and instant; each object is given a stretch of a number line, longer than its time span by the
window and one, so that one search finds for each row how many rows follow it in time. The pairs are counted before one of
them is made, and made in chunks of whole objects. An object that would give more than ``viral`` pairs is not paired: it is
returned with its exact counts, for the reader to see.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from foedus.areas.information.methods.components import Index
from foedus.areas.information.methods.runs import distinct, opens, sizes

CHUNK = 2_000_000
VIRAL = 5_000_000


class Shares(NamedTuple):
    """One row a share of an object; codes are places in lists of names that the caller holds.

    Attributes:
        object: what was shared.
        account: who shared it.
        content: the record in which it was.
        t_s: when, seconds since 1970 UTC; any other unit will do, if the window has it too.
    """

    object: Index
    account: Index
    content: Index
    t_s: Index

    def take(self, rows: Index | NDArray[np.bool_]) -> Shares:
        """Return some rows."""
        return Shares(*(column[rows] for column in self))


class Viral(NamedTuple):
    """An object that is counted and not paired: its rows, its accounts, its pairs of rows within the window."""

    object: int
    shares: int
    accounts: int
    pairs: int


class Line(NamedTuple):
    """Shares in the order of object and instant, and the end of the rows that follow each within the window."""

    shares: Shares
    row: Index
    end: Index
    viral: tuple[Viral, ...]


def lined(shares: Shares, window: int, viral: int = VIRAL) -> Line:
    """Sort shares and count who follows whom.

    Args:
        shares: rows; equal objects and instants keep their order.
        window: longest time between two shares, included.
        viral: pairs from which on an object is not paired.

    Returns:
        ``row`` are places in ``shares``; an object that is not paired has ends right after its rows.
    """
    order = np.lexsort((shares.t_s, shares.object))
    held = shares.take(order)
    starts = opens(held.object)
    size = sizes(starts, len(order))
    first = held.t_s[starts]
    stretch = held.t_s[starts + size - 1] - first + window + 1
    at = np.repeat(np.cumsum(stretch) - stretch - first, size) + held.t_s
    end = np.searchsorted(at, at + window, side="right")
    pairs = np.add.reduceat(end - np.arange(len(end)) - 1, starts) if len(starts) else starts
    over = np.flatnonzero(pairs > viral)
    told = tuple(_viral(held, int(starts[n]), int(size[n]), int(pairs[n])) for n in over.tolist())
    for n in over.tolist():
        end[starts[n] : starts[n] + size[n]] = np.arange(starts[n], starts[n] + size[n]) + 1
    return Line(held, order, end, told)


def _viral(held: Shares, start: int, size: int, pairs: int) -> Viral:
    accounts = len(distinct(held.account[start : start + size]))
    return Viral(int(held.object[start]), size, accounts, pairs)


def paired(line: Line, chunk: int = CHUNK) -> Iterator[tuple[Index, Index]]:
    """Yield pairs of rows of a line, the older first, in the order of objects; an object is in one chunk as a whole."""
    count = line.end - np.arange(len(line.end)) - 1
    done = np.concatenate(([0], np.cumsum(count)))
    ends = np.concatenate((opens(line.shares.object)[1:], [len(count)]))
    made = done[ends]
    start = 0
    while start < len(count):
        next_one = int(np.searchsorted(ends, start, side="right"))
        fits = int(np.searchsorted(made, done[start] + chunk, side="right")) - 1
        stop = int(ends[max(fits, next_one)])
        part = count[start:stop]
        older = np.repeat(np.arange(start, stop), part)
        newer = older + 1 + np.arange(len(older)) - np.repeat(np.cumsum(part) - part, part)
        start = stop
        if len(older):
            yield older, newer


def unique(shares: Shares) -> Shares:
    """Return each share once: a record that names an object twice shares it once; the first row stays."""
    order = np.lexsort((shares.content, shares.object))
    return shares.take(np.sort(order[opens(shares.object[order], shares.content[order])]))


def codes(*columns: Sequence[str]) -> tuple[list[Index], list[str]]:
    """Number names of several columns by one list, in the order of their code points."""
    names = sorted({name for column in columns for name in column})
    place = {name: n for n, name in enumerate(names)}
    return [np.array([place[name] for name in column], dtype=np.int64) for column in columns], names
