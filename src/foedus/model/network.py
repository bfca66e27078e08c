"""Network: what a finding ties to what, as data; ``node.export`` writes it for tools that draw and measure graphs."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

Values = Mapping[str, int | str]
"""What is said of a vertex or a tie, by name; of one name all are numbers or all are words."""


class Vertex(msgspec.Struct, frozen=True):
    """One thing: what it is, and what people call it."""

    id: str
    kind: str
    name: str
    values: Values = {}


class Tie(msgspec.Struct, frozen=True):
    """One thing has to do with another: what, and how much."""

    source: str
    target: str
    what: str
    values: Values = {}


class Network(msgspec.Struct, frozen=True):
    """Vertices and the ties between them; every tie is between two of the vertices."""

    vertices: tuple[Vertex, ...]
    ties: tuple[Tie, ...]
