"""Where findings happened, for a map: each as a point, or how many there are in squares of the earth where they are very many."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

import msgspec

from foedus.node.home import Node
from foedus.node.situation import Wanted, filters_of, known_in
from foedus.store import situation as stored
from foedus.store.classes import CELL_DEG, COLUMNS
from foedus.store.watch import ANY

MOST_POINTS = 5_000
_SIDES = (8, 8, 4, 2)
"""Squares of the store along a side of one shown, by zoom; beyond, each is shown by itself."""


class Point(msgspec.Struct, frozen=True, rename={"object_id": "id", "lat_deg": "lat", "lon_deg": "lon"}):
    """A place of a finding."""

    object_id: str
    title: str
    urgency: int
    room: str
    kind: str
    owner: str
    lat_deg: float
    lon_deg: float


class Square(msgspec.Struct, frozen=True, rename={"lat_deg": "lat", "lon_deg": "lon"}):
    """How many findings happened around a point, the middle of a square."""

    lat_deg: float
    lon_deg: float
    held: int


class OnMap(msgspec.Struct, frozen=True):
    """What a map shows; ``side_deg`` is the side of its squares, 0 where each is a point. ``held``: how many findings."""

    held: int
    side_deg: float
    points: tuple[Point, ...] = ()
    squares: tuple[Square, ...] = ()


def on_map(node: Node, wanted: Wanted, zoom: int = 0, person: str = "") -> OnMap:
    """Return where the findings that pass filters happened; all of them, not those of one page.

    Raises:
        InputError: a filter that cannot be.
    """
    asked = filters_of(wanted, person)
    with node.store.read() as read:
        known = known_in(read, asked.span)
        placed = [id_ for id_ in asked.passing(known) if known[id_][0].placed]
        held = stored.how_many(read, {id_: known[id_][1] for id_ in placed}, asked.span, asked.standing)
        if held > MOST_POINTS and asked.standing == ANY:
            times = _SIDES[zoom] if zoom < len(_SIDES) else 1
            cells = stored.cells(read, placed, asked.span)
            return OnMap(held, CELL_DEG * times, squares=tuple(_squares(cells, times)))
        dots = stored.dots(read, placed, asked.span, MOST_POINTS, asked.standing)
    points = (Point(*one[:-1], place.lat_deg, place.lon_deg) for one in dots for place in one.places)
    return OnMap(held, 0.0, tuple(points))


def _squares(cells: Mapping[int, int], times: int) -> list[Square]:
    """Return squares of so many cells a side, from south to north and west to east."""
    counted: Counter[tuple[int, int]] = Counter()
    for cell, held in cells.items():
        row, column = divmod(cell, COLUMNS)
        counted[row // times, column // times] += held
    side = CELL_DEG * times
    return [
        Square(min((row + 0.5) * side, 180) - 90, (column + 0.5) * side - 180, held)
        for (row, column), held in sorted(counted.items())
    ]
