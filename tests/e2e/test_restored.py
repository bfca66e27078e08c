"""A node's directory that is copied, or put back from a backup: it signs nothing before its partner was asked, and never twice."""

from __future__ import annotations

import shutil
import subprocess
import sys

import pytest
from tests.node_pair import OPEN, Nodes, bundle, indicator, make_nodes, stix_id
from tests.recalling import recall

from foedus.account import checkpoint
from foedus.errors import TrustError
from foedus.model.entry import MASTER
from foedus.model.people import Person
from foedus.node import account, recall_state
from foedus.node.exchange import pull
from foedus.node.forks import thaw
from foedus.node.show import show as node_show
from foedus.node.signing import sign_log
from foedus.node.view import pair_log

pytestmark = pytest.mark.e2e
WORD = "nato-jpn-itpp-2023"
PROGRAMME = f"urn:foedus:programme:{WORD}"
SENT = f"{PROGRAMME}|nato|jpn"
APPROVERS = (Person("ann", ("approver",)), Person("ben", ("approver",)))


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    made = make_nodes(tmp_path_factory.mktemp("restored") / "nodes")
    made.send("nato", bundle(indicator(1), indicator(2)), OPEN)
    turns(made)
    return made


@pytest.fixture
def nodes(base, tmp_path):
    return base.copy(tmp_path / "nodes")


def turns(nodes, *parties: str):
    """Let both serve and each have a turn; return what each pulled."""
    with nodes.serving_here("nato", "jpn"):
        return [one for party in parties or ("jpn", "nato") for one in nodes.pull(party)]


def put_back(nodes, backup, party: str = "nato"):
    """Put a party's directory back as it was in the backup."""
    shutil.rmtree(nodes.path(party))
    shutil.copytree(backup.path(party), nodes.path(party))


def entries(nodes, party: str, log: str, kind: str = ""):
    with nodes.open(party) as node:
        return [line for line in account.show(node, log, 0, 1_000) if kind in ("", line.kind)]


def forget(tx, name: str):
    """Leave no trace of a log, as before it was opened."""
    [log_id] = tx.connection.exec_driver_sql("SELECT id FROM log WHERE name = ?", (name,)).one()
    for table in ("entry", "node", "checkpoint", "intent", "sending"):
        tx.connection.exec_driver_sql(f"DELETE FROM {table} WHERE log_id = ?", (log_id,))
    tx.connection.exec_driver_sql("DELETE FROM log WHERE id = ?", (log_id,))
    tx.connection.exec_driver_sql("DELETE FROM lease WHERE log = ?", (name,))


def notes(nodes, party: str):
    with nodes.open(party) as node, node.store.read() as read:
        return {one.size: one.root for one in read.logs.checkpoints(SENT, 0)}


def test_a_copy_signs_nothing_before_its_partner_was_asked(nodes, tmp_path):
    copy = nodes.copied(tmp_path / "copy")
    copy.put("nato", bundle(indicator(9)), OPEN)
    before = entries(copy, "nato", SENT)
    [run] = copy.release("nato")
    assert "foedus exchange pull jpn" in run.note
    assert run.counts.release == 0
    assert entries(copy, "nato", SENT) == before
    with copy.open("nato") as node, node.store.write() as tx, pytest.raises(TrustError) as caught:
        sign_log(node, tx, pair_log(node, tx, PROGRAMME, "jpn"))
    assert caught.value.code == "log-uncompared"
    [back, ours] = turns(copy, "nato", "jpn")
    assert (back.error, ours.error) == ("", "")
    [run] = copy.release("nato")
    assert (run.note, run.counts.release) == ("", 1)


def test_a_copy_that_starts_when_the_original_went_on_takes_back_what_it_misses(nodes, tmp_path):
    backup = nodes.copied(tmp_path / "backup")
    nodes.send("nato", bundle(indicator(3), indicator(4)), OPEN)
    turns(nodes)
    went_on = notes(nodes, "nato")
    put_back(nodes, backup)
    [pulled] = turns(nodes, "nato")
    assert (pulled.error, pulled.restored) == ("", 2)
    [entry] = entries(nodes, "nato", MASTER, "node.restored")
    assert (entry.body["reason"], entry.body["range"][1] - entry.body["range"][0]) == ("fetched-back", 2)
    # What came back can be called back, as if it had never been away.
    [made] = recall(nodes, "nato", stix_id("indicator", 4))
    assert made.versions == ("2026-05-03T06:00:00.000Z",)
    nodes.send("nato", bundle(indicator(5)), OPEN)
    assert {one.error for one in turns(nodes)} == {""}
    # Whatever was signed of a size, before or after, by the original or the copy, has one root.
    signed = [went_on, notes(nodes, "nato"), notes(nodes, "jpn")]
    roots = {item for one in signed for item in one.items()}
    assert len(roots) == len({size for size, _ in roots})
    assert max(went_on) in notes(nodes, "jpn")
    assert nodes.faults("nato") == nodes.faults("jpn") == []


def test_what_was_called_back_after_the_backup_stays_called_back(nodes, tmp_path):
    backup, id_ = nodes.copied(tmp_path / "backup"), stix_id("indicator", 2)
    recall(nodes, "nato", id_)
    turns(nodes)
    put_back(nodes, backup)
    with nodes.open("nato") as node:
        assert node_show(node, id_)[0].released
    [pulled] = turns(nodes, "nato")
    assert (pulled.error, pulled.restored) == ("", 1)
    with nodes.open("nato") as node:
        assert node_show(node, id_)[0].released == ()
        [standing] = recall_state.standings(node)
    assert (standing.object_id, standing.party, standing.state) == (id_, "jpn", "completed")
    assert [run.counts.release for run in nodes.release("nato")] == [0]
    assert nodes.faults("nato") == nodes.faults("jpn") == []


def test_a_database_alone_put_back_is_noticed_although_the_directory_is_the_same(nodes, tmp_path):
    nodes.copied(tmp_path / "backup")
    nodes.send("nato", bundle(indicator(3)), OPEN)
    turns(nodes)
    database = nodes.path("nato") / "foedus.db"
    database.write_bytes((tmp_path / "backup" / "nato" / "foedus.db").read_bytes())
    nodes.put("nato", bundle(indicator(9)), OPEN)
    [run] = nodes.release("nato")
    assert "restored" in run.note
    [pulled] = turns(nodes, "nato")
    assert (pulled.error, pulled.restored) == ("", 1)


def test_what_was_signed_and_never_taken_may_be_signed_anew(nodes, tmp_path):
    nodes.copied(tmp_path / "backup")
    nodes.send("nato", bundle(indicator(3)), OPEN)
    (nodes.path("nato") / "foedus.db").write_bytes((tmp_path / "backup" / "nato" / "foedus.db").read_bytes())
    [pulled] = turns(nodes, "nato")
    assert (pulled.error, pulled.restored) == ("", 0)
    [entry] = entries(nodes, "nato", MASTER, "node.restored")
    assert entry.body["reason"] == "never-taken"
    [run] = nodes.send("nato", bundle(indicator(4)), OPEN)
    assert run.note == ""
    assert {one.error for one in turns(nodes)} == {""}


def test_a_log_that_was_opened_after_the_backup_comes_back_whole(tmp_path):
    nodes = make_nodes(tmp_path / "nodes")
    for party in ("nato", "jpn"):
        # As it was before the first entry: an older copy than the log.
        shutil.copytree(nodes.path(party), tmp_path / "backup" / party)
    nodes.send("nato", bundle(indicator(1)), OPEN)
    turns(nodes)
    put_back(nodes, Nodes(tmp_path / "backup"))
    with nodes.open("nato") as node, node.store.write() as tx:
        forget(tx, SENT)
    [pulled] = turns(nodes, "nato")
    assert pulled.error == ""
    assert pulled.restored >= 1
    taken = entries(nodes, "jpn", SENT)
    assert entries(nodes, "nato", SENT)[: len(taken)] == taken


def test_two_directories_at_once_never_make_two_histories_that_the_partner_cosigns(nodes, tmp_path):
    copy = nodes.copied(tmp_path / "copy")
    nodes.send("nato", bundle(indicator(3)), OPEN)
    with nodes.serving_here("jpn"):
        [ours] = nodes.pull("nato")
        assert ours.error == ""
        # The original's state is cosigned, its entries are not taken yet: the copy can neither sign nor heal.
        [theirs] = copy.pull("nato")
        assert "lost" in theirs.error
        [run] = copy.send("nato", bundle(indicator(4)), OPEN)
        assert run.note
    turns(nodes)
    with nodes.serving_here("jpn"):
        [theirs] = copy.pull("nato")
        assert theirs.restored == 1
        [run] = copy.release("nato")
        assert run.note == ""
        assert copy.pull("nato")[0].error == ""
        # Now the original is behind, and says so.
        assert "lost" in nodes.pull("nato")[0].error
        [run] = nodes.send("nato", bundle(indicator(5)), OPEN)
        assert run.note


def test_entries_that_are_lost_are_given_up_by_two_people_of_the_partner(nodes, tmp_path):
    backup = nodes.copied(tmp_path / "backup")
    nodes.send("nato", bundle(indicator(3)), OPEN)
    turns(nodes, "nato")
    put_back(nodes, backup)
    [pulled] = turns(nodes, "nato")
    assert "lost" in pulled.error
    with nodes.open("jpn") as node:
        [done] = thaw(node, "nato", APPROVERS)
    assert done.given_up > 0
    assert {one.error for one in turns(nodes, "nato")} == {""}
    nodes.send("nato", bundle(indicator(4)), OPEN)
    assert {one.error for one in turns(nodes)} == {""}


RELEASE = (
    "import sys; from pathlib import Path; from foedus.node.home import Node; from foedus.node.view import pair_log\n"
    "from foedus.node.signing import sign_log; from foedus.account.ledger import append; from foedus.model.entry import Draft\n"
    "with Node.open(Path(sys.argv[1])) as node:\n"
    "    for n in range(40):\n"
    "        with node.store.write() as tx:\n"
    "            log = pair_log(node, tx, sys.argv[2], 'jpn')\n"
    "            append(tx.logs, log, [Draft('x.y', {'n': n})], at=node.clock.now(), entropy=node.entropy)\n"
    "            sign_log(node, tx, log)\n"
)


def test_two_processes_on_one_directory_sign_one_history(nodes):
    before = len(entries(nodes, "nato", SENT))
    command = [sys.executable, "-c", RELEASE, str(nodes.path("nato")), PROGRAMME]
    running = [subprocess.Popen(command) for _ in range(2)]
    assert [one.wait(60) for one in running] == [0, 0]
    assert len(entries(nodes, "nato", SENT)) == before + 80
    assert nodes.faults("nato") == []
    with nodes.open("nato") as node:
        [origin] = [one.origin for one in account.logs(node) if one.name == SENT]
        assert node.lease.signed(origin) == before + 80
    assert {one.error for one in turns(nodes)} == {""}


def test_a_receipt_for_what_this_node_does_not_have_stops_its_signing(nodes, tmp_path):
    old = nodes.copy(tmp_path / "old")
    nodes.send("nato", bundle(indicator(3)), OPEN)
    with nodes.serving_here("nato", "jpn"):
        nodes.pull("jpn")
    with old.serving_here("nato"), nodes.open("jpn") as node:
        with node.store.read() as read:
            seen = read.logs.checkpoint(SENT)
        own = node.keys.public("cosign")
        note = checkpoint.cosign(seen.note, own.name, node.keys.private("cosign"), node.clock.now())
        with nodes.client("jpn", "nato") as partner:
            answer = partner.post(f"/peer/{WORD}/receipt", content=note.encode())
        assert answer.status_code == 422
        assert pull(node)[0].error
    [run] = old.send("nato", bundle(indicator(5)), OPEN)
    assert "holds more" in run.note
