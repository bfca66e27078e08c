"""Pushing: order, batches, and servers that refuse in different ways."""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime

import httpx
import pytest
from tests.unit.exchange.asgi import asgi_client
from tests.unit.exchange.memory_backend import MemoryBackend, basic, identifier
from tests.unit.exchange.samples import indicator, indicator_id

from foedus.errors import ExchangeError
from foedus.exchange.session import Patience, Session
from foedus.exchange.taxii.push import ordered, push
from foedus.exchange.taxii.server import application

ROOT = "https://node.example/foedus/"
COLLECTION = f"{ROOT}collections/{identifier('kat', 'submit|kat')}/"
TAXII = "application/taxii+json;version=2.1"


def patience(slept: list[float]) -> Patience:
    return Patience(slept.append, lambda: datetime(2026, 6, 1, tzinfo=UTC), lambda: 0.0)


def thing(type_: str, number: int, *refs: str) -> bytes:
    return json.dumps({"type": type_, "id": f"{type_}--00000000-0000-4000-8000-{number:012x}", "refs": refs}).encode()


def id_of(raw: bytes) -> str:
    return json.loads(raw)["id"]


def sent(answer, objects, limit: int = 10**6):
    slept: list[float] = []
    session = Session(httpx.Client(transport=httpx.MockTransport(answer)), ROOT, patience(slept))
    results = list(push(session, ROOT, COLLECTION, objects, limit))
    accepted = [raw for one in results for raw in one.accepted]
    return accepted, [one for result in results for one in result.refused], slept, results


def status(total: int, failures: list[dict] | None = None, **more) -> dict:
    failures = failures or []
    counts = {"total_count": total, "success_count": total - len(failures), "failure_count": len(failures)}
    return {"id": "s", "status": "complete", "pending_count": 0, **counts, "failures": failures, **more}


def taxii(code: int, body: dict) -> httpx.Response:
    return httpx.Response(code, json=body, headers={"content-type": TAXII})


def objects_of(request: httpx.Request) -> list[dict]:
    return json.loads(request.read())["objects"]


def test_markings_and_identities_come_first_and_the_referenced_before_the_referring():
    tool, mark, who = thing("tool", 1), thing("marking-definition", 2), thing("identity", 3)
    link = thing("relationship", 4, id_of(tool), id_of(who))
    report = thing("report", 5, id_of(link), id_of(tool))
    for seed in range(10):
        shuffled = [report, link, tool, who, mark]
        random.Random(seed).shuffle(shuffled)
        got = ordered(shuffled)
        assert got[:2] == [mark, who]
        assert got.index(tool) < got.index(link) < got.index(report)


def test_circles_and_long_chains_are_no_trouble():
    ids = [id_of(thing("tool", number)) for number in range(5_000)]
    chain = [thing("tool", number, ids[(number + 1) % 5_000]) for number in range(5_000)]
    assert sorted(ordered(chain)) == sorted(chain)


def test_a_push_to_our_own_server_is_accepted_and_a_second_changes_nothing():
    backend = MemoryBackend()
    session = Session(
        asgi_client(application(backend, cursor_secret=b"s"), authorization=basic("kat")), ROOT, patience([])
    )
    things = [indicator(number) for number in range(1_100)]
    for _ in range(2):
        results = list(push(session, ROOT, COLLECTION, things, 10**6))
        assert [len(one.accepted) for one in results] == [500, 500, 100]
    assert len(backend.tables["submit|kat"]) == 1_100


def test_batches_keep_to_the_servers_size():
    def answer(request):
        assert len(request.read()) <= 2_000
        return taxii(202, status(len(objects_of(request))))

    things = [indicator(number) for number in range(40)]
    assert sorted(sent(answer, things, 2_000)[0]) == sorted(things)


@pytest.mark.parametrize("code", [400, 413, 422])
def test_one_culprit_is_found_and_the_rest_arrives(code):
    def answer(request):
        bad = any(one["id"] == indicator_id(7) for one in objects_of(request))
        return httpx.Response(code) if bad else taxii(202, status(len(objects_of(request))))

    accepted, refused, *_ = sent(answer, [indicator(number) for number in range(20)])
    assert [one.raw for one in refused] == [indicator(7)]
    assert len(accepted) == 19


def test_failures_are_told_by_object_even_when_the_server_respells_versions():
    def answer(request):
        failure = {"id": indicator_id(3), "version": "2026-01-01T00:00:00.250000Z", "message": "no"}
        return taxii(202, status(len(objects_of(request)), [failure]))

    accepted, refused, *_ = sent(answer, [indicator(number) for number in range(5)])
    assert [(one.raw, one.message) for one in refused] == [(indicator(3), "no")]
    assert len(accepted) == 4


def test_failures_that_name_nobody_are_found_one_by_one():
    def answer(request):
        bad = sum(one["id"] in (indicator_id(1), indicator_id(4)) for one in objects_of(request))
        return taxii(202, status(len(objects_of(request)), [{"id": "", "version": ""}] * bad))

    accepted, refused, *_ = sent(answer, [indicator(number) for number in range(6)])
    assert [one.raw for one in refused] == [indicator(1), indicator(4)]
    assert len(accepted) == 4


def test_pending_is_polled_with_growing_waits():
    polls = []

    def answer(request):
        if request.method == "GET":
            assert request.url.path == "/foedus/status/s/"
            polls.append(1)
            return taxii(200, status(1) if len(polls) == 7 else status(1, status="pending", pending_count=1))
        return taxii(202, status(1, status="pending", pending_count=1))

    accepted, _, slept, _ = sent(answer, [indicator(1)])
    assert accepted == [indicator(1)]
    assert slept == [1, 2, 4, 8, 16, 30, 30]


def test_pending_for_ever_is_an_error_to_retry():
    with pytest.raises(ExchangeError) as caught:
        sent(lambda _: taxii(200 if _.method == "GET" else 202, status(1, status="pending")), [indicator(1)])
    assert caught.value.code == "taxii-pending"
    assert caught.value.retryable


def test_a_lost_answer_is_asked_for_again():
    lost = iter([True, False])

    def answer(request):
        if next(lost):
            raise httpx.ReadError("")
        return taxii(202, status(1))

    assert sent(answer, [indicator(1)])[0] == [indicator(1)]


def test_nothing_to_push_asks_nothing():
    assert sent(lambda _: pytest.fail("asked"), [])[3] == []
