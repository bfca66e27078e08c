"""What ships and aids to navigation say of themselves, many at a time: types 5, 19, 21 and both parts of 24 as columns."""

from __future__ import annotations

import numpy as np
from pyais.constants import ShipType

from foedus.areas.maritime import full
from foedus.areas.maritime.bits import Payloads, Words
from foedus.areas.maritime.fast import Ints
from foedus.areas.maritime.layouts import DESTINATION, EXTENSION, NAME, Layout
from foedus.areas.maritime.positions import Came, Numbers, common
from foedus.areas.maritime.record import STATIC, Coded, Columns, Texts

_DIMS = ("dim_a", "dim_b", "dim_c", "dim_d")
# Reserved types are one, as the reference reads them.
_SHIP_TYPES = np.array([int(ShipType.from_value(value) or 0) for value in range(256)])


def static_columns(words: Words, came: Came, layout: Layout) -> tuple[Columns, Texts]:
    """Return static data as columns."""
    numbers = layout.read(words)
    held = common(numbers, came, STATIC) | _sizes(numbers)
    if "imo" in numbers:
        held["imo"] = _some(numbers["imo"])
    if "ship_type" in numbers:
        held["ship_type"] = _some(_SHIP_TYPES[numbers["ship_type"]])
    if "plain_type" in numbers:
        held["ship_type"] = _some(numbers["plain_type"])
    if "ais_version" in numbers:
        held["ais_version"] = numbers["ais_version"]
    if "draught" in numbers:
        held["draught_m"] = np.where(numbers["draught"] > 0, numbers["draught"] / 10.0, np.nan)
    said: Texts = {name: Coded.of([stripped(one) for one in texts]) for name, texts in layout.said(words).items()}
    if "month" in numbers:
        said["eta"] = Coded.of(_arrivals(numbers))
    return held, said


def longer_names(said: Texts, payloads: Payloads) -> Texts:
    """Return what aids to navigation say with the names of the longer messages, which go on at their end."""
    names = said["name"].rows()
    longer = np.flatnonzero(payloads.bits > EXTENSION[0])
    some = payloads.take(longer)
    for index, payload, fill in zip(longer.tolist(), some.each(), some.fill.tolist(), strict=True):
        names[index] = stripped(full.text(payload, fill, NAME) + full.text(payload, fill, EXTENSION))
    return said | {"name": Coded.of(names)}


def cut_destinations(said: Texts, payloads: Payloads) -> Texts:
    """Return what ships say with destinations whose last letter is cut, read as far as it goes."""
    held = zip(payloads.each(), payloads.fill.tolist(), strict=True)
    return said | {"destination": Coded.of([stripped(full.text(*one, DESTINATION)) for one in held])}


def stripped(said: str) -> str | None:
    """Return a text without what only fills it up; None where nothing is left."""
    return said.strip(" @") or None


def _some(values: Ints) -> Ints:
    """Zero is nothing."""
    return np.where(values > 0, values, -1)


def _sizes(numbers: Numbers) -> Columns:
    """Distances from the antenna to the four sides; all zero is nothing."""
    if "dim_a" not in numbers:
        return {}
    told = np.logical_or.reduce([numbers[name] > 0 for name in _DIMS])
    return {name: np.where(told, numbers[name], -1) for name in _DIMS}


def _arrivals(numbers: Numbers) -> list[str | None]:
    """Month-day and time of arrival as sent; None where any part is not available."""
    parts = zip(*(numbers[name].tolist() for name in ("month", "day", "hour", "minute")), strict=True)
    return [
        f"{month:02}-{day:02} {hour:02}:{minute:02}Z" if month and day and hour <= 23 and minute <= 59 else None
        for month, day, hour, minute in parts
    ]
