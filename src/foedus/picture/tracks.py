"""Tracks as a static drawing: degrees as they are, a grid with its numbers, no coast, so that nothing is claimed of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import cos, isfinite, radians
from typing import NamedTuple

from foedus.model.picture import Map, Track
from foedus.picture.markup import element, short, text, ticks

WIDTH, HEIGHT, _EDGE = 720, 400, 44
MOST_POINTS = 2_000


class _Plane(NamedTuple):
    """From degrees to places: equirectangular around the middle, equal scales."""

    lat_deg: float
    lon_deg: float
    scale: float

    def x(self, lon_deg: float) -> float:
        return WIDTH / 2 + (lon_deg - self.lon_deg) * self.scale * max(0.05, cos(radians(self.lat_deg)))

    def y(self, lat_deg: float) -> float:
        return HEIGHT / 2 - (lat_deg - self.lat_deg) * self.scale


def draw(shown: Map) -> str:
    """Return a drawing of tracks; nothing where there is no point."""
    tracks = [(track.name, points) for track in shown.tracks if (points := list(unwrapped(track)))]
    points = [point for _, found in tracks for point in found]
    if not points:
        return ""
    plane = _plane(points)
    drawn = list(_grid(plane, points))
    for number, (name, found) in enumerate(tracks):
        drawn.append(_track(plane, name, found, number % 6))
    title = element("title", text(shown.title))
    return element("svg", title + "".join(drawn), viewBox=f"0 0 {WIDTH} {HEIGHT}", class_="map", role="img")


def unwrapped(track: Track) -> Iterator[tuple[float, float]]:
    """Yield the points of a track, longitudes going on beyond 180 degrees rather than leaping across the map.

    >>> [lon for _, lon in unwrapped(Track("a", (0.0, 0.0), (179.0, -179.0)))]
    [179.0, 181.0]
    """
    around, before = 0.0, None
    step = max(1, -(-len(track.lat_deg) // MOST_POINTS))
    for lat, lon in zip(track.lat_deg[::step], track.lon_deg[::step], strict=False):
        if not (isfinite(lat) and isfinite(lon)):
            continue
        if before is not None and lon - before > 180:
            around -= 360
        elif before is not None and lon - before < -180:
            around += 360
        before = lon
        yield lat, lon + around


def _plane(points: Sequence[tuple[float, float]]) -> _Plane:
    lats, lons = [lat for lat, _ in points], [lon for _, lon in points]
    lat, lon = (min(lats) + max(lats)) / 2, (min(lons) + max(lons)) / 2
    tall = max(max(lats) - min(lats), 0.02)
    wide = max((max(lons) - min(lons)) * max(0.05, cos(radians(lat))), 0.02)
    return _Plane(lat, lon, min((HEIGHT - 2 * _EDGE) / tall, (WIDTH - 2 * _EDGE) / wide))


def _grid(plane: _Plane, points: Sequence[tuple[float, float]]) -> Iterator[str]:
    half = HEIGHT / 2 / plane.scale
    wide = WIDTH / 2 / plane.scale / max(0.05, cos(radians(plane.lat_deg)))
    for lat in ticks(plane.lat_deg - half, plane.lat_deg + half):
        y = short(plane.y(lat))
        yield element("line", x1=0, x2=WIDTH, y1=y, y2=y, class_="grid")
        yield element("text", text(_degrees(lat, "N", "S")), x=4, y=short(plane.y(lat) - 4))
    for lon in ticks(plane.lon_deg - wide, plane.lon_deg + wide, 6):
        x = short(plane.x(lon))
        yield element("line", x1=x, x2=x, y1=0, y2=HEIGHT, class_="grid")
        yield element(
            "text", text(_degrees((lon + 180) % 360 - 180, "E", "W")), x=short(plane.x(lon) + 4), y=HEIGHT - 6
        )
    del points


def _track(plane: _Plane, name: str, found: Sequence[tuple[float, float]], colour: int) -> str:
    places = [(plane.x(lon), plane.y(lat)) for lat, lon in found]
    path = " ".join(f"{short(x)},{short(y)}" for x, y in places)
    (x1, y1), (x2, y2) = places[0], places[-1]
    ends = element("circle", cx=short(x1), cy=short(y1), r=5, class_="begin") + element(
        "circle", cx=short(x2), cy=short(y2), r=5, class_="end"
    )
    named = element("text", text(name[:40]), x=short(x2 + 8), y=short(y2 - 8), class_="name")
    return element("g", element("polyline", points=path) + ends + named, class_=f"s{colour}")


def _degrees(value: float, plus: str, minus: str) -> str:
    return f"{short(abs(value))}° {plus if value >= 0 else minus}"
