"""Bits of payloads, many at a time: six-bit characters become words of 48 bits, fields are cut from those.

Source: ITU-R M.1371-5, annex 8, tables 45 to 47 (characters).
"""

from __future__ import annotations

import re
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from foedus.areas.maritime.fast import Bools, Bytes, Ints, words

Words = NDArray[np.uint64]

WORD = 48
_ODD = 255
_ARMOUR = re.compile(rb"[0-W`-w]*")

SIX = np.full(256, _ODD, np.uint8)
for _value in range(64):
    SIX[_value + (48 if _value < 40 else 56)] = _value
_WRONG = np.uint64(0x8000_8000_8000_8000)
# Two characters as they stand in memory, to their twelve bits; the highest bit says that one of them is no armour.
_PAIRS = np.full((256, 256), 0x8000, "<u2")
_PAIRS[np.ix_(SIX != _ODD, SIX != _ODD)] = (
    SIX[SIX != _ODD][:, None].astype(np.uint16) | SIX[SIX != _ODD][None].astype(np.uint16) << 6
)
_TWO = _PAIRS.ravel()


class Payloads(NamedTuple):
    """Payloads in a buffer that is longer than they are: where each begins, its characters, its fill bits."""

    buffer: Bytes
    at: Ints
    size: Ints
    fill: Ints | Bytes

    @property
    def kind(self) -> Bytes:
        """The message type each begins with."""
        return SIX[self.buffer[self.at]]

    @property
    def bits(self) -> Ints:
        """How many bits each has."""
        return self.size * 6 - self.fill

    def take(self, chosen: Bools | Ints) -> Payloads:
        """Return some of them."""
        return Payloads(self.buffer, self.at[chosen], self.size[chosen], self.fill[chosen])

    def each(self) -> list[bytes]:
        """Return the characters of every one."""
        if not len(self.at):
            return []
        first, end = int(self.at.min()), int((self.at + self.size).max())
        raw = self.buffer[first:end].tobytes()
        places = (self.at - first).tolist()
        return [raw[at : at + size] for at, size in zip(places, self.size.tolist(), strict=True)]


def unpack(payloads: Payloads, bits: int) -> tuple[Words, Bools]:
    """Return the first bits of payloads that have as many, and whether every character of each is armour.

    Returns:
        A row of words for each 48 bits, a payload a column; zero bits follow.
    """
    chars = (bits + 5) // 6
    width = (chars + 7) // 8 * 8
    raw = words(payloads.buffer, width, payloads.at).view(np.uint8)
    raw[:, chars : chars + chars % 2] = 48
    two = _TWO.take(raw.view("<u2"), mode="clip").view("<u8")
    value = np.ascontiguousarray(two.T).astype(np.uint64, copy=False)
    value[-1] &= np.uint64((1 << 16 * ((chars + 1) // 2 - (width - 8) // 2)) - 1)
    wrong = np.bitwise_or.reduce(value, axis=0) & _WRONG
    right: Bools = wrong == 0
    longer = np.flatnonzero(payloads.size > chars)
    right[longer] &= np.array([_ARMOUR.fullmatch(one) is not None for one in payloads.take(longer).each()], bool)
    value = (value & np.uint64(0xFFFF0000FFFF)) << np.uint64(12) | value >> np.uint64(16) & np.uint64(0xFFFF0000FFFF)
    return (value & np.uint64(0xFFFFFFFF)) << np.uint64(24) | value >> np.uint64(32), right


def field(value: Words, start: int, count: int) -> Words:
    """Return unsigned fields of at most 48 bits from a bit on, one a payload."""
    first, last = start // WORD, (start + count - 1) // WORD
    right = np.uint64((last + 1) * WORD - start - count)
    if first == last:
        within: Words = value[first] >> right & np.uint64((1 << count) - 1)
        return within
    over = start + count - last * WORD
    high: Words = (value[first] & np.uint64((1 << count - over) - 1)) << np.uint64(over)
    low: Words = value[last] >> right
    return high | low


def integers(value: Words, start: int, count: int) -> Ints:
    """Return unsigned fields as integers."""
    return field(value, start, count).view(np.int64)


def signed(value: Words, start: int, count: int) -> Ints:
    """Return two's complement fields as integers."""
    over = 64 - count
    return (field(value, start, count) << np.uint64(over)).view(np.int64) >> over


def text(value: Words, start: int, chars: int) -> list[str]:
    """Return texts of six-bit characters, "@" and all."""
    parts = []
    for done in range(0, chars, 8):
        count = min(8, chars - done)
        held = field(value, start + 6 * done, 6 * count) << np.uint64(WORD - 6 * count)
        held = held >> np.uint64(24) | (held & np.uint64(0xFFFFFF)) << np.uint64(32)
        held = held >> np.uint64(12) & np.uint64(0xFFF00000FFF) | (held & np.uint64(0xFFF00000FFF)) << np.uint64(16)
        low = np.uint64(0x3F003F003F003F)
        held = held >> np.uint64(6) & low | (held & low) << np.uint64(8)
        parts.append(held | (~held & np.uint64(0x2020_2020_2020_2020)) << np.uint64(1))
    width = len(parts) * 8
    letters = np.stack(parts, axis=1).astype("<u8").view(f"S{width}")[:, 0]
    return [one.decode("ascii")[:chars] for one in letters.tolist()]
