"""The panes of a picture in reading order, as one piece of HTML."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from foedus.model.picture import Graph, Map, Pane, Picture, Series, Table, Words
from foedus.picture import graph, series, tracks
from foedus.picture.markup import element, table, text

MOST_ROWS = 200
OPEN_ROWS = 15


class Texts(NamedTuple):
    """The words that are not the picture's own: of what is left out, and of the table beside a drawing."""

    more: str = "and {n} more"
    values: str = "Values"


_TEXTS = Texts()
Rows = Sequence[Sequence[object]]


def render(picture: Picture, texts: Texts = _TEXTS) -> str:
    """Return a picture's panes as HTML without script or style; everything in it is escaped.

    >>> from foedus.model.picture import Picture, Words
    >>> render(Picture("A finding", (Words("<script>"),)))
    '<p class="words">&lt;script&gt;</p>'
    """
    return "".join(_pane(pane, texts) for pane in picture.panes)


def _pane(pane: Pane, texts: Texts) -> str:
    match pane:
        case Words(said):
            return element("p", text(said), class_="words")
        case Table(title, columns, rows):
            return _figure(title, "", _table(columns, rows, texts))
        case Graph(title):
            return _drawn(title, graph.draw(pane), ("", "", ""), _edges(pane), texts)
        case Series(title):
            return _drawn(title, series.draw(pane), ("", "UTC", "", ""), _values(pane), texts)
        case Map(title):
            return _drawn(title, tracks.draw(pane), ("", "lat °", "lon °"), _places(pane), texts)


def _table(columns: Sequence[str], rows: Rows, texts: Texts) -> str:
    """Return a table, a long one folded up."""
    held = table(columns, rows[:MOST_ROWS]) + _more(len(rows), texts)
    return _folded(held, texts) if len(rows) > OPEN_ROWS else held


def _folded(held: str, texts: Texts) -> str:
    return element("details", element("summary", text(texts.values)) + held)


def _edges(pane: Graph) -> Rows:
    names = dict(pane.nodes)
    return [(names.get(source, source), how, names.get(target, target)) for source, target, how in pane.edges]


def _values(pane: Series) -> Rows:
    return [
        (line.name, f"{at:%Y-%m-%d %H:%M:%S}", value, line.unit)
        for line in pane.lines
        for at, value in zip(line.at, line.value, strict=False)
    ]


def _places(pane: Map) -> Rows:
    return [
        (track.name, f"{lat:.5f}", f"{lon:.5f}")
        for track in pane.tracks
        for lat, lon in zip(track.lat_deg, track.lon_deg, strict=False)
    ]


def _drawn(title: str, drawing: str, columns: Sequence[str], rows: Rows, texts: Texts) -> str:
    """Return a drawing with its table folded up beneath it; the table open where there is no drawing."""
    held = table(columns, rows[:MOST_ROWS]) + _more(len(rows), texts)
    if not drawing:
        return _figure(title, "", held)
    return _figure(title, drawing, _folded(held, texts))


def _figure(title: str, drawing: str, rest: str) -> str:
    return element("figure", element("figcaption", text(title)) + drawing + rest, class_="pane")


def _more(rows: int, texts: Texts) -> str:
    return element("p", text(texts.more.format(n=f"{rows - MOST_ROWS:,}")), class_="muted") if rows > MOST_ROWS else ""
