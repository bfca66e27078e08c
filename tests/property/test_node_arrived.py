"""Whatever a partner enters in its log: what is no body of its kind counts for nothing, is entered, and stops nothing else."""

from __future__ import annotations

import copy
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.node_pair import OPEN, bundle, indicator, make_nodes, stix_id

from foedus.account import events, leaf, ledger, merkle
from foedus.account.score import score
from foedus.model.entry import MASTER, Draft
from foedus.node.arrived import arrived
from foedus.store import evidence

PROGRAMME = "urn:foedus:programme:nato-jpn-itpp-2023"
THEIRS = f"{PROGRAMME}|jpn|nato"
AT = "2026-06-01T00:00:00.000000Z"
OBJECT = stix_id("indicator", 1)
LATER = "2026-12-01T00:00:00.000000Z"
PLACED = {"at": AT, "programme": PROGRAMME, "parties": ["jpn", "nato"], "area": "cyber", "object_id": OBJECT}
_GRANT = {**PLACED, "grant": "01", "recipients": ["nato"], "purposes": []}
_RECALL = {**PLACED, "versions": ["2026-05-03T06:00:00.000Z"]}
BODIES = {
    "exercise.completed": {**PLACED, "exercise_id": "e", "score": 1, "passed": True},
    "relief.requested": {**PLACED, "request_id": "r", "hours": 3},
    "finding.endorsed": {**PLACED, "event_id": "x", "kind": "indicator"},
    "recall.requested": {**_RECALL, "sendings": [0], "reason": "wrong", "deadline": LATER},
    "recall.completed": {**_RECALL, "log": "x", "entry": 0, "result": "deleted", "code": "", "passed_on_to": []},
    "grant.given": {**_GRANT, "versions": [], "until": LATER, "clause": ""},
    "grant.withdrawn": _GRANT,
    "grant.asked": _GRANT,
    "key.changed": {
        **{name: PLACED[name] for name in ("at", "programme", "parties")},
        "digest": "0" * 64,
        "version": "1.1.0",
        "role": "log",
        "supersedes": "a+b+c",
        "key": "a+b+d",
        "signature": "AAAA",
    },
}
TEXTS = st.sampled_from(["", "soon", "9999-12-31T23:59:59.999999Z", "0001-01-01T00:00:00Z", "P9999Y", "zz", "é" * 40])
NUMBERS = st.sampled_from([0, -1, 7, 2**53 - 1, -(2**53) + 1, 1.5, 1e300])
JUNK = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=5,
)


class Undone(Exception):
    """Roll back what an example did."""


@pytest.fixture(scope="module")
def node(tmp_path_factory):
    """NATO's node, which took one sending of Japan's."""
    nodes = make_nodes(tmp_path_factory.mktemp("arrived") / "nodes")
    nodes.send("jpn", bundle(indicator(1)), OPEN)
    with nodes.serving_here("jpn"):
        nodes.pull("nato")
    with nodes.open("nato") as held:
        yield held


def sending(node):
    """Return the body of the one real sending."""
    with node.store.read() as read:
        stored = list(read.logs.entries(THEIRS, 0, read.logs.size(THEIRS)))
    return next(one.facts() for one in stored if one.entry().kind == "release.sent")


def came(tx, node, drafts):
    """Let entries stand in the partner's log as if they had come and led to its root; act on them."""
    info, start = tx.logs.log(THEIRS), tx.logs.size(THEIRS)
    place = ledger.tail(tx.logs, info)
    for one in drafts:
        stored = leaf.make(one, place, node.clock.now(), node.entropy(leaf.SALT_BYTES))
        frontier = merkle.Frontier.of(place.seq, lambda at: tx.logs.nodes(THEIRS, at))
        tx.logs.append(THEIRS, [stored], frontier.append(merkle.leaf_hash(stored.leaf)))
        place = place.next(stored.entry())
    before = tx.logs.size(MASTER)
    arrived(tx, node, info, start, place.seq)
    programme = node.agreements.of(PROGRAMME, node.clock.now()).programme
    score(programme, events.events(tx.logs, [info]), date(2026, 7, 1))
    return [(one.entry().kind, one.facts()) for one in tx.logs.entries(MASTER, before, tx.logs.size(MASTER))]


@st.composite
def broken(draw, bodies):
    """Return an entry of a kind with some fields gone, or something else in them."""
    kind = draw(st.sampled_from(sorted(bodies)))
    body = copy.deepcopy(bodies[kind])
    for name in draw(st.lists(st.sampled_from(sorted(body)), max_size=3)):
        if draw(st.booleans()):
            body.pop(name, None)
        else:
            body[name] = draw(JUNK)
    return Draft(kind, body)


def test_no_body_stops_what_comes_with_it(node):
    real = sending(node)
    bodies = {**BODIES, "release.sent": real}

    @settings(max_examples=300, deadline=None)
    @given(st.lists(broken(bodies), min_size=1, max_size=4))
    def check(drafts):
        sound = Draft("release.sent", {**real, "bytes_hash": "ab" * 32})
        with pytest.raises(Undone), node.store.write() as tx:
            came(tx, node, [*drafts, sound])
            assert set(evidence.sent_bytes(tx, THEIRS, [b"\xab" * 32])) == {b"\xab" * 32}
            raise Undone

    check()


@pytest.mark.parametrize("field", ["bytes_hash", "area", "label", "object_id", "originator", "duties", "at"])
@pytest.mark.parametrize("junk", [None, 7, "zz", [], {"a": {}}])
def test_a_sending_that_is_none_vouches_for_nothing_and_its_place_is_entered(node, field, junk):
    wrong = {**sending(node), "bytes_hash": "cd" * 32, field: junk}
    if field in ("area", "object_id", "originator") and isinstance(junk, str):
        return
    if field == "duties" and isinstance(junk, dict):
        return
    with pytest.raises(Undone), node.store.write() as tx:
        place = tx.logs.size(THEIRS)
        [(kind, said)] = came(tx, node, [Draft("release.sent", wrong), Draft("release.sent", wrong)])
        assert (kind, said["entry"], said["count"], said["code"]) == ("entry.refused", place, 2, "entry-body")
        assert evidence.sent_bytes(tx, THEIRS, [b"\xcd" * 32]) == {}
        raise Undone


def test_a_key_that_follows_none_is_entered_and_nothing_else(node):
    with pytest.raises(Undone), node.store.write() as tx:
        [(kind, said)] = came(tx, node, [Draft("key.changed", BODIES["key.changed"])])
        assert (kind, said["code"]) == ("entry.refused", "vkey-malformed")
        raise Undone
