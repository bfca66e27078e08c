"""Communities and timelines."""

from __future__ import annotations

from itertools import combinations

import numpy as np

from foedus.areas.information.methods.communities import communities, modularity
from foedus.areas.information.methods.timeline import first_seen, timeline


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
