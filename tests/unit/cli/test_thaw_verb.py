"""``foedus ledger thaw``: two approvers, each with a password; the words that say what is frozen."""

from __future__ import annotations

import pytest
from tests.unit.cli.conftest import WORD, done, run, told

from foedus.node import people
from foedus.node.forks import Pair, freeze
from foedus.node.home import Node

PROGRAMME = f"urn:foedus:programme:{WORD}"
PASSWORDS = "first secret\nsecond secret\n"


@pytest.fixture
def frozen(two):
    with Node.open(two.nato) as node:
        people.add(node, "ann", ["approver"], "first secret")
        people.add(node, "ben", ["approver"], "second secret")
        people.add(node, "cat", ["analyst"], "second secret")
        if not node.freezes.all():
            freeze(node, Pair(PROGRAMME, "jpn", "jpn", f"{PROGRAMME}|jpn|nato"), ("one\n", "two\n"))
    return two.nato


def thaw(node, first: str, second: str, passwords: str = PASSWORDS):
    return run("ledger", "thaw", "jpn", "--as", first, "--with", second, node=node, input=passwords)


def test_what_is_frozen_is_said_loudly(frozen):
    for command in (("node", "status"), ("ledger", "show"), ("release",)):
        assert "FROZEN" in done(*command, node=frozen)
    assert told("node", "status", node=frozen)["halts"][0]["frozen"] is True
    pulled = run("exchange", "pull", "jpn", node=frozen)
    assert (pulled.exit_code, "FROZEN" in pulled.stdout) == (6, True)


@pytest.mark.parametrize(
    ("first", "second", "passwords"),
    [("ann", "ann", "first secret\nfirst secret\n"), ("ann", "cat", PASSWORDS), ("cat", "ben", "second secret\n" * 2),
     ("ann", "ben", "first secret\nwrong\n"), ("ann", "nobody", PASSWORDS), ("ann", "ben", "wrong\n")],
)  # fmt: skip
def test_one_person_or_somebody_else_does_not_thaw(frozen, first, second, passwords):
    assert thaw(frozen, first, second, passwords).exit_code in (1, 5, 130)
    assert told("node", "status", node=frozen)["halts"]


def test_two_approvers_thaw_and_both_names_are_entered(frozen):
    result = thaw(frozen, "ann", "ben")
    assert (result.exit_code, "goes on" in result.stdout) == (0, True), result.output
    assert told("node", "status", node=frozen)["halts"] == []
    entry = told("ledger", "show", "master", node=frozen)[-1]
    assert (entry["kind"], entry["body"]["people"]) == ("ledger.thawed", ["ann", "ben"])
    assert thaw(frozen, "ann", "ben").exit_code == 2
