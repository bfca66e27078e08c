"""Durations of the programme (``P2Y``, ``P6M``, ``PT24H``) added to instants, by the calendar."""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import datetime, timedelta
from functools import lru_cache

from foedus.model import instant

# The largest integer RFC 8785 writes exactly: in microseconds the year 2255, which stands for "no end".
FOREVER_US = 2**53 - 1
_DURATION = re.compile(r"P(?:(\d+)([YMWD])|T(\d+)([HM]))", re.ASCII)
_CLOCK = {"W": timedelta(weeks=1), "D": timedelta(days=1), "TH": timedelta(hours=1), "TM": timedelta(minutes=1)}


@lru_cache(maxsize=1024)
def shift_us(at_us: int, duration: str, sign: int = 1) -> int:
    """Return the instant a duration later (sign 1) or earlier (sign -1); months and years keep the day where they can.

    Raises:
        ValueError: not a duration of a programme.

    >>> instant.text(shift_us(instant.to_us(instant.parse("2024-02-29T00:00:00Z")), "P1Y"))
    '2025-02-28T00:00:00.000000Z'
    """
    match = _DURATION.fullmatch(duration)
    if match is None:
        raise ValueError("not a duration")
    count = sign * int(match[1] or match[3])
    unit = match[2] or f"T{match[4]}"
    try:
        at = instant.from_us(at_us)
        moved = _months(at, count * (12 if unit == "Y" else 1)) if unit in "YM" else at + count * _CLOCK[unit]
        return instant.to_us(moved)
    except (OverflowError, ValueError):
        # Beyond the years a datetime holds: no end, or before everything.
        return FOREVER_US if sign > 0 else 0


def shortest(durations: tuple[str, ...], at_us: int) -> str:
    """Return the duration that ends first when counted from an instant; empty when there is none."""
    return min((d for d in durations if d), key=lambda d: shift_us(at_us, d), default="")


def _months(at: datetime, months: int) -> datetime:
    index = at.year * 12 + at.month - 1 + months
    year, month = index // 12, index % 12 + 1
    return at.replace(year=year, month=month, day=min(at.day, monthrange(year, month)[1]))


def is_forever(us: int) -> bool:
    """Say whether an instant stands for "no end"."""
    return us >= FOREVER_US
