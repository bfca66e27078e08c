"""What a copy says of itself comes from its rows, whatever is kept beside them."""

from __future__ import annotations

from functools import partial

import msgspec
import pytest
from tests.unit.account.memory_log import PAIR, filled

from foedus.account import merkle
from foedus.account.reconcile import MISSING, compare, recompute
from foedus.errors import BrokenChain


def getter(store, size):
    held = recompute(store, PAIR, size)
    return lambda wanted: held.nodes(partial(store.nodes, PAIR), wanted)


def seqs(mine, theirs, size=700):
    return [one.seq for one in compare((size, size), getter(mine, size), getter(theirs, size)).differing]


def test_a_whole_log_recomputes_to_its_root_and_keeps_nothing():
    store = filled(700)
    held = recompute(store, PAIR, 700)
    assert held.changed == {}
    assert held.root == store.checkpoint(PAIR).root


@pytest.mark.parametrize("seq", [0, 3, 511, 512, 699])
@pytest.mark.parametrize("column", ["leaf", "salt", "body"])
def test_a_changed_row_shows_although_its_kept_hash_did_not_change(seq, column):
    good, bad = filled(700), filled(700)
    bad.rows[PAIR][seq] = msgspec.structs.replace(bad.rows[PAIR][seq], **{column: b"{}"})
    assert seqs(good, bad) == [seq] == seqs(bad, good)


def test_a_changed_kept_hash_alone_is_no_difference_of_entries():
    good, bad = filled(700), filled(700)
    bad.tree[PAIR][0, 5] = bytes(32)
    del bad.tree[PAIR][1, 300]
    assert seqs(good, bad) == []


def test_a_missing_row_is_one_difference():
    good, bad = filled(700), filled(700)
    rows = bad.rows[PAIR]
    bad.entries = lambda _name, start, end: (rows[seq] for seq in range(start, end) if seq != 600)
    [one] = compare((700, 700), getter(good, 700), getter(bad, 700)).differing
    assert (one.seq, one.theirs) == (600, MISSING.hex())
    assert one.mine == merkle.leaf_hash(rows[600].leaf).hex()


@pytest.mark.parametrize("position", [(0, 9), (3, 1), (-1, 0), (0, -1), (4, 0)])
def test_a_subtree_that_is_not_complete_is_refused(position):
    with pytest.raises(BrokenChain) as caught:
        getter(filled(9), 9)([position])
    assert caught.value.code == "subtree-unknown"
