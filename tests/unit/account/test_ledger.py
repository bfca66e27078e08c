"""Append, sign, prove and take; and what a hostile partner tries."""

from __future__ import annotations

import hashlib
from datetime import timedelta

import msgspec
import pytest
from tests.unit.account.memory_log import (
    BACK_INFO,
    INFO,
    KEY,
    KEYS,
    ORIGIN,
    OTHER_KEY,
    PAIR,
    START,
    MemoryLog,
    Salts,
    drafts,
    filled,
    last_note,
)

from foedus.account import checkpoint, leaf, ledger
from foedus.errors import BadSignature, BrokenChain, ForkedLedger, LimitExceeded, MalformedRecord, StoreError
from foedus.model import vkey
from foedus.model.canonical import canonical
from foedus.model.entry import Draft, StoredEntry
from foedus.model.instant import text, to_us

PEER = msgspec.structs.replace(INFO, own=False)


def taken(*batches):
    """Return a sender's store and a partner's that took all of it."""
    source, copy = filled(*batches), MemoryLog(PEER)
    ledger.take(copy, PEER, source.rows[PAIR], last_note(source), KEYS)
    return source, copy


def reseal(stored, **changes):
    """Return an entry with changed leaf fields, spelled as it must be."""
    return StoredEntry(canonical({**msgspec.to_builtins(stored.entry()), **changes}), stored.salt, stored.body)


def refuse(source, rows, note=None):
    """Return the error of taking rows in place of the source's."""
    with pytest.raises(BrokenChain) as raised:
        ledger.take(MemoryLog(PEER), PEER, rows, note or last_note(source), KEYS)
    return raised.value


def test_an_entry_commits_to_body_and_salt():
    store = filled(1)
    (stored,) = store.rows[PAIR]
    entry = stored.entry()
    assert (entry.v, entry.log, entry.seq, entry.kind, entry.prev) == (1, ORIGIN, 0, "finding.created", "")
    assert entry.commit == hashlib.sha256(stored.salt + stored.body).hexdigest()
    assert stored.leaf == canonical(msgspec.to_builtins(entry))
    assert stored.body == b'{"n":0}'


def test_append_returns_the_sequence_numbers():
    store = filled(3)
    more = ledger.append(store, PAIR, drafts(2), at=START, entropy=Salts("x"))
    assert list(more) == [3, 4]
    assert list(ledger.append(store, PAIR, [], at=START, entropy=Salts())) == []
    assert [stored.entry().seq for stored in store.rows[PAIR]] == [0, 1, 2, 3, 4]


def test_the_clock_of_a_log_never_goes_back():
    store = filled(2)
    ledger.append(store, PAIR, drafts(1), at=START - timedelta(days=400), entropy=Salts("x"))
    ledger.append(store, PAIR, drafts(1), at=START + timedelta(days=1), entropy=Salts("y"))
    instants = [stored.entry().at for stored in store.rows[PAIR]]
    assert instants == [text(to_us(START))] * 3 + [text(to_us(START + timedelta(days=1)))]


def test_prev_is_the_hash_of_the_checkpoint_signed_just_before():
    store = filled(2, 2)
    ledger.append(store, PAIR, drafts(1), at=START, entropy=Salts("x"))
    ledger.append(store, PAIR, drafts(1), at=START, entropy=Salts("y"))
    first, second = (checkpoint.state_hash(kept.origin, kept.size, kept.root) for kept in store.kept[PAIR])
    assert [stored.entry().prev for stored in store.rows[PAIR]] == ["", "", first, first, second, second]


def test_nothing_is_appended_to_a_damaged_end():
    store = filled(2)
    store.rows[PAIR][1] = StoredEntry(b"\xff", b"", b"")
    with pytest.raises(BrokenChain):
        ledger.append(store, PAIR, drafts(1), at=START, entropy=Salts())


def test_own_logs_only():
    store = MemoryLog(BACK_INFO)
    for name in (BACK_INFO.name, "nowhere"):
        with pytest.raises(StoreError):
            ledger.append(store, name, drafts(1), at=START, entropy=Salts())
        with pytest.raises(StoreError):
            ledger.sign(store, name, KEY, ORIGIN)
    with pytest.raises(StoreError):
        ledger.prove(store, "nowhere", 0)


def test_bodies_are_json_below_64_kib():
    store = filled(1)
    for value, error in [
        (float("nan"), MalformedRecord),
        (b"", MalformedRecord),
        (2.0**53, MalformedRecord),
        ("x" * 65_536, LimitExceeded),
    ]:
        with pytest.raises(error):
            ledger.append(store, PAIR, [Draft("k", {"a": value})], at=START, entropy=Salts())
    with pytest.raises(LimitExceeded):
        ledger.append(store, PAIR, [Draft("k" * 65_536, {})], at=START, entropy=Salts())
    assert store.size(PAIR) == 1


def test_signing_again_without_entries_gives_the_same_checkpoint():
    store = filled(3)
    assert ledger.sign(store, PAIR, KEY, ORIGIN) == store.kept[PAIR][-1]
    assert len(store.kept[PAIR]) == 1
    assert store.intents == {(PAIR, 3): store.kept[PAIR][-1].root}


def test_the_intent_comes_before_the_signature():
    store = filled(3, sign=False)
    store.intents[PAIR, 3] = b"another root"
    with pytest.raises(ForkedLedger):
        ledger.sign(store, PAIR, KEY, ORIGIN)
    assert store.checkpoint(PAIR) is None


def test_a_log_that_is_not_what_was_signed_is_not_signed_again():
    restored = filled(3, 2)
    del restored.rows[PAIR][3:]
    with pytest.raises(ForkedLedger):
        ledger.sign(restored, PAIR, KEY, ORIGIN)
    rewritten = filled(3, seed="other")
    rewritten.kept = filled(3).kept
    ledger.append(rewritten, PAIR, drafts(1), at=START, entropy=Salts("x"))
    with pytest.raises(ForkedLedger):
        ledger.sign(rewritten, PAIR, KEY, ORIGIN)


@pytest.mark.parametrize("seq", [0, 3, 6])
def test_a_proof_file_proves_its_entry_alone(seq):
    store = filled(4, 3)
    proof = ledger.prove(store, PAIR, seq)
    assert ledger.verify_proof(proof, ORIGIN, KEYS) == store.rows[PAIR][seq]


def test_a_proof_file_with_anything_changed_is_refused():
    store = filled(4, 3)
    proof = checkpoint.read_proof(ledger.prove(store, PAIR, 5))
    other = leaf.pack(store.rows[PAIR][4])
    salted = leaf.pack(msgspec.structs.replace(store.rows[PAIR][5], body=b'{"n":9}'))
    for changes in ({"index": 4}, {"extra": other}, {"extra": salted}, {"hashes": proof.hashes[::-1]}, {"hashes": ()}):
        with pytest.raises(BrokenChain):
            ledger.verify_proof(checkpoint.write_proof(msgspec.structs.replace(proof, **changes)), ORIGIN, KEYS)
    for extra in (None, b"{}", b"[]", b"\xff", b'{"leaf":"","salt":"zz","body":""}'):
        with pytest.raises(MalformedRecord):
            ledger.verify_proof(checkpoint.write_proof(msgspec.structs.replace(proof, extra=extra)), ORIGIN, KEYS)
    stranger = (checkpoint.verifier_key(ORIGIN, OTHER_KEY),)
    with pytest.raises(BadSignature):
        ledger.verify_proof(checkpoint.write_proof(proof), ORIGIN, stranger)


def test_no_proof_before_the_signature():
    store = filled(2)
    ledger.append(store, PAIR, drafts(1), at=START, entropy=Salts("x"))
    for seq in (2, 3, -1):
        with pytest.raises(BrokenChain):
            ledger.prove(store, PAIR, seq)


def test_a_copy_taken_in_steps_equals_the_source():
    source = filled(5, 1, 700)
    copy, start = MemoryLog(PEER), 0
    for kept in source.kept[PAIR]:
        rows = iter(source.rows[PAIR][start : kept.size])
        assert ledger.take(copy, PEER, rows, kept.note, KEYS) == kept
        start = kept.size
    assert copy.rows == source.rows
    assert copy.tree == source.tree
    assert copy.kept == source.kept


def test_taking_the_same_state_again_changes_nothing():
    source, copy = taken(4)
    assert ledger.take(copy, PEER, [], last_note(source), KEYS) == source.kept[PAIR][0]
    assert copy.kept == source.kept
    with pytest.raises(BrokenChain, match="more entries"):
        ledger.take(copy, PEER, source.rows[PAIR][:1], last_note(source), KEYS)


def test_swapped_entries_are_refused():
    source = filled(5)
    rows = list(source.rows[PAIR])
    rows[1], rows[2] = rows[2], rows[1]
    error = refuse(source, rows)
    assert (error.code, error.where) == ("entry-sequence", f"{ORIGIN} entry 1")


def test_swapped_entries_with_their_numbers_changed_are_refused():
    source = filled(5)
    rows = list(source.rows[PAIR])
    rows[1], rows[2] = reseal(rows[2], seq=1), reseal(rows[1], seq=2)
    assert refuse(source, rows).code == "root-mismatch"


def test_an_edited_body_is_refused_with_its_place():
    source = filled(5)
    rows = list(source.rows[PAIR])
    rows[3] = msgspec.structs.replace(rows[3], body=b'{"n":4}')
    error = refuse(source, rows)
    assert (error.code, error.where) == ("entry-commitment", f"{ORIGIN} entry 3")


def test_an_edited_body_with_its_commitment_made_again_is_refused():
    source = filled(5)
    rows = list(source.rows[PAIR])
    body = b'{"n":4}'
    rows[3] = reseal(msgspec.structs.replace(rows[3], body=body), commit=leaf.commitment(rows[3].salt, body))
    assert refuse(source, rows).code == "root-mismatch"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"v": 2}, "entry-sequence"),
        ({"log": "c.example/x"}, "entry-sequence"),
        ({"prev": "0" * 64}, "entry-prev"),
        ({"prev": "no hash"}, "entry-prev"),
        ({"at": "2025-02-28T00:00:00.000000Z"}, "entry-time"),
        ({"at": "2025-03-01T00:00:00Z"}, "entry-malformed"),
        ({"at": "yesterday"}, "entry-malformed"),
        ({"at": "0001-01-01T00:00:00.000000+12:00"}, "entry-malformed"),
        ({"more": 1}, "entry-malformed"),
        ({"seq": True}, "entry-malformed"),
        ({"seq": 1.5}, "entry-malformed"),
    ],
)
def test_a_leaf_that_says_something_else_is_refused(changes, code):
    source = filled(3)
    rows = list(source.rows[PAIR])
    rows[1] = reseal(rows[1], **changes)
    error = refuse(source, rows)
    assert (error.code, error.where) == (code, f"{ORIGIN} entry 1")


@pytest.mark.parametrize(
    "raw",
    [b"", b"{", b"[]", b"null", b'{"a":1,"a":2}', b'{"a": 1}', b"\xff\xfe", b"[" * 5000, b'{"a":NaN}', b'"' * 70_000],
)
def test_bytes_that_are_no_canonical_object_are_refused(raw):
    source = filled(1)
    (row,) = source.rows[PAIR]
    assert refuse(source, [StoredEntry(raw, row.salt, row.body)]).code == "entry-malformed"
    bad = StoredEntry(reseal(row, commit=leaf.commitment(row.salt, raw)).leaf, row.salt, raw)
    assert refuse(source, [bad]).code == "entry-malformed"


def test_a_short_salt_is_refused():
    source = filled(1)
    (row,) = source.rows[PAIR]
    bad = StoredEntry(reseal(row, commit=leaf.commitment(b"", row.body)).leaf, b"", row.body)
    assert refuse(source, [bad]).code == "entry-commitment"


def test_a_gap_and_a_cut_log_are_refused():
    source = filled(5)
    rows = source.rows[PAIR]
    error = refuse(source, rows[:2] + rows[3:])
    assert (error.code, error.where) == ("entry-sequence", f"{ORIGIN} entry 2")
    error = refuse(source, rows[:3])
    assert (error.code, error.where) == ("entries-missing", f"{ORIGIN} entry 3")


def test_a_fork_of_one_size_is_proof_and_keeps_both_notes():
    source, copy = taken(4)
    other = filled(4, seed="other")
    with pytest.raises(ForkedLedger) as raised:
        ledger.take(copy, PEER, [], last_note(other), KEYS)
    assert raised.value.notes == (last_note(source), last_note(other))
    assert copy.kept == source.kept


def test_a_fork_of_a_smaller_size_is_a_fork_too():
    source, copy = taken(6)
    other = filled(4, seed="other")
    with pytest.raises(ForkedLedger) as raised:
        ledger.take(copy, PEER, [], last_note(other), KEYS)
    assert raised.value.notes == (last_note(source), last_note(other))


def test_a_rewritten_past_does_not_join():
    _, copy = taken(4)
    other = filled(4, 3, seed="other")
    with pytest.raises(BrokenChain):
        ledger.take(copy, PEER, other.rows[PAIR][4:], last_note(other), KEYS)


def test_a_replayed_older_checkpoint_is_refused():
    source = filled(3, 3)
    copy = MemoryLog(PEER)
    ledger.take(copy, PEER, source.rows[PAIR], last_note(source), KEYS)
    with pytest.raises(BrokenChain) as raised:
        ledger.take(copy, PEER, [], source.kept[PAIR][0].note, KEYS)
    assert raised.value.code == "checkpoint-old"


def test_a_checkpoint_of_the_wrong_key_or_log_is_refused_before_any_entry():
    source = filled(3)
    state = checkpoint.LogState(ORIGIN, 3, source.kept[PAIR][0].root)
    other = msgspec.structs.replace(state, origin="c.example/x")
    for note in (
        checkpoint.sign_checkpoint(state, ORIGIN, OTHER_KEY).note,
        checkpoint.sign_checkpoint(other, ORIGIN, KEY).note,
    ):
        copy = MemoryLog(PEER)
        with pytest.raises(BadSignature):
            ledger.take(copy, PEER, source.rows[PAIR], note, KEYS)
        assert copy.size(PAIR) == 0


def test_an_oversized_note_is_refused():
    source = filled(1)
    with pytest.raises(LimitExceeded):
        ledger.take(MemoryLog(PEER), PEER, source.rows[PAIR], last_note(source) + "\u2014 x AAAAAAE=\n" * 10_000, KEYS)


def test_an_endless_stream_of_entries_stops_at_the_signed_size():
    source = filled(600)

    def endless():
        yield from source.rows[PAIR]
        while True:
            yield source.rows[PAIR][-1]

    assert refuse(source, endless()).code == "entry-unsigned"


COSIGNER = checkpoint.verifier_key("b.example/cosign", OTHER_KEY, vkey.COSIGNATURE_ED25519)


def cosigned(store, kept=None):
    """Return the partner's receipt of a checkpoint."""
    note = (kept or store.kept[PAIR][-1]).note
    return checkpoint.cosign(note, COSIGNER.name, OTHER_KEY, START)


def test_the_partners_cosigned_checkpoint_is_kept_as_its_receipt():
    store = filled(3, 2)
    first, last = store.kept[PAIR]
    for kept in (first, last):
        note = cosigned(store, kept)
        assert ledger.accept(store, PAIR, note, [*KEYS, COSIGNER], at=START).note == note
    assert [kept.note.count("\u2014") for kept in store.kept[PAIR]] == [2, 2]
    assert ledger.sign(store, PAIR, KEY, ORIGIN) == store.kept[PAIR][-1]
    with pytest.raises(BadSignature):
        ledger.accept(store, PAIR, last.note, [*KEYS, COSIGNER], at=START)


def test_a_receipt_of_a_state_that_was_lost_or_rewritten_stops_the_node():
    receipt = cosigned(filled(3, 2))
    for store in (filled(3), filled(3, 2, seed="other"), MemoryLog(INFO)):
        before = list(store.kept[PAIR])
        with pytest.raises(ForkedLedger) as raised:
            ledger.accept(store, PAIR, receipt, [*KEYS, COSIGNER], at=START)
        assert raised.value.notes == (*(kept.note for kept in before[-1:]), receipt)
        assert store.kept[PAIR] == before
