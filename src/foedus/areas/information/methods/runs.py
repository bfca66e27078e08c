"""Runs of equal rows in sorted columns."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def opens(*columns: NDArray[Any]) -> NDArray[np.int64]:
    """Return the places where a run of equal rows begins.

    >>> opens(np.array([4, 4, 5, 5]), np.array([1, 1, 1, 2])).tolist()
    [0, 2, 3]
    """
    if not len(columns[0]):
        return np.zeros(0, dtype=np.int64)
    differs = np.zeros(len(columns[0]) - 1, dtype=bool)
    for column in columns:
        differs |= column[1:] != column[:-1]
    return np.flatnonzero(np.concatenate(([True], differs)))


def sizes(starts: NDArray[np.int64], length: int) -> NDArray[np.int64]:
    """Return how long the runs are that begin at ``starts`` in ``length`` rows."""
    return np.diff(starts, append=length)


def distinct(values: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the distinct values, ascending; by sorting, which is several times faster than NumPy's hashing of millions."""
    held = np.sort(values)
    return held[opens(held)]
