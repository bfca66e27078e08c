"""When a report was made: a position report carries only its UTC second, its receiver the rest.

With a receive time, the instant is the latest one no more than 2 s after it whose second is the report's. Without, the stream
is followed second by second from the last instant known: a base station's report (types 4, 11), else the setting ``start``.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from foedus.areas.maritime.record import LATE, SECOND_FAR, TIME_FROM

Ints = NDArray[np.int64]

AHEAD_MS = 2_000
FAR_MS = 30_000
LATE_MS = 15 * 60_000
_BASE, _START = TIME_FROM.index("base"), TIME_FROM.index("start")


class Clock:
    """Follows one stream.

    Args:
        start_ms: instant the stream begins, -1 unknown.
    """

    def __init__(self, start_ms: int = -1) -> None:
        self._at_ms = start_ms
        self._code = _START
        self._newest_ms = -1

    def stamp(self, received: Ints, second: Ints, base: Ints) -> tuple[Ints, Ints]:
        """Return the instants of reports in the order of the stream, and their ``TIME_FROM`` code where it was this clock.

        Args:
            received: receive times in milliseconds, -1 unknown.
            second: UTC seconds of the reports; 60 and above, or -1: not said.
            base: instants that base stations report, -1 for every other message.

        Returns:
            Instants (-1 unknown) and codes (0 where the receive time stands).
        """
        told = (second >= 0) & (second < 60)
        ahead = received + AHEAD_MS
        back = ((ahead // 1000 - second) % 60) * 1000 + ahead % 1000
        t = np.where(told, ahead - back, received)
        code = np.zeros(len(t), np.int64)
        unknown = np.flatnonzero(received < 0)
        t[unknown] = -1
        if len(unknown):
            t[unknown], code[unknown] = self._followed(np.where(told, second, -1)[unknown], base[unknown])
        return t, code

    def _followed(self, second: Ints, base: Ints) -> tuple[Ints, Ints]:
        """Follow the seconds; between two instants known, each step is the shortest one on the dial."""
        t, code = np.full(len(second), -1, np.int64), np.zeros(len(second), np.int64)
        cuts = [0, *np.flatnonzero(base >= 0).tolist(), len(second)]
        for begin, end in pairwise(cuts):
            if begin < len(base) and base[begin] >= 0:
                self._at_ms, self._code = int(base[begin]), _BASE
            if self._at_ms < 0 or begin == end:
                continue
            part = second[begin:end]
            said = np.flatnonzero(part >= 0)
            dial = np.concatenate(([self._at_ms // 1000 % 60], part[said]))
            steps = (np.diff(dial) + 30) % 60 - 30
            walked = self._at_ms // 1000 * 1000 + np.cumsum(steps) * 1000
            place = np.searchsorted(said, np.arange(end - begin), side="right") - 1
            t[begin:end] = np.where(place >= 0, walked[np.maximum(place, 0)] if len(said) else 0, self._at_ms)
            code[begin:end] = self._code
            self._at_ms = int(t[end - 1])
        return t, code

    def flags(self, t: Ints, received: Ints) -> Ints:
        """Return which reports are late in their stream, and which stand far from their receipt."""
        newest = np.maximum(np.maximum.accumulate(t), self._newest_ms) if len(t) else t
        self._newest_ms = int(newest[-1]) if len(t) else self._newest_ms
        far = (received >= 0) & (received - t > FAR_MS)
        return (newest - t > LATE_MS).astype(np.int64) * LATE | far.astype(np.int64) * SECOND_FAR
