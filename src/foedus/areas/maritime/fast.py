"""Position reports of types 1, 2, 3, 18, 19 and 27, many at a time: from bytes to columns, every checksum verified.

Source: ITU-R M.1371-5, annex 8, tables 45 to 83; IEC 61162-1 for the sentence. Whatever differs in anything from a plain
single sentence is left to ``nmea``; both end in ``decode``, so that there is one reading of the bits.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from foedus.areas.maritime.record import COARSE, FULL

Bytes = NDArray[np.uint8]
Ints = NDArray[np.int64]

TALKERS = (b"AI", b"AB", b"AD", b"AN", b"AR", b"AS", b"AT", b"AX", b"BS", b"SA")
_PAD = 64
_ODD = 255


class Layout(NamedTuple):
    """Where a type's fields stand: (first bit, bits), None where it has none."""

    chars: int
    speed: tuple[int, int]
    accuracy: int
    lon: tuple[int, int]
    lat: tuple[int, int]
    course: tuple[int, int]
    status: tuple[int, int] | None = None
    turn: tuple[int, int] | None = None
    heading: tuple[int, int] | None = None
    second: tuple[int, int] | None = None
    raim: int = 0


_A = Layout(28, (50, 10), 60, (61, 28), (89, 27), (116, 12), (38, 4), (42, 8), (128, 9), (137, 6), 148)
_B = Layout(28, (46, 10), 56, (57, 28), (85, 27), (112, 12), None, None, (124, 9), (133, 6), 147)
_C = _B._replace(chars=52, raim=305)
_L = Layout(16, (79, 6), 38, (44, 18), (62, 17), (85, 9), (40, 4), None, None, None, 39)
LAYOUTS = {1: _A, 2: _A, 3: _A, 18: _B, 19: _C, 27: _L}
_GROUPS = ((1, 2, 3), (18,), (19,), (27,))

_FIRST = np.zeros(256, np.uint8)
for _char, _type in zip(b"123BCK", (1, 2, 3, 18, 19, 27), strict=True):
    _FIRST[_char] = _type
_CHARS = np.zeros(64, np.int64)
for _type, _layout in LAYOUTS.items():
    _CHARS[_type] = _layout.chars
SIX = np.full(256, _ODD, np.uint8)
for _value in range(64):
    SIX[_value + (48 if _value < 40 else 56)] = _value
_HEX = np.full(256, _ODD, np.uint8)
for _value in range(16):
    _HEX[ord(f"{_value:x}")] = _HEX[ord(f"{_value:X}")] = _value
_DIGIT, _CHANNEL = np.zeros(256, np.int64), np.zeros(256, np.int64)
_DIGIT[48:58] = 1
_CHANNEL[[65, 66, 49, 50]] = 1
_TALKER = np.zeros((256, 256), bool)
for _name in TALKERS:
    _TALKER[_name[0], _name[1]] = True


class Reports(NamedTuple):
    """Position reports as raw integers of the standard; -1 where a type has no such field."""

    msg_type: Ints
    repeat: Ints
    mmsi: Ints
    status: Ints
    turn: Ints
    speed: Ints
    accuracy: Ints
    lon: Ints
    lat: Ints
    course: Ints
    heading: Ints
    second: Ints
    raim: Ints


class Lines(NamedTuple):
    """A block of bytes, longer than what was read, and where its lines begin and end (without line ends).

    ``running`` is the XOR of all bytes up to each, so that the checksum of a stretch is that of two of them.
    """

    buffer: Bytes
    running: Bytes
    start: Ints
    end: Ints


class Found(NamedTuple):
    """Plain sentences: the line each stands on, where its "!" is, what it reports."""

    line: Ints
    mark: Ints
    channel: Bytes
    reports: Reports


def lines(raw: bytes) -> Lines:
    """Return where the lines of a block are; every line ends with a line feed."""
    buffer = np.zeros(len(raw) + _PAD + 64, np.uint8)
    buffer[: len(raw)] = np.frombuffer(raw, np.uint8)
    end = np.flatnonzero(buffer[: len(raw)] == 10)
    start = np.concatenate((np.zeros(1, np.int64), end[:-1] + 1)) if len(end) else end
    end = end - ((end > start) & (buffer[end - 1] == 13))
    return Lines(buffer, np.bitwise_xor.accumulate(buffer), start, end)


def scan(block: Lines, line: Ints, mark: Ints) -> Found:
    """Return the plain position sentences among some lines.

    Args:
        block: bytes and lines.
        line: indices of lines to look at.
        mark: where the "!" of each should be.
    """
    buffer = block.buffer
    plain = (buffer[mark] == 33) & (buffer[mark + 3] == 86) & (buffer[mark + 4] == 68) & (buffer[mark + 6] == 44)
    plain &= (buffer[mark + 7] == 49) & (buffer[mark + 8] == 44) & (buffer[mark + 9] == 49) & (buffer[mark + 10] == 44)
    plain &= _TALKER[buffer[mark + 1], buffer[mark + 2]] & ((buffer[mark + 5] == 77) | (buffer[mark + 5] == 79))
    line, mark = line[plain], mark[plain]
    at = mark + 11
    at = at + _DIGIT[buffer[at]]
    plain = buffer[at] == 44
    said = buffer[at + 1]
    known = _CHANNEL[said]
    at = at + 1 + known
    plain &= buffer[at] == 44
    at = at + 1
    kind = _FIRST[buffer[at]]
    stop = at + _CHARS[kind]
    plain &= (kind > 0) & (buffer[stop] == 44) & (buffer[stop + 1] == 48) & (buffer[stop + 2] == 42)
    plain &= block.end[line] == stop + 5
    line, mark, at, kind, stop = line[plain], mark[plain], at[plain], kind[plain], stop[plain]
    channel = np.where(known[plain] > 0, said[plain], 0).astype(np.uint8)
    return _checked(block, (line, mark, channel), at, kind, stop)


def _checked(block: Lines, held: tuple[Ints, Ints, Bytes], at: Ints, kind: Bytes, stop: Ints) -> Found:
    """Reports of the sentences whose checksum and armour are right."""
    line, mark, channel = held
    good = checksum_right(block, mark, stop + 2)
    windows = np.lib.stride_tricks.sliding_window_view
    order: list[Ints] = []
    parts: list[Reports] = []
    for types in _GROUPS:
        layout = LAYOUTS[types[0]]
        chosen = np.flatnonzero(good & ((kind >= types[0]) & (kind <= types[-1])))
        if not len(chosen):
            continue
        six = SIX[windows(block.buffer, layout.chars)[at[chosen]]]
        right = (six < 64).all(axis=1)
        order.append(chosen[right])
        parts.append(decode(np.ascontiguousarray(six[right].T), layout))
    if not order:
        none = np.zeros(0, np.int64)
        return Found(none, none, none.astype(np.uint8), Reports(*(none,) * len(Reports._fields)))
    places = np.concatenate(order)
    rank = np.argsort(places, kind="stable")
    reports = Reports(*(np.concatenate(column)[rank] for column in zip(*parts, strict=True)))
    places = places[rank]
    return Found(line[places], mark[places], channel[places], reports)


def checksum_right(block: Lines, before: Ints, star: Ints) -> NDArray[np.bool_]:
    """Say of stretches between two places whether the XOR of their bytes is what stands behind the second one."""
    high, low = _HEX[block.buffer[star + 1]], _HEX[block.buffer[star + 2]]
    right: NDArray[np.bool_] = (block.running[star - 1] ^ block.running[before]) == (high << 4 | low)
    return right & (high < 16) & (low < 16)


def decode(six: Bytes, layout: Layout) -> Reports:
    """Return the reports of armoured payloads.

    Args:
        six: six-bit values, one payload a column.
        layout: where its fields stand.
    """
    none = np.full(six.shape[1], -1, np.int64)

    def field(place: tuple[int, int] | None) -> Ints:
        return none if place is None else bits(six, *place)

    turn = none if layout.turn is None else signed(bits(six, *layout.turn), 8)
    return Reports(
        msg_type=six[0].astype(np.int64),
        repeat=bits(six, 6, 2),
        mmsi=bits(six, 8, 30),
        status=field(layout.status),
        turn=turn,
        speed=bits(six, *layout.speed),
        accuracy=bits(six, layout.accuracy, 1),
        lon=signed(bits(six, *layout.lon), layout.lon[1]),
        lat=signed(bits(six, *layout.lat), layout.lat[1]),
        course=bits(six, *layout.course),
        heading=field(layout.heading),
        second=field(layout.second),
        raim=bits(six, layout.raim, 1),
    )


def bits(six: Bytes, start: int, count: int) -> Ints:
    """Return unsigned fields of some bits from a bit on, one a payload."""
    first, last = start // 6, (start + count - 1) // 6
    value: Ints = (six[first] & ((1 << (6 - start % 6)) - 1)).astype(np.int64)
    for index in range(first + 1, last + 1):
        value = (value << 6) | six[index]
    return value >> ((last + 1) * 6 - start - count)


def signed(value: Ints, count: int) -> Ints:
    """Return two's complement fields as signed integers."""
    return value - ((value >> (count - 1)) << count)


def degrees(reports: Reports) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float32]]:
    """Latitude, longitude and their resolution; NaN where either is not available. Type 27 counts in 1/600 degree."""
    scale = np.where(reports.msg_type == 27, COARSE, FULL)
    lat, lon = reports.lat / scale, reports.lon / scale
    absent = (lat == 91.0) | (lon == 181.0)
    lat[absent] = lon[absent] = np.nan
    return lat, lon, (1.0 / scale).astype(np.float32)
