"""Plain sentences, many at a time: where their lines, fields and payloads stand, every checksum verified.

Source: IEC 61162-1. Whatever differs in anything from ``!aaVDM,parts,part,sequence,channel,payload,fill*hh`` up to its line's end
is left to ``nmea``; the bits of both are read by ``bits``, so that there is one reading of them.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

TALKERS = (b"AI", b"AB", b"AD", b"AN", b"AR", b"AS", b"AT", b"AX", b"BS", b"SA")
MAX_SENTENCE = 1_024
PAD = 256
"""Bytes behind a block, so that a window over its last payload stays within."""


def _mask(shape: bytes, free: bytes = b"?") -> tuple[np.uint64, np.uint64]:
    """Which bits of eight bytes are fixed, and what they are; ``?`` stands for any byte."""
    fixed = bytes(0 if one == free[0] else 255 for one in shape)
    said = bytes(one & kept for one, kept in zip(shape, fixed, strict=True))
    return np.uint64(int.from_bytes(fixed, "little")), np.uint64(int.from_bytes(said, "little"))


# "VDM" and "VDO" differ in one bit, which is not looked at.
_HEAD_FIXED, _HEAD = (one & ~np.uint64(2 << 40) for one in _mask(b"!??VDM,?"))
_PARTS_FIXED, _PARTS = _mask(b",?,?????")
_TAIL_FIXED, _TAIL = _mask(b"???,?*??")
_TALKER = np.zeros(65_536, bool)
for _name in TALKERS:
    _TALKER[int.from_bytes(_name, "little")] = True
_HEX = np.full(65_536, -1, np.int16)
for _high in "0123456789abcdefABCDEF":
    for _low in "0123456789abcdefABCDEF":
        _HEX[ord(_high) | ord(_low) << 8] = int(_high + _low, 16)
_DIGIT = np.zeros(256, np.uint64)
_DIGIT[48:58] = 1
_CHANNEL = np.zeros(256, np.uint64)
_CHANNEL[[65, 66, 49, 50]] = 1


class Lines(NamedTuple):
    """A block of bytes, longer than what was read, and where its lines begin and end (without line ends)."""

    buffer: Bytes
    start: Ints
    end: Ints


class Sentences(NamedTuple):
    """Plain sentences in the order of their lines.

    Attributes:
        line: index of the line.
        mark: where the "!" is.
        parts: how many parts the message has.
        part: which of them this is.
        key: talker, sequence number and channel as one integer.
        channel: its byte, 0 where none is said.
        at: where the payload begins.
        size: characters of the payload; they may still be anything.
        fill: bits at its end that mean nothing.
    """

    line: Ints
    mark: Ints
    parts: Ints
    part: Ints
    key: Ints
    channel: Ints
    at: Ints
    size: Ints
    fill: Ints

    def take(self, chosen: NDArray[np.bool_] | Ints) -> Sentences:
        """Return some of them."""
        return Sentences(*(column[chosen] for column in self))


def lines(raw: bytes) -> Lines:
    """Return where the lines of a block are; every line ends with a line feed."""
    buffer = np.empty(len(raw) + PAD, np.uint8)
    buffer[: len(raw)] = np.frombuffer(raw, np.uint8)
    buffer[len(raw) :] = 0
    end = np.flatnonzero(buffer[: len(raw)] == 10)
    start = np.empty_like(end)
    start[:1], start[1:] = 0, end[:-1] + 1
    return Lines(buffer, start, end - ((end > start) & (buffer[end - 1] == 13)))


def windows(buffer: Bytes, width: int, at: Ints) -> NDArray[np.void]:
    """Return so many bytes from each place on, one item each."""
    every: NDArray[np.void] = np.ndarray((len(buffer) - width + 1,), f"V{width}", buffer, 0, (1,))
    return every[at]


def words(buffer: Bytes, width: int, at: Ints) -> NDArray[np.uint64]:
    """Return so many bytes (a multiple of eight) from each place on, a row each, first byte lowest."""
    return windows(buffer, width, at).view("<u8").reshape(len(at), width // 8)


def checksum_right(buffer: Bytes, begin: Ints, star: Ints) -> Bools:
    """Say of stretches in ascending order whether the XOR of their bytes is what stands behind the "*" at their end."""
    if not len(begin):
        return np.zeros(0, bool)
    bounds = np.empty(2 * len(begin), np.int64)
    bounds[::2], bounds[1::2] = begin, star
    said = _HEX[windows(buffer, 2, star + 1).view("<u2")]
    right: Bools = np.bitwise_xor.reduceat(buffer, bounds)[::2] == said
    return right & (begin < star)


def scan(block: Lines, mark: Ints) -> Sentences:
    """Return the plain sentences of a block; ``mark`` says where the "!" of each line should be."""
    buffer, end = block.buffer, block.end
    head = words(buffer, 16, mark)
    first, second = head[:, 0], head[:, 1]
    tail = words(buffer, 8, np.maximum(end - 8, 0))[:, 0]
    good = ((first & _HEAD_FIXED) == _HEAD) & ((second & _PARTS_FIXED) == _PARTS) & ((tail & _TAIL_FIXED) == _TAIL)
    talker = (first >> np.uint64(8)) & np.uint64(0xFFFF)
    parts, part = (first >> np.uint64(56)) - np.uint64(48), ((second >> np.uint64(8)) & np.uint64(255)) - np.uint64(48)
    fill = ((tail >> np.uint64(32)) & np.uint64(255)) - np.uint64(48)
    good &= _TALKER[talker] & (part - np.uint64(1) < parts) & (parts < np.uint64(10)) & (fill < np.uint64(6))
    rest = second >> np.uint64(24)
    counted = _DIGIT[rest & np.uint64(255)]
    sequence = (rest & np.uint64(255)) * counted
    rest >>= counted << np.uint64(3)
    said = (rest >> np.uint64(8)) & np.uint64(255)
    known = _CHANNEL[said]
    good &= ((rest & np.uint64(255)) == 44) & (((rest >> (np.uint64(8) << known)) & np.uint64(255)) == 44)
    channel = said * known
    at = mark + (counted + known).view(np.int64) + 13
    size = end - 5 - at
    # a comma before the last character: one maker adds the message's fill bits behind those of the part
    good &= (size > 0) & (end - mark <= MAX_SENTENCE) & ((tail >> np.uint64(8)) & np.uint64(255) != 44)
    key = talker << np.uint64(16) | sequence << np.uint64(8) | channel
    held = (parts, part, key, channel)
    all_of = Sentences(np.arange(len(mark)), mark, *(one.view(np.int64) for one in held), at, size, fill.view(np.int64))
    found = all_of if good.all() else all_of.take(good)
    right = checksum_right(buffer, found.mark + 1, found.at + found.size + 2)
    return found if right.all() else found.take(right)
