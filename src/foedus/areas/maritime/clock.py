"""When a report was made: a position report carries only its UTC second, its receiver the rest.

With a receive time, the instant is the latest one no more than 2 s after it whose second is the report's. Without, the stream
is followed second by second from the last instant known: a base station's report (types 4, 11), else the setting ``start``.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from foedus.areas.maritime.record import LATE, SECOND_FAR, TIME_FROM

Ints = NDArray[np.int64]

AHEAD_MS = 2_000
FAR_MS = 30_000
LATE_MS = 15 * 60_000
_BASE, _START = TIME_FROM.index("base"), TIME_FROM.index("start")


def told_ms(numbers: Mapping[str, Ints]) -> Ints:
    """Return the instants that base stations report, -1 where one is none: a field not available, 31 February, year 10,000."""
    year, month, day = numbers["year"], numbers["month"], numbers["day"]
    hour, minute, second = numbers["hour"], numbers["minute"], numbers["base_second"]
    there = (year > 0) & (year < 10_000) & (month > 0) & (month < 13) & (day > 0)
    there &= (hour < 24) & (minute < 60) & (second < 60)
    months = (np.where(there, year, 1970) - 1970) * 12 + np.where(there, month - 1, 0)
    begin, following = (
        part.astype("datetime64[M]").astype("datetime64[D]").view(np.int64) for part in (months, months + 1)
    )
    there &= begin + day <= following
    seconds = (begin + day - 1) * 86_400 + hour * 3_600 + minute * 60 + second
    return np.where(there, np.maximum(seconds * 1_000, -1), -1)


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
        told = base >= 0
        known = np.flatnonzero(told | (second >= 0))
        # what is known: the instant of the stream so far, then every base station's instant or second
        dial = np.concatenate(([self._at_ms // 1000 % 60], np.where(told, base // 1000 % 60, second)[known]))
        steps = np.concatenate(([0], (np.diff(dial) + 30) % 60 - 30)) * 1000
        anew = np.concatenate(([True], told[known]))
        instants = np.concatenate(([self._at_ms], base[known]))
        walked = np.cumsum(np.where(anew, 0, steps))
        begun = np.maximum.accumulate(np.where(anew, np.arange(len(anew)), 0))
        at = instants[begun] + walked - walked[begun]
        at = np.where(anew, at, at // 1000 * 1000)
        sources = np.where(begun > 0, _BASE, self._code)
        place = np.cumsum(told | (second >= 0))
        t, code = at[place], sources[place]
        unknown = instants[begun[place]] < 0
        t[unknown], code[unknown] = -1, 0
        self._at_ms, self._code = int(at[-1]) if instants[begun[-1]] >= 0 else -1, int(sources[-1])
        return t, code

    def flags(self, t: Ints, received: Ints) -> Ints:
        """Return which reports are late in their stream, and which stand far from their receipt."""
        newest = np.maximum(np.maximum.accumulate(t), self._newest_ms) if len(t) else t
        self._newest_ms = int(newest[-1]) if len(t) else self._newest_ms
        far = (received >= 0) & (received - t > FAR_MS)
        return (newest - t > LATE_MS).astype(np.int64) * LATE | far.astype(np.int64) * SECOND_FAR
