"""Sessions end when they must, their tokens change, and acts that matter need a fresh one."""

from __future__ import annotations

import hashlib

import msgspec
import pytest
from tests.unit.node import persons
from tests.unit.node.persons import entries, sign_in

from foedus.errors import TrustError
from foedus.model.people import Person
from foedus.node import administer, people, sessions

GOOD = "four quiet herons at dusk"


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    return persons.made(tmp_path_factory.mktemp("people") / "nato")


@pytest.fixture
def node(base, tmp_path):
    with persons.copy(base, tmp_path / "nato") as opened:
        yield opened


@pytest.fixture
def ann(node):
    return sign_in(node, "ann")


@pytest.fixture
def token(node, ann):
    return sessions.open_session(node, ann, "password")


def code_of(act, *args) -> str:
    with pytest.raises(TrustError) as caught:
        act(*args)
    return caught.value.code


def test_a_session_carries_its_person_and_is_entered(node, ann, token):
    assert sessions.resume(node, token) == ann
    [opened] = sessions.sessions(node)
    known = {"person": "ann", "session": opened.id, "method": "password"}
    assert entries(node, "session.opened") == [known]
    assert sessions.end(node, token) == 1
    assert entries(node, "session.ended") == [{**known, "reason": "signed-out"}]
    assert code_of(sessions.resume, node, token) == "session-ended"
    assert sessions.end(node, token) == 0


def test_only_the_hash_of_a_token_is_kept(node, token):
    held = persons.bytes_of(node.directory)
    assert len(token) == 43
    assert token.encode() not in held
    assert hashlib.sha256(token.encode()).digest() in held


@pytest.mark.parametrize("other", ["", "x", "A" * 43, "é", "\udc80"])
def test_no_other_token_carries_it(node, token, other):
    assert code_of(sessions.resume, node, other) == "session-ended"
    assert code_of(sessions.fresh, node, other) == "session-ended"


def test_it_ends_when_it_rests_for_a_quarter_of_an_hour(node, token):
    for _ in range(8):
        node.clock.move(minutes=14)
        sessions.resume(node, token)
    node.clock.move(minutes=15)
    assert code_of(sessions.resume, node, token) == "session-ended"
    assert sessions.sessions(node) == []


def test_it_ends_after_eight_hours_however_it_is_used(node, ann, token):
    for _ in range(47):
        node.clock.move(minutes=10)
        sessions.resume(node, token)
    token = sessions.confirm(node, token, ann)
    node.clock.move(minutes=10)
    assert code_of(sessions.resume, node, token) == "session-ended"


def test_its_limits_are_settings(node, token):
    node.config = msgspec.structs.replace(node.config, session_idle_minutes=2)
    node.clock.move(minutes=2)
    assert code_of(sessions.resume, node, token) == "session-ended"


def test_what_reached_a_limit_is_entered_when_the_next_one_is_opened(node, ann, token):
    node.clock.move(minutes=20)
    sessions.open_session(node, ann, "passkey")
    assert [(one["person"], one["reason"]) for one in entries(node, "session.ended")] == [("ann", "idle")]
    node.clock.move(hours=9)
    sessions.open_session(node, ann, "password")
    assert [one["reason"] for one in entries(node, "session.ended")] == ["idle", "limit"]


def test_a_fresh_use_changes_the_token_and_the_old_one_is_nobodys(node, ann, token):
    used = sessions.fresh(node, token)
    assert (used.person, used.token == token) == (ann, False)
    assert code_of(sessions.fresh, node, token) == "session-ended"
    assert sessions.resume(node, used.token) == ann


def test_an_act_that_matters_needs_its_person_shown_a_short_time_ago(node, ann, token):
    node.clock.move(minutes=10)
    assert code_of(sessions.fresh, node, token) == "session-stale"
    assert sessions.resume(node, token) == ann
    confirmed = sessions.confirm(node, token, sign_in(node, "ann"))
    assert code_of(sessions.resume, node, token) == "session-ended"
    assert sessions.fresh(node, confirmed).person == ann


def test_use_alone_does_not_keep_a_session_fresh(node, token):
    node.clock.move(minutes=6)
    token = sessions.fresh(node, token).token
    node.clock.move(minutes=6)
    assert code_of(sessions.fresh, node, token) == "session-stale"


def test_somebody_else_does_not_make_it_fresh(node, ann, token):
    assert code_of(sessions.confirm, node, token, sign_in(node, "bob")) == "sign-in-refused"
    assert sessions.resume(node, token) == ann


@pytest.mark.parametrize(
    "act",
    [
        lambda node, root: administer.change_roles(node, root, "ann", ["auditor"]),
        lambda node, root: administer.change_password(node, root, "ann", GOOD),
        lambda node, root: administer.set_disabled(node, root, "ann", disabled=True),
        lambda node, _: people.add(node, "ann", ["analyst"], GOOD),
    ],
)
def test_all_of_a_persons_end_when_anything_about_them_changes(node, ann, token, act):
    second = sessions.open_session(node, ann, "passkey")
    bobs = sessions.open_session(node, sign_in(node, "bob"), "password")
    act(node, sign_in(node, "root"))
    assert {code_of(sessions.resume, node, one) for one in (token, second)} == {"session-ended"}
    assert sessions.resume(node, bobs).name == "bob"
    assert [one["reason"] for one in entries(node, "session.ended")] == ["person-changed"] * 2


def test_signing_out_everywhere_ends_ones_own_and_nobody_elses(node, ann, token):
    sessions.open_session(node, ann, "password")
    bobs = sessions.open_session(node, sign_in(node, "bob"), "password")
    assert sessions.end(node, token, everywhere=True) == 2
    assert sessions.resume(node, bobs).name == "bob"


def test_none_is_opened_for_somebody_who_was_changed_meanwhile(node, ann):
    administer.set_disabled(node, sign_in(node, "root"), "ann", disabled=True)
    assert code_of(sessions.open_session, node, ann, "password") == "sign-in-refused"
    assert code_of(sessions.open_session, node, Person("eve", ("analyst",)), "password") == "sign-in-refused"


def test_it_lasts_over_a_restart(node, ann, token):
    with persons.opened(node.directory, node.clock) as again:
        assert sessions.resume(again, token) == ann
