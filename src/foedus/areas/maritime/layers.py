"""Layers: files that somebody lays beside the records: zones, corridors, ports, shore as GeoJSON (lists: ``watchlist``).

A file that is not understood is refused with its name and the place in it: half a sanctions list is worse than none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from foedus.areas.maritime.files import FOLDER, Ground, ground_of
from foedus.areas.maritime.methods import combination, corridors, encounters, gaps, loitering, zones
from foedus.areas.maritime.methods.around import Around, Corridor, Near, Zone, places
from foedus.areas.maritime.methods.event import Event
from foedus.areas.maritime.methods.plane import unwrapped
from foedus.errors import FoedusError, MalformedRecord
from foedus.model import ijson
from foedus.model.room import Layers

_STEP_DEG = 0.05
_MAX_POINTS = 2_000_000

Point = tuple[float, float]


class Shape(NamedTuple):
    """One geometry of a file: what it is called, its type, rings or lines of (lon, lat)."""

    name: str
    type: str
    lines: tuple[tuple[Point, ...], ...]


class Chart(NamedTuple):
    """What the layer files say: the surroundings for methods; which file each zone and corridor, ports and shore come from."""

    around: Around
    zones: Mapping[str, Ground]
    corridors: Mapping[str, Ground]
    ports: tuple[Ground, ...]
    shore: tuple[Ground, ...]

    def behind(self, event: Event) -> tuple[Ground, ...]:
        """Return the files an event rests on."""
        if event.kind == zones.KIND:
            return (self.zones[str(event.measures["zone"])],)
        if event.kind == corridors.KIND:
            return (self.corridors[str(event.measures["corridor"])],)
        if event.kind in (encounters.KIND, gaps.KIND, combination.KIND):
            return self.ports
        return self.shore if event.kind == loitering.KIND else ()


def chart(layers: Layers) -> Chart:
    """Read the layer files of the room.

    Raises:
        MalformedRecord: one of them is not understood; ``where`` is its name and the place in it.
    """
    files = {name: raw for name, raw in sorted(layers.files(FOLDER).items()) if not name.endswith(".label")}
    drawn = _named(files, "zones/", "Polygon")
    lines = _named(files, "corridors/", "LineString")
    ports, ports_from = _near(files, "ports/", "ports")
    shore, shore_from = _near(files, "shore/", "shore")
    around = Around(
        ports,
        shore,
        tuple(Zone(name, shape.lines) for name, (shape, _) in drawn.items()),
        tuple(Corridor(name, shape.lines[0]) for name, (shape, _) in lines.items()),
    )
    return Chart(
        around,
        {name: ground for name, (_, ground) in drawn.items()},
        {name: ground for name, (_, ground) in lines.items()},
        ports_from,
        shore_from,
    )


def _named(files: Mapping[str, bytes], folder: str, type_: str) -> dict[str, tuple[Shape, Ground]]:
    """The shapes of a folder by name; of two with one name the second gets a number, so that each is told apart."""
    found: dict[str, tuple[Shape, Ground]] = {}
    for name, raw in files.items():
        if not name.startswith(FOLDER + folder):
            continue
        ground = ground_of(name, raw)
        for shape in shapes(name, raw):
            if shape.type != type_:
                hint = f"{folder.rstrip('/')} are {type_}s"
                raise MalformedRecord(f"a {shape.type} here", code="layer-malformed", where=name, hint=hint)
            told, number = shape.name, 2
            while told in found:
                told, number = f"{shape.name} ({number})", number + 1
            found[told] = (shape, ground)
    return found


def _near(files: Mapping[str, bytes], folder: str, what: str) -> tuple[Near | None, tuple[Ground, ...]]:
    """A layer of points: places as they are, lines and edges at every few kilometres."""
    held = [(name, raw) for name, raw in files.items() if name.startswith(FOLDER + folder)]
    points = [point for name, raw in held for shape in shapes(name, raw) for point in _points(shape)]
    if not points:
        return None, ()
    if len(points) > _MAX_POINTS:
        raise MalformedRecord(
            "too many points", code="layer-too-large", where=held[0][0], hint="a coarser file will do"
        )
    lon, lat = (np.array(column) for column in zip(*points, strict=True))
    return places(what, lat, lon), tuple(ground_of(name, raw) for name, raw in held)


def _points(shape: Shape) -> Iterator[Point]:
    for line in shape.lines:
        lon, lat = unwrapped(line)
        yield (float(lon[0]), float(lat[0]))
        for n in range(1, len(lon)):
            parts = max(1, int(np.ceil(max(abs(lon[n] - lon[n - 1]), abs(lat[n] - lat[n - 1])) / _STEP_DEG)))
            for part in range(1, parts + 1):
                on = part / parts
                yield float(lon[n - 1] + on * (lon[n] - lon[n - 1])), float(lat[n - 1] + on * (lat[n] - lat[n - 1]))


@lru_cache(maxsize=32)
def shapes(name: str, raw: bytes) -> tuple[Shape, ...]:
    """Return the geometries of a GeoJSON file (RFC 7946), those of several parts taken apart.

    Raises:
        MalformedRecord: it is none; ``where`` is the file and the pointer in it.
    """
    try:
        read = ijson.decode(raw)
    except FoedusError as error:
        raise _wrong(f"no JSON: {error}", name, error.where or "") from error
    return tuple(_shapes(read, name, "", ""))


def _shapes(read: Any, file: str, at: str, called: str) -> Iterator[Shape]:
    if not isinstance(read, dict):
        raise _wrong("no GeoJSON object", file, at)
    kind = read.get("type")
    if kind == "FeatureCollection":
        for n, one in enumerate(_list(read.get("features"), file, f"{at}/features")):
            yield from _shapes(one, file, f"{at}/features/{n}", "")
    elif kind == "Feature":
        if read.get("geometry") is not None:
            yield from _shapes(read["geometry"], file, f"{at}/geometry", _called(read))
    elif kind == "GeometryCollection":
        for n, one in enumerate(_list(read.get("geometries"), file, f"{at}/geometries")):
            yield from _shapes(one, file, f"{at}/geometries/{n}", called)
    elif kind in _READ:
        name = called or f"{file.rpartition('/')[2].rpartition('.')[0]}{at and ' '}{at.strip('/')}"
        single = str(kind).removeprefix("Multi")
        for lines in _READ[str(kind)](read.get("coordinates"), file, f"{at}/coordinates"):
            yield Shape(name, single, lines)
    else:
        raise _wrong(f"no geometry of GeoJSON: {str(kind)[:40]!r}", file, f"{at}/type")


def _called(feature: Mapping[str, Any]) -> str:
    held = feature.get("properties")
    properties = held if isinstance(held, dict) else {}
    for key in ("name", "NAME", "Name", "GEONAME", "title"):
        if isinstance(properties.get(key), str) and properties[key].strip():
            return str(properties[key]).strip()[:200]
    return str(feature["id"])[:200] if isinstance(feature.get("id"), (str, int)) else ""


def _list(value: Any, file: str, at: str) -> list[Any]:
    if not isinstance(value, list):
        raise _wrong("no list", file, at)
    return value


def _point(value: Any, file: str, at: str) -> Point:
    numbers = value[:2] if isinstance(value, list) else []
    if len(numbers) < 2 or any(isinstance(one, bool) or not isinstance(one, (int, float)) for one in numbers):
        raise _wrong("no position", file, at)
    lon, lat = float(numbers[0]), float(numbers[1])
    if abs(lat) > 90 or abs(lon) > 360:
        raise _wrong("not on the earth (longitude stands first)", file, at)
    return (lon + 180.0) % 360.0 - 180.0 if abs(lon) > 180 else lon, lat


def _line(value: Any, file: str, at: str, least: int = 2) -> tuple[Point, ...]:
    held = tuple(_point(one, file, f"{at}/{n}") for n, one in enumerate(_list(value, file, at)))
    if len(held) < least:
        raise _wrong(f"{least} positions at least", file, at)
    return held


def _polygon(value: Any, file: str, at: str) -> tuple[tuple[Point, ...], ...]:
    held = tuple(_line(ring, file, f"{at}/{n}", 4) for n, ring in enumerate(_list(value, file, at)))
    for n, ring in enumerate(held):
        if ring[0] != ring[-1]:
            raise _wrong("a ring ends where it begins", file, f"{at}/{n}")
    if not held:
        raise _wrong("no ring", file, at)
    return held


_Lines = tuple[tuple[Point, ...], ...]


def _several(read: Callable[[Any, str, str], _Lines]) -> Callable[[Any, str, str], Iterator[_Lines]]:
    def parts(value: Any, file: str, at: str) -> Iterator[_Lines]:
        for n, one in enumerate(_list(value, file, at)):
            yield read(one, file, f"{at}/{n}")

    return parts


def _single(read: Callable[[Any, str, str], _Lines]) -> Callable[[Any, str, str], Iterator[_Lines]]:
    return lambda value, file, at: iter((read(value, file, at),))


def _one_line(value: Any, file: str, at: str) -> _Lines:
    return (_line(value, file, at),)


def _one_point(value: Any, file: str, at: str) -> _Lines:
    return ((_point(value, file, at),),)


_READ: dict[str, Callable[[Any, str, str], Iterator[_Lines]]] = {
    "Polygon": _single(_polygon),
    "MultiPolygon": _several(_polygon),
    "LineString": _single(_one_line),
    "MultiLineString": _several(_one_line),
    "Point": _single(_one_point),
    "MultiPoint": _several(_one_point),
}


def _wrong(what: str, file: str, at: str) -> MalformedRecord:
    where = f"{file} {at}".strip()
    return MalformedRecord(f"layer: {what}", code="layer-malformed", where=where, hint="GeoJSON, RFC 7946")
