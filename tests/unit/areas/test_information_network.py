"""Communities, timelines, and what of a network may leave."""

from __future__ import annotations

import csv
import io
from itertools import combinations
from xml.etree import ElementTree as ET

import numpy as np
import pytest

from foedus.areas.information.methods.communities import communities, modularity
from foedus.areas.information.methods.network import graphml, picture, tables
from foedus.areas.information.methods.pairs import Shares
from foedus.areas.information.methods.timeline import first_seen, timeline

NS = "{http://graphml.graphdrawing.org/xmlns}"


def cliques(count, size, between):
    """Cliques in a ring, with some edges from each to the next."""
    edges = [(c * size + a, c * size + b) for c in range(count) for a, b in combinations(range(size), 2)]
    edges += [(c * size + n, (c + 1) % count * size + n) for c in range(count) for n in range(between)]
    return tuple(np.array(side) for side in zip(*edges, strict=True))


def test_cliques_in_a_ring_are_its_communities():
    one, other = cliques(8, 6, 2)
    label = communities(48, one, other, np.ones(len(one)))
    assert label.tolist() == [n // 6 * 6 for n in range(48)]
    assert modularity(label, one, other, np.ones(len(one))) > 0.7


def test_weights_decide_and_lone_members_stay_alone():
    one, other = np.array([0, 1, 2]), np.array([1, 2, 3])
    assert communities(5, one, other, np.array([9.0, 1.0, 9.0])).tolist() == [0, 0, 2, 2, 4]
    assert communities(3, one[:0], other[:0], np.zeros(0)).tolist() == [0, 1, 2]


def test_the_order_of_edges_makes_no_other_communities():
    rng = np.random.default_rng(1)
    one, other = rng.integers(0, 60, (2, 300))
    weight = rng.random(300)
    label = communities(60, one, other, weight)
    for _ in range(5):
        order = rng.permutation(300)
        turned = communities(60, other[order], one[order], weight[order])
        assert np.array_equal(turned, label)


def test_a_timeline_counts_records_and_accounts():
    slots = timeline(np.array([1, 1, 1, 0]), np.array([5, 5, 6, 7]), np.array([3605, 3610, 3700, 0]), 3600)
    assert [tuple(slot) for slot in slots] == [(0, 0, 1, 1), (1, 3600, 3, 2)]
    assert timeline(*(np.zeros(0, dtype=np.int64) for _ in range(3)), 60) == []


def test_first_seen_is_by_value_and_names_the_record():
    found = first_seen(np.array([0, 0, 1, 0]), ["ru", "", "en", "en"], np.array([50, 1, 7, 50]))
    assert [(f.thing, f.value, f.record, f.t_s) for f in found] == [(0, "en", 3, 50), (0, "ru", 0, 50), (1, "en", 2, 7)]


ROWS = [(0, a, 7200 + a) for a in range(5)] + [(1, a, 9000) for a in (0, 1)] + [(2, a, 100) for a in (7, 8, 9)]
OBJECTS = {"page": ["=cmd()|x", "secret.example/<two>", "three & \x07four"]}


def shared(rows=ROWS):
    thing, account, t_s = (np.array(column) for column in zip(*rows, strict=True))
    return {"page": Shares(thing, account, np.arange(len(rows)), t_s)}


def test_only_aggregates_of_k_and_more_leave():
    shown = picture([[0, 1, 2, 3, 4], [5, 6], [7, 8, 9]], shared(), OBJECTS)
    assert [(node.id, node.accounts) for node in shown.nodes] == [
        ("group-0", 3),
        ("group-2", 3),
        ("page-0", 0),
        ("page-2", 0),
    ]
    assert [tuple(tie) for tie in shown.ties] == [
        ("group-0", "page-0", 3, 3, 7200, 7200),
        ("group-2", "page-2", 3, 3, 0, 0),
    ]
    assert shown.suppressed


@pytest.mark.parametrize("k", [3, 5])
def test_two_exports_differ_by_nothing_or_by_k_and_more(k):
    counts = []
    for size in range(k, 4 * k):
        rows = [(0, a, a) for a in range(size)]
        shown = picture([list(range(size))], shared(rows), OBJECTS, k)
        counts += [node.accounts for node in shown.nodes if node.kind == "group"] + [t.records for t in shown.ties]
    assert {abs(a - b) for a in counts for b in counts} & set(range(1, k)) == set()


def test_no_account_is_written_in_any_format():
    shown = picture([[0, 1, 2, 3, 4]], shared(), OBJECTS)
    written = graphml(shown) + "".join(tables(shown))
    assert "account-" not in written
    assert "secret.example" not in written
    assert all(node.kind in {"group", "page"} for node in shown.nodes)


def test_graphml_is_well_formed_whatever_objects_are_called():
    root = ET.fromstring(graphml(picture([[0, 1, 2, 3], [7, 8, 9]], shared(), OBJECTS)).encode())
    names = [data.text for node in root.iter(f"{NS}node") for data in node if data.get("key") == "name"]
    assert names == ["group 0", "group 1", "=cmd()|x", "three & four"]
    ids = {node.get("id") for node in root.iter(f"{NS}node")}
    assert all({edge.get("source"), edge.get("target")} <= ids for edge in root.iter(f"{NS}edge"))
    assert {data.get("key") for data in root.iter(f"{NS}data")} == {key.get("id") for key in root.iter(f"{NS}key")}


def test_a_cell_is_no_formula():
    nodes, ties = tables(picture([[0, 1, 2, 3]], shared(), OBJECTS))
    assert [row["name"] for row in csv.DictReader(io.StringIO(nodes))] == ["group 0", "'=cmd()|x"]
    assert next(csv.DictReader(io.StringIO(ties)))["records"] == "3"
