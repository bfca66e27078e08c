"""Two statements that one signer cannot have meant both, and those that prove nothing."""

from __future__ import annotations

from functools import partial

import pytest
from tests.unit.account.memory_log import KEYS, ORIGIN, OTHER_KEY, PAIR, filled, last_note

from foedus.account import checkpoint, equivocation, merkle
from foedus.account.equivocation import contradiction, leaf_statement
from foedus.errors import BadSignature, BrokenChain, FoedusError, LimitExceeded, MalformedRecord


def leaf_proof(store, seq):
    get = partial(store.nodes, PAIR)
    signed = store.checkpoint(PAIR)
    [value] = get([(0, seq)])
    return leaf_statement(seq, value, merkle.inclusion(seq, signed.size, get), signed.note)


def test_two_roots_of_one_size():
    first, second = contradiction((last_note(filled(5)), last_note(filled(5, seed="other"))), ORIGIN, KEYS)
    assert (first.kind, first.place, second.place) == ("two-roots", 5, 5)
    assert first.value != second.value


@pytest.mark.parametrize("sizes", [(5, 5), (5, 9), (1, 7)])
def test_two_leaves_of_one_index_whatever_the_sizes(sizes):
    one, other = filled(sizes[0]), filled(sizes[1], seed="other")
    first, second = contradiction((leaf_proof(one, 0), leaf_proof(other, 0)), ORIGIN, KEYS)
    assert (first.kind, first.place) == ("two-leaves", 0)
    assert (first.value, second.value) == (one.tree[PAIR][0, 0], other.tree[PAIR][0, 0])


def test_what_does_not_exclude_each_other_proves_nothing():
    one, longer, other = filled(5), filled(5, 3), filled(5, seed="other")
    for statements in (
        (last_note(one), last_note(one)),
        (last_note(one), last_note(longer)),
        (last_note(one), last_note(filled(6, seed="other"))),
        (leaf_proof(one, 2), leaf_proof(longer, 2)),
        (leaf_proof(one, 2), leaf_proof(other, 3)),
        (leaf_proof(one, 2), last_note(other)),
    ):
        with pytest.raises(BrokenChain) as caught:
            contradiction(statements, ORIGIN, KEYS)
        assert caught.value.code == "equivocation-none"


def test_nobody_is_accused_with_what_another_signed():
    store = filled(5)
    state = checkpoint.LogState(ORIGIN, 5, bytes(32))
    forged = checkpoint.sign_checkpoint(state, ORIGIN, OTHER_KEY).note
    with pytest.raises(BadSignature):
        contradiction((last_note(store), forged), ORIGIN, KEYS)
    with pytest.raises(BadSignature):
        contradiction((last_note(store), last_note(filled(5, seed="x"))), "another.example/log", KEYS)


def test_a_leaf_that_is_not_in_the_tree_accuses_nobody():
    one, other = filled(5), filled(5, seed="other")
    get = partial(one.nodes, PAIR)
    wrong = leaf_statement(2, other.tree[PAIR][0, 2], merkle.inclusion(2, 5, get), last_note(one))
    inner = leaf_statement(0, one.tree[PAIR][1, 0], merkle.inclusion(0, 5, get)[1:], last_note(one))
    for lie in (wrong, inner, leaf_statement(2, b"", [], last_note(one))):
        with pytest.raises(FoedusError):
            contradiction((leaf_proof(other, 2), lie), ORIGIN, KEYS)


@pytest.mark.parametrize("raw", [b"", b"{}", b"[]", b"\xff", b'{"v":1,"v":1}', b"[" * 100_000])
def test_what_is_no_such_file_is_refused(raw):
    with pytest.raises(MalformedRecord) as caught:
        equivocation.verify(raw)
    assert caught.value.code == "equivocation-malformed"


def test_a_file_too_large_is_refused(monkeypatch):
    monkeypatch.setattr(equivocation, "MAX_BYTES", 10)
    with pytest.raises(LimitExceeded):
        equivocation.verify(b"{" + b" " * 10)
