"""One entry as evidence: written by a node, verified by anybody with nothing but the file."""

from __future__ import annotations

import hashlib
import io
import sqlite3
import zipfile

import msgspec
import pytest
from click.testing import CliRunner
from tests.node_pair import OPEN, bundle, indicator, make_nodes

from foedus.account import dispute
from foedus.cli.main import main
from foedus.errors import BadSignature, FoedusError, InputError, LimitExceeded, MalformedRecord
from foedus.node.dispute import bundle as write
from foedus.node.dispute import verify

pytestmark = pytest.mark.e2e
WORD = "nato-jpn-itpp-2023"
SENT = f"urn:foedus:programme:{WORD}|nato|jpn"


@pytest.fixture(scope="module")
def nodes(tmp_path_factory):
    made = make_nodes(tmp_path_factory.mktemp("dispute") / "nodes")
    made.send("nato", bundle(*(indicator(number) for number in range(5))), OPEN)
    with made.serving_here("nato", "jpn"):
        for party in ("jpn", "nato", "jpn"):
            [pulled] = made.pull(party)
            assert pulled.error == ""
    return made


@pytest.fixture(scope="module")
def raw(nodes):
    with nodes.open("nato") as node:
        return write(node, SENT, 2)


@pytest.fixture(scope="module")
def digest(nodes):
    with nodes.open("nato") as node:
        return node.agreements.of(WORD, node.clock.now()).digest


def members_of(raw: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def zipped(members: dict[str, bytes], *, summed: bool = True) -> bytes:
    """Return a zip as the bundle is made, with sums that fit."""
    if summed:
        members = {**members, "SHA256SUMS": dispute._sums(members)}
    return dispute._zip(members)


def test_a_bundle_says_what_happened_and_who_answered(nodes, raw, digest):
    found = verify(raw, digest)
    assert (found.claim.sender, found.claim.recipient, found.claim.seq) == ("nato", "jpn", 2)
    assert found.kind == "release.sent"
    assert found.body["object_id"].startswith("indicator--")
    assert found.cosigned_by == ("jpn.main/cosign",)
    assert {one.kind for one in found.receipts} == {"exchange.received", "exchange.accepted", "release.acknowledged"}
    assert {one.refused for one in found.receipts} == {""}
    assert found.programme_digests == (digest,)
    readme = members_of(raw)["README.txt"].decode()
    assert "nato entered in its log to jpn" in readme
    assert digest in readme


def test_the_same_evidence_is_the_same_bytes_and_shows_no_other_entry(nodes, raw):
    with nodes.open("nato") as node:
        assert write(node, SENT, 2) == raw
        with node.store.read() as read:
            bodies = [stored.body for stored in read.logs.entries(SENT, 1, 6)]
    others = [msgspec.json.decode(body)["object_id"].encode() for seq, body in enumerate(bodies, 1) if seq != 2]
    assert len(others) == 4
    assert not [one for one in others if one in raw]


def test_a_changed_byte_of_any_member_is_found(raw):
    members = members_of(raw)
    assert len(members) >= 11
    for name, content in members.items():
        # Every byte of what is short; of the rest a hundred, the first and the last among them.
        step = max(1, len(content) // 100)
        for at in {*range(0, len(content), step), len(content) - 1}:
            changed = content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]
            with pytest.raises(FoedusError):
                verify(zipped({**members, name: changed}, summed=False))


def test_a_changed_byte_of_the_zip_itself_is_found(raw):
    for at in {*range(0, len(raw), len(raw) // 300), *range(len(raw) - 300, len(raw))}:
        with pytest.raises(FoedusError):
            verify(raw[:at] + bytes([raw[at] ^ 1]) + raw[at + 1 :])


SIGNED = ["README.txt", "claim.json", "entry.proof", "leaf.json", "body.json", "salt.bin", "receipt-01.proof"]


@pytest.mark.parametrize("name", SIGNED)
def test_new_sums_do_not_make_up_for_a_changed_byte(raw, name):
    members = members_of(raw)
    content = members[name]
    for at in {*range(0, len(content), max(1, len(content) // 12)), len(content) - 1}:
        changed = content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]
        with pytest.raises(FoedusError):
            verify(zipped({**members, name: changed}))


def test_new_sums_do_not_make_up_for_another_programme(raw):
    members = members_of(raw)
    content = members["programme-01.yaml"]
    other = content.replace(b"nato.main/", b"nato.none/", 1)
    assert other != content
    with pytest.raises(FoedusError):
        verify(zipped({**members, "programme-01.yaml": other}))
    unsigned = content[: content.index(b"signatures:")]
    with pytest.raises(FoedusError):
        verify(zipped({**members, "programme-01.yaml": unsigned}))


def test_a_programme_that_its_own_new_keys_signed_is_told_by_the_digest(raw, digest, tmp_path):
    """Somebody makes nodes of both names, a programme and a log: all of it verifies, but not under the trusted digest."""
    forged = make_nodes(tmp_path / "forged")
    forged.send("nato", bundle(indicator(66)), OPEN)
    with forged.open("nato") as node:
        lie = write(node, SENT, 1)
    assert verify(lie).kind == "release.sent"
    with pytest.raises(BadSignature) as caught:
        verify(lie, digest)
    assert caught.value.code == "evidence-digest"


def test_members_left_out_or_added_are_refused(raw):
    members = members_of(raw)
    for name in members.keys() - {"SHA256SUMS"}:
        with pytest.raises(FoedusError):
            verify(zipped({other: content for other, content in members.items() if other != name}))
    with pytest.raises(MalformedRecord):
        verify(zipped({**members, "more.txt": b""}))
    with pytest.raises(MalformedRecord):
        verify(zipped({name: members[name] for name in members if name != "SHA256SUMS"}, summed=False))
    backwards = dict(reversed([item for item in members.items() if item[0] != "SHA256SUMS"]))
    with pytest.raises(MalformedRecord):
        verify(zipped(backwards))


def test_hostile_zips_are_refused(raw, monkeypatch):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("README.txt", b"\0" * 10_000_000)
    for bad in (b"", b"PK", raw[:-1], raw + b"\0", packed.getvalue()):
        with pytest.raises(MalformedRecord):
            verify(bad)
    monkeypatch.setattr(dispute, "MAX_BYTES", len(raw) - 1)
    with pytest.raises(LimitExceeded):
        verify(raw)


def test_the_private_log_and_a_damaged_entry_give_no_bundle(nodes, tmp_path):
    copy = nodes.copy(tmp_path / "copy")
    with copy.open("nato") as node, pytest.raises(InputError):
        write(node, "master", 0)
    with sqlite3.connect(copy.path("nato") / "foedus.db") as database:
        where = "WHERE seq = 2 AND log_id = (SELECT id FROM log WHERE name = ?)"
        database.execute(f"UPDATE entry SET salt = zeroblob(32) {where}", (SENT,))
    database.close()
    with copy.open("nato") as node, pytest.raises(FoedusError):
        write(node, SENT, 2)


def test_the_command_writes_and_verifies_without_a_node(nodes, digest, tmp_path):
    path = tmp_path / "entry.zip"
    made = CliRunner().invoke(
        main, ["--node", str(nodes.path("jpn")), "ledger", "dispute", "nato/jpn", "2", "--out", str(path)]
    )
    assert made.exit_code == 0, made.output
    check = ["ledger", "dispute", "--verify", str(path)]
    said = CliRunner().invoke(main, check)
    assert said.exit_code == 0
    assert "Verified: nato entered release.sent for jpn" in said.stdout
    assert "--digest" in said.stdout
    told = CliRunner().invoke(main, [*check, "--digest", digest, "--json"])
    assert msgspec.json.decode(told.stdout)["programme_digests"] == [digest]
    assert CliRunner().invoke(main, [*check, "--digest", "0" * 64]).exit_code == 5
    path.write_bytes(path.read_bytes()[:-1])
    assert CliRunner().invoke(main, check).exit_code == 2
    assert CliRunner().invoke(main, ["ledger", "dispute", "nato/jpn"]).exit_code == 2


def test_the_sums_are_those_of_sha256sum(raw):
    members = members_of(raw)
    for line in members["SHA256SUMS"].decode().splitlines():
        value, _, name = line.partition("  ")
        assert hashlib.sha256(members[name]).hexdigest() == value
