"""Whatever row is changed, the report names it, and no other."""

from __future__ import annotations

import msgspec
import pytest
from tests.unit.account.memory_log import (
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
)
from tests.unit.account.test_ledger import reseal

from foedus.account import checkpoint, ledger, merkle
from foedus.account.audit import verify_log
from foedus.model.entry import StoredEntry

SIZE = 11


def report(store, keys=KEYS):
    return verify_log(store, INFO, keys)


def named(store, keys=KEYS):
    """Return the (code, entry) of every fault."""
    return {(fault.code, fault.seq) for fault in report(store, keys).faults}


def signed_store():
    return filled(4, 3, SIZE - 7)


def test_an_untouched_log_is_whole():
    store = signed_store()
    found = report(store)
    assert found.whole
    assert (found.entries, found.signed_size, found.root) == (SIZE, SIZE, store.kept[PAIR][-1].root.hex())


def test_an_empty_and_an_unsigned_log_are_whole():
    assert report(MemoryLog(INFO)).whole
    assert report(filled(5, sign=False)).whole
    store = filled(4)
    ledger.append(store, PAIR, drafts(2), at=START, entropy=Salts("x"))
    found = report(store)
    assert found.whole
    assert (found.entries, found.signed_size) == (6, 4)


def test_a_log_longer_than_one_read_is_whole():
    assert report(filled(1030)).whole


@pytest.mark.parametrize("seq", range(SIZE))
def test_a_changed_body_or_salt_names_its_entry(seq):
    for changes in ({"body": b'{"n":99}'}, {"salt": bytes(32)}):
        store = signed_store()
        store.rows[PAIR][seq] = msgspec.structs.replace(store.rows[PAIR][seq], **changes)
        assert named(store) == {("entry-commitment", seq)}


@pytest.mark.parametrize("seq", range(SIZE))
@pytest.mark.parametrize(
    "changes",
    [{"kind": "x"}, {"at": "2025-03-09T00:00:00.000000Z"}, {"prev": "0" * 64}, {"commit": "0" * 64}, {"seq": 99}],
)
def test_a_changed_leaf_names_its_entry_and_no_other(seq, changes):
    store = signed_store()
    store.rows[PAIR][seq] = reseal(store.rows[PAIR][seq], **changes)
    found = named(store)
    assert ("node-mismatch", seq) in found
    assert {where for _, where in found} == {seq}


@pytest.mark.parametrize("seq", range(SIZE))
def test_a_leaf_of_other_bytes_names_its_entry_and_no_other(seq):
    for raw in (b"\xff", b"", b'{"seq":' + 60_000 * b"["):
        store = signed_store()
        store.rows[PAIR][seq] = StoredEntry(raw, b"", b"")
        assert named(store) == {("entry-malformed", seq), ("node-mismatch", seq)}


def test_a_changed_node_row_is_named_alone():
    for position in signed_store().tree[PAIR]:
        store = signed_store()
        store.tree[PAIR][position] = bytes(32)
        (fault,) = report(store).faults
        assert fault.where == f"level {position[0]} index {position[1]}"


def test_a_missing_node_row_is_named_alone():
    for position in signed_store().tree[PAIR]:
        store = signed_store()
        del store.tree[PAIR][position]
        (fault,) = report(store).faults
        assert fault.where == f"level {position[0]} index {position[1]}"


@pytest.mark.parametrize("seq", range(SIZE))
def test_an_entry_changed_with_its_leaf_hash_is_found_above(seq):
    store = signed_store()
    changed = reseal(store.rows[PAIR][seq], kind="x")
    store.rows[PAIR][seq] = changed
    store.tree[PAIR][0, seq] = merkle.leaf_hash(changed.leaf)
    found = named(store)
    assert (("root-mismatch", -1) if seq == SIZE - 1 else ("node-mismatch", seq & ~1)) in found
    # Entry 7 names the state that was signed before it, which held the old entry 6.
    assert len(found) == (2 if seq == 6 else 1)


def test_a_log_rewritten_throughout_is_found_by_its_checkpoint():
    store = signed_store()
    store.kept = {PAIR: filled(4, 3, SIZE - 7, seed="other").kept[PAIR]}
    found = named(store)
    assert ("root-mismatch", -1) in found


@pytest.mark.parametrize("seq", range(SIZE - 1))
def test_a_deleted_row_is_named(seq):
    class Gap(MemoryLog):
        def size(self, name):
            return SIZE

        def entries(self, name, start, end):
            yield from (stored for stored in self.rows[name] if stored.entry().seq in range(start, end))

    store = signed_store()
    gap = Gap(INFO)
    gap.rows, gap.tree, gap.kept = store.rows, store.tree, store.kept
    del gap.rows[PAIR][seq]
    assert named(gap) == {("entries-missing", seq)}


def test_a_cut_log_is_named():
    store = signed_store()
    del store.rows[PAIR][8:]
    assert named(store) == {("entries-missing", 8)}


def test_swapped_rows_are_named():
    store = signed_store()
    rows = store.rows[PAIR]
    rows[4], rows[5] = rows[5], rows[4]
    assert named(store) == {("entries-missing", 4), ("entry-sequence", 4)}


def test_the_checkpoint_row_is_compared_with_its_note():
    store = signed_store()
    kept = store.kept[PAIR][-1]
    store.kept[PAIR][-1] = msgspec.structs.replace(kept, size=7)
    assert named(store) == {("checkpoint-row", -1)}
    store.kept[PAIR][-1] = msgspec.structs.replace(kept, note=kept.note.replace(f"\n{SIZE}\n", "\n12\n"))
    assert named(store) == {("note-condemned", -1)}


def test_a_checkpoint_of_another_key_is_named():
    store = signed_store()
    assert named(store, [checkpoint.verifier_key(ORIGIN, OTHER_KEY)]) == {("note-unknown-keys", -1)}
    kept = store.kept[PAIR][-1]
    state = checkpoint.LogState(ORIGIN, 5, bytes(32))
    store.kept[PAIR].append(checkpoint.sign_checkpoint(state, ORIGIN, KEY))
    assert kept != store.kept[PAIR][-1]
    assert named(store) == {("root-mismatch", -1)}


def test_faults_are_capped():
    store = filled(300)
    store.rows[PAIR][:] = [msgspec.structs.replace(row, body=b"{}") for row in store.rows[PAIR]]
    found = report(store)
    assert len(found.faults) == 100
    assert found.entries == 300
