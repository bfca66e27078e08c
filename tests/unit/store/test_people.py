"""People and what verifies them are kept, found, and never shown."""

from __future__ import annotations

import pytest

from foedus.errors import StoreError
from foedus.store import people, sessions, sign_ins

ANN = people.Kept("ann", "analyst releaser", "", "$argon2id$ann")
FIRST = sessions.Session("s1", b"h" * 32, "ann", "password", 1, 1, 1)


def test_a_person_is_kept_and_replaced(store):
    with store.write() as tx:
        people.keep_person(tx, ANN)
        people.keep_person(tx, people.Kept("bob", "approver"))
        people.keep_person(tx, ANN._replace(disabled=True))
    with store.read() as read:
        assert people.person_named(read, "ann") == ANN._replace(disabled=True)
        assert people.person_named(read, "Ann") is None
        assert [one.name for one in people.people(read)] == ["ann", "bob"]


def test_a_session_changes_only_from_the_token_it_is_known_by(store):
    with store.write() as tx:
        sessions.keep_session(tx, FIRST)
        assert sessions.change_session(tx, FIRST, FIRST._replace(token_sha256=b"i" * 32))
        assert not sessions.change_session(tx, FIRST, FIRST._replace(token_sha256=b"j" * 32))
        assert sessions.session_with(tx, b"h" * 32) is None
        assert sessions.session_with(tx, b"i" * 32) == FIRST._replace(token_sha256=b"i" * 32)
        assert (sessions.drop_session(tx, FIRST), sessions.drop_session(tx, FIRST)) == (True, False)


def test_tries_count_by_name_and_over_all_while_they_are_in_the_window(store):
    with store.write() as tx:
        for who, at_us in ((b"a", 100), (b"a", 120), (b"b", 120)):
            sign_ins.keep_try(tx, who, at_us, 50)
        assert sign_ins.tries(tx, b"a", 90) == (2, 3)
        assert sign_ins.tries(tx, b"a", 100) == (1, 2)
        sign_ins.keep_try(tx, b"c", 150, 50)
        assert sign_ins.tries(tx, b"a", 0) == (1, 3)
        sign_ins.forget_tries(tx, b"a")
        assert sign_ins.tries(tx, b"a", 0) == (0, 2)


def test_no_representation_shows_what_verifies_somebody():
    assert f"{ANN} {FIRST}" == "Kept('ann', 'analyst releaser', '', disabled=False) Session('s1', 'ann', 'password')"


def test_a_statement_that_fails_does_not_show_its_values(store):
    with pytest.raises(StoreError) as caught, store.write() as tx:
        sessions.keep_session(tx, FIRST)
        sessions.keep_session(tx, FIRST)
    assert caught.value.__cause__ is not None
    assert "hhhh" not in f"{caught.value} {caught.value.__cause__}"
