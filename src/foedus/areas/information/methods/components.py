"""Connected components: union by smallest member, whole arrays at a time."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Index = NDArray[np.int64]


def roots(parent: Index, member: Index) -> Index:
    """Return the root of each member; what was walked is shortened in ``parent``."""
    root = parent[member]
    while True:
        above = parent[root]
        if np.array_equal(above, root):
            parent[member] = root
            return root
        root = above


def unite(parent: Index, one: Index, other: Index) -> None:
    """Join the components of pairs; the root of a component stays its smallest member.

    >>> parent = np.arange(5)
    >>> unite(parent, np.array([4, 3]), np.array([3, 1]))
    >>> roots(parent, np.arange(5)).tolist()
    [0, 1, 2, 1, 1]
    """
    while len(one):
        one, other = roots(parent, one), roots(parent, other)
        apart = one != other
        one, other = one[apart], other[apart]
        np.minimum.at(parent, np.maximum(one, other), np.minimum(one, other))


def components(size: int, one: Index, other: Index) -> Index:
    """Return for each of ``size`` members the smallest member of its component."""
    parent = np.arange(size, dtype=np.int64)
    unite(parent, one, other)
    return roots(parent, np.arange(size, dtype=np.int64))
