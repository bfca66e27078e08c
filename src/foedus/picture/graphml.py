"""GraphML: a network for Gephi, Cytoscape and networkx.

Source: GraphML 1.0 (graphml.graphdrawing.org), with the attributes extension.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from xml.sax.saxutils import escape, quoteattr

from foedus.model.network import Network

# XML 1.0 has no place for these, escaped or not.
_CONTROL = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_Said = Mapping[str, int | str]


def lines(network: Network, about: _Said) -> Iterator[str]:
    r"""Yield the lines of a network; ``about`` is said of the whole.

    >>> from foedus.model.network import Tie, Vertex
    >>> held = Network((Vertex("a", "group", "<A>"), Vertex("b", "text", "B")), (Tie("a", "b", "shared", {"records": 3}),))
    >>> "".join(lines(held, {})).count("<data")
    6
    """
    nodes: list[tuple[str, _Said]] = [
        (one.id, {"kind": one.kind, "name": one.name, **one.values}) for one in network.vertices
    ]
    edges: list[tuple[str, str, _Said]] = [
        (one.source, one.target, {"what": one.what, **one.values}) for one in network.ties
    ]
    yield '<?xml version="1.0" encoding="UTF-8"?>\n<graphml xmlns="http://graphml.graphdrawing.org/xmlns">\n'
    for of, said in (("graph", [about]), ("node", [one for _, one in nodes]), ("edge", [one[-1] for one in edges])):
        for name, type_ in _types(said).items():
            yield f'<key id="{of}-{name}" for="{of}" attr.name={_quoted(name)} attr.type="{type_}"/>\n'
    yield f'<graph id="network" edgedefault="undirected">{_data("graph", about)}\n'
    for id_, values in nodes:
        yield f"<node id={_quoted(id_)}>{_data('node', values)}</node>\n"
    for source, target, values in edges:
        yield f"<edge source={_quoted(source)} target={_quoted(target)}>{_data('edge', values)}</edge>\n"
    yield "</graph>\n</graphml>\n"


def _types(said: list[_Said]) -> dict[str, str]:
    return {name: "string" if isinstance(value, str) else "long" for one in said for name, value in one.items()}


def _data(of: str, values: _Said) -> str:
    return "".join(f'<data key="{of}-{name}">{escape(_clean(value))}</data>' for name, value in values.items())


def _quoted(text: str) -> str:
    return quoteattr(_clean(text))


def _clean(value: int | str) -> str:
    return _CONTROL.sub("", str(value))
