"""Communities within a group: sizes, ties and first sightings are told, members are not, nor anything small."""

from __future__ import annotations

import json

import jsonschema
import numpy as np
import pytest
from tests.information.pushed import ACCOUNTS
from tests.unit.areas.information.test_information_together import CASE, WEEK, concluded  # noqa: F401  (a fixture)

from foedus.areas.information.about import show
from foedus.areas.information.circles import Circles, circles, seen, told
from foedus.areas.information.meaning.extensions import schema
from foedus.areas.information.methods.cosharing import Edges
from foedus.areas.information.methods.grading import Graded, Kind
from foedus.areas.information.methods.nullmodel import Chance
from foedus.model.picture import Graph, Table


def graded(pairs: list[tuple[int, int]], weights: list[int] | None = None) -> Graded:
    """A grading whose strong edges are some pairs of accounts."""
    a, b = (np.array([pair[at] for pair in pairs], dtype=np.int64) for at in (0, 1))
    objects = np.array(weights or [3] * len(pairs), dtype=np.int64)
    edges, ones = Edges(a, b, objects, objects, objects, objects, objects), np.ones(len(pairs))
    chance = Chance(ones, ones, ones, ones, objects, 1, 1)
    strong = np.ones(len(pairs), dtype=bool)
    return Graded({"text": Kind(edges, chance, strong, strong, (), 1.0, 1.0, 0, ())}, (), ())


def clique(*members: int) -> list[tuple[int, int]]:
    return [(one, other) for one in members for other in members if one < other]


FIRST, SECOND, PAIR = (2, 3, 5, 7), (11, 13, 17), (20, 21)
MEMBERS = np.array(sorted((*FIRST, *SECOND, *PAIR)), dtype=np.int64)


def test_two_cliques_joined_by_a_tie_are_two_communities():
    members = np.array(sorted((*FIRST, *SECOND)), dtype=np.int64)
    joined = graded([*clique(*FIRST), *clique(*SECOND), (7, 11)])
    assert circles(members, joined) == Circles((4, 3), ())


def test_ties_of_three_accounts_are_told_between_communities():
    joined = graded([*clique(*FIRST), *clique(*SECOND), (7, 11), (7, 13)], [9] * 9 + [1, 1])
    assert circles(np.array(sorted((*FIRST, *SECOND)), dtype=np.int64), joined).ties == ((1, 2, 3),)


def test_two_accounts_are_no_community_that_is_told():
    held = circles(MEMBERS, graded([*clique(*FIRST), *clique(*SECOND), *clique(*PAIR)]))
    assert held.sizes == (4, 3)
    assert [one.accounts for one in told(held)[0]] == [3, 3]


def test_edges_that_leave_the_group_or_stand_elsewhere_do_not_count():
    assert circles(np.array(SECOND), graded([*clique(*FIRST), *clique(*SECOND)])) == Circles((3,), ())


COLUMNS = {
    "language": ["en", "ja", "en", "en", "ja"], "platform": ["x", "", "x", "x", "y"], "account": ["a", "a", "b", "", "b"],
    "channel": ["", "", "", "c", ""], "at_us": [1_779_062_399_000_000 + n for n in range(5)],
}  # fmt: skip


def test_first_seen_is_told_of_three_accounts_and_cut_to_the_hour():
    found = list(seen(COLUMNS, np.arange(5)))
    assert [(one.by, one.value, one.records) for one in found] == [("language", "en", 3), ("platform", "x", 3)]
    assert {one.first for one in found} == {"2026-05-17T23:00:00.000Z"}


@pytest.fixture(scope="module")
def found(concluded):  # noqa: F811
    [one] = concluded([[post | {"platform": "chirp"} for post in WEEK]])[0]
    return one


def test_a_case_carries_its_network_and_where_it_was_first_seen(found):
    held = json.loads(found.head.raw)["extensions"][CASE]
    assert held["communities"] == [{"number": 1, "accounts": 6}]
    assert {one["by"] for one in held["first_seen"]} == {"language", "platform"}
    assert all(one["records"] % 3 == 0 and one["first"].endswith(":00:00.000Z") for one in held["first_seen"])
    jsonschema.validate(held, schema(CASE))
    assert [one for one in ACCOUNTS if one.encode() in found.head.raw] == []


def test_the_picture_shows_the_network_without_names(found):
    panes = {pane.title: pane for pane in show(found, ()).panes if isinstance(pane, (Graph, Table))}
    assert panes["The network of the group, without names"].nodes == (("1", "community 1: 6 accounts, at least"),)
    assert panes["Communities within the group"].rows == (("community 1", "6"),)
    assert "First seen in this collection" in panes
