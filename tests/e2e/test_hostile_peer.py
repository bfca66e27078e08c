"""A partner that lies about its log, or sends what it must not: refused, entered, nothing else lost, nothing told."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from tests.node_pair import JAPAN_AND_KOREA, OPEN, Nodes, bundle, indicator, make_nodes

from foedus.account import checkpoint, merkle
from foedus.errors import TrustError
from foedus.exchange.serving import serving
from foedus.exchange.witness import Submission, body_of, origin_hash
from foedus.model.entry import MASTER
from foedus.node import account
from foedus.node.ask import ask
from foedus.node.serve import app_of, context_of
from foedus.node.status import halts

pytestmark = pytest.mark.e2e
WORD = "nato-jpn-itpp-2023"
PROGRAMME = f"urn:foedus:programme:{WORD}"
THEIRS, OURS = f"{PROGRAMME}|jpn|nato", f"{PROGRAMME}|nato|jpn"
STRANGER = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
Answers = dict[str, Callable[[bytes], bytes]]


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    made = make_nodes(tmp_path_factory.mktemp("hostile") / "nodes", JAPAN_AND_KOREA)
    for number, party in enumerate(("nato", "jpn", "kor")):
        made.send(party, bundle(indicator(100 * number + 1), indicator(100 * number + 2)), OPEN)
    with made.serving_here("nato", "jpn", "kor"):
        for party in ("nato", "jpn", "kor", "nato"):
            assert {one.error for one in made.pull(party)} == {""}
    return made


@pytest.fixture
def nodes(base, tmp_path):
    made = base.copy(tmp_path / "nodes")
    made.send("jpn", bundle(indicator(103), indicator(109)), OPEN)
    made.send("kor", bundle(indicator(203)), OPEN)
    return made


# A server that lies.


@contextlib.contextmanager
def lying(nodes: Nodes, lies: Answers):
    """Serve Japan's node, its answers of some kinds changed on their way out."""
    with nodes.open("jpn") as node:
        honest = app_of(node, plain=False)

        async def app(scope, receive, send):
            change = lies.get(scope.get("path", "").removeprefix(f"/peer/{WORD}/"))
            if change is None:
                await honest(scope, receive, send)
                return
            body, start = bytearray(), {}

            async def keep(message):
                start.update(message) if "status" in message else body.extend(message.get("body", b""))

            await honest(scope, receive, keep)
            said = change(bytes(body))
            head = [(name, value) for name, value in start["headers"] if name != b"content-length"]
            await send({**start, "headers": [*head, (b"content-length", str(len(said)).encode())]})
            await send({"type": "http.response.body", "body": said})

        with serving(app, node.config.host, node.config.port, context_of(node)):
            yield


def signed(nodes: Nodes, text: str) -> bytes:
    """Sign any text with Japan's log key: its own lies are signed by it."""
    with nodes.open("jpn") as node:
        return checkpoint.sign_note(text, node.keys.public("log").name, node.keys.private("log")).encode()


def text_of(nodes: Nodes, size_more: int = 0) -> str:
    with nodes.open("jpn") as node, node.store.read() as read:
        held = read.logs.checkpoint(THEIRS)
    root = held.root if not size_more else merkle.leaf_hash(b"a lie")
    return checkpoint.state_text(held.origin, held.size + size_more, root)


def damaged(note: bytes) -> bytes:
    return note[:-6] + (b"AAA" if note[-6:-3] != b"AAA" else b"BBB") + note[-3:]


def repeating(held: list[bytes]) -> Callable[[bytes], bytes]:
    """Give the first entry of the first page, whatever is asked for."""

    def change(page: bytes) -> bytes:
        held.append(page.partition(b"\n")[0] + b"\n")
        return held[0]

    return change


def lie(nodes: Nodes, name: str) -> Answers:
    text, more = text_of(nodes), text_of(nodes, 2)
    origin = text.partition("\n")[0]
    return {
        "another log": {"checkpoint": lambda _: signed(nodes, text.replace(origin, "someone.else/foedus/1"))},
        "extension line": {"checkpoint": lambda _: signed(nodes, text + "more\n")},
        "unknown key": {"checkpoint": lambda _: checkpoint.sign_note(text, "jpn.main/log", STRANGER).encode()},
        "known key failing": {"checkpoint": damaged},
        "no checkpoint": {"checkpoint": lambda _: b"[" * 5_000},
        "too long": {"checkpoint": lambda _: b"x" * 70_000},
        "size never reached": {"checkpoint": lambda _: signed(nodes, more)},
        "changed body": {"entries": lambda page: page.replace(b'"body":"ey', b'"body":"eX')},
        "entries missing": {"entries": lambda _: b""},
        "not entries": {"entries": lambda _: b"[" * 5_000},
        "changing pages": {"entries": repeating([])},
    }[name]


REFUSED = {
    "another log": "checkpoint-origin",
    "extension line": "checkpoint-malformed",
    "unknown key": "note-unknown-keys",
    "known key failing": "note-condemned",
    "no checkpoint": "note-malformed",
    "too long": "",
    "size never reached": "entries-missing",
    "changed body": "entry-commitment",
    "entries missing": "entries-missing",
    "not entries": "",
    "changing pages": "entry-sequence",
}


def disputed(nodes: Nodes, party: str = "nato") -> list[tuple[str, str]]:
    with nodes.open(party) as node:
        lines = [one for one in account.show(node, MASTER, 0, 1_000) if one.kind == "ledger.disputed"]
    return [(line.body["came"], line.body["code"]) for line in lines]


def size_of(nodes: Nodes, log: str) -> int:
    with nodes.open("nato") as node:
        return next(one.entries for one in account.logs(node) if one.name == log)


@pytest.mark.parametrize("name", REFUSED)
def test_a_lie_about_its_log_is_refused_entered_once_and_costs_nothing_else(nodes, name):
    before = size_of(nodes, THEIRS)
    with lying(nodes, lie(nodes, name)), nodes.serving_here("kor"):
        for _ in range(2):
            first, second = nodes.pull("nato")
            assert first.error
            assert (first.objects, first.entries) == (0, 0)
    assert second.error == ""
    with nodes.open("nato") as node:
        assert [one for one in account.logs(node) if "|kor|nato" in one.name][0].entries > 0
        assert halts(node) == ()
    assert size_of(nodes, THEIRS) == before
    assert disputed(nodes) == ([("checkpoint", REFUSED[name])] if REFUSED[name] else [])
    with nodes.serving_here("jpn", "kor"):
        first, _ = nodes.pull("nato")
    assert (first.error, first.objects) == ("", 2)
    assert nodes.faults("nato") == []


def test_a_peer_that_answers_slowly_keeps_nobody_from_writing(nodes):
    asked, answered = threading.Event(), threading.Event()

    def slow(page: bytes) -> bytes:
        asked.set()
        assert answered.wait(60)
        return page

    with lying(nodes, {"entries": slow}), nodes.serving_here("kor"):
        pulled: list[object] = []
        pulling = threading.Thread(target=lambda: pulled.extend(nodes.pull("nato")))
        pulling.start()
        assert asked.wait(60)
        nodes.put("nato", bundle(indicator(61)), OPEN)
        assert disputed(nodes) == []
        answered.set()
        pulling.join(60)
    assert [(one.error, one.objects) for one in pulled][0] == ("", 2)


def test_unknown_signatures_and_types_are_ignored(nodes):
    strange = "\u2014 someone.else/log " + "B" * 40 + "\n"
    with lying(nodes, {"checkpoint": lambda note: note + strange.encode()}), nodes.serving_here("kor"):
        first, _ = nodes.pull("nato")
    assert (first.error, first.objects) == ("", 2)


def test_a_log_that_shrinks_is_refused_and_comes_back(nodes, tmp_path):
    old = nodes.copy(tmp_path / "old")
    nodes.send("jpn", bundle(indicator(104)), OPEN)
    with nodes.serving_here("jpn", "kor"):
        nodes.pull("nato")
    with old.serving_here("jpn"), nodes.serving_here("kor"):
        first, _ = nodes.pull("nato")
    assert "older" in first.error
    assert disputed(nodes) == [("checkpoint", "checkpoint-old")]


@pytest.mark.parametrize("name", ["wrong key", "time 0", "far future", "other text"])
def test_a_bad_cosignature_of_our_log_is_refused_and_what_came_stays(nodes, name):
    nodes.send("nato", bundle(indicator(7)), OPEN)
    with nodes.open("jpn") as node, nodes.open("nato") as ours, ours.store.read() as read:
        note = read.logs.checkpoint(OURS).note
        key, private, at = node.keys.public("cosign"), node.keys.private("cosign"), ours.clock.now()
    made = {
        "wrong key": lambda: checkpoint.cosign(note, key.name, STRANGER, at),
        "time 0": lambda: checkpoint.cosign(note, key.name, private, at.replace(year=1970, month=1, day=1, hour=0, minute=0, second=0)),
        "far future": lambda: checkpoint.cosign(note, key.name, private, at + timedelta(days=400)),
        "other text": lambda: checkpoint.cosign(note.replace("\n", "0\n", 2), key.name, private, at),
    }[name]()  # fmt: skip
    line = checkpoint.lines_of(made).splitlines()[-1] + "\n"
    with lying(nodes, {"add-checkpoint": lambda _: line.encode()}), nodes.serving_here("kor"):
        first, second = nodes.pull("nato")
    assert first.error
    assert first.objects == 2, "what came before the cosignature stays"
    assert second.error == ""
    assert [came for came, _ in disputed(nodes)] == ["cosignature"]


# A client that lies.


def post(nodes: Nodes, what: str, body: bytes):
    with nodes.client("jpn", "nato") as partner:
        return partner.post(f"/peer/{WORD}/{what}", content=body)


def receipt(nodes: Nodes, note: str, **changed: object) -> bytes:
    with nodes.open("jpn") as node:
        key = node.keys.public("cosign")
        private, at = (
            changed.get("key", node.keys.private("cosign")),
            node.clock.now() + changed.get("later", timedelta()),
        )
        return checkpoint.cosign(note, key.name, private, at).encode()


def notes(nodes: Nodes) -> list[str]:
    """Every checkpoint our node signed of the log it sends, oldest first."""
    with nodes.open("nato") as node, node.store.read() as read:
        return [one.note for one in read.logs.checkpoints(OURS, 0)]


def test_receipts_forged_replayed_out_of_order_or_of_another_log_are_refused_and_entered(nodes):
    for number in (11, 12):
        nodes.send("nato", bundle(indicator(number)), OPEN)
    *_, before, newest = notes(nodes)
    with nodes.open("jpn") as node, node.store.read() as read:
        own = read.logs.checkpoint(THEIRS).note
    text = checkpoint.parse_note(newest).text
    never = text.replace("\n", "\n9", 1)
    with nodes.open("nato") as node:
        name = node.keys.public("log").name
    tried = [
        (receipt(nodes, newest, key=STRANGER), "note-unknown-keys"),
        (newest.encode(), "note-unknown-keys"),
        (damaged(receipt(nodes, newest)), "note-condemned"),
        (receipt(nodes, checkpoint.sign_note(never, name, STRANGER)), "note-unknown-keys"),
        (receipt(nodes, own), "note-unknown-keys"),
        (receipt(nodes, newest, later=timedelta(days=400)), "cosignature-time"),
    ]
    with nodes.serving_here("nato"):
        for body, code in tried:
            answer = post(nodes, "receipt", body)
            assert (answer.status_code, answer.json()["error_code"]) == (422, code)
            assert len(answer.content) < 500
        assert post(nodes, "receipt", receipt(nodes, newest)).status_code == 200
        assert post(nodes, "receipt", receipt(nodes, newest)).status_code == 200, "the same again is the same"
        late = post(nodes, "receipt", receipt(nodes, before))
        assert (late.status_code, late.json()["error_code"]) == (422, "receipt-old")
        for body, status in ((b"\xff", 400), (b"x", 400), (b"x" * 70_000, 413), (b"", 400)):
            assert post(nodes, "receipt", body).status_code == status
    assert {code for came, code in disputed(nodes) if came == "receipt"} >= {code for _, code in tried} | {
        "receipt-old"
    }
    assert nodes.faults("nato") == []


def submission(nodes: Nodes, old: int, note: bytes, proof=()) -> bytes:
    return body_of(Submission(old, proof, note.decode()))


def test_the_witness_cosigns_one_history_and_gives_it_to_its_sender_alone(nodes):
    with nodes.open("jpn") as node, node.store.read() as read:
        newest = read.logs.checkpoint(THEIRS)
        hashed = origin_hash(newest.origin)
    with nodes.serving_here("nato"):
        with nodes.client("jpn", "nato") as partner, nodes.client("kor", "nato") as other:
            path = f"/peer/{WORD}/{hashed}/checkpoint"
            last = partner.get(path)
            assert last.status_code == 200
            size = checkpoint.parse_state(checkpoint.parse_note(last.text).text).size
            korea = WORD.replace("jpn", "kor")
            assert {other.get(path).status_code, other.get(path.replace(WORD, korea)).status_code} == {404}
            assert other.post(f"/peer/{WORD}/add-checkpoint", content=submission(nodes, 0, b"x\n")).status_code == 404
        asked = post(nodes, "add-checkpoint", submission(nodes, 0, newest.note.encode()))
        assert (asked.status_code, asked.text, asked.headers["content-type"]) == (409, f"{size}\n", "text/x.tlog.size")
        with nodes.open("jpn") as node, node.store.read() as read:
            proof = merkle.consistency(size, newest.size, lambda wanted: read.logs.nodes(THEIRS, wanted))
        for bad, status in (
            (proof[:-1], 422),
            ([*proof, bytes(32)], 422),
            ([bytes(32)] * 63, 422),
            ([bytes(32)] * 64, 400),
        ):
            assert (
                post(nodes, "add-checkpoint", submission(nodes, size, newest.note.encode(), bad)).status_code == status
            )
        assert (
            post(nodes, "add-checkpoint", submission(nodes, size, damaged(newest.note.encode()), proof)).status_code
            == 403
        )
        done = post(nodes, "add-checkpoint", submission(nodes, size, newest.note.encode(), proof))
    assert done.status_code == 200
    with nodes.open("nato") as node, nodes.open("jpn") as sender:
        keys = [sender.keys.public("log"), node.keys.public("cosign")]
        assert (
            checkpoint.open_cosigned(newest.note + done.text, newest.origin, keys, node.clock.now()).size == newest.size
        )
    assert {code for came, code in disputed(nodes) if came == "submission"} == {"submission-proof", "note-condemned"}


def test_a_submission_of_a_log_that_is_not_known_yet_makes_its_origin_known(tmp_path):
    nodes = make_nodes(tmp_path / "nodes")
    nodes.send("jpn", bundle(indicator(1)), OPEN)
    note = signed(nodes, text_of(nodes))
    forged = checkpoint.sign_note(text_of(nodes), "jpn.main/log", STRANGER).encode()
    with nodes.serving_here("nato"):
        assert post(nodes, "add-checkpoint", submission(nodes, 0, forged)).status_code == 404
        assert post(nodes, "add-checkpoint", submission(nodes, 0, note)).status_code == 200
        other = signed(nodes, text_of(nodes).replace("/foedus/", "/foedus/1"))
        assert post(nodes, "add-checkpoint", submission(nodes, 0, other)).status_code == 404


def test_many_submissions_at_once_never_roll_the_witness_back(nodes):
    with nodes.open("jpn") as node, node.store.read() as read:
        kept = read.logs.checkpoints(THEIRS, 0)
        asked = [
            (one.size, submission(nodes, old, one.note.encode(),
                                  merkle.consistency(old, one.size, lambda wanted: read.logs.nodes(THEIRS, wanted)) if old else ()))
            for one in kept for old in range(one.size + 1)
        ]  # fmt: skip
    done: list[int] = []

    def ask_all(mine) -> None:
        with nodes.client("jpn", "nato") as partner:
            for size, body in mine:
                answer = partner.post(f"/peer/{WORD}/add-checkpoint", content=body)
                assert answer.status_code in (200, 409)
                done.append(size) if answer.status_code == 200 else None

    with nodes.serving_here("nato"):
        threads = [threading.Thread(target=ask_all, args=(asked[n::8],)) for n in range(8)]
        for one in threads:
            one.start()
        for one in threads:
            one.join()
        last = post(nodes, "add-checkpoint", submission(nodes, 0, kept[-1].note.encode()))
    assert last.status_code == 409
    assert int(last.text) == max(done, default=int(last.text))


# Two histories.


def equivocate(nodes: Nodes, tmp_path) -> Nodes:
    """Let Japan's log go on twice; our node has taken the one, the other is returned."""
    fork = nodes.copy(tmp_path / "fork")
    with nodes.serving_here("jpn", "kor"):
        nodes.pull("nato")
    nodes.send("jpn", bundle(indicator(105)), OPEN)
    with nodes.serving_here("jpn", "kor"):
        nodes.pull("nato")
    for number in (106, 107, 108):
        fork.send("jpn", bundle(indicator(number)), OPEN)
    return fork


@pytest.mark.parametrize("way", ["pull", "submission"])
def test_two_histories_freeze_the_pair_and_nothing_else(nodes, tmp_path, way):
    fork = equivocate(nodes, tmp_path)
    if way == "pull":
        with fork.serving_here("jpn"), nodes.serving_here("kor"):
            assert "FROZEN" in nodes.pull("nato")[0].error
    else:
        with nodes.open("nato") as node, node.store.read() as read:
            held = read.logs.size(THEIRS)
        with fork.open("jpn") as node, node.store.read() as read:
            root = merkle.root(held, lambda wanted: read.logs.nodes(THEIRS, wanted))
            origin = read.logs.log(THEIRS).origin
        with nodes.serving_here("nato"):
            body = submission(nodes, held, signed(fork, checkpoint.state_text(origin, held, root)))
            assert post(nodes, "add-checkpoint", body).status_code == 422
            assert post(nodes, "add-checkpoint", body).status_code == 404
    with nodes.open("nato") as node:
        [entry] = [one for one in account.show(node, MASTER, 0, 1_000) if one.kind == "ledger.forked"]
        assert (entry.body["signer"], len(entry.body["statements"])) == ("jpn", 2)
        [held] = node.freezes.all()
        assert held.first != held.second
        assert [(one.peer, one.frozen) for one in halts(node)] == [("jpn", True)]
        with pytest.raises(TrustError):
            ask(node, "jpn", "cyber")
    nodes.put("nato", bundle(indicator(9)), OPEN)
    to_japan, to_korea = nodes.release("nato")
    assert ("FROZEN" in to_japan.note, to_japan.counts.release) == (True, 0)
    assert (to_korea.note, to_korea.counts.release) == ("", 1)


def test_to_a_frozen_partner_the_programme_is_absent_byte_for_byte(nodes, tmp_path):
    fork = equivocate(nodes, tmp_path)
    with fork.serving_here("jpn"), nodes.serving_here("kor"):
        nodes.pull("nato")
    paths = [f"/{{}}/{rest}" for rest in ("", "collections/")]
    paths += [
        f"/peer/{{}}/{rest}"
        for rest in ("checkpoint", "entries", "state?log=sent", "returned", f"{'0' * 64}/checkpoint")
    ]
    with nodes.serving_here("nato"), nodes.client("jpn", "nato") as partner:
        for path in paths:
            hidden, absent = (partner.get(path.format(word)) for word in (WORD, "no-such-programme"))
            assert hidden.status_code == absent.status_code == 404, path
            same = [{k: v for k, v in one.json().items() if k != "error_id"} for one in (hidden, absent)]
            assert same[0] == same[1], path
            assert [k for k in hidden.headers if k != "date"] == [k for k in absent.headers if k != "date"]
        assert partner.get("/taxii2/").status_code == 200


def test_what_one_partner_asks_takes_nothing_from_another(nodes):
    with nodes.serving_here("nato"), nodes.client("jpn", "nato") as eager, nodes.client("kor", "nato") as calm:
        korea = WORD.replace("jpn", "kor")
        statuses = [eager.get(f"/peer/{WORD}/state?log=sent") for _ in range(75)]
        assert statuses[0].status_code == 200
        assert statuses[-1].status_code == 429
        assert int(statuses[-1].headers["retry-after"]) >= 1
        assert eager.get(f"/peer/{WORD}/checkpoint").status_code == 200
        assert calm.get(f"/peer/{korea}/checkpoint").status_code in (200, 404)
        assert calm.get(f"/peer/{korea}/state?log=sent").status_code != 429
