"""Bodies are built and read back; events come out of them one an object."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from tests.unit.account.memory_log import BACK, BACK_INFO, INFO, PAIR, PROGRAMME, START, MemoryLog, Salts

from foedus.account import bodies, ledger
from foedus.account.events import events
from foedus.errors import MalformedRecord
from foedus.model.entry import Draft, LogInfo
from foedus.model.events import EVENT_FIELDS, INDICATOR_EVENTS
from foedus.model.instant import text, to_us

AT = text(to_us(START))
OWN_BACK = msgspec.structs.replace(BACK_INFO, own=True)
COMMON = {"at": AT, "programme": PROGRAMME, "parties": ("aaa", "bbb")}
PLACED = {**COMMON, "area": "cyber"}
CALLED = {**PLACED, "object_id": "x--1", "versions": ("1", "2")}
SEEN = {"at": AT, "object_id": "x--1", "modified": "v1", "hash": "9" * 64, "area": "maritime", "kind": "gap"}
WATCHED = {**SEEN, "person": "ann", "role": "analyst"}
SHIFT = {"at": AT, "shift": "a" * 16, "person": "ann", "role": "analyst"}
STATE = bodies.State(size=99, root="0" * 64)


def sent(number, area="cyber", **changes):
    facts = {
        **PLACED,
        "area": area,
        "object_id": f"indicator--{number}",
        "modified": "2025-02-01T00:00:00.000Z",
        "object_type": "indicator",
        "kind": "indicator",
        "decision": "permit",
        "label": {"tlp": "green"},
        "label_hash": "1" * 64,
        "clauses": ("c1",),
        "rules_hash": "2" * 64,
        "bytes_hash": "3" * 64,
        "originator": "aaa",
        "purpose": "defence",
        "duties": {},
        "latency_hours": 1.5,
        "latency_minutes": 90,
        "expires_at": None,
    }
    return bodies.ReleaseSent(**{**facts, **changes})


def batch(kind, start, end, **changes):
    facts = {**PLACED, "log": INFO.origin, "range": (start, end), "checkpoint": STATE}
    return kind(**{**facts, **changes})


BODIES = [
    sent(1),
    *(
        batch(kind, 0, 3, refused=(bodies.Refusal("indicator--1", "label-unknown"),), unlabelled=("indicator--2",))
        for kind in (bodies.Received, bodies.Accepted, bodies.Refused, bodies.Acknowledged)
    ),
    bodies.ReleaseRun(
        at=AT,
        programme=PROGRAMME,
        party="bbb",
        policy_hash="4" * 64,
        counts={"release": 1, "redact": 0, "hold": 0, "withhold": 2, "dropped": 0},
        inputs_hash="5" * 64,
        decisions_root="6" * 64,
    ),
    bodies.CheckpointExchanged(**COMMON, log=INFO.origin, size=3, checkpoint_hash="7" * 64),
    bodies.IngestDone(at=AT, area="cyber", source="feed", sha256="8" * 64, label=None),
    bodies.SourceLabelled(at=AT, area="cyber", source="feed", role="analyst", label={"tlp": "clear"}),
    bodies.VaultOpened(at=AT, area="information", source="file:1", sha256="8" * 64, person="ann", reason="case 12"),
    bodies.VaultExpired(at=AT, area="information", source="file:1", sha256="8" * 64),
    bodies.ProgrammeAgreed(**COMMON, digest="9" * 64, version="1.0.0", supersedes=""),
    bodies.ProgrammeLoosened(
        at=AT,
        programme=PROGRAMME,
        digest="9" * 64,
        version="1.1.0",
        supersedes="8" * 64,
        persons=("ann", "bo"),
        changes=2,
    ),
    bodies.KeyChanged(
        **COMMON, digest="9" * 64, version="1.1.0", role="log", supersedes="a+1", key="a+2", signature="c2ln"
    ),
    bodies.KeyDenied(at=AT, party="bbb", role="log", key="b+1", reason="stolen"),
    bodies.FindingCreated(**PLACED, object_id="x--1", event_id="e1", kind="gap", because=("a",)),
    bodies.FindingCorroborated(**PLACED, object_id="x--1", event_id="e1", kind="gap", because=("a", "b")),
    bodies.AskMade(**PLACED, session="a" * 32, points=64),
    bodies.AskAnswered(**PLACED, session="a" * 32, points=64, peer_points=128),
    bodies.AskLearnt(**PLACED, session="a" * 32, points=64, peer_points=128, matches=3),
    bodies.AskRefused(**PLACED, limit="sessions-per-hour"),
    bodies.RecallRequested(**CALLED, sendings=(0, 4), reason="wrong", deadline=AT),
    bodies.RecallCompleted(
        **CALLED, log=INFO.origin, entry=5, result="cannot", code="other-source", passed_on_to=("ccc",)
    ),
    bodies.RecallMade(
        at=AT, object_id="x--1", versions=("1",), parties=("bbb",), reason="wrong", cause="person", person="kim"
    ),
    bodies.RecallLifted(**COMMON, object_id="x--1", versions=("1",), person="kim"),
    bodies.RecallRefused(**COMMON, log=INFO.origin, entry=5, code="recall-not-sent"),
    bodies.IndicatorAttested(**PLACED, indicator="ct-rating", period="2025", value="limited"),
    bodies.PersonAdded(at=AT, person="ann", roles=("analyst", "releaser"), party="", by="root"),
    bodies.PersonChanged(at=AT, person="lee", roles=("liaison",), party="jpn", by="", change="roles"),
    bodies.SessionOpened(at=AT, person="ann", session="a" * 16, method="password"),
    bodies.SessionEnded(at=AT, person="ann", session="a" * 16, method="passkey", reason="idle"),
    bodies.SignInRefused(at=AT, person="", reason="throttled", count=7),
    bodies.CredentialAdded(at=AT, person="ann", credential="b" * 64, by="ann"),
    bodies.CredentialRemoved(at=AT, person="ann", credential="b" * 64, by="root"),
    bodies.LedgerForked(**COMMON, log=INFO.origin, signer="aaa", statements=("a" * 64, "b" * 64)),
    bodies.LedgerDisputed(**COMMON, log=INFO.origin, came="receipt", code="note-condemned"),
    bodies.EntryRefused(**COMMON, log=INFO.origin, entry=3, code="entry-body", count=2),
    bodies.LedgerThawed(**COMMON, log=INFO.origin, people=("ann", "ben")),
    bodies.NodeRestored(**COMMON, log=INFO.origin, reason="fetched-back", range=(3, 5)),
    *(
        kind(**PLACED, object_id="x--1", modified="v1", person="chie", role="approver", hash="a" * 64, reason="asked")
        for kind in (
            *(bodies.ApprovalRequested, bodies.ApprovalGiven, bodies.ApprovalDenied),
            *(bodies.ApprovalCancelled, bodies.ApprovalVoided, bodies.DecisionHeld),
        )
    ),
    bodies.WatchAcknowledged(**WATCHED),
    bodies.WatchAssigned(**WATCHED, to="ben"),
    bodies.WatchDismissed(**WATCHED, reason="duplicate", method="gap 1", note_hash="a" * 64),
    bodies.WatchUndone(**WATCHED, entry=7),
    bodies.ShiftOpened(**SHIFT, after=""),
    bodies.ShiftNoted(**SHIFT, note_hash="a" * 64),
    bodies.ShiftClosed(**SHIFT, to="ben"),
    bodies.ReleaseExpired(**PLACED, object_id="x--1", cause="retention"),
    bodies.GrantGiven(
        **PLACED,
        grant="0a",
        object_id="x--1",
        versions=(),
        recipients=("ccc",),
        purposes=("defence",),
        until=AT,
        clause="c1",
    ),
    bodies.GrantWithdrawn(**PLACED, grant="0a", object_id="x--1"),
    bodies.GrantAsked(**PLACED, grant="0b", object_id="x--1", recipients=("ccc",), purposes=()),
    bodies.GrantRefused(at=AT, programme=PROGRAMME, log=INFO.origin, seq=3, code="grant-until"),
    bodies.BreakGlass(
        **PLACED,
        use="0c",
        object_id="x--1",
        modified="",
        hash="a" * 64,
        persons=("ada", "bob"),
        role="releaser, approver",
        reason="attack under way",
        until=AT,
    ),
    bodies.BreakGlassReviewed(at=AT, use="0c", person="eve", finding="ok"),
    bodies.SourceAdded(at=AT, area="maritime", source="live:bay", person="ann"),
    bodies.SourceRemoved(at=AT, area="maritime", source="live:bay", person="ann"),
    bodies.SourceOutage(at=AT, area="maritime", source="live:bay", since=AT, until=AT, cause="lost"),
    bodies.QuarantineSettled(at=AT, area="cyber", source="file:a", number=3, outcome="discarded", person="ann"),
    bodies.ReviewPublished(
        **COMMON, review_id="urn:x:review:2025:annual", kind="annual", public=True, days_after_period=31, hash="a" * 64
    ),
    bodies.StatementMade(**COMMON, what="review.published", hash="a" * 64, person="ann"),
    bodies.ReviewNoted(
        at=AT,
        programme=PROGRAMME,
        period="2026",
        field="summary",
        language="ja",
        version=1,
        hash="8" * 64,
        person="ann",
    ),
]


def store_with(pair=(), back=()):
    store, salts = MemoryLog(INFO, OWN_BACK), Salts()
    for name, said in ((PAIR, pair), (BACK, back)):
        drafts = [body if isinstance(body, Draft) else bodies.draft(body) for body in said]
        ledger.append(store, name, drafts, at=START, entropy=salts)
    return store


def of_kind(store, kind):
    return [event for event in events(store, store.logs()) if event.kind == kind]


def test_every_kind_reads_back():
    store = store_with(pair=BODIES)
    assert [bodies.read(stored) for stored in store.rows[PAIR]] == BODIES
    assert {type(body) for body in BODIES} == set(bodies.BODIES.values())


@pytest.mark.parametrize("body", [b for b in BODIES if not isinstance(b, bodies.Batch)], ids=lambda b: b.kind_of_entry)
def test_fields_that_hold_one_value_are_those_of_the_catalogue(body):
    single = {name for name, value in msgspec.to_builtins(body).items() if not isinstance(value, tuple | dict)}
    single -= {"label"}
    assert single <= EVENT_FIELDS[body.kind_of_entry]


def test_the_catalogue_holds_every_kind_that_indicators_and_bodies_name():
    assert set(EVENT_FIELDS) >= INDICATOR_EVENTS
    assert set(EVENT_FIELDS) >= set(bodies.BODIES)


def test_events_carry_only_fields_of_the_catalogue_and_all_that_may_be_filtered():
    store = store_with(pair=[sent(1)], back=[batch(bodies.Acknowledged, 0, 1)])
    (event,) = of_kind(store, "release.acknowledged")
    assert set(event.facts) == EVENT_FIELDS["release.acknowledged"]
    (event,) = of_kind(store, "release.sent")
    assert set(event.facts) >= EVENT_FIELDS["release.sent"] - {"commitment"}


def test_only_an_entry_of_a_redacted_object_says_anything_of_a_root():
    whole, torn = sent(1), msgspec.structs.replace(sent(1), commitment="ab" * 32)
    assert "commitment" not in bodies.draft(whole).body
    assert bodies.draft(torn).body["commitment"] == "ab" * 32


@pytest.mark.parametrize(
    "body", [{}, {"at": AT}, {"at": 5}, {**PLACED, "indicator": "x", "period": 2025, "value": "limited"}]
)
def test_a_body_of_another_shape_is_refused_and_gives_no_event(body):
    store = store_with(pair=[Draft("indicator.attested", body)])
    with pytest.raises(MalformedRecord):
        bodies.read(store.rows[PAIR][0])
    assert list(events(store, store.logs())) == []


@pytest.mark.parametrize("changes", [{"parties": 5}, {"parties": [1]}, {"object_id": []}, {"event_id": {}}, {"at": 1}])
@pytest.mark.parametrize("kind", ["finding.endorsed", "recall.completed", "exercise.completed"])
def test_no_body_can_break_the_figures(kind, changes):
    body = {"at": AT, "parties": ["aaa"], "object_id": "x", **changes}
    store = store_with(pair=[Draft(kind, body)])
    assert list(events(store, store.logs())) == []


def test_an_instant_that_is_none_is_refused():
    bad = [msgspec.structs.replace(sent(1), at=at) for at in ("now", "0001-01-01T00:00:00+12:00")]
    store = store_with(pair=[*bad, sent(2)])
    for stored in store.rows[PAIR][:2]:
        with pytest.raises(MalformedRecord):
            bodies.read(stored)
    assert [event.facts["object_id"] for event in events(store, store.logs())] == ["indicator--2"]


def test_fields_of_a_newer_partner_are_ignored():
    draft = bodies.draft(sent(1))
    store = store_with(pair=[Draft(draft.kind, {**draft.body, "novel": 1})])
    assert bodies.read(store.rows[PAIR][0]) == sent(1)


def test_kinds_without_a_type_are_events_with_their_own_facts():
    store = store_with(pair=[Draft("exercise.completed", {"at": AT, "exercise_id": "x", "by": "zzz"}), Draft("k", {})])
    found = list(events(store, store.logs()))
    assert bodies.read(store.rows[PAIR][0]) is None
    assert found[0].facts == {"at": AT, "exercise_id": "x", "by": "aaa", "programme": PROGRAMME}
    assert found[1].at == START


def test_a_receipt_stands_for_every_sending_of_its_area_in_its_range():
    pair = [sent(1), sent(2, area="space"), sent(3), Draft("recall.requested", {}), sent(4), sent(5)]
    store = store_with(pair=pair, back=[batch(bodies.Acknowledged, 0, 5)])
    found = of_kind(store, "release.acknowledged")
    assert [event.facts["object_id"] for event in found] == ["indicator--1", "indicator--3", "indicator--4"]
    assert {(event.log, event.seq) for event in found} == {(BACK, 0)}
    assert {event.facts["by"] for event in found} == {"bbb"}


def test_received_means_all_refused_the_listed_and_taken_the_others():
    refused = (bodies.Refusal("indicator--2", "label-unknown"),)
    kinds = (bodies.Received, bodies.Accepted, bodies.Refused, bodies.Acknowledged)
    back = [batch(kind, 0, 3, refused=refused, unlabelled=("indicator--2",)) for kind in kinds]
    store = store_with(pair=[sent(1), sent(2), sent(3)], back=back)
    numbers = {
        kind.kind_of_entry: [event.facts["object_id"][-1] for event in of_kind(store, kind.kind_of_entry)]
        for kind in kinds
    }
    assert numbers == {
        "exchange.received": ["1", "2", "3"],
        "exchange.accepted": ["1", "3"],
        "exchange.refused": ["2"],
        "release.acknowledged": ["1", "3"],
    }
    (event,) = of_kind(store, "exchange.refused")
    assert (event.facts["result"], event.facts["code"], event.facts["label_valid"]) == (
        "refused",
        "label-unknown",
        False,
    )
    assert [event.facts["label_valid"] for event in of_kind(store, "exchange.received")] == [True, False, True]


@pytest.mark.parametrize(
    "changes",
    [
        {"range": (2, 9)},
        {"range": (-5, 0)},
        {"range": (1, 0)},
        {"checkpoint": bodies.State(size=0, root="0" * 64)},
        {"log": "nowhere"},
        {"log": OWN_BACK.origin},
    ],
)
def test_nobody_acknowledges_what_was_not_sent_to_them(changes):
    store = store_with(pair=[sent(1), sent(2)], back=[batch(bodies.Acknowledged, 0, 2, **changes)])
    assert of_kind(store, "release.acknowledged") == []


def test_who_sent_to_whom_is_settled_by_the_log():
    lie = {"parties": ("aaa", "ccc"), "programme": "urn:foedus:programme:other"}
    store = store_with(pair=[sent(1, **lie)], back=[batch(bodies.Acknowledged, 0, 1, **lie)])
    for event in events(store, store.logs()):
        assert (event.facts["parties"], event.facts["programme"]) == (["aaa", "bbb"], PROGRAMME)


def test_another_pairs_receipt_counts_nothing():
    third = LogInfo("p|ccc|aaa", "c.example/1", PROGRAMME, "ccc", "aaa", own=True)
    store = store_with(pair=[sent(1)])
    store.open_log(third)
    drafts = [bodies.draft(batch(bodies.Acknowledged, 0, 1))]
    ledger.append(store, third.name, drafts, at=START, entropy=Salts())
    assert of_kind(store, "release.acknowledged") == []


def test_the_event_happened_when_its_body_says():
    store = store_with(pair=[msgspec.structs.replace(sent(1), at="2025-02-01T12:00:00.000000Z")])
    assert [event.at for event in events(store, store.logs())] == [datetime(2025, 2, 1, 12, tzinfo=UTC)]


def test_a_checkpoint_is_entered_once_a_day_unless_there_is_more():
    late = START + timedelta(hours=23, minutes=59)
    assert bodies.exchange_due(None, START, other_entries=False)
    assert not bodies.exchange_due(START, late, other_entries=False)
    assert bodies.exchange_due(START, late, other_entries=True)
    assert bodies.exchange_due(late, late + timedelta(minutes=1), other_entries=False)
