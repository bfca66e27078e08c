"""Picture: what a room shows of a finding, as data; ``picture/`` renders it to static SVG and HTML."""

from __future__ import annotations

from datetime import datetime

import msgspec


class Track(msgspec.Struct, frozen=True, tag="track"):
    """A line or points on the map: WGS 84 degrees."""

    name: str
    lat_deg: tuple[float, ...]
    lon_deg: tuple[float, ...]


class Map(msgspec.Struct, frozen=True, tag="map"):
    """Points and lines over an offline map."""

    title: str
    tracks: tuple[Track, ...]


class Line(msgspec.Struct, frozen=True, tag="line"):
    """One series: instants and values, with the unit in words."""

    name: str
    at: tuple[datetime, ...]
    value: tuple[float, ...]
    unit: str = ""


class Series(msgspec.Struct, frozen=True, tag="series"):
    """Values over time, with thresholds as horizontal lines."""

    title: str
    lines: tuple[Line, ...]
    thresholds: tuple[tuple[str, float], ...] = ()


class Graph(msgspec.Struct, frozen=True, tag="graph"):
    """Nodes (id, text) and edges (from, to, text)."""

    title: str
    nodes: tuple[tuple[str, str], ...]
    edges: tuple[tuple[str, str, str], ...]


class Table(msgspec.Struct, frozen=True, tag="table"):
    """Rows under a heading."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


class Words(msgspec.Struct, frozen=True, tag="words"):
    """A paragraph."""

    text: str


Pane = Map | Series | Graph | Table | Words


class Picture(msgspec.Struct, frozen=True):
    """Panes in reading order; only from objects the reader holds."""

    title: str
    panes: tuple[Pane, ...]
