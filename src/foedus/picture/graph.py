"""What refers to what, as a static drawing: the thing with most links in the middle, what it is linked with around it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from math import cos, pi, sin

from foedus.model.picture import Graph
from foedus.picture.markup import element, short, text

WIDTH, HEIGHT = 720, 400
MOST_NODES = 24
_WORDS = 24


def draw(graph: Graph) -> str:
    """Return a drawing of a small graph; nothing of one that would be a tangle, whose table says more."""
    names = dict(graph.nodes)
    if not graph.edges or len(names) > MOST_NODES:
        return ""
    places = _places(graph, names)
    drawn = [*_edges(graph, places), *_nodes(names, places)]
    title = element("title", text(graph.title))
    return element("svg", title + "".join(drawn), viewBox=f"0 0 {WIDTH} {HEIGHT}", class_="graph", role="img")


def _places(graph: Graph, names: Mapping[str, str]) -> dict[str, tuple[float, float]]:
    degrees = Counter(end for edge in graph.edges for end in edge[:2] if end in names)
    ordered = sorted(names, key=lambda one: (-degrees[one], one))
    around = ordered[1:]
    places = {ordered[0]: (WIDTH / 2, HEIGHT / 2)}
    for number, one in enumerate(around):
        angle = 2 * pi * number / len(around) - pi / 2
        places[one] = (WIDTH / 2 + 250 * cos(angle), HEIGHT / 2 + 150 * sin(angle))
    return places


def _edges(graph: Graph, places: Mapping[str, tuple[float, float]]) -> Iterator[str]:
    named = len(graph.edges) <= 12
    for source, target, word in graph.edges:
        if source not in places or target not in places:
            continue
        (x1, y1), (x2, y2) = places[source], places[target]
        yield element("line", x1=short(x1), y1=short(y1), x2=short(x2), y2=short(y2), class_="edge")
        if named:
            x, y = x1 + 0.6 * (x2 - x1), y1 + 0.6 * (y2 - y1)
            yield element(
                "text", text(_cut(word)), x=short(x), y=short(y - 4), text_anchor="middle", class_="edge-name"
            )


def _nodes(names: Mapping[str, str], places: Mapping[str, tuple[float, float]]) -> Iterator[str]:
    for one, (x, y) in places.items():
        yield element(
            "g",
            element("title", text(names[one]))
            + element("circle", cx=short(x), cy=short(y), r=8)
            + element("text", text(_cut(names[one])), x=short(x), y=short(y + 22), text_anchor="middle"),
            class_="node",
        )


def _cut(words: str) -> str:
    return words if len(words) <= _WORDS else f"{words[: _WORDS - 1]}…"
