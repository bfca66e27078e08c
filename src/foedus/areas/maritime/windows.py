"""Windows: in which stretch of time an event is looked for, so that however the input is cut it is the same stretch.

Time is cut into days. An event belongs to the day in which it begins; it is looked for among the fixes of that day, of the
twelve hours before it and of the day after it. Windows overlap, so no event is lost at an edge; each belongs to one day, so
none is said twice. What goes on beyond its window is said as far as that.
"""

from __future__ import annotations

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

DAY_MS = 86_400_000
LEAD_MS = 12 * 3_600_000

Instant = TypeVar("Instant", int, NDArray[np.int64])


def span(day: int) -> tuple[int, int]:
    """Return from when and to before when the fixes of a day's window are.

    >>> [edge // 3_600_000 for edge in span(1)]
    [12, 72]
    """
    return day * DAY_MS - LEAD_MS, (day + 2) * DAY_MS


def needed_from(newest_ms: Instant) -> Instant:
    """Return from when on the fixes of a vessel are needed, once this is the newest of it: older windows are over for it."""
    return (newest_ms // DAY_MS - 1) * DAY_MS - LEAD_MS


def touched(t_ms: NDArray[np.int64]) -> set[int]:
    """Return the days whose windows hold some instants."""
    held = np.unique(t_ms // LEAD_MS) * LEAD_MS
    return {day for step in held.tolist() for day in range(step // DAY_MS - 1, (step + LEAD_MS) // DAY_MS + 1)}
