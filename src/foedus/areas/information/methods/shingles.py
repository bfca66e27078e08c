"""Texts to hashed shingles: what is compared when two texts are compared.

Normalisation: NFKC, case folded; URLs and mentions out; zero-width, bidirectional and other format characters, emoji and
their modifiers out; quotes and dashes of all shapes made one; white space collapsed, and dropped between Han, kana and
hangul. What is left are code points; a shingle is ``WIDE`` of them in a row, ``NARROW`` where Han, kana or hangul dominate.

Nothing is cut into words, so no language needs a dictionary. Numbers, names and negations stay: two texts that differ in one
of them only are near each other, and say different things.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

WIDE, NARROW = 5, 3
_END = 0x1E
_SPACE = 0x20
_URL = re.compile(r"https?://\S+|(?<!\w)www\.\S+")
_MENTION = re.compile(r"[@]\w+")
_SHOWN = re.compile(".\ufe0f")  # shown as emoji, which some would not be by themselves: "ℹ️" is no letter
_DENSE = ((0x3040, 0x30FF), (0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xAC00, 0xD7A3), (0xF900, 0xFAFF), (0x20000, 0x3FFFF))
_EMOJI = (
    (0x2600, 0x27BF),
    (0x2B00, 0x2BFF),
    (0xFE00, 0xFE0F),
    (0x1F000, 0x1FAFF),
    (0xE0000, 0xE01EF),
    (0x20E3, 0x20E3),
)
_ALIKE = {"'": "‘’‚‛`´", '"': "“”„‟«»", "-": "‐‑‒–—―−"}
_WEIGHTS = np.array([0x9E3779B1, 0x85EBCA6B, 0xC2B2AE35, 0x27D4EB2F, 0x165667B1], dtype=np.uint32)

Points = NDArray[np.uint32]


class Normal(NamedTuple):
    """Normalised texts, one after the other.

    Attributes:
        points: code points; every text is followed by one end mark.
        size: code points of each text, its end mark not counted.
        dense: whether Han, kana or hangul dominate.
    """

    points: Points
    size: NDArray[np.int64]
    dense: NDArray[np.bool_]

    def take(self, wanted: NDArray[np.bool_]) -> Normal:
        """Return some of the texts."""
        return Normal(self.points[np.repeat(wanted, self.size + 1)], self.size[wanted], self.dense[wanted])

    def raw(self) -> list[bytes]:
        """Return each text as bytes: equal bytes are an exact copy."""
        data = self.points.tobytes()
        ends = (np.cumsum(self.size + 1) * 4 - 4).tolist()
        starts = [0, *(end + 4 for end in ends)]
        return [data[start:end] for start, end in zip(starts, ends, strict=False)]


def normal(texts: Sequence[str | None]) -> Normal:
    r"""Normalise texts.

    >>> normal(["Ｔｈｅ  “END”\u200b 🙂 https://t.example/x @you", "the 'end'"]).raw()[0].decode("utf-32-le")
    'the "end"'
    >>> normal(["日 本 政府"]).dense.tolist()
    [True]
    """
    mark = chr(_END)
    joined = mark.join([_folded(text).replace(mark, " ") for text in texts]) + mark * bool(texts)
    if "http" in joined or "www." in joined:
        joined = _URL.sub(" ", joined)
    if "@" in joined:
        joined = _MENTION.sub(" ", joined)
    points = _table()[np.frombuffer(joined.encode("utf-32-le", "replace"), dtype=np.uint32)]
    points = _spaced(points[points != 0])
    ends = np.flatnonzero(points == _END)
    size = np.diff(ends, prepend=-1) - 1
    return Normal(points, size, _dominant(points, size))


def _folded(text: str | None) -> str:
    """Text in lower case and in its compatible form; ASCII is there already."""
    if not text:
        return ""
    if text.isascii():
        return text.lower()
    if "\ufe0f" in text:
        text = _SHOWN.sub("", text)
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())


def _spaced(points: Points) -> Points:
    """One space between words, none at the ends of a text or between dense characters."""
    space = points == _SPACE
    before = np.concatenate(([np.uint32(_END)], points[:-1]))
    points = points[~(space & ((before == _SPACE) | (before == _END)))]
    if not len(points):
        return points
    space = points == _SPACE
    after = np.concatenate((points[1:], [np.uint32(_END)]))
    drop: NDArray[np.bool_] = space & (after == _END)
    if points.max() > 0x3000:
        near = _dense(points)
        drop[1:-1] |= space[1:-1] & near[:-2] & near[2:]
    kept: Points = points[~drop]
    return kept


def _dense(points: Points) -> NDArray[np.bool_]:
    held = np.zeros(len(points), dtype=bool)
    for low, high in _DENSE:
        held |= (points >= low) & (points <= high)
    return held


def _dominant(points: Points, size: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Texts of which more than half is Han, kana or hangul."""
    if not len(size) or points.max(initial=0) < 0x3000:
        return np.zeros(len(size), dtype=bool)
    starts = np.cumsum(size + 1) - size - 1
    return np.asarray(np.add.reduceat(_dense(points), starts, dtype=np.int64) * 2 > size)


@cache
def _table() -> Points:
    """Code point to what stands for it; 0 is dropped."""
    table = np.arange(0x110000, dtype=np.uint32)
    for point in range(0x20000):
        kind = unicodedata.category(chr(point))
        if kind in {"Zs", "Zl", "Zp"} or chr(point).isspace():
            table[point] = _SPACE
        elif kind in {"Cc", "Cf", "So"}:
            table[point] = 0
    for low, high in _EMOJI:
        table[low : high + 1] = 0
    for one, others in _ALIKE.items():
        table[[ord(other) for other in others]] = ord(one)
    table[_END] = _END
    return table


def shingles(texts: Normal) -> tuple[Points, NDArray[np.int64]]:
    """Hash the shingles of texts.

    Returns:
        Hashes, and how many of them belong to each text: ``size - WIDE + 1``, for dense texts ``size - NARROW + 1``.
    """
    points = np.concatenate((texts.points, np.full(WIDE - 1, _END, dtype=np.uint32)))
    count = len(texts.points)
    hashed, inside = _window(points, count, NARROW)
    if texts.dense.all():
        held = inside
    else:
        wide, inside_wide = _window(points, count, WIDE)
        dense = np.repeat(texts.dense, texts.size + 1)
        hashed, held = np.where(dense, hashed, wide), np.where(dense, inside, inside_wide)
    width = np.where(texts.dense, NARROW, WIDE)
    return _mixed(hashed[held]), np.maximum(texts.size - width + 1, 0)


def _window(points: Points, count: int, width: int) -> tuple[Points, NDArray[np.bool_]]:
    """Sums of weighted code points over a window, and whether it lies within a text."""
    total = np.zeros(count, dtype=np.uint32)
    inside = np.ones(count, dtype=bool)
    for offset in range(width):
        part = points[offset : offset + count]
        total += part * _WEIGHTS[offset]
        inside &= part != _END
    return total, inside


def _mixed(hashed: Points) -> Points:
    """Spread every bit over all (lowbias32, Chris Wellons, public domain)."""
    hashed ^= hashed >> np.uint32(16)
    hashed *= np.uint32(0x7FEB352D)
    hashed ^= hashed >> np.uint32(15)
    hashed *= np.uint32(0x846CA68B)
    hashed ^= hashed >> np.uint32(16)
    return hashed
