from __future__ import annotations

import pytest
from tests.unit.store.sample import AMBER, PUBLIC

from foedus.errors import StoreError
from foedus.model.ports import Outcome, PullState, Submission
from foedus.store import access, quarantine, state

DAY_US = 24 * 3_600 * 1_000_000


def test_source_comes_back_with_its_label_and_the_same_bytes_are_known(store):
    first = state.Source("a", "cyber", "file:feed.json", "ab" * 32, PUBLIC, "amara", 5)
    later = state.Source("b", "cyber", "file:other.json", "cd" * 32, None, "amara", 6)
    with store.write() as tx:
        state.keep_source(tx, first._replace(label=AMBER))
        state.keep_source(tx, later)
        state.keep_source(tx, first)
    with store.read() as read:
        assert state.source_of(read, "a") == first
        assert state.source_of(read, "z") is None
        assert state.sources(read, "cyber") == [first, later]
        assert state.source_with(read, "cyber", "cd" * 32) == later
        assert state.source_with(read, "maritime", "cd" * 32) is None


def test_room_state_moves_only_from_where_it_was_read(store):
    with store.write() as tx:
        assert state.room_state_of(tx, "cyber") == (0, b"")
        assert state.put_room_state(tx, "cyber", 0, b"one") == 1
        assert state.put_room_state(tx, "cyber", 1, b"two") == 2
    with pytest.raises(StoreError, match="another run"), store.write() as tx:
        state.put_room_state(tx, "cyber", 1, b"late")
    with store.read() as read:
        assert state.room_state_of(read, "cyber") == (2, b"two")


def test_pull_state_is_kept_per_peer_and_collection(store):
    kept = PullState("2026-01-01T00:00:00.000000Z", "cursor", "hash")
    with store.write() as tx:
        state.put_pull_state(tx, "kor", "c1", PullState("x"))
        state.put_pull_state(tx, "kor", "c1", kept)
    with store.read() as read:
        assert state.pull_state_of(read, "kor", "c1") == kept
        assert state.pull_state_of(read, "kor", "c2") == PullState()


def test_submission_is_the_callers_own_and_kept_for_a_day(store):
    old = Submission("s1", 1, successes=(Outcome("x--1", "v"),))
    with store.write() as tx:
        state.put_submission(tx, "kor", old)
        state.put_submission(tx, "kor", Submission("s2", 1 + DAY_US))
    with store.read() as read:
        assert state.submission_of(read, "kor", "s1", 1 + DAY_US) == old
        assert state.submission_of(read, "kor", "s1", 2 + DAY_US) is None
        assert state.submission_of(read, "jpn", "s1", 1) is None
    with store.write() as tx:
        state.forget_submissions(tx, 2 + DAY_US)
        assert state.submission_of(tx, "kor", "s1", 1) is None
        assert state.submission_of(tx, "kor", "s2", 1 + DAY_US) is not None


def test_programme_versions_are_kept_byte_for_byte_and_change_state_and_signatures_only(store):
    first = state.ProgrammeVersion("kat", "1", "d1", b"raw: 1", "proposed", 5)
    with store.write() as tx:
        state.put_programme(tx, first)
        state.put_programme(tx, first._replace(raw=b"raw: 1 # signed", state="in-force", at_us=9))
        state.put_programme(tx, first._replace(digest="d2", version="2", at_us=6))
    with store.read() as read:
        assert [(one.digest, one.raw, one.state) for one in state.programmes(read, "kat")] == [
            ("d1", b"raw: 1 # signed", "in-force"),
            ("d2", b"raw: 1", "proposed"),
        ]
        assert len(state.programmes(read)) == 2
        assert state.programmes(read, "other") == []


def test_accounts_are_found_by_name_and_by_token(store):
    amara = access.Account("amara", "jpn", "officer", "$argon2", b"t" * 32)
    with store.write() as tx:
        access.keep_account(tx, amara)
        access.keep_account(tx, access.Account("bo", "jpn", "officer"))
        access.keep_account(tx, amara._replace(disabled=True))
    with store.read() as read:
        assert (
            access.account_named(read, "amara") == access.account_with(read, b"t" * 32) == amara._replace(disabled=True)
        )
        assert access.account_with(read, b"u" * 32) is None
        assert [one.name for one in access.accounts(read)] == ["amara", "bo"]
    with store.write() as tx:
        assert [access.drop_account(tx, "bo"), access.drop_account(tx, "bo")] == [True, False]


def test_collection_ids_are_random_version_four_per_reader_and_stay(store):
    drawn = iter(bytes([n]) * 16 for n in range(9))
    with store.write() as tx:
        first = access.open_collection(tx, "jpn", "view", lambda size: next(drawn))
        again = access.open_collection(tx, "jpn", "view", lambda size: next(drawn))
        other = access.open_collection(tx, "kor", "view", lambda size: next(drawn))
    assert first == again == "00000000-0000-4000-8000-000000000000"
    assert other == "01010101-0101-4101-8101-010101010101"
    with store.read() as read:
        assert access.collection_id_of(read, "jpn", "absent") is None


def test_quarantine_keeps_place_reason_and_the_first_bytes(store):
    refused = quarantine.Refusal(
        "cyber", "feed", "/objects/3", "duplicate-key", "a key stands twice", "fix it", b"x" * 70_000
    )
    with store.write() as tx:
        first, second = quarantine.put_refusals(tx, [refused, refused._replace(where="/objects/9")], 5)
    with store.read() as read:
        held = quarantine.refusal(read, first)
        assert held == quarantine.Quarantined(first, 5, refused._replace(raw=b"x" * 65_536), "open")
        assert [one.id for one in quarantine.refusals(read, limit=1)] == [second]
        assert [one.id for one in quarantine.refusals(read, before_id=second)] == [first]
        assert quarantine.refusal(read, 99) is None


def test_settled_refusals_leave_the_open_ones(store):
    refused = quarantine.Refusal("cyber", "feed", "", "c", "m", "h", b"")
    with store.write() as tx:
        numbers = quarantine.put_refusals(tx, [refused] * 3, 5)
        assert quarantine.settle(tx, numbers[:2], "discarded") == 2
    with store.read() as read:
        assert quarantine.open_refusals(read) == 1
        assert [one.id for one in quarantine.refusals(read, "discarded")] == [numbers[1], numbers[0]]
