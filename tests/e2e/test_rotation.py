"""Keys follow one another: announced in a version, side by side for a while, then used; what was signed stays verified."""

from __future__ import annotations

import os
from datetime import UTC, date, datetime

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from tests.e2e.test_agreement_life import URN, WORD, accept, file_of, set_clock, sign, told
from tests.node_pair import OPEN, bundle, indicator, make_nodes

from foedus.account import checkpoint
from foedus.account.bodies import draft
from foedus.account.ledger import append
from foedus.errors import BadSignature, ExchangeError, InputError, TrustError
from foedus.exchange.witness import Submission, body_of
from foedus.node import account, deny, dispute, programmes, reconcile, rotation
from foedus.node.exchange import session_to
from foedus.node.ownlog import OwnLog
from foedus.node.peers import peers
from foedus.node.signing import sign_log
from foedus.programme import agree

pytestmark = pytest.mark.e2e
ALL = ("log", "cosign", "sign", "seal", "tls-ca")
SENT = f"{URN}|jpn|nato"


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    made = make_nodes(tmp_path_factory.mktemp("rotation") / "nodes")
    made.send("jpn", bundle(indicator(1)), OPEN)
    made.send("nato", bundle(indicator(2)), OPEN)
    pulled(made)
    return made


@pytest.fixture
def nodes(base, tmp_path):
    return base.copy(tmp_path / "nodes")


def pulled(nodes):
    with nodes.serving_here("nato", "jpn"):
        return [one.error for party in ("nato", "jpn") for one in nodes.pull(party)]


def announce(nodes, *roles, until=None, version="1.2.0"):
    """Make Japan's next keys and have the version that names them accepted; return its file."""
    with nodes.open("jpn") as node:
        rotation.begin(node, roles)
    path = nodes.directory / f"{version}.yaml"
    card = nodes.path("jpn") / rotation.CARD
    raw = programmes.enrol(str(file_of(nodes)), [card], version=version, on=date(2026, 6, 1), old_until=until)
    path.write_bytes(raw)
    accept(nodes, sign(nodes, path, "nato", "jpn"), "nato", "jpn")
    return path


def finish(nodes):
    with nodes.open("jpn") as node:
        return rotation.finish(node)


def whole(nodes):
    return nodes.faults("nato") + nodes.faults("jpn") == []


def public(nodes, role):
    with nodes.open("jpn") as node:
        return node.keys.public(role)


def test_new_keys_take_over_and_what_the_old_ones_signed_stays_verified(nodes):
    old = {role: public(nodes, role) for role in ("log", "cosign", "sign")}
    path = announce(nodes, *ALL, until=date(2026, 6, 30))
    assert pulled(nodes) == ["", ""], "side by side, the old ones still sign"
    assert finish(nodes) == [*("sign", "log", "cosign"), "seal", "tls-ca"]
    assert not set(old.values()) & {public(nodes, role) for role in old}
    assert whole(nodes), "checkpoints by the old key, kept by both"
    nodes.send("jpn", bundle(indicator(3)), OPEN)
    assert pulled(nodes) == ["", ""]
    assert whole(nodes)
    with nodes.serving_here("jpn"), nodes.open("nato") as node:
        assert {one.outcome for one in reconcile.reconcile(node, "jpn")} <= {
            "equal",
            "we-are-behind",
            "partner-is-behind",
        }
    later = nodes.directory / "later.yaml"
    raw = programmes.amend_text(str(path), str(path), version="1.3.0", on=date(2026, 6, 2), text="Nothing.")
    later.write_bytes(raw)
    accept(nodes, sign(nodes, later, "nato", "jpn"), "nato", "jpn")


def test_each_change_is_entered_and_signed_by_the_key_that_goes(nodes):
    old = public(nodes, "log").text()
    announce(nodes, "log", "cosign", until=date(2026, 6, 30))
    finish(nodes)
    pulled(nodes)
    for party, name in (("jpn", "master"), ("jpn", SENT), ("nato", SENT)):
        with nodes.open(party) as node:
            found = [one.body for one in account.show(node, name, 0, 100) if one.kind == "key.changed"]
        assert [one["role"] for one in found] == ["log", "cosign"]
        assert (found[0]["supersedes"], found[0]["key"]) == (old, public(nodes, "log").text())


def test_evidence_of_before_and_after_convinces_a_stranger(nodes):
    announce(nodes, "log", "cosign", until=date(2026, 6, 30))
    finish(nodes)
    pulled(nodes)
    with nodes.open("nato") as node:
        last = node_size(node, SENT) - 1
        for seq in (0, last):
            assert len(dispute.verify(dispute.bundle(node, SENT, seq)).programme_digests) == 2


def node_size(node, name):
    return next(one.signed for one in account.logs(node) if one.name == name)


def test_no_key_is_used_before_a_version_names_it(nodes):
    with nodes.open("jpn") as node:
        with pytest.raises(InputError):
            rotation.finish(node)
        rotation.begin(node, ["log"])
        with pytest.raises(InputError) as again:
            rotation.begin(node, ["log"])
        with pytest.raises(TrustError) as early:
            rotation.finish(node)
    assert (again.value.code, early.value.code) == ("rotation-open", "rotation-not-in-force")
    assert pulled(nodes) == ["", ""]


def test_a_dropped_log_key_is_refused_at_once_and_its_past_stays(nodes):
    announce(nodes, "log", "cosign")
    nodes.send("jpn", bundle(indicator(3)), OPEN)
    from_jpn, from_nato = pulled(nodes)
    assert "no known" in from_jpn
    assert "receipt" in from_nato, "nor is a receipt by the dropped cosigner key taken"
    assert whole(nodes)
    finish(nodes)
    assert pulled(nodes) == ["", ""]


def hand_in(nodes, party="jpn"):
    """Have the peer asked to cosign the newest state of a party's log, as every turn does at its end."""
    with nodes.open(party) as node:
        [agreement] = node.agreements.in_force(node.clock.now())
        [peer] = peers(agreement, party)
        with session_to(node, peer) as session:
            OwnLog(node, agreement, peer, session).hand_in()


def entered(nodes, party, kind):
    with nodes.open(party) as node:
        return [one.body for one in account.show(node, "master", 0, 1_000) if one.kind == kind]


@pytest.mark.parametrize("drop", [lambda nodes: announce(nodes, "log"), lambda nodes: denied(nodes, "log")])
def test_what_a_dropped_or_denied_log_key_signs_is_not_cosigned_and_freezes_nobody(nodes, drop):
    drop(nodes)
    nodes.send("jpn", bundle(indicator(3)), OPEN)
    with nodes.serving_here("nato"), pytest.raises(ExchangeError) as caught:
        hand_in(nodes)
    assert caught.value.code == "witness-key"
    [disputed] = entered(nodes, "nato", "ledger.disputed")
    assert (disputed["came"], disputed["code"]) == ("submission", "note-unknown-keys")
    with nodes.open("nato") as node:
        assert node.freezes.all() == ()


def test_whoever_stole_a_dropped_log_key_freezes_nobody_with_it(nodes):
    with nodes.open("jpn") as node, node.store.read() as read:
        true, stolen = read.logs.checkpoint(SENT), node.keys.private("log")
        name = node.keys.public("log").name
    announce(nodes, "log", until=date(2026, 6, 1))
    finish(nodes)
    set_clock(nodes, datetime(2026, 6, 3, tzinfo=UTC), "nato", "jpn")
    forged = checkpoint.sign_checkpoint(checkpoint.LogState(true.origin, true.size, b"x" * 32), name, stolen)
    with nodes.serving_here("nato"), nodes.client("jpn", "nato") as client:
        answer = client.post(f"/peer/{WORD}/add-checkpoint", content=body_of(Submission(true.size, [], forged.note)))
    assert answer.status_code == 403
    with nodes.open("nato") as node:
        assert node.freezes.all() == ()
    assert pulled(nodes) == ["", ""]


def test_what_a_dropped_cosigner_key_cosigns_is_no_receipt(nodes):
    announce(nodes, "cosign")
    nodes.send("nato", bundle(indicator(4)), OPEN)
    _, from_nato = pulled(nodes)
    assert "receipt" in from_nato
    with nodes.serving_here("jpn"), pytest.raises(BadSignature) as caught:
        hand_in(nodes, "nato")
    assert (caught.value.code, signatures(nodes)) == ("note-unknown-keys", 1)
    assert "note-unknown-keys" in {one["code"] for one in entered(nodes, "nato", "ledger.disputed")}
    finish(nodes)
    assert pulled(nodes) == ["", ""], "the state that the old key cosigned is cosigned again"
    assert signatures(nodes) == 2
    assert whole(nodes)


def signatures(nodes):
    """By how many the newest state of NATO's log to Japan is signed."""
    with nodes.open("nato") as node:
        [log] = [one for one in account.logs(node) if one.name == f"{URN}|nato|jpn"]
    return log.signatures


def test_a_quiet_log_is_cosigned_again_by_the_new_key_and_nobody_is_refused(nodes):
    announce(nodes, "cosign", until=date(2026, 6, 1))
    assert pulled(nodes) == ["", ""]
    finish(nodes)
    set_clock(nodes, datetime(2026, 6, 3, tzinfo=UTC), "nato", "jpn")
    assert [pulled(nodes) for _ in range(2)] == [["", ""]] * 2
    assert whole(nodes)


def test_a_copy_signs_no_change_of_keys_for_a_pair_it_was_not_compared_in(nodes, tmp_path):
    announce(nodes, "log", until=date(2026, 6, 30))
    copy = nodes.copied(tmp_path / "copy")
    before = node_size_of(copy, "jpn", SENT)
    finish(copy)
    assert node_size_of(copy, "jpn", SENT) == before
    assert pulled(copy) == ["", ""]
    copy.send("jpn", bundle(indicator(3)), OPEN)
    assert pulled(copy) == ["", ""], "the version names the key, whether or not the log says so too"
    assert whole(copy)


def node_size_of(nodes, party, name):
    with nodes.open(party) as node:
        return node_size(node, name)


def test_the_old_key_is_refused_after_its_last_day(nodes):
    announce(nodes, "log", until=date(2026, 6, 30))
    nodes.send("jpn", bundle(indicator(3)), OPEN)
    set_clock(nodes, datetime(2026, 6, 30, 23, 0, tzinfo=UTC), "nato", "jpn")
    assert pulled(nodes) == ["", ""]
    set_clock(nodes, datetime(2026, 7, 1, tzinfo=UTC), "nato", "jpn")
    nodes.send("jpn", bundle(indicator(4)), OPEN)
    assert "no known" in pulled(nodes)[0]


def test_a_dropped_signing_key_signs_no_version(nodes):
    both = announce(nodes, "sign", until=date(2026, 6, 1))
    with nodes.open("jpn") as node:
        old = node.keys.private("sign")
    finish(nodes)
    raw = programmes.enrol(str(both), [nodes.path("jpn") / "card.json"], version="1.3.0", on=date(2026, 6, 2))
    path = nodes.directory / "only-new.yaml"
    path.write_bytes(raw)
    accept(nodes, sign(nodes, path, "nato", "jpn"), "nato", "jpn")
    with nodes.open("nato") as node:
        held = node.agreements.of(WORD, node.clock.now())
        with pytest.raises(BadSignature) as caught:
            agree.sign(held.document, old, party="jpn", role="x", at=node.clock.now())
    assert caught.value.code == "key-not-enrolled"


def test_a_key_change_that_the_old_key_did_not_sign_counts_for_nothing_and_is_entered(nodes):
    with nodes.open("jpn") as node:
        rotation.begin(node, ["log"])
        agreement = node.agreements.of(WORD, node.clock.now())
        body = rotation.change(node, agreement, "log", node.clock.now())
        forged = type(body)(**{name: getattr(body, name) for name in body.__struct_fields__} | {"role": "cosign"})
        with node.store.write() as tx:
            [forged_at] = append(tx.logs, SENT, [draft(forged)], at=node.clock.now(), entropy=os.urandom)
            sign_log(node, tx, SENT)
    with nodes.open("nato") as node:
        before = node_size(node, SENT)
    assert pulled(nodes)[0] == ""
    with nodes.open("nato") as node:
        [said] = [one.body for one in account.show(node, "master", 0, 1_000) if one.kind == "entry.refused"]
        assert (said["code"], said["entry"], said["count"]) == ("key-change-unknown", forged_at, 1)
        assert node_size(node, SENT) > before


def test_a_new_authority_is_known_beside_the_old_one_and_the_old_one_then_dropped(nodes):
    old = [path.read_bytes() for path in nodes.certificate("jpn")]
    files = nodes.directory / "old.pem", nodes.directory / "old.key"
    for path, raw in zip(files, old, strict=True):
        path.write_bytes(raw)
    both = announce(nodes, "tls-ca", until=date(2026, 6, 30))
    assert pulled(nodes) == ["", ""]
    finish(nodes)
    assert pulled(nodes) == ["", ""]
    path = nodes.directory / "only-new.yaml"
    card = nodes.path("jpn") / "card.json"
    path.write_bytes(programmes.enrol(str(both), [card], version="1.3.0", on=date(2026, 6, 2)))
    sign(nodes, path, "nato", "jpn")
    with nodes.serving_here("nato"), nodes.client_with("nato", *files) as client, nodes.client_with("nato") as nobody:
        assert client.get(f"/{WORD}/collections/").status_code == 200
        accept(nodes, path, "nato")
        assert told(client.get(f"/{WORD}/collections/")) == told(nobody.get(f"/{WORD}/collections/"))
    with nodes.serving_here("nato"), nodes.client_with("nato", *files) as client, pytest.raises(httpx.TransportError):
        client.get("/taxii2/")


def test_a_serving_node_knows_a_new_authority_and_a_denied_one_with_the_next_connection(nodes):
    with nodes.serving_here("nato"):
        announce(nodes, "tls-ca", until=date(2026, 6, 30))
        finish(nodes)
        with nodes.client("jpn", "nato") as client:
            assert client.get(f"/{WORD}/collections/").status_code == 200
        denied(nodes)
        with nodes.client("jpn", "nato") as client, pytest.raises(httpx.TransportError):
            client.get(f"/{WORD}/collections/")


def test_a_serving_node_shows_a_new_certificate_with_the_next_connection(nodes):
    def shown():
        with nodes.client("jpn", "nato") as client:
            stream = client.get("/taxii2/").extensions["network_stream"]
            return stream.get_extra_info("ssl_object").getpeercert(True)

    with nodes.serving_here("nato"):
        before = shown()
        assert shown() == before
        with nodes.open("nato") as node:
            node.renew()
            assert shown() == x509.load_pem_x509_certificate(node.tls_files[0].read_bytes()).public_bytes(Encoding.DER)
        assert shown() != before


# A key denied here, before any version says so.


def denied(nodes, *roles):
    with nodes.open("nato") as node:
        return deny.deny(node, "jpn/main", roles, "stolen")


def test_a_denied_node_is_nobody_at_once_and_what_it_signed_stays(nodes):
    with nodes.serving_here("nato"), nodes.client("jpn", "nato") as client, nodes.client_with("nato") as nobody:
        assert client.get(f"/{WORD}/collections/").status_code == 200
        assert [one.role for one in denied(nodes)] == ["log", "cosign", "tls-ca"]
        for path in (f"/{WORD}/collections/", f"/peer/{WORD}/checkpoint"):
            assert told(client.get(path)) == told(nobody.get(path))
    assert nodes.pull("nato") == [], "nor is it asked"
    assert nodes.faults("nato") == []
    with nodes.open("nato") as node:
        kinds = [(one.kind, one.body.get("role")) for one in account.show(node, "master", 0, 100)][-3:]
    assert kinds == [("key.denied", "log"), ("key.denied", "cosign"), ("key.denied", "tls-ca")]


def test_a_denied_log_or_cosigner_key_signs_nothing_more(nodes):
    denied(nodes, "log", "cosign")
    nodes.send("jpn", bundle(indicator(3)), OPEN)
    nodes.send("nato", bundle(indicator(4)), OPEN)
    from_jpn, from_nato = pulled(nodes)
    assert "no known" in from_jpn
    assert "receipt" in from_nato
    announce(nodes, "log", "cosign")
    finish(nodes)
    assert pulled(nodes) == ["", ""], "new keys, in a version it signed with its sign key"


def test_a_version_signed_with_a_denied_key_is_not_accepted(nodes):
    path = nodes.directory / "denied.yaml"
    raw = programmes.amend_text(
        str(file_of(nodes)), str(file_of(nodes)), version="1.2.0", on=date(2026, 6, 1), text="x"
    )
    path.write_bytes(raw)
    sign(nodes, path, "nato", "jpn")
    denied(nodes, "sign")
    with pytest.raises(TrustError) as caught:
        accept(nodes, path, "nato")
    assert caught.value.code == "key-denied"


@pytest.mark.parametrize(
    ("name", "roles"), [("jpn/other", ()), ("nato/main", ()), ("xyz/main", ()), ("jpn/main", ("seal",))]
)
def test_what_is_no_key_of_a_partner_is_not_denied(nodes, name, roles):
    with nodes.open("nato") as node, pytest.raises(InputError):
        deny.deny(node, name, roles, "x")
