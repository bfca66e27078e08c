"""Who may be added, who keeps whom, and who is let in: the same answer to everybody else."""

from __future__ import annotations

import unicodedata
from concurrent.futures import ThreadPoolExecutor

import pytest
from tests.unit.node import persons
from tests.unit.node.persons import PASSWORDS, entries, sign_in

from foedus.errors import InputError, TrustError
from foedus.model.people import Person
from foedus.node import administer, init, people, sessions, throttle
from foedus.node.home import Node
from foedus.store import sign_ins
from foedus.store.people import Kept

GOOD = "four quiet herons at dusk"


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    return persons.made(tmp_path_factory.mktemp("people") / "nato")


@pytest.fixture
def node(base, tmp_path):
    with persons.copy(base, tmp_path / "nato") as opened:
        yield opened


@pytest.fixture
def root(node):
    return sign_in(node, "root")


@pytest.fixture
def empty(tmp_path):
    init.init(tmp_path / "new", "nato", ["nato-japan-2023"])
    with Node.open(tmp_path / "new") as opened:
        yield opened


def refusal(node, name: str, password: str) -> str:
    with pytest.raises(TrustError) as caught:
        people.signed_in(node, name, password)
    return f"{caught.value.code}: {caught.value}"


# Who may be added.


@pytest.mark.parametrize(
    ("roles", "party", "code"),
    [
        ((), "", "role-unknown"),
        (("king",), "", "role-unknown"),
        (("administrator", "analyst"), "", "roles-apart"),
        (("approver", "administrator"), "", "roles-apart"),
        (("auditor", "releaser"), "", "roles-apart"),
        (("liaison", "analyst"), "jpn", "roles-apart"),
        (("liaison",), "", "liaison-party"),
        (("analyst",), "jpn", "liaison-party"),
        (("liaison",), "kor", "party-unknown"),
        (("liaison",), "nato", "party-unknown"),
    ],
)
def test_roles_that_undo_each_other_and_parties_out_of_place_are_refused(empty, roles, party, code):
    with pytest.raises(InputError) as caught:
        people.add(empty, "ann", roles, GOOD, party)
    assert (caught.value.code, people.is_anybody(empty)) == (code, False)


@pytest.mark.parametrize("name", ["", " ann", "ann ", "a|b", "a\nb", "-ann", "x" * 65, "a\u202eb", "a\udc80"])
def test_a_name_that_would_be_read_wrongly_is_refused(empty, name):
    with pytest.raises(InputError, match="not a name"):
        people.add(empty, name, ["analyst"], GOOD)


@pytest.mark.parametrize("name", ["Ann", "ＡＮＮ", "aNN"])
def test_a_name_that_looks_like_anothers_is_refused(node, root, name):
    with pytest.raises(InputError) as caught:
        administer.join(node, root, name, ["analyst"], GOOD)
    assert caught.value.code == "person-alike"


def test_a_weak_password_is_refused_without_being_repeated(empty):
    with pytest.raises(InputError) as caught:
        people.add(empty, "ann", ["analyst"], "Password2026!")
    assert caught.value.code == "password-weak"
    assert "Password2026" not in str(caught.value)


def test_a_liaison_has_a_party_of_a_programme_held(empty):
    assert people.add(empty, "lee", ["liaison"], GOOD, "jpn") == Person("lee", ("liaison",), "jpn")
    assert people.signed_in(empty, "lee", GOOD).party == "jpn"


# Who keeps whom.


def test_the_first_person_is_an_administrator_and_nobody_follows_without_one(empty):
    with pytest.raises(InputError) as caught:
        administer.join(empty, None, "ann", ["analyst"], GOOD)
    assert caught.value.code == "administrator-first"
    administer.join(empty, None, "root", ["administrator"], GOOD)
    with pytest.raises(TrustError) as refused:
        administer.join(empty, None, "eve", ["administrator"], GOOD)
    assert refused.value.code == "administrator-needed"


@pytest.mark.parametrize(
    "act",
    [
        lambda node, by: administer.join(node, by, "eve", ["administrator"], GOOD),
        lambda node, by: administer.change_roles(node, by, "bob", ["auditor"]),
        lambda node, by: administer.change_password(node, by, "bob", GOOD),
        lambda node, by: administer.set_disabled(node, by, "bob", disabled=True),
    ],
)
def test_only_an_administrator_of_now_keeps_people(node, root, act):
    second = administer.join(node, root, "rita", ["administrator"], GOOD)
    administer.set_disabled(node, root, "rita", disabled=True)
    before = administer.everyone(node)
    for by in (Person("ann", ("analyst", "releaser")), second, Person("nobody", ("administrator",))):
        with pytest.raises(TrustError) as caught:
            act(node, by)
        assert caught.value.code == "administrator-needed"
    assert administer.everyone(node) == before


def test_nobody_changes_their_own_roles_or_shuts_themselves_out(node, root):
    for act in (
        lambda: administer.change_roles(node, root, "root", ["analyst"]),
        lambda: administer.set_disabled(node, root, "root", disabled=True),
    ):
        with pytest.raises(InputError) as caught:
            act()
        assert caught.value.code == "person-own"


def test_a_name_that_is_taken_or_nobody_has_is_said(node, root):
    with pytest.raises(InputError) as caught:
        administer.join(node, root, "ann", ["auditor"], GOOD)
    assert caught.value.code == "person-exists"
    with pytest.raises(InputError) as caught:
        administer.change_roles(node, root, "eve", ["auditor"])
    assert caught.value.code == "person-unknown"
    assert sign_in(node, "ann").has("releaser")


def test_one_changes_ones_own_password_and_an_administrator_anybodys(node, root):
    administer.change_password(node, sign_in(node, "ann"), "ann", GOOD)
    assert people.signed_in(node, "ann", GOOD).name == "ann"
    administer.change_password(node, root, "ann", "another one for ann")
    assert people.signed_in(node, "ann", "another one for ann").name == "ann"


def test_what_is_done_to_people_is_entered_with_who_did_it(node, root):
    administer.change_roles(node, root, "ann", ["liaison"], "jpn")
    administer.set_disabled(node, root, "bob", disabled=True)
    added = entries(node, "person.added")
    assert [(one["person"], one["by"]) for one in added] == [("root", ""), ("ann", "root"), ("bob", "root")]
    assert entries(node, "person.changed") == [
        {"person": "ann", "roles": ["liaison"], "party": "jpn", "by": "root", "change": "roles"},
        {"person": "bob", "roles": ["approver"], "party": "", "by": "root", "change": "disabled"},
    ]


# Who is let in.


def test_everybody_who_is_not_let_in_hears_the_same(node, root):
    administer.set_disabled(node, root, "bob", disabled=True)
    said = {
        refusal(node, "ann", "not that password"),
        refusal(node, "eve", "not that password"),
        refusal(node, "bob", PASSWORDS["bob"]),
        refusal(node, "no such\nname\udc80", "x"),
        refusal(node, "ann", ""),
        refusal(node, "ann", "x" * 2_000),
        *(refusal(node, "eve", "again") for _ in range(throttle.NAME_TRIES)),
    }
    assert len(said) == 1
    assert said.pop().startswith("sign-in-refused: ")
    administer.set_disabled(node, root, "bob", disabled=False)
    assert sign_in(node, "bob").has("approver")


def test_where_there_is_nobody_the_same_work_is_done():
    assert not people._HASHER.check_needs_rehash(people._NOBODY)
    assert people._verified("", "nobody")


def test_the_password_that_nobody_has_lets_nobody_in(node):
    refusal(node, "eve", "nobody")


def test_a_password_is_the_same_from_every_keyboard(empty):
    composed = "café ガレージ am Hügel"
    assert composed != unicodedata.normalize("NFD", composed)
    people.add(empty, "josé", ["analyst"], unicodedata.normalize("NFD", composed))
    assert people.signed_in(empty, unicodedata.normalize("NFD", "josé"), composed).name == "josé"


# How often.


def test_after_five_tries_not_even_the_right_one_is_taken_until_the_window_is_over(node):
    for _ in range(throttle.NAME_TRIES):
        refusal(node, "ann", "wrong")
    refusal(node, "ann", PASSWORDS["ann"])
    assert sign_in(node, "bob").name == "bob"
    node.clock.move(minutes=14, seconds=59)
    refusal(node, "ann", PASSWORDS["ann"])
    node.clock.move(seconds=1)
    assert sign_in(node, "ann").name == "ann"


def test_tries_at_one_time_are_counted_one_by_one(node):
    def admitted(_) -> bool:
        try:
            throttle.admit(node, "ann")
        except TrustError:
            return False
        return True

    with ThreadPoolExecutor(10) as pool:
        assert sum(pool.map(admitted, range(20))) == throttle.NAME_TRIES


def test_tries_are_counted_over_a_restart(node):
    for _ in range(throttle.NAME_TRIES):
        refusal(node, "ann", "wrong")
    with persons.opened(node.directory, node.clock) as again:
        refusal(again, "ann", PASSWORDS["ann"])


def test_the_right_password_and_a_new_one_begin_the_count_anew(node, root):
    for _ in range(throttle.NAME_TRIES - 1):
        refusal(node, "ann", "wrong")
    sign_in(node, "ann")
    for _ in range(throttle.NAME_TRIES):
        refusal(node, "ann", "wrong")
    administer.change_password(node, root, "ann", GOOD)
    assert people.signed_in(node, "ann", GOOD).name == "ann"


def test_beyond_so_many_tries_of_all_nobody_is_let_in_for_a_while(node):
    with node.store.write() as tx:
        for number in range(throttle.ALL_TRIES):
            at_us = int(node.clock.now().timestamp() * 1_000_000)
            sign_ins.keep_try(tx, number.to_bytes(4), at_us, throttle.WINDOW_US)
    refusal(node, "ann", PASSWORDS["ann"])
    node.clock.move(minutes=15)
    assert sign_in(node, "ann").name == "ann"


def test_a_clock_set_far_back_locks_nobody_out(node):
    for _ in range(throttle.NAME_TRIES):
        refusal(node, "ann", "wrong")
    node.clock.move(days=-1)
    sign_in(node, "bob")
    assert sign_in(node, "ann").name == "ann"


def test_refusals_are_entered_first_at_once_and_then_once_an_hour_with_their_number(node):
    for _ in range(throttle.NAME_TRIES + 2):
        refusal(node, "ann", "wrong")
    refused = [{"person": "ann", "reason": reason, "count": 1} for reason in ("password", "throttled")]
    assert entries(node, "sign-in.refused") == refused
    node.clock.move(hours=1)
    refusal(node, "ann", "wrong")
    assert entries(node, "sign-in.refused")[2:] == [{"person": "ann", "reason": "password", "count": 5}]


def test_what_is_typed_where_the_name_belongs_is_kept_nowhere(node):
    refusal(node, PASSWORDS["ann"], "ann")
    assert entries(node, "sign-in.refused") == [{"person": "", "reason": "password", "count": 1}]
    held = persons.bytes_of(node.directory)
    assert all(password.encode() not in held for password in PASSWORDS.values())


# What stays hidden.


def test_no_representation_shows_what_verifies_somebody(node):
    kept = Kept("ann", "analyst", "", "$argon2id$hash")
    fresh = sessions.fresh(node, token := sessions.open_session(node, sign_in(node, "ann"), "password"))
    assert "argon2" not in f"{kept} {kept!r} {[kept]}"
    assert not [one for one in (token, fresh.token) if one in f"{fresh} {[fresh]}"]


def test_adding_again_replaces_and_ends_what_was_open(node):
    token = sessions.open_session(node, sign_in(node, "ann"), "password")
    assert people.add(node, "ann", ["auditor"], GOOD).roles == ("auditor",)
    with pytest.raises(TrustError):
        sessions.resume(node, token)
    assert entries(node, "person.changed")[0]["change"] == "replaced"
