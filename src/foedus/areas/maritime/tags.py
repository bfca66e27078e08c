r"""Tag blocks many at a time: receive time and station of lines ``\s:station,c:time*hh\!...``.

Only the usual form is read here: a right checksum, ``c`` as 10 digits (seconds) or 13 (milliseconds), no group. Lines of any
other form keep their beginning as mark, which is no "!", and go the way of ``nmea``.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from foedus.areas.maritime.fast import Bytes, Ints, Lines, checksum_right

_STATION_CHARS = 32
_POWERS = 10 ** np.arange(12, -1, -1, dtype=np.int64)
_WINDOWS = np.lib.stride_tricks.sliding_window_view


class Tagged(NamedTuple):
    """Of each line: where its "!" should be, its receive time (-1 unknown), its station as index into ``stations``."""

    mark: Ints
    received: Ints
    station: Ints
    stations: list[str]


def scan_tags(lines: Lines) -> Tagged:
    """Return what the tag blocks of a block of lines say."""
    mark, none = lines.start.copy(), np.full(len(lines.start), -1, np.int64)
    tagged = Tagged(mark, none, none.copy(), [])
    line = np.flatnonzero(lines.buffer[lines.start] == 92)
    if not len(line):
        return tagged
    begin = lines.start[line]
    close = _next(np.flatnonzero(lines.buffer == 92), begin + 1)
    good = (close < lines.end[line]) & (close - begin > 4)
    line, begin, close = line[good], begin[good], close[good]
    good = (lines.buffer[close - 3] == 42) & checksum_right(lines.buffer, begin + 1, close - 3)
    good &= _key(lines, begin, ord("g")) > close
    line, begin, close = line[good], begin[good], close[good]
    at = _key(lines, begin, ord("c"))
    good = at < close
    line, begin, close, at = line[good], begin[good], close[good], at[good]
    received = _times(lines.buffer, at + 2)
    good = received >= 0
    line, begin, close = line[good], begin[good], close[good]
    mark[line], tagged.received[line] = close + 1, received[good]
    at = _key(lines, begin, ord("s"))
    good = at < close
    index, names = _stations(lines.buffer, at[good] + 2)
    tagged.station[line[good]] = index
    return tagged._replace(stations=names)


def _next(places: Ints, after: Ints) -> Ints:
    """The first of some ascending places at or after each given one; far away where there is none."""
    far = np.iinfo(np.int64).max
    return np.append(places, far)[np.searchsorted(places, after)]


def _key(lines: Lines, begin: Ints, letter: int) -> Ints:
    """Where a key of one letter first stands behind each beginning."""
    buffer = lines.buffer
    found = np.flatnonzero((buffer[1:-1] == letter) & (buffer[2:] == 58)) + 1
    before = buffer[found - 1]
    return _next(found[(before == 92) | (before == 44)], begin)


def _times(buffer: Bytes, at: Ints) -> Ints:
    """Milliseconds of 10 or 13 digits that a comma or star ends; -1 for anything else."""
    if not len(at):
        return at
    text = _WINDOWS(buffer, 14)[at].astype(np.int64) - 48
    digits = (text < 0) | (text > 9)
    count = np.where(digits.any(axis=1), digits.argmax(axis=1), 14)
    stop = text[np.arange(len(at)), np.minimum(count, 13)] + 48
    ended = (stop == 44) | (stop == 42)
    whole = text[:, :13] @ _POWERS
    seconds = (text[:, :10] @ _POWERS[3:]) * 1_000
    return np.where(ended & (count == 13), whole, np.where(ended & (count == 10), seconds, -1))


def _stations(buffer: Bytes, at: Ints) -> tuple[Ints, list[str]]:
    """Index and names of the texts that begin at some places, as far as the next comma or star."""
    if not len(at):
        return at, []
    text = _WINDOWS(buffer, _STATION_CHARS)[at]
    over: NDArray[np.bool_] = np.logical_or.accumulate((text == 44) | (text == 42) | (text == 92), axis=1)
    words = np.where(over, 0, text).astype(np.uint8)
    names, index = np.unique(words.view(f"S{_STATION_CHARS}")[:, 0], return_inverse=True)
    return index.astype(np.int64), [name.decode("ascii", "replace") for name in names]
