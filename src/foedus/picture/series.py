"""Values over time as a static drawing: lines, thresholds, axes with units, time in UTC."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from math import isfinite
from typing import NamedTuple

from foedus.model.picture import Line, Series
from foedus.picture.markup import element, short, text, ticks

WIDTH, HEIGHT = 720, 240
_LEFT, _RIGHT, _TOP, _BOTTOM = 56, 16, 14, 34
MOST_POINTS = 2_000
COLOURS = 6


class _Scale(NamedTuple):
    """From instants and values to places."""

    from_s: float
    to_s: float
    low: float
    high: float

    def x(self, at_s: float) -> float:
        share = (at_s - self.from_s) / (self.to_s - self.from_s) if self.to_s > self.from_s else 0.5
        return _LEFT + share * (WIDTH - _LEFT - _RIGHT)

    def y(self, value: float) -> float:
        share = (value - self.low) / (self.high - self.low) if self.high > self.low else 0.5
        return HEIGHT - _BOTTOM - share * (HEIGHT - _TOP - _BOTTOM)


def draw(series: Series) -> str:
    """Return a drawing of series; nothing where they hold no number."""
    held = [(line, list(_points(line))) for line in series.lines]
    points = [point for _, found in held for point in found]
    if not points:
        return ""
    limits = [value for _, value in series.thresholds if isfinite(value)]
    values = [value for _, value in points] + limits
    low, high = min(0.0, *values), max(values)
    scale = _Scale(min(at for at, _ in points), max(at for at, _ in points), low, high * 1.05 if high > 0 else high)
    unit = next((line.unit for line in series.lines if line.unit), "")
    drawn = [*_axes(scale, unit), *_thresholds(scale, series.thresholds)]
    for number, (_, found) in enumerate(held):
        drawn.append(_line(scale, found, number % COLOURS))
    title = element("title", text(series.title))
    svg = element("svg", title + "".join(drawn), viewBox=f"0 0 {WIDTH} {HEIGHT}", class_="series", role="img")
    return svg + _key(series)


def _points(line: Line) -> Iterator[tuple[float, float]]:
    """Yield what can be drawn of a line, thinned evenly where there is more than a screen shows."""
    found = [
        (at.timestamp(), float(value)) for at, value in zip(line.at, line.value, strict=False) if isfinite(float(value))
    ]
    step = max(1, -(-len(found) // MOST_POINTS))
    yield from found[::step]


def _line(scale: _Scale, found: Sequence[tuple[float, float]], colour: int) -> str:
    places = [(scale.x(at), scale.y(value)) for at, value in found]
    dots = "".join(element("circle", cx=short(x), cy=short(y), r=2.5) for x, y in places) if len(places) <= 60 else ""
    path = " ".join(f"{short(x)},{short(y)}" for x, y in places)
    return element("g", element("polyline", points=path) + dots, class_=f"s{colour}")


def _axes(scale: _Scale, unit: str) -> Iterator[str]:
    for value in ticks(scale.low, scale.high):
        y = short(scale.y(value))
        yield element("line", x1=_LEFT, x2=WIDTH - _RIGHT, y1=y, y2=y, class_="grid")
        yield element("text", text(short(value)), x=_LEFT - 8, y=y, class_="at-y")
    if unit:
        yield element("text", text(unit), x=4, y=_TOP, class_="unit")
    for share in (0.0, 0.5, 1.0) if scale.to_s > scale.from_s else (0.5,):
        at_s = scale.from_s + share * (scale.to_s - scale.from_s)
        anchor = {0.0: "start", 1.0: "end"}.get(share, "middle")
        yield element("text", _instant(at_s), x=short(scale.x(at_s)), y=HEIGHT - 10, text_anchor=anchor)


def _thresholds(scale: _Scale, thresholds: Sequence[tuple[str, float]]) -> Iterator[str]:
    for name, value in thresholds:
        if isfinite(value):
            y = scale.y(value)
            yield element("line", x1=_LEFT, x2=WIDTH - _RIGHT, y1=short(y), y2=short(y), class_="threshold") + element(
                "text",
                text(f"{name} {short(value)}"),
                x=WIDTH - _RIGHT,
                y=short(y - 5),
                text_anchor="end",
                class_="threshold-name",
            )


def _key(series: Series) -> str:
    if len(series.lines) < 2:
        return ""
    items = "".join(
        element("li", element("span", "", class_=f"key s{number % COLOURS}") + text(line.name))
        for number, line in enumerate(series.lines)
    )
    return element("ul", items, class_="key-list")


def _instant(at_s: float) -> str:
    return f"{datetime.fromtimestamp(at_s, UTC):%m-%d %H:%M}"
