"""Two copies of a log of any size, with any differences planted: exactly those are named, and cheaply."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foedus.account import merkle
from foedus.account.reconcile import compare
from foedus.errors import BrokenChain

LARGE = 100_000


class Copy:
    """A copy of a log that counts what it is asked for."""

    def __init__(self, size, changed=()):
        self.size, self.hashes, self.questions = size, 0, 0
        self.leaves = [merkle.leaf_hash(b"%d" % seq) for seq in range(size)]
        for seq in changed:
            self.leaves[seq] = merkle.leaf_hash(b"changed %d" % seq)
        frontier = merkle.Frontier()
        self.tree = {(level, index): found for leaf in self.leaves for level, index, found in frontier.append(leaf)}

    def __call__(self, wanted):
        self.hashes += len(wanted)
        self.questions += 1
        return [self.tree[position] for position in wanted]


@given(st.data(), st.integers(0, 150), st.integers(0, 150))
def test_exactly_what_was_planted_is_named(data, mine_size, theirs_size):
    common = min(mine_size, theirs_size)
    places = st.sets(st.integers(0, common - 1)) if common else st.just(set())
    planted = data.draw(places)
    mine, theirs = Copy(mine_size), Copy(theirs_size, planted)
    found = compare((mine_size, theirs_size), mine, theirs)
    assert [one.seq for one in found.differing] == sorted(planted)
    assert range(*found.only_mine) == range(common, mine_size)
    assert range(*found.only_theirs) == range(common, theirs_size)
    for one in found.differing:
        assert (one.mine, one.theirs) == (mine.leaves[one.seq].hex(), theirs.leaves[one.seq].hex())


@pytest.fixture(scope="module")
def whole():
    return Copy(LARGE)


@pytest.mark.parametrize("seq", [0, 65_535, 65_536, 77_777, LARGE - 1])
def test_one_difference_in_a_hundred_thousand_costs_few_hashes(whole, seq):
    theirs = Copy(LARGE, [seq])
    found = compare((LARGE, LARGE), whole, theirs)
    assert [one.seq for one in found.differing] == [seq]
    assert theirs.hashes <= 50, "of both sides together: at most 100, far below 200"
    assert theirs.questions <= math.log2(LARGE)


def test_k_differences_cost_k_paths_at_most(whole):
    planted = list(range(17, LARGE, LARGE // 40))
    theirs = Copy(LARGE, planted)
    found = compare((LARGE, LARGE), whole, theirs)
    assert [one.seq for one in found.differing] == planted
    levels = math.ceil(math.log2(LARGE))
    assert theirs.hashes <= levels + 2 * len(planted) * (levels + 1)
    assert theirs.questions <= math.log2(LARGE)


def test_copies_alike_cost_one_question(whole):
    theirs = Copy(LARGE)
    assert compare((LARGE, LARGE), whole, theirs).differing == ()
    assert (theirs.questions, theirs.hashes) == (1, LARGE.bit_count())


def test_an_answer_that_does_not_join_is_refused():
    theirs = Copy(64, [7])
    theirs.tree[0, 6] = theirs.tree[0, 7]
    with pytest.raises(BrokenChain) as caught:
        compare((64, 64), Copy(64), theirs)
    assert caught.value.code == "subtree-unjoined"
