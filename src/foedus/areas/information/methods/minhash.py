"""MinHash signatures of sets of hashed shingles, and what falls into one bucket.

A signature holds ``SIZE`` minima; the share of equal ones estimates the Jaccard similarity of two sets (Broder 1997), with a
standard error of at most 0.036. ``ROWS`` minima in a row are a band; equal bands are a bucket, so sets of similarity J meet
in one of the ``BANDS`` buckets with probability 1 - (1 - J^ROWS)^BANDS: one half at J = 0.35, 0.95 at 0.5.

A hash function is one multiplication by an odd number modulo 2^32. On mixed inputs its estimates scatter as independent
functions would (a test compares), and a text of a hundred shingles costs a few microseconds. Of a minimum 16 mixed bits are
kept: two different minima look equal once in 65,536.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from foedus.areas.information.methods.runs import opens, sizes

SIZE, ROWS = 192, 4
BANDS = SIZE // ROWS
_AT_ONCE = 65_536
_PAIRS_AT_ONCE = 32_768

Signatures = NDArray[np.uint16]
Index = NDArray[np.int64]


def _multipliers() -> NDArray[np.uint32]:
    """Odd numbers from a counter; fixed, so that signatures of different days and nodes compare."""
    state = np.arange(1, SIZE + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return (state >> np.uint64(32)).astype(np.uint32) | np.uint32(1)


_MULTIPLIERS = _multipliers()


def signatures(hashed: NDArray[np.uint32], count: Index) -> Signatures:
    """Sign sets of hashes that stand one after the other; ``count`` of each, none of them zero.

    Returns:
        One row a set.
    """
    starts = np.concatenate(([0], np.cumsum(count)))
    minima = np.empty((SIZE, len(count)), dtype=np.uint32)
    first = 0
    while first < len(count):
        last = max(first + 1, int(np.searchsorted(starts, starts[first] + _AT_ONCE, side="right")) - 1)
        part = hashed[starts[first] : starts[last]]
        at = (starts[first:last] - starts[first]).astype(np.intp)
        turned = np.empty_like(part)
        for row, multiplier in enumerate(_MULTIPLIERS):
            np.multiply(part, multiplier, out=turned)
            np.minimum.reduceat(turned, at, out=minima[row, first:last])
        first = last
    minima *= np.uint32(0x9E3779B1)
    minima >>= np.uint32(16)
    return np.ascontiguousarray(minima.T.astype(np.uint16))


def bands(signed: Signatures) -> NDArray[np.uint64]:
    """Return the keys of the buckets a set falls into: one column a band."""
    keys: NDArray[np.uint64] = signed.view(np.uint64)
    return keys


def agreement(signed: Signatures, one: Index, other: Index) -> NDArray[np.float64]:
    """Return the estimated Jaccard similarity of pairs of rows."""
    share = np.empty(len(one))
    for at in range(0, len(one), _PAIRS_AT_ONCE):
        part = slice(at, at + _PAIRS_AT_ONCE)
        share[part] = np.count_nonzero(signed[one[part]] == signed[other[part]], axis=1)
    return share / SIZE


class Meeting(NamedTuple):
    """Pairs that met in buckets, and how many rows had more predecessors there than were looked at."""

    one: Index
    other: Index
    capped: int


def meetings(keys: NDArray[np.uint64], row: Index, limit: int) -> Meeting:
    """Pair each row of a bucket with the first and with the ``limit`` rows before it, in the order of ``row``.

    Every bucket is a whole of its own: buckets may be spread over machines in any way.

    Args:
        keys: bucket of each row.
        row: what the rows are called; ascending.
        limit: rows before it that one is compared with.
    """
    order = np.argsort(keys)
    starts = opens(keys[order])
    size = sizes(starts, len(order))
    bucket = np.repeat(np.arange(len(starts)), size)
    held = np.repeat(size > 1, size)
    at, bucket = order[held], bucket[held]
    settled = np.lexsort((row[at], bucket))
    at, bucket = row[at[settled]], bucket[settled]
    starts = opens(bucket)
    head = np.repeat(starts, sizes(starts, len(at)))
    place = np.arange(len(at)) - head
    one, other = [at[head[place > limit]]], [at[place > limit]]
    for back in range(1, min(limit, int(place.max(initial=0))) + 1):
        far = np.flatnonzero(place >= back)
        one.append(at[far - back])
        other.append(at[far])
    return Meeting(np.concatenate(one), np.concatenate(other), int((place > limit).sum()))
