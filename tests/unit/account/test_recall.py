"""Recalls: which count, which answers count, what a log proves of the time after, and what figures see of them."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest
from tests.unit.account.memory_log import BACK, INFO, KEY, KEYS, ORIGIN, PAIR, START, MemoryLog, Salts
from tests.unit.account.test_bodies import COMMON, OWN_BACK, sent

from foedus.account import bodies, ledger, recall
from foedus.account.events import events
from foedus.errors import MalformedRecord
from foedus.model.entry import LogInfo
from foedus.model.instant import text, to_us

AT, LATER = text(to_us(START)), text(to_us(START + timedelta(hours=24)))
VERSION = "2025-02-01T00:00:00.000Z"
THIRD = LogInfo(
    name=f"{INFO.programme}|ccc|aaa", origin="c.example/foedus/9a", programme=INFO.programme, sender="ccc",
    recipient="aaa", own=False,
)  # fmt: skip


def asked(*sendings, **changes):
    facts = {**COMMON, "area": "cyber", "object_id": "indicator--1", "versions": (VERSION,), "sendings": sendings}
    return bodies.RecallRequested(**{**facts, "reason": "wrong", "deadline": LATER, **changes})


def answer(entry, **changes):
    facts = {**COMMON, "area": "cyber", "object_id": "indicator--1", "versions": (VERSION,), "log": ORIGIN}
    facts |= {"entry": entry, "result": "deleted", "code": "", "passed_on_to": ()}
    return bodies.RecallCompleted(**{**facts, **changes})


def store_with(pair, back=(), name=BACK):
    store, salts = MemoryLog(INFO, OWN_BACK, THIRD), Salts()
    for log, said in ((PAIR, pair), (name, back)):
        store.infos[log] = msgspec.structs.replace(store.infos[log], own=True)
        for number, body in enumerate(said):
            at = START + timedelta(hours=number)
            ledger.append(store, log, [bodies.draft(body)], at=at, entropy=salts)
    ledger.sign(store, PAIR, KEY, ORIGIN)
    return store


def test_a_recall_of_what_the_log_sent_counts():
    store = store_with([sent(1), sent(2), asked(0)])
    assert recall.request_of(store, PAIR, 2) == (asked(0), "")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (asked(), recall.NOT_SENT),
        (asked(1), recall.NOT_SENT),
        (asked(2), recall.NOT_SENT),
        (asked(9), recall.NOT_SENT),
        (asked(-1), recall.NOT_SENT),
        (asked(0, 0), recall.NOT_SENT),
        (asked(0, 1), recall.NOT_SENT),
        (asked(0, object_id="indicator--9"), recall.NOT_SENT),
        (asked(0, area="space"), recall.NOT_SENT),
        (asked(0, versions=()), recall.NOT_SENT),
        (asked(0, versions=(VERSION, "2025-02-02T00:00:00.000Z")), recall.NOT_SENT),
        (asked(0, deadline="soon"), recall.DEADLINE),
        (asked(0, deadline="0001-01-01T00:00:00+12:00"), recall.DEADLINE),
        (asked(0, deadline="2025-02-28T23:59:59Z"), recall.DEADLINE),
        (asked(0, reason="because it names a source"), recall.MALFORMED),
        (asked(0, sendings="0"), recall.MALFORMED),
        (sent(3), recall.MALFORMED),
    ],
)
def test_any_other_is_refused_with_its_reason(body, code):
    store = store_with([sent(1), sent(2), body, sent(1)])
    assert recall.request_of(store, PAIR, 2) == (None, code)
    assert [event.kind for event in events(store, store.logs())].count("recall.requested") == 0


def test_an_answer_to_a_recall_of_the_pair_counts_and_its_hours_are_read_from_the_logs():
    store = store_with([sent(1), asked(0)], [sent(7), sent(8), sent(9), answer(1)])
    body, log, code = recall.completion_of(store, OWN_BACK, 3)
    assert (body, log and log.name, code) == (answer(1), PAIR, "")
    [event] = [one for one in events(store, store.logs()) if one.kind == "recall.completed"]
    assert (event.facts["hours"], event.facts["by"], event.facts["parties"]) == (2.0, "bbb", ["aaa", "bbb"])


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (answer(0), recall.UNKNOWN),
        (answer(7), recall.UNKNOWN),
        (answer(-1), recall.UNKNOWN),
        (answer(1, object_id="indicator--2"), recall.UNKNOWN),
        (answer(1, versions=()), recall.UNKNOWN),
        (answer(1, log="c.example/foedus/9a"), recall.UNKNOWN),
        (answer(1, log=OWN_BACK.origin), recall.UNKNOWN),
        (answer(1, result="forgotten"), recall.MALFORMED),
    ],
)
def test_any_other_answer_is_refused_with_its_reason(body, code):
    store = store_with([sent(1), asked(0)], [body])
    assert recall.completion_of(store, OWN_BACK, 0) == (None, None, code)
    assert "recall.completed" not in {event.kind for event in events(store, store.logs())}


def test_another_party_cannot_answer():
    store = store_with([sent(1), asked(0)], [answer(1)], THIRD.name)
    assert recall.completion_of(store, THIRD, 0) == (None, None, recall.UNKNOWN)


def test_the_log_proves_that_nothing_was_sent_again():
    store = store_with([sent(1), asked(0), sent(2), sent(1, modified="2025-03-01T00:00:00.000Z")])
    found = recall.absence(store, INFO, 1, KEYS)
    assert (found.proven, found.entries, found.later, found.signed_by) == (True, 4, (), (ORIGIN,))


def test_what_was_sent_again_is_named():
    store = store_with([sent(1), asked(0), sent(1)])
    found = recall.absence(store, INFO, 1, KEYS)
    assert (found.proven, found.later) == (False, (2,))


def test_a_copy_that_was_changed_proves_nothing():
    store = store_with([sent(1), asked(0), sent(2)])
    store.rows[PAIR][2] = msgspec.structs.replace(store.rows[PAIR][2], body=b"{}")
    found = recall.absence(store, INFO, 1, KEYS)
    assert (found.proven, found.faults != ()) == (False, True)


def test_a_recall_beyond_the_signed_state_proves_nothing_yet():
    store = store_with([sent(1)])
    ledger.append(store, PAIR, [bodies.draft(asked(0))], at=START, entropy=Salts("x"))
    assert not recall.absence(store, INFO, 1, KEYS).proven


def test_where_no_recall_stands_there_is_nothing_to_prove():
    with pytest.raises(MalformedRecord, match="no recall"):
        recall.absence(store_with([sent(1)]), INFO, 0, KEYS)


def test_no_body_says_itself_which_sending_it_answers():
    draft = bodies.draft(sent(1))
    store = store_with([])
    ledger.append(store, PAIR, [msgspec.structs.replace(draft, body={**draft.body, "sent_at": "x"})], at=START,
                  entropy=Salts("y"))  # fmt: skip
    assert ["sent_at" in event.facts for event in events(store, store.logs())] == [False]
