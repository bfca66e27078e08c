"""Whatever the order of release, pull, recall and lift: never visible after a recall, answered at most once."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.node_pair import OPEN, bundle, indicator, make_nodes, stix_id
from tests.recalling import entries, held, lift, pulled, recall, standings

from foedus.errors import InputError
from foedus.model import instant
from foedus.store import lookups

WORD = "nato-jpn-itpp-2023"
STEPS = st.lists(
    st.sampled_from(["release", "pull", "pull back", "recall 0", "recall 1", "lift 0", "lift 1"]),
    min_size=3,
    max_size=9,
)


@pytest.fixture(scope="module")
def nodes(tmp_path_factory):
    made = make_nodes(tmp_path_factory.mktemp("recall") / "nodes")
    with made.serving_here("nato", "jpn"):
        yield made


class Story:
    """Two objects of their own and what a plain reading of the steps says of them."""

    number = 100

    def __init__(self, nodes) -> None:
        Story.number += 10
        self.nodes = nodes
        self.ids = [stix_id("indicator", Story.number + one) for one in (0, 1)]
        nodes.put("nato", bundle(*(indicator(Story.number + one) for one in (0, 1))), OPEN)
        self.visible, self.recalled, self.taken, self.told = set(), set(), set(), set()

    def step(self, word: str) -> None:
        verb, _, which = word.partition(" ")
        if word == "release":
            self.nodes.release("nato")
            self.visible |= set(self.ids) - self.recalled
        elif word == "pull":
            pulled(self.nodes, "jpn")
            self.taken = (self.taken - self.told) | self.visible
            self.told = set()
        elif word == "pull back":
            pulled(self.nodes, "nato")
        else:
            self._at_the_word_of_a_person(verb, self.ids[int(which)])

    def _at_the_word_of_a_person(self, verb: str, object_id: str) -> None:
        if verb == "recall" and object_id in self.visible:
            recall(self.nodes, "nato", object_id)
            self.visible.discard(object_id)
            self.recalled.add(object_id)
            self.told.add(object_id)
        elif verb == "lift" and object_id in self.recalled:
            lift(self.nodes, "nato", object_id)
            self.recalled.discard(object_id)
        else:
            with pytest.raises(InputError):
                (recall if verb == "recall" else lift)(self.nodes, "nato", object_id)

    def check(self) -> None:
        with self.nodes.open("nato") as node, node.store.read() as read:
            views = lookups.views_named(read, "released|")
            now_us = instant.to_us(node.clock.now())
            assert lookups.visible_ids(read, views, self.ids, now_us) == self.visible
        assert {one for one in self.ids if held(self.nodes, "jpn", one)} == self.taken
        answers = Counter(one["entry"] for one in entries(self.nodes, "jpn", "recall.completed"))
        assert not answers or max(answers.values()) == 1


@settings(max_examples=12)
@given(steps=STEPS)
def test_never_visible_after_a_recall_and_answered_once(nodes, steps):
    story = Story(nodes)
    for word in steps:
        story.step(word)
        story.check()
    for word in ("pull", "pull back"):
        story.step(word)
    story.check()
    assert all(one.result for one in standings(nodes, "nato"))
    assert entries(nodes, "nato", "recall.refused") == entries(nodes, "jpn", "recall.refused") == []
