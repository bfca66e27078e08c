"""How often a caller may ask what: one bucket of tokens for each caller and kind of request, filled by the clock handed in."""

from __future__ import annotations

import math
import threading
from collections.abc import Mapping
from typing import NamedTuple

MAX_BUCKETS = 10_000


class Rate(NamedTuple):
    """So many requests at once, and so many a second from then on."""

    burst: int
    per_second: float


class Buckets:
    """Buckets of any number of callers; what one spends is no other's.

    Args:
        rates: by kind of request; other kinds are not counted.

    >>> buckets = Buckets({"state": Rate(2, 0.5)})
    >>> [buckets.spend("jpn", "state", at) for at in (0, 0, 0, 2_000_000)]
    [0, 0, 2, 0]
    """

    def __init__(self, rates: Mapping[str, Rate]) -> None:
        self._rates = rates
        self._lock = threading.Lock()
        self._held: dict[tuple[str, str], tuple[float, int]] = {}

    def spend(self, caller: str, what: str, at_us: int) -> int:
        """Take a token; return 0, or after how many seconds there is one."""
        rate = self._rates.get(what)
        if rate is None:
            return 0
        with self._lock:
            tokens, since_us = self._held.pop((caller, what), (float(rate.burst), at_us))
            # A clock that went back fills nothing and empties nothing.
            filled = max(0, at_us - since_us) / 1_000_000 * rate.per_second
            tokens = min(rate.burst, tokens + filled)
            left = tokens - 1 if tokens >= 1 else tokens
            self._held[caller, what] = (left, at_us)
            if len(self._held) > MAX_BUCKETS:
                del self._held[next(iter(self._held))]
        return 0 if tokens >= 1 else max(1, math.ceil((1 - tokens) / rate.per_second))
