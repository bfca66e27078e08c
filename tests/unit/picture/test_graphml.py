"""Networks as GraphML: a reader that analysts use finds all that was written, whatever things are called."""

from __future__ import annotations

import io

import networkx as nx
from hypothesis import given
from hypothesis import strategies as st

from foedus.model.network import Network, Tie, Vertex
from foedus.picture import graphml

words = st.text(max_size=8)
printed = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"], exclude_characters="\ufffe\uffff"), max_size=8
)


def read(network: Network, **about: str):
    raw = "".join(graphml.lines(network, about)).encode()
    return nx.read_graphml(io.BytesIO(raw))


@given(st.lists(st.tuples(printed, printed, st.integers(0, 2**53)), max_size=5))
def test_what_is_written_is_read(drawn):
    things = [Vertex(f"n{n}", kind, name, {"accounts": count}) for n, (kind, name, count) in enumerate(drawn)]
    ties = [Tie("group", one.id, "shared", {"records": one.values["accounts"], "first": "2026"}) for one in things]
    found = read(Network((Vertex("group", "group", "g"), *things), tuple(ties)), label="PUBLIC")
    assert found.graph["label"] == "PUBLIC"
    assert {name: found.nodes[name] for name in found if name != "group"} == {
        one.id: {"kind": one.kind, "name": one.name, "accounts": one.values["accounts"]} for one in things
    }
    assert {found.edges["group", one.id]["records"] for one in things} == {one.values["accounts"] for one in things}


@given(words, words)
def test_whatever_a_thing_is_called_the_file_opens(id_, name):
    found = read(
        Network((Vertex("a", name, name), Vertex(f"b{id_}", name, name)), (Tie("a", f"b{id_}", name),)), title=name
    )
    assert (len(found.nodes), len(found.edges)) == (2, 1)
