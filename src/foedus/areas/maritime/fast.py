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


_ZERO, _ONE = np.uint8(48), np.uint8(1)
# Of the last eight bytes of a stretch of 41 to 48, those that belong to it.
_KEPT = np.array([(1 << 8 * kept) - 1 for kept in range(1, 9)], np.uint64)


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
        channel: its byte, 0 where none is said.
        at: where the payload begins.
        size: characters of the payload; they may still be anything.
        fill: bits at its end that mean nothing.
    """

    line: Ints
    mark: Ints
    parts: Bytes
    part: Bytes
    channel: Bytes
    at: Ints
    size: Ints
    fill: Bytes

    def take(self, chosen: NDArray[np.bool_] | Ints) -> Sentences:
        """Return some of them."""
        line, mark, parts, part, channel, at, size, fill = (column[chosen] for column in self)
        return Sentences(line, mark, parts, part, channel, at, size, fill)  # type: ignore[arg-type]


def key_of(buffer: Bytes, sentences: Sentences) -> Ints:
    """Return talker, sequence number (0 for none) and channel of sentences, as one integer each."""
    talker = windows(buffer, 2, sentences.mark + 1).view("<u2").astype(np.int64)
    sequence = buffer[sentences.mark + 11].astype(np.int64)
    return talker << 16 | np.where(sequence == 44, 0, sequence) << 8 | sentences.channel


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
    return _checked(buffer, begin, star, _HEX[windows(buffer, 2, star + 1).view("<u2")])


def _checked(buffer: Bytes, begin: Ints, star: Ints, said: NDArray[np.int16]) -> Bools:
    """Compare the XOR of stretches with what is said."""
    size = star - begin
    usual = (size > 40) & (size <= 48)
    right: Bools = np.zeros(len(begin), bool)
    if usual.all():
        return np.equal(_xor_48(buffer, begin, size), said, out=right)
    some = np.flatnonzero(usual)
    right[some] = _xor_48(buffer, begin[some], size[some]) == said[some]
    rest = np.flatnonzero(~usual & (size > 0))
    if len(rest):
        bounds = np.empty(2 * len(rest), np.int64)
        bounds[::2], bounds[1::2] = begin[rest], star[rest]
        right[rest] = np.bitwise_xor.reduceat(buffer, bounds)[::2] == said[rest]
    return right


def _xor_48(buffer: Bytes, begin: Ints, size: Ints) -> Bytes:
    """XOR of stretches of 41 to 48 bytes."""
    held = words(buffer, 48, begin)
    value = held[:, 5] & _KEPT[size - 41]
    for index in range(5):
        value ^= held[:, index]
    for half in (32, 16, 8):
        value ^= value >> np.uint64(half)
    return value.astype(np.uint8)


def scan(block: Lines, mark: Ints) -> Sentences:
    """Return the plain sentences of a block; ``mark`` says where the "!" of each line should be."""
    buffer, end = block.buffer, block.end
    head = words(buffer, 16, mark)
    tail = words(buffer, 8, np.maximum(end - 8, 0))
    good = ((head[:, 0] & _HEAD_FIXED) == _HEAD) & ((head[:, 1] & _PARTS_FIXED) == _PARTS)
    good &= (tail[:, 0] & _TAIL_FIXED) == _TAIL
    said, last = head.view(np.uint8), tail.view(np.uint8)
    good &= _TALKER[head.view("<u2")[:, 0] >> 8 | head.view("<u2")[:, 1] << 8]
    parts, part, fill = said[:, 7] - _ZERO, said[:, 9] - _ZERO, last[:, 4] - _ZERO
    # a comma before the last character: one maker adds the message's fill bits behind those of the part
    good &= (part - _ONE < parts) & (parts < 10) & (fill < 6) & (last[:, 1] != 44)
    counted = said[:, 11] - _ZERO < 10
    third, fourth, fifth = (np.where(counted, said[:, place + 1], said[:, place]) for place in (11, 12, 13))
    known = (fourth == 65) | (fourth == 66) | (fourth == 49) | (fourth == 50)
    good &= (third == 44) & (np.where(known, fifth, fourth) == 44)
    at = mark + 13 + counted + known
    size = end - 5 - at
    good &= (size >= 0) & (size < MAX_SENTENCE)
    found = Sentences(np.arange(len(mark)), mark, parts, part, fourth * known, at, size, fill)
    checksum = _HEX[tail.view("<u2")[:, 3]]
    if not good.all():
        found, checksum = found.take(good), checksum[good]
    right = _checked(buffer, found.mark + 1, found.at + found.size + 2, checksum)
    return found if right.all() else found.take(right)
