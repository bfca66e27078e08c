"""Logs under any batching and any damage; notes under any bytes."""

from __future__ import annotations

import contextlib

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.account.memory_log import INFO, KEY, KEYS, ORIGIN, PAIR, START, MemoryLog, Salts, filled, last_note

from foedus.account import checkpoint, ledger
from foedus.account.audit import verify_log
from foedus.errors import FoedusError, TrustError
from foedus.model.entry import Draft

PEER = msgspec.structs.replace(INFO, own=False)
BATCHES = st.lists(st.integers(0, 5), min_size=1, max_size=6)
TEXT = st.text(st.characters(exclude_categories=["Cs"]))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.floats(-1e15, 1e15) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)


@given(BATCHES, st.data())
def test_a_partner_may_take_a_log_in_any_steps(batches, data):
    source, copy, start = filled(*batches), MemoryLog(PEER), 0
    steps = data.draw(st.lists(st.sampled_from(source.kept[PAIR]), unique_by=lambda kept: kept.size))
    for kept in sorted([*steps, source.kept[PAIR][-1]], key=lambda kept: kept.size):
        ledger.take(copy, PEER, source.rows[PAIR][start : kept.size], kept.note, KEYS)
        start = kept.size
    assert (copy.rows, copy.tree) == (source.rows, source.tree)
    assert verify_log(copy, PEER, KEYS).whole


@given(st.dictionaries(TEXT, JSON, max_size=4))
def test_any_json_body_survives(body):
    store = MemoryLog(INFO)
    ledger.append(store, PAIR, [Draft("k", body)], at=START, entropy=Salts())
    ledger.sign(store, PAIR, KEY, ORIGIN)
    assert ledger.verify_proof(ledger.prove(store, PAIR, 0), ORIGIN, KEYS).facts() == body
    assert verify_log(store, INFO, KEYS).whole


@given(st.integers(0, 6), st.sampled_from(["leaf", "salt", "body"]), st.data())
def test_a_flipped_bit_is_refused_by_the_partner_and_named_by_the_audit(seq, field, data):
    store = filled(4, 3)
    row = store.rows[PAIR][seq]
    raw = bytearray(getattr(row, field))
    raw[data.draw(st.integers(0, len(raw) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    store.rows[PAIR][seq] = msgspec.structs.replace(row, **{field: bytes(raw)})
    assert {fault.seq for fault in verify_log(store, INFO, KEYS).faults} == {seq}
    with pytest.raises(TrustError):
        ledger.take(MemoryLog(PEER), PEER, store.rows[PAIR], last_note(store), KEYS)


@given(st.text() | st.binary().map(lambda raw: raw.decode("latin-1")))
def test_any_text_is_refused_or_reads_as_it_was_written(raw):
    for read in (checkpoint.parse_note, checkpoint.parse_state, checkpoint.read_proof):
        with contextlib.suppress(FoedusError):
            read(raw)


@given(st.data())
def test_a_signed_note_with_one_changed_character_is_refused_or_says_the_same(data):
    note = last_note(filled(3))
    at = data.draw(st.integers(0, len(note) - 1))
    other = note[:at] + data.draw(st.characters()) + note[at + 1 :]
    with contextlib.suppress(FoedusError):
        assert checkpoint.open_checkpoint(other, ORIGIN, KEYS).note == note
