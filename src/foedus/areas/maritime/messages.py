"""Whole messages as rows, a type at a time: reports and static data by our own table of bits, all else by pyais as JSON."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from foedus.areas.maritime import full, layouts
from foedus.areas.maritime.bits import Payloads, Words, unpack
from foedus.areas.maritime.clock import told_ms
from foedus.areas.maritime.fast import Bools, Ints
from foedus.areas.maritime.layouts import MAX_BITS, MIN_BITS, Layout
from foedus.areas.maritime.positions import Came, common, other_columns, ship_columns
from foedus.areas.maritime.record import LONG, OTHER, Coded, Columns, Texts
from foedus.areas.maritime.statics import cut_destinations, longer_names, static_columns

Part = tuple[Columns, Texts]

_LEAST = layouts.table(MIN_BITS, MAX_BITS + 1)
_MALFORMED = full.Unread("sentence-malformed", "not the seven fields of an AIS sentence")

_NO_PART = full.Unread("message-unreadable", "a message of type 24 that is neither part A nor part B")


class Messages(NamedTuple):
    """Whole messages and how they came; ``number`` is the place of each among those that were given."""

    payloads: Payloads
    came: Came
    number: Ints

    def take(self, chosen: Bools | Ints) -> Messages:
        """Return some of them."""
        return Messages(self.payloads.take(chosen), self.came.take(chosen), self.number[chosen])


class Told(NamedTuple):
    """What messages came to: parts of rows, and which are refused for what."""

    parts: list[Part]
    refused: list[tuple[int, full.Unread]]

    def refuse(self, messages: Messages, wrong: full.Unread) -> None:
        """Refuse messages."""
        self.refused.extend((number, wrong) for number in messages.number.tolist())

    def unpacked(self, messages: Messages, bits: int) -> tuple[Messages, Words]:
        """Return messages and their bits; those with anything else than armour are refused."""
        words, right = unpack(messages.payloads, bits)
        if right.all():
            return messages, words
        self.refuse(messages.take(~right), _MALFORMED)
        return messages.take(right), words[:, right]


def read(payloads: Payloads, came: Came) -> Told:
    """Return the rows of messages, and which are refused."""
    told = Told([], [])
    kind, bits = payloads.kind, payloads.bits
    able = (bits >= _LEAST[kind]) & (bits <= MAX_BITS)
    for index in np.flatnonzero(~able).tolist():
        wrong = full.checked(int(kind[index]), int(bits[index])) if kind[index] < 64 else None
        told.refused.append((index, wrong or _MALFORMED))
    group = _GROUP[kind]
    group[~able] = -1
    messages = Messages(payloads, came, np.arange(len(kind)))
    for number, reader in enumerate(_READERS):
        chosen = np.flatnonzero(group == number)
        if len(chosen) == len(kind):
            reader(told, messages)
        elif len(chosen):
            reader(told, messages.take(chosen))
    return told


def _ships(layout: Layout) -> Callable[[Told, Messages], None]:
    def add(told: Told, messages: Messages) -> None:
        messages, words = told.unpacked(messages, layout.bits)
        held = ship_columns(layout.read(words), messages.came, layout)
        longer = messages.payloads.bits > layout.bits
        if longer.any():
            held["flags"] = held["flags"] | np.where(longer, LONG, 0)
        told.parts.append((held, {}))
        if layout is layouts.CLASS_B_LONG:
            told.parts.append(static_columns(words, messages.came, layouts.NAMED))

    return add


def _stations(told: Told, messages: Messages) -> None:
    messages, words = told.unpacked(messages, layouts.BASE.bits)
    numbers = layouts.BASE.read(words)
    told.parts.append((other_columns(numbers, messages.came) | {"base_ms": told_ms(numbers)}, {}))


def _aircraft(told: Told, messages: Messages) -> None:
    messages, words = told.unpacked(messages, layouts.AIRCRAFT.bits)
    told.parts.append((other_columns(layouts.AIRCRAFT.read(words), messages.came), {}))


def _aids(told: Told, messages: Messages) -> None:
    messages, words = told.unpacked(messages, layouts.AID.bits)
    told.parts.append((other_columns(layouts.AID.read(words), messages.came), {}))
    held, said = static_columns(words, messages.came, layouts.AID)
    told.parts.append((held, longer_names(said, messages.payloads)))


def _voyages(told: Told, messages: Messages) -> None:
    whole = messages.payloads.bits >= layouts.VOYAGE.bits
    for layout, chosen in ((layouts.VOYAGE, whole), (layouts.VOYAGE_SHORT, ~whole)):
        if chosen.any():
            some, words = told.unpacked(messages.take(chosen), layout.bits)
            held, said = static_columns(words, some.came, layout)
            told.parts.append((held, said if layout is layouts.VOYAGE else cut_destinations(said, some.payloads)))


def _halves(told: Told, messages: Messages) -> None:
    """Type 24: part A, part B whole or cut, and parts that nobody knows."""
    messages, words = told.unpacked(messages, layouts.PART_A.bits)
    part = layouts.ANY.read(words)["part"]
    short = np.maximum(layouts.PART_B[0].bits - messages.payloads.bits, 0)
    for layout, chosen in [
        (layouts.PART_A, part == 0),
        *((layout, (part == 1) & (short == less)) for less, layout in enumerate(layouts.PART_B)),
    ]:
        if chosen.any():
            told.parts.append(static_columns(words[:, chosen], messages.came.take(chosen), layout))
    told.refuse(messages.take(part > 1), _NO_PART)


def _others(told: Told, messages: Messages) -> None:
    """All other types, one by one, all their fields as JSON."""
    messages, words = told.unpacked(messages, layouts.ANY.bits)
    numbers, came = layouts.ANY.read(words), messages.came
    kept, said = np.zeros(len(messages.number), bool), []
    held = zip(numbers["msg_type"].tolist(), messages.payloads.each(), messages.payloads.fill.tolist(), strict=True)
    for index, (kind, payload, fill) in enumerate(held):
        one = full.decode(kind, payload, fill)
        if isinstance(one, full.Unread):
            told.refused.append((int(messages.number[index]), one))
            continue
        kept[index] = True
        said.append(full.json(one))
    numbers = {name: values[kept] for name, values in numbers.items()}
    told.parts.append((common(numbers, came.take(kept), OTHER), {"json": Coded.of(said)}))


_READERS: tuple[Callable[[Told, Messages], None], ...] = (
    *(_ships(layout) for layout in (layouts.CLASS_A, layouts.CLASS_B, layouts.CLASS_B_LONG, layouts.LONG_RANGE)),
    _stations, _aircraft, _aids, _voyages, _halves, _others,
)  # fmt: skip
_KINDS = ((1, 2, 3), (18,), (19,), (27,), (4, 11), (9,), (21,), (5,), (24,))
_GROUP = layouts.table(
    dict.fromkeys(MIN_BITS, len(_KINDS)) | {kind: group for group, kinds in enumerate(_KINDS) for kind in kinds}, -1
)
