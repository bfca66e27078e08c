"""Two served nodes compare their copies of both logs of the pair."""

from __future__ import annotations

import sqlite3

import msgspec
import pytest
from click.testing import CliRunner
from tests.node_pair import OPEN, bundle, indicator, make_nodes

from foedus.account import merkle
from foedus.cli.main import main
from foedus.errors import FoedusError, InputError
from foedus.node.reconcile import evidence, reconcile, verify

pytestmark = pytest.mark.e2e
WORD = "nato-jpn-itpp-2023"
SENT = f"urn:foedus:programme:{WORD}|nato|jpn"
BACK = f"urn:foedus:programme:{WORD}|jpn|nato"


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    made = make_nodes(tmp_path_factory.mktemp("reconcile") / "nodes")
    made.send("nato", bundle(*(indicator(number) for number in range(9))), OPEN)
    made.send("jpn", bundle(*(indicator(number) for number in range(100, 103))), OPEN)
    with made.serving_here("nato", "jpn"):
        for party in ("nato", "jpn", "nato"):
            [pulled] = made.pull(party)
            assert pulled.error == ""
    return made


@pytest.fixture
def nodes(base, tmp_path):
    return base.copy(tmp_path / "nodes")


def compared(nodes, party: str):
    other = {"nato": "jpn", "jpn": "nato"}[party]
    with nodes.serving_here(other), nodes.open(party) as node:
        return {one.log: one for one in reconcile(node, other)}


def alter(nodes, party: str, log: str, seq: int, *, kept_too: bool = False) -> tuple[str, str]:
    """Change a row of one side's copy; return the leaf hashes before and after."""
    with sqlite3.connect(nodes.path(party) / "foedus.db") as database:
        [log_id] = database.execute("SELECT id FROM log WHERE name = ?", (log,)).fetchone()
        place = (log_id, seq)
        [was] = database.execute("SELECT leaf FROM entry WHERE log_id = ? AND seq = ?", place).fetchone()
        now = was.replace(b"release.sent", b"release.lost")
        assert now != was
        database.execute("UPDATE entry SET leaf = ? WHERE log_id = ? AND seq = ?", (now, *place))
        if kept_too:
            update = "UPDATE node SET hash = ? WHERE log_id = ? AND level = 0 AND position = ?"
            database.execute(update, (merkle.leaf_hash(now), *place))
    database.close()
    return merkle.leaf_hash(was).hex(), merkle.leaf_hash(now).hex()


def test_copies_alike_are_equal_and_being_behind_is_no_difference(nodes):
    found = compared(nodes, "jpn")
    assert (found[SENT].outcome, found[SENT].sound, found[SENT].hashes) == ("equal", True, 0)
    nodes.send("nato", bundle(indicator(50)), OPEN)
    [ours, theirs] = [compared(nodes, party)[SENT] for party in ("nato", "jpn")]
    assert (ours.outcome, theirs.outcome) == ("partner-is-behind", "we-are-behind")
    assert ours.sound
    assert theirs.sound
    assert ours.mine == ours.theirs + 1 == theirs.theirs
    assert ours.differing == theirs.differing == ()
    assert "pull" in theirs.advice


@pytest.mark.parametrize("altered", ["nato", "jpn"])
@pytest.mark.parametrize("kept_too", [False, True])
def test_an_altered_row_of_either_copy_is_named_from_both_sides(nodes, altered, kept_too):
    was, now = alter(nodes, altered, SENT, 4, kept_too=kept_too)
    for party in ("nato", "jpn"):
        found = compared(nodes, party)
        one = found[SENT]
        [entry] = one.differing
        assert (one.outcome, one.sound, entry.seq) == ("differs", False, 4)
        assert (entry.mine, entry.theirs) == ((now, was) if party == altered else (was, now))
        assert (one.mine_whole, one.theirs_whole) == (party != altered, party == altered)
        assert one.advice.startswith("our rows" if party == altered else "the partner's rows")
        assert 0 < one.hashes <= 40
        assert found[BACK].sound


def test_an_altered_body_is_named_although_its_leaf_is_as_it_was(nodes):
    with sqlite3.connect(nodes.path("jpn") / "foedus.db") as database:
        where = "WHERE seq = 4 AND log_id = (SELECT id FROM log WHERE name = ?)"
        update = "UPDATE entry SET body = replace(CAST(body AS TEXT), 'permit', 'forbid')"
        assert database.execute(f"{update} {where}", (SENT,)).rowcount == 1
    database.close()
    for party in ("nato", "jpn"):
        found = compared(nodes, party)[SENT]
        assert (found.outcome, [entry.seq for entry in found.differing]) == ("differs", [4])


@pytest.mark.parametrize(("sent", "kind"), [([51], "two-roots"), ([51, 52], "two-leaves")])
def test_a_log_that_its_sender_continued_twice_is_proof_against_it(nodes, tmp_path, sent, kind):
    fork = nodes.copy(tmp_path / "fork")
    nodes.send("nato", bundle(indicator(50)), OPEN)
    with nodes.serving_here("nato"):
        nodes.pull("jpn")
    for number in sent:
        fork.send("nato", bundle(indicator(number)), OPEN)
    path = tmp_path / "fork.json"
    command = ["--node", str(nodes.path("jpn")), "ledger", "reconcile", "nato", "--evidence", str(path)]
    with fork.serving_here("nato"), nodes.open("jpn") as node:
        found = {one.log: one for one in reconcile(node, "nato")}[SENT]
        told = CliRunner().invoke(main, command)
        assert told.exit_code == 5
        assert "The proof is in" in " ".join(told.stdout.split())
        digest = node.agreements.of(WORD, node.clock.now()).digest
    assert (found.outcome, found.sound, found.mine_whole, found.theirs_whole) == ("forked", False, True, True)
    [entry] = found.differing
    assert entry.seq == found.mine - 1
    proven = verify(path.read_bytes(), digest)
    assert (proven.kind, proven.party, proven.log) == (kind, "nato", found.origin)
    if kind == "two-leaves":
        assert (proven.place, proven.values) == (entry.seq, (entry.mine, entry.theirs))
    else:
        assert proven.place == found.mine
    said = CliRunner().invoke(main, ["ledger", "equivocation", str(path), "--digest", digest])
    assert said.exit_code == 0
    assert "nato signed two histories" in " ".join(said.stdout.split())
    assert CliRunner().invoke(main, ["ledger", "equivocation", str(path), "--digest", "0" * 64]).exit_code == 5


def test_nobody_is_accused_where_nothing_is_forked(nodes, tmp_path):
    path = tmp_path / "fork.json"
    alter(nodes, "jpn", SENT, 4)
    command = ["--node", str(nodes.path("nato")), "ledger", "reconcile", "jpn", "--evidence", str(path)]
    with nodes.serving_here("jpn"):
        told = CliRunner().invoke(main, command)
    assert told.exit_code == 5
    assert "No log is forked: nothing was written" in " ".join(told.stdout.split())
    assert not path.exists()
    found = compared(nodes, "nato")[SENT]
    with nodes.open("nato") as node, pytest.raises(InputError):
        evidence(node, found)


def test_the_command_names_the_entry_and_ends_with_5(nodes):
    command = ["--node", str(nodes.path("nato")), "ledger", "reconcile", "jpn"]
    with nodes.serving_here("jpn"):
        fine = CliRunner().invoke(main, [*command, "--json"])
    assert fine.exit_code == 0
    assert [one["outcome"] for one in msgspec.json.decode(fine.stdout)] == ["equal", "equal"]
    was, now = alter(nodes, "jpn", SENT, 4)
    with nodes.serving_here("jpn"):
        told, said = (CliRunner().invoke(main, [*command, *more]) for more in (["--json"], []))
    assert (told.exit_code, said.exit_code) == (5, 5)
    assert msgspec.json.decode(told.stdout)[0]["differing"] == [{"seq": 4, "mine": was, "theirs": now}]
    words = " ".join(said.stdout.split())
    assert "entry 4" in words
    assert was in words.replace(" ", "")
    assert "the partner's rows are not what was signed" in words


def test_only_a_partner_is_compared_with(nodes):
    with nodes.open("nato") as node, pytest.raises(InputError) as caught:
        reconcile(node, "kor")
    assert "jpn" in caught.value.hint


def test_subtrees_are_for_the_pairs_partner_alone(tmp_path):
    nodes = make_nodes(tmp_path / "nodes", {"nato-japan-2023": ("nato", "jpn"), "nato-korea-2023": ("nato", "kor")})
    nodes.send("nato", bundle(indicator(1)), OPEN)
    good = f"/peer/{WORD}/subtrees?log=sent&at=0-0"
    paths = [good, f"/peer/{WORD}/state?log=sent", f"/peer/{WORD}/subtrees?log=x", f"/peer/{WORD}/state"]
    with nodes.serving_here("nato"):
        with nodes.client("kor", "nato") as stranger:
            absent = stranger.get(good.replace(WORD, "no-such-programme"))
            assert absent.status_code == 404
            for path in paths:
                answer = stranger.get(path)
                assert (answer.status_code, facts(answer)) == (404, facts(absent))
        with nodes.client_with("nato") as nobody:
            assert nobody.get(good).status_code == 401
        with nodes.client("jpn", "nato") as partner:
            assert len(partner.get(good).json()["hashes"]) == 1
            assert partner.get(good.replace("sent", "received")).status_code == 404


def facts(answer):
    """Return what a problem says but for its random id."""
    said = msgspec.json.decode(answer.content)
    return {name: value for name, value in said.items() if name != "error_id"}


def test_a_changed_part_of_a_proof_against_a_signer_proves_nothing(nodes, tmp_path):
    fork = nodes.copy(tmp_path / "fork")
    nodes.send("nato", bundle(indicator(50)), OPEN)
    with nodes.serving_here("nato"):
        nodes.pull("jpn")
    for number in (51, 52):
        fork.send("nato", bundle(indicator(number)), OPEN)
    with fork.serving_here("nato"), nodes.open("jpn") as node:
        raw = evidence(node, next(one for one in reconcile(node, "nato") if one.log == SENT))
    told = msgspec.json.decode(raw)
    first, second = told["statements"]
    for change in (
        {"party": "jpn"},
        {"log": "another.example/log"},
        {"programme": "urn:foedus:programme:another"},
        {"statements": [first, first]},
        {"statements": [first, second.replace("index 1", "index 2")]},
        {"statements": [first, second[:-9] + "A" * 8 + "\n"]},
        {"programmes": []},
        {"programmes": [told["programmes"][0].replace("jpn", "kor")]},
        {"v": 2},
        {"more": 1},
    ):
        with pytest.raises(FoedusError):
            verify(msgspec.json.encode({**told, **change}))
    assert verify(msgspec.json.encode(told)).party == "nato"
