"""What a partner may try, by what it tries it with, and the test that shows what comes of it; each of them is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

HOSTILE, FORGED = "e2e/test_hostile_peer.py", "e2e/test_recall_forged.py"
GRANTS, AGREE = "e2e/test_grants.py", "unit/programme/test_agree.py"
VOIDS, LIFE = "unit/node/test_queue_voids.py", "e2e/test_agreement_life.py"
APPROVAL, LEDGER = "unit/release/test_approval.py", "unit/account/test_ledger.py"
_RECEIPTS = "test_receipts_forged_replayed_out_of_order_or_of_another_log_are_refused_and_entered"

SHOWN: dict[tuple[str, str], tuple[str, str]] = {
    ("receipts", "forged"): (HOSTILE, _RECEIPTS),
    ("receipts", "replayed"): (HOSTILE, _RECEIPTS),
    ("receipts", "out of order"): (HOSTILE, _RECEIPTS),
    ("receipts", "stale"): (
        "e2e/test_restored.py",
        "test_a_receipt_for_what_this_node_does_not_have_stops_its_signing",
    ),
    ("receipts", "contradictory"): (
        "unit/account/test_bodies.py",
        "test_nobody_acknowledges_what_was_not_sent_to_them",
    ),
    ("recalls", "forged"): (FORGED, "test_a_recall_that_is_none_does_nothing"),
    ("recalls", "of another"): (FORGED, "test_japan_cannot_call_back_what_nato_sent_it"),
    ("recalls", "replayed"): (
        FORGED,
        "test_the_same_recall_twice_with_another_reason_and_deadline_changes_nothing",
    ),
    ("recalls", "stale"): (FORGED, "test_an_answer_before_the_recall_counts_for_nothing_afterwards"),
    ("recalls", "out of order"): (FORGED, "test_a_recall_before_its_sending_stays_refused_when_that_comes"),
    ("recalls", "contradictory"): (FORGED, "test_the_first_of_two_answers_stands"),
    ("grants", "forged"): (GRANTS, "test_a_grant_by_anybody_else_counts_for_nothing"),
    ("grants", "malformed"): (
        GRANTS,
        "test_a_wrong_entry_counts_for_nothing_is_entered_with_its_place_and_stops_nothing_else",
    ),
    ("grants", "replayed"): (GRANTS, "test_the_same_grant_twice_or_otherwise_changes_nothing"),
    ("grants", "contradictory"): (GRANTS, "test_the_same_grant_twice_or_otherwise_changes_nothing"),
    ("grants", "stale"): (GRANTS, "test_a_grant_ends_at_its_instant_and_a_later_one_begins_anew"),
    ("grants", "out of order"): (
        GRANTS,
        "test_a_withdrawal_that_comes_first_wins_and_one_about_another_object_is_refused",
    ),
    ("signatures", "forged"): (AGREE, "test_a_signature_that_does_not_count_is_named"),
    ("signatures", "replayed"): (AGREE, "test_a_signature_for_another_version_is_not_added"),
    ("signatures", "stale"): ("e2e/test_rotation.py", "test_the_old_key_is_refused_after_its_last_day"),
    ("signatures", "out of order"): (
        "e2e/test_trust_in_versions.py",
        "test_versions_out_of_order_or_unsigned_or_none_give_no_keys",
    ),
    ("signatures", "contradictory"): (AGREE, "test_two_signed_successors_of_one_version_are_a_fork"),
    ("signatures", "of keys"): (
        "e2e/test_rotation.py",
        "test_a_key_change_that_the_old_key_did_not_sign_counts_for_nothing_and_is_entered",
    ),
    ("approvals", "forged"): (VOIDS, "test_a_row_without_an_entry_lets_nothing_go"),
    ("approvals", "altered"): (VOIDS, "test_an_entry_altered_in_the_log_is_no_approval"),
    ("approvals", "replayed"): (
        VOIDS,
        "test_an_approval_opened_again_after_it_was_taken_back_or_used_lets_nothing_go",
    ),
    ("approvals", "stale"): (VOIDS, "test_an_approval_expires_and_says_so"),
    ("approvals", "of one gone"): (VOIDS, "test_who_is_disabled_before_the_end_of_the_countdown_did_not_approve"),
    ("approvals", "out of order"): (
        APPROVAL,
        "test_halves_that_are_not_two_persons_in_two_roles_in_order_never_let_go",
    ),
    ("approvals", "contradictory"): (APPROVAL, "test_what_comes_after_ends_what_was_approved"),
    ("checkpoints", "forged"): (HOSTILE, "test_a_lie_about_its_log_is_refused_entered_once_and_costs_nothing_else"),
    ("checkpoints", "replayed"): (LEDGER, "test_a_replayed_older_checkpoint_is_refused"),
    ("checkpoints", "stale"): (HOSTILE, "test_a_log_that_shrinks_is_refused_and_comes_back"),
    ("checkpoints", "out of order"): (HOSTILE, "test_many_submissions_at_once_never_roll_the_witness_back"),
    ("checkpoints", "contradictory"): (HOSTILE, "test_two_histories_freeze_the_pair_and_nothing_else"),
    ("a log", "lied about"): (HOSTILE, "test_a_lie_about_its_log_is_refused_entered_once_and_costs_nothing_else"),
    ("a log", "of anything"): ("property/test_node_arrived.py", "test_no_body_stops_what_comes_with_it"),
    ("a programme", "signed by one"): (
        LIFE,
        "test_a_version_that_one_party_alone_signed_is_refused_and_the_one_before_holds",
    ),
    ("an amendment", "widening a forbid"): (
        LIFE,
        "test_an_amendment_that_widens_what_a_forbid_lets_go_is_refused_to_one_person",
    ),
    ("whatever is refused", "told to nobody"): (
        HOSTILE,
        "test_to_a_frozen_partner_the_programme_is_absent_byte_for_byte",
    ),
}
WORDS = ("forged", "replayed", "stale", "out of order", "contradictory")
THINGS = ("receipts", "recalls", "grants", "signatures", "approvals", "checkpoints")


@pytest.mark.parametrize(("file", "test"), sorted(set(SHOWN.values())))
def test_what_shows_it_is_there(root: Path, file: str, test: str) -> None:
    assert re.search(rf"^def {test}\(", (root / "tests" / file).read_text(), re.MULTILINE)


@pytest.mark.parametrize("thing", THINGS)
def test_each_thing_is_shown_with_each_fault(thing: str) -> None:
    assert [word for word in WORDS if (thing, word) not in SHOWN] == []
