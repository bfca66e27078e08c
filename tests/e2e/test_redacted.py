"""What goes with parts torn off: verified by who gets it, refused where it does not lead to the root in the ledger."""

from __future__ import annotations

import hashlib
import zipfile

import msgspec
import orjson
import pytest
from click.testing import CliRunner
from tests.node_pair import JAPAN_AND_KOREA, OPEN, bundle, indicator, make_nodes, stix, stix_id

from foedus.account import dispute as bundles
from foedus.account.bodies import ReleaseSent, draft
from foedus.account.ledger import append
from foedus.cli.main import main
from foedus.errors import FoedusError
from foedus.model import commitment, instant
from foedus.model.canonical import canonical
from foedus.node import dispute
from foedus.node.quarantine import retry
from foedus.node.show import refused, show
from foedus.node.signing import sign_log
from foedus.node.view import view_name
from foedus.store import findings, views

pytestmark = pytest.mark.e2e
WORD = "nato-jpn-itpp-2023"
SENT = f"urn:foedus:programme:{WORD}|nato|jpn"
SECRET = "Grid Operator Seven"
TICKET = "T-4711-88"
MALWARE = stix(
    "malware", 1, is_family=False, name=f"Outage at {SECRET}", x_victim_name=SECRET, x_ticket=TICKET, labels=["a", "b"]
)
WHOLE = indicator(2)


@pytest.fixture(scope="module")
def nodes(tmp_path_factory):
    made = make_nodes(tmp_path_factory.mktemp("redacted") / "nodes", JAPAN_AND_KOREA)
    made.send("nato", bundle(MALWARE, WHOLE), OPEN)
    with made.serving_here("nato"):
        [pulled] = made.pull("jpn")
    assert (pulled.error, pulled.refused, pulled.new) == ("", 0, 2)
    return made


def entries(nodes, party="nato", log=SENT):
    with nodes.open(party) as node, node.store.read() as read:
        found = [stored.facts() for stored in read.logs.entries(log, 0, read.logs.size(log))]
    return {facts["object_id"]: facts for facts in found if "bytes_hash" in facts}


def held(nodes, party, object_id):
    with nodes.open(party) as node:
        return show(node, object_id)[0]


def test_a_redacted_object_verifies_to_the_root_in_the_senders_ledger(nodes):
    shown = held(nodes, "jpn", stix_id("malware", 1))
    sent = entries(nodes)[stix_id("malware", 1)]
    assert commitment.verify(shown.object, sent["commitment"]).root == sent["commitment"]
    assert (shown.partial.by, shown.partial.fault) == ("nato", "")
    assert shown.partial.profiles == ("drop-victim-identity", "drop-internal-ids")
    assert shown.partial.edited == ("/name",)
    assert sent["decision"] == "permit-redacted"


def test_what_was_torn_off_is_nowhere_at_the_receiver(nodes):
    for path in nodes.path("jpn").rglob("*"):
        if path.is_file():
            assert SECRET.encode() not in path.read_bytes(), path
            assert TICKET.encode() not in path.read_bytes(), path


def test_an_untouched_object_has_no_root_and_no_word_of_one(nodes):
    sent = entries(nodes)[stix_id("indicator", 2)]
    assert "commitment" not in sent
    assert (sent["decision"], held(nodes, "jpn", stix_id("indicator", 2)).partial) == ("permit", None)


def test_every_recipient_of_a_version_gets_the_same_root(nodes):
    [korea] = [
        entries(nodes, log=name)
        for name in ("urn:foedus:programme:nato-kor-itpp-2023|nato|kor",)
    ]  # fmt: skip
    object_id = stix_id("malware", 1)
    assert korea[object_id]["commitment"] == entries(nodes)[object_id]["commitment"]


def test_show_says_it_in_words_and_as_json(nodes):
    command = ["--node", str(nodes.path("jpn")), "show", stix_id("malware", 1)]
    said = CliRunner().invoke(main, command)
    assert said.exit_code == 0, said.output
    assert "by nato, verified: drop-victim-identity, drop-internal-ids" in said.stdout
    told = msgspec.json.decode(CliRunner().invoke(main, [*command, "--json"]).stdout)
    assert told[0]["partial"]["fault"] == ""


def lie(nodes, raw: bytes, root: str) -> None:
    """Let the sender enter and show bytes of a malware under a root of its choice."""
    with nodes.open("nato") as node, node.store.write() as tx:
        [one] = findings.versions_of(tx, stix_id("malware", 1))
        sent = next(
            s for s in tx.logs.entries(SENT, 0, tx.logs.size(SENT)) if s.facts().get("object_id") == one.object_id
        )
        body = msgspec.json.decode(sent.body, type=ReleaseSent)
        sha256 = hashlib.sha256(raw).digest()
        at = node.clock.now()
        views.add_view_rows(
            tx,
            view_name(body.programme, "jpn", body.area),
            [views.Showing(one.seq, None, raw, sha256)],
            instant.to_us(at),
        )
        said = msgspec.structs.replace(body, bytes_hash=sha256.hex(), commitment=root)
        append(tx.logs, SENT, [draft(said)], at=at, entropy=node.entropy)
        sign_log(node, tx, SENT)


def view(**more):
    """A view of the malware that differs from what was released, with its proof; and the root."""
    obj = orjson.loads(MALWARE)
    tree = commitment.commit(obj, b"s" * 32)
    shown = {name: value for name, value in obj.items() if name not in ("x_victim_name", "x_ticket", "name")}
    return {**commitment.with_proof(shown, (), commitment.redact(tree, shown)), **more}, tree.root


CASES = {
    "commitment-root": lambda obj, root: (obj | {"labels": ["a", "c"]}, root),
    "commitment-parts": lambda obj, root: (obj | {"x_more": 1}, root),
    "commitment-differs": lambda obj, root: (obj, "0" * 64),
    "commitment-missing": lambda obj, root: ({k: v for k, v in obj.items() if k != "extensions"}, root),
    "commitment-unvouched": lambda obj, root: (obj, ""),
}


@pytest.mark.parametrize("code", CASES)
def test_what_does_not_lead_to_the_root_goes_into_quarantine_and_the_rest_is_taken(nodes, tmp_path, code):
    copy = nodes.copy(tmp_path / "copy")
    obj, root = CASES[code](*view())
    lie(copy, orjson.dumps(obj), root)
    copy.send("nato", bundle(indicator(77)), OPEN)
    with copy.serving_here("nato"):
        [pulled] = copy.pull("jpn")
    assert (pulled.error, pulled.refused, pulled.new) == ("", 1, 1)
    with copy.open("jpn") as node:
        [one] = refused(node)
        assert one.code == code
        with pytest.raises(FoedusError) as caught:
            retry(node, one.number)
        assert caught.value.code == code
    back = f"urn:foedus:programme:{WORD}|jpn|nato"
    with copy.open("jpn") as node, node.store.read() as read:
        answers = [s.facts() for s in read.logs.entries(back, 0, read.logs.size(back))]
    assert code in {one["code"] for answer in answers for one in answer.get("refused", ())}


@pytest.fixture(scope="module")
def evidence(nodes, tmp_path_factory):
    """The bundle of the redacted object's entry, and the object as it was sent."""
    directory = tmp_path_factory.mktemp("evidence")
    with nodes.open("jpn") as node, node.store.read() as read:
        logged = list(read.logs.entries(SENT, 0, read.logs.size(SENT)))
        seq, facts = next((n, s.facts()) for n, s in enumerate(logged) if s.facts().get("commitment"))
        (directory / "object.json").write_bytes(findings.blob_of(read, bytes.fromhex(facts["bytes_hash"])))
    with nodes.open("jpn") as node:
        (directory / "entry.zip").write_bytes(dispute.bundle(node, SENT, seq))
    return directory / "entry.zip", directory / "object.json"


def checks(zipped, *more):
    return CliRunner().invoke(main, ["ledger", "dispute", "--verify", str(zipped), *map(str, more)])


def test_evidence_holds_the_proof_and_checks_the_object_offline(evidence):
    zipped, sent = evidence
    said = checks(zipped, "--object", sent)
    assert said.exit_code == 0, said.output
    assert "the object leads to it" in said.stdout
    assert "--object checks what was sent" in checks(zipped).stdout
    told = msgspec.json.decode(checks(zipped, "--object", sent, "--json").stdout)["redaction"]
    assert (told["checked"], told["edited"]) == (True, ["/name"])


def test_evidence_holds_no_value_of_the_object(evidence):
    raw = evidence[0].read_bytes()
    assert b"redaction.json" in raw
    assert b"[withheld]" not in raw
    assert SECRET.encode() not in raw


def test_another_object_or_another_proof_is_found(evidence, tmp_path):
    zipped, sent = evidence
    other = tmp_path / "other.json"
    other.write_bytes(sent.read_bytes().replace(b"false", b"true"))
    assert checks(zipped, "--object", other).exit_code == 5
    with zipfile.ZipFile(zipped) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    forged = orjson.loads(members["redaction.json"])
    for change in ({"root": "0" * 64}, {"salts": forged["salts"][::-1]}, {"edited": []}):
        lie = {**members, "redaction.json": canonical(forged | change)}
        path = tmp_path / "forged.zip"
        path.write_bytes(bundles._zip({**lie, "SHA256SUMS": bundles._sums(lie)}))
        assert checks(path, "--object", sent).exit_code == 5
    without = {name: raw for name, raw in members.items() if name != "redaction.json"}
    path.write_bytes(bundles._zip({**without, "SHA256SUMS": bundles._sums(without)}))
    assert checks(path, "--object", sent).exit_code == 0
