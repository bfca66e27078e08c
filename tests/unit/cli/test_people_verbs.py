"""People keep people, sign in and out, and act by password or session on the command line."""

from __future__ import annotations

import shutil
import stat
from pathlib import Path

import pytest
from tests.unit.cli.conftest import done, refused, run, told
from tests.unit.node import persons
from tests.unit.node.persons import PASSWORDS, entries

from foedus.cli import session_file
from foedus.node import passkeys, people, sessions
from foedus.node.home import Node

GOOD = "four quiet herons at dusk"


@pytest.fixture(scope="module")
def base(tmp_path_factory) -> Path:
    return persons.made(tmp_path_factory.mktemp("people") / "nato")


@pytest.fixture
def node(base, tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "run"))
    monkeypatch.delenv("FOEDUS_SESSION", raising=False)
    return Path(shutil.copytree(base, tmp_path / "nato"))


def lines(*names: str) -> str:
    """What is typed: the passwords of people, or words as they are."""
    return "".join(f"{PASSWORDS.get(name, name)}\n" for name in names)


def file_of(directory: Path) -> Path:
    with Node.open(directory) as node:
        return session_file.path_of(node)


def log(directory: Path, kind: str) -> list:
    with Node.open(directory) as node:
        return entries(node, kind)


def test_the_first_person_needs_nobody_and_the_second_an_administrator(tmp_path):
    made = tmp_path / "new"
    done("node", "init", made, "--party", "nato", "--programme", "nato-japan-2023")
    assert "Nobody yet" in done("people", "list", node=made)
    assert "root is administrator." in done(
        "people", "add", "root", "--role", "administrator", node=made, input=lines("root")
    )
    result = run("people", "add", "eve", "--role", "administrator", node=made, input=lines(GOOD))
    assert (result.exit_code, "person-needed" in result.stderr) == (2, True)
    added = told(
        *("people", "add", "lee", "--role", "liaison", "--party", "jpn", "--as", "root"),
        node=made,
        input=lines("root", GOOD),
    )
    assert added == {"name": "lee", "roles": ["liaison"], "party": "jpn"}
    assert "liaison for jpn" in done("people", "list", node=made)


def test_the_list_tells_roles_sessions_and_who_is_shut_out(node):
    done("people", "sign-in", "ann", node=node, input=lines("ann"))
    done("people", "disable", "bob", "--as", "root", node=node, input=lines("root"))
    found = {one["name"]: one for one in told("people", "list", node=node)}
    assert found["ann"]["roles"] == ["analyst", "releaser"]
    assert (found["ann"]["sessions"], found["bob"]["disabled"], found["root"]["passkeys"]) == (1, True, 0)
    assert "disabled" in done("people", "list", node=node)
    done("people", "enable", "bob", "--as", "root", node=node, input=lines("root"))
    assert "disabled" not in done("people", "list", node=node)


def test_roles_and_passwords_are_changed_by_whoever_may(node):
    done("people", "roles", "ann", "--role", "auditor", "--as", "root", node=node, input=lines("root"))
    assert [one["by"] for one in log(node, "person.changed")] == ["root"]
    done("people", "password", "ann", "--as", "ann", node=node, input=lines("ann", GOOD))
    done("people", "password", "ann", "--as", "root", node=node, input=lines("root", "another one for ann"))
    with Node.open(node) as opened:
        assert people.signed_in(opened, "ann", "another one for ann").roles == ("auditor",)


@pytest.mark.parametrize(
    ("args", "typed", "code", "said"),
    [
        (["roles", "bob", "--role", "auditor", "--as", "ann"], ["ann"], 5, "administrator-needed"),
        (["disable", "bob", "--as", "root"], ["wrong"], 5, "sign-in-refused"),
        (["disable", "bob", "--as", "eve"], ["wrong"], 5, "sign-in-refused"),
        (["sign-in", "eve"], ["wrong"], 5, "sign-in-refused"),
        (["sign-in", "ann"], [], 2, "password-missing"),
        (["enable", "eve", "--as", "root"], ["root"], 2, "person-unknown"),
        (["enable", "e\udc80", "--as", "root"], ["root"], 2, "person-unknown"),
        (["add", "eve", "--role", "king", "--as", "root"], ["root"], 2, "usage"),
        (["add", "eve", "--role", "analyst", "--role", "auditor", "--as", "root"], ["root", GOOD], 2, "roles-apart"),
        (["add", "eve", "--role", "analyst", "--as", "root"], ["root", "short"], 2, "password-weak"),
        (["remove-passkey", "ann", "abc", "--as", "ann"], ["ann"], 2, "passkey-unknown"),
        (["disable", "bob"], ["root"], 2, "person-needed"),
    ],
)
def test_whoever_may_not_is_told_what_is_missing(node, args, typed, code, said):
    result = run("people", *args, node=node, input=lines(*typed))
    assert (result.exit_code, f"code: {said}" in result.stderr) == (code, True), result.stderr
    assert not any(password in result.output for password in (GOOD, *PASSWORDS.values()))


def test_a_session_carries_what_follows_its_file_is_ones_own_and_its_token_changes(node):
    signed = told("people", "sign-in", "root", node=node, input=lines("root"))
    path = Path(signed["file"])
    first = path.read_text()
    assert path.is_relative_to(node.parent / "run" / "foedus")
    assert [stat.S_IMODE(one.stat().st_mode) for one in (path, path.parent)] == [0o600, 0o700]
    done("people", "disable", "bob", node=node)
    assert path.read_text() != first
    done("people", "enable", "bob", node=node)
    assert list(path.parent.iterdir()) == [path]
    assert [one["by"] for one in log(node, "person.changed")] == ["root", "root"]


def test_signing_out_ends_it_and_takes_the_file_away(node):
    done("people", "sign-in", "root", node=node, input=lines("root"))
    assert "root" in done("people", "sessions", node=node)
    assert "1 session ended" in done("people", "sign-out", node=node)
    assert not file_of(node).exists()
    assert told("people", "sessions", node=node) == []
    assert told("people", "sign-out", node=node) == {"ended": 0}
    assert "person-needed" in refused("people", "disable", "bob", node=node)


def test_signing_in_again_ends_the_session_before(node):
    for _ in range(2):
        done("people", "sign-in", "ann", node=node, input=lines("ann"))
    assert [one["reason"] for one in log(node, "session.ended")] == ["signed-out"]
    assert len(told("people", "sessions", node=node)) == 1


def test_signing_out_everywhere_ends_what_was_opened_elsewhere(node, tmp_path):
    for place in ("a", "b"):
        done("people", "sign-in", "ann", node=node, input=lines("ann"), env={"FOEDUS_SESSION": str(tmp_path / place)})
    ended = told("people", "sign-out", "--everywhere", node=node, env={"FOEDUS_SESSION": str(tmp_path / "a")})
    assert ended == {"ended": 2}
    result = run("people", "disable", "bob", node=node, env={"FOEDUS_SESSION": str(tmp_path / "b")})
    assert (result.exit_code, "session-ended" in result.stderr) == (5, True)


def test_a_session_that_is_not_fresh_says_what_to_do(node):
    done("people", "sign-in", "root", node=node, input=lines("root"))
    result = run("people", "disable", "bob", node=node, env={"FOEDUS_SESSION_FRESH_MINUTES": "0"})
    assert result.exit_code == 5
    assert "foedus people sign-in root" in result.stderr


def test_a_file_that_others_can_read_carries_nobody(node):
    done("people", "sign-in", "root", node=node, input=lines("root"))
    file_of(node).chmod(0o640)
    assert "session-file" in refused("people", "disable", "bob", node=node, code=5)
    assert "1 session ended" in done("people", "sign-out", node=node)


def test_each_node_has_a_file_of_its_own(node, tmp_path):
    other = Path(shutil.copytree(node, tmp_path / "other"))
    assert file_of(other) != file_of(node)


def test_without_a_runtime_directory_the_state_directory_or_the_home_is_taken(node, monkeypatch, tmp_path):
    monkeypatch.delenv("XDG_RUNTIME_DIR")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    assert file_of(node).is_relative_to(tmp_path / "state" / "foedus")
    monkeypatch.delenv("XDG_STATE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert file_of(node).is_relative_to(tmp_path / "home" / ".local" / "state" / "foedus")


def test_a_password_of_ones_own_takes_the_present_one_even_in_a_session(node):
    done("people", "sign-in", "ann", node=node, input=lines("ann"))
    result = run("people", "password", "ann", node=node, input=lines(GOOD))
    assert (result.exit_code, "password-present" in result.stderr) == (2, True)


def test_passkeys_are_listed_and_removed(node):
    from tests.unit.node.authenticator import Authenticator

    with Node.open(node) as opened:
        ann = people.signed_in(opened, "ann", PASSWORDS["ann"])
        answer = Authenticator().create(passkeys.begin(opened, ann), "https://localhost:8843")
        shown = passkeys.finish(opened, ann, answer, "blue key").id
        sessions.open_session(opened, ann, "passkey")
    assert shown[:16] in done("people", "passkeys", "ann", node=node)
    assert told("people", "passkeys", "ann", node=node)[0]["label"] == "blue key"
    done("people", "remove-passkey", "ann", shown[:16], "--as", "ann", node=node, input=lines("ann"))
    assert "ann has no passkey" in done("people", "passkeys", "ann", node=node)


def test_no_password_is_printed_or_kept(node):
    result = run("people", "add", "eve", "--role", "analyst", "--as", "root", node=node, input=lines("root", GOOD))
    assert result.exit_code == 0
    assert not any(word in result.output for word in (GOOD, PASSWORDS["root"]))
    assert GOOD.encode() not in persons.bytes_of(node)
