"""Where the fields of each message type stand: one table for all types that are read many at a time.

Source: ITU-R M.1371-5, annex 8, tables 48 to 96.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

import numpy as np

from foedus.areas.maritime.bits import Words, integers, signed, text
from foedus.areas.maritime.fast import Ints

Place = tuple[int, int]

MIN_BITS = {
    1: 168, 2: 168, 3: 168, 4: 168, 5: 420, 6: 88, 7: 72, 8: 56, 9: 168, 10: 72, 11: 168, 12: 72, 13: 72, 14: 40, 15: 88,
    16: 96, 17: 80, 18: 168, 19: 312, 20: 72, 21: 272, 22: 168, 23: 160, 24: 160, 25: 40, 26: 60, 27: 96,
}  # fmt: skip
MAX_BITS = 1_064
_SIGNED = frozenset(("lat", "lon", "turn"))
_HEAD = {"msg_type": (0, 6), "repeat": (6, 2), "mmsi": (8, 30)}


class Layout(NamedTuple):
    """Where a type's fields stand: numbers as (first bit, bits), texts as (first bit, characters).

    ``bits`` is how many a message must have for all of them.
    """

    bits: int
    numbers: dict[str, Place]
    texts: Mapping[str, Place] = MappingProxyType({})

    def read(self, words: Words) -> dict[str, Ints]:
        """Return the numbers of messages as integers of the standard."""
        return {name: (signed if name in _SIGNED else integers)(words, *place) for name, place in self.numbers.items()}

    def said(self, words: Words) -> dict[str, list[str]]:
        """Return the texts of messages."""
        return {name: text(words, *place) for name, place in self.texts.items()}


def _dims(first: int) -> dict[str, Place]:
    return {"dim_a": (first, 9), "dim_b": (first + 9, 9), "dim_c": (first + 18, 6), "dim_d": (first + 24, 6)}


CLASS_A = Layout(168, _HEAD | {
    "status": (38, 4), "turn": (42, 8), "speed": (50, 10), "accuracy": (60, 1), "lon": (61, 28), "lat": (89, 27),
    "course": (116, 12), "heading": (128, 9), "second": (137, 6), "raim": (148, 1),
})  # fmt: skip
CLASS_B = Layout(168, _HEAD | {
    "speed": (46, 10), "accuracy": (56, 1), "lon": (57, 28), "lat": (85, 27), "course": (112, 12), "heading": (124, 9),
    "second": (133, 6), "raim": (147, 1),
})  # fmt: skip
CLASS_B_LONG = Layout(312, CLASS_B.numbers | {"raim": (305, 1)})
LONG_RANGE = Layout(96, _HEAD | {
    "status": (40, 4), "speed": (79, 6), "accuracy": (38, 1), "lon": (44, 18), "lat": (62, 17), "course": (85, 9),
    "raim": (39, 1),
})  # fmt: skip
BASE = Layout(168, _HEAD | {
    "year": (38, 14), "month": (52, 4), "day": (56, 5), "hour": (61, 5), "minute": (66, 6), "base_second": (72, 6),
    "accuracy": (78, 1), "lon": (79, 28), "lat": (107, 27), "raim": (148, 1),
})  # fmt: skip
AIRCRAFT = Layout(168, _HEAD | {
    "speed": (50, 10), "accuracy": (60, 1), "lon": (61, 28), "lat": (89, 27), "course": (116, 12), "second": (128, 6),
    "raim": (147, 1),
})  # fmt: skip
AID = Layout(272, _HEAD | {
    "accuracy": (163, 1), "lon": (164, 28), "lat": (192, 27), "second": (253, 6), "raim": (268, 1),
} | _dims(219), {"name": (43, 20)})  # fmt: skip
VOYAGE = Layout(422, _HEAD | {
    "ais_version": (38, 2), "imo": (40, 30), "ship_type": (232, 8), "month": (274, 4), "day": (278, 5), "hour": (283, 5),
    "minute": (288, 6), "draught": (294, 8),
} | _dims(240), {"call_sign": (70, 7), "name": (112, 20), "destination": (302, 20)})  # fmt: skip
NAMED = Layout(312, _HEAD | {"ship_type": (263, 8)} | _dims(271), {"name": (143, 20)})
VOYAGE_SHORT = VOYAGE._replace(bits=420)
"""As many ships send it; the last letter of their destination is cut."""
PART_A = Layout(160, _HEAD, {"name": (40, 20)})
PART_B = tuple(
    Layout(
        162 - short, _HEAD | {"plain_type": (40, 8)} | _dims(132) | {"dim_d": (156, 6 - short)}, {"call_sign": (90, 7)}
    )
    for short in (0, 1, 2)
)
"""Whole, and with its last bit or two cut: what is left of the last field counts."""
ANY = Layout(40, _HEAD | {"part": (38, 2)})
DESTINATION = (302, 120)
NAME = (43, 120)
EXTENSION = (272, 88)
"""Where texts stand that are not all there, or go on: a type 5's destination, a type 21's name and its end."""


def table(values: dict[int, int], absent: int = 0) -> Ints:
    """Return a map from message types as an array."""
    made = np.full(256, absent, np.int64)
    made[list(values)] = list(values.values())
    return made
