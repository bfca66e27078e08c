"""Pulling: from our own server, and from servers with every fault we know of."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import httpx
import pytest
from tests.unit.exchange.asgi import asgi_client
from tests.unit.exchange.memory_backend import MemoryBackend, basic, identifier
from tests.unit.exchange.samples import envelope, indicator, indicator_id

from foedus.errors import ExchangeError
from foedus.exchange.session import Patience, Session
from foedus.exchange.taxii.client import api_roots, collections, max_content_length, pull
from foedus.exchange.taxii.server import application
from foedus.model import instant
from foedus.model.ports import PullState

BASE = "https://node.example"
VIEW = "released|kat"
COLLECTION = f"{BASE}/foedus/collections/{identifier('kat', VIEW)}/"
TAXII = "application/taxii+json;version=2.1"
PATIENCE = Patience(lambda _: None, lambda: datetime(2026, 6, 1, tzinfo=UTC), lambda: 0.0)


def own(backend: MemoryBackend) -> Session:
    app = application(backend, cursor_secret=b"s" * 32)
    return Session(asgi_client(app, authorization=basic("kat")), BASE, PATIENCE)


def other(answer, warn=lambda _: None) -> Session:
    """A session to a server that is one function of the query."""
    transport = httpx.MockTransport(lambda request: answer(dict(request.url.params)))
    return Session(httpx.Client(transport=transport), BASE, PATIENCE, warn)


def page(*objects: bytes, last: str = "", **more) -> httpx.Response:
    body = envelope(*objects)[:-1] + b"".join(b"," + json.dumps(more).encode()[1:-1] for _ in [0] if more) + b"}"
    headers = {"content-type": TAXII} | ({"x-taxii-date-added-last": last} if last else {})
    return httpx.Response(200, content=body, headers=headers)


def code_of(session: Session, state: PullState = PullState()) -> str:
    with pytest.raises(ExchangeError) as caught:
        list(pull(session, COLLECTION, state))
    return caught.value.code


# our own server


def test_directory_of_a_server():
    session = own(MemoryBackend())
    assert api_roots(session, BASE + "/taxii2/") == [BASE + "/foedus/"]
    assert max_content_length(session, BASE + "/foedus/") == 1_000_000
    assert [one.can_write for one in collections(session, BASE + "/foedus/")] == [False, True]


def test_relative_roots_are_resolved():
    session = other(
        lambda _: httpx.Response(200, json={"title": "x", "api_roots": ["/a/"]}, headers={"content-type": TAXII})
    )
    assert api_roots(session, BASE + "/taxii2/") == [BASE + "/a/"]


def test_a_pull_gives_every_byte_and_the_next_is_one_request():
    backend = MemoryBackend()
    for number in range(2_500):
        backend.tables.setdefault(VIEW, []).append(_row(backend, number))
    pages = list(pull(own(backend), COLLECTION, PullState()))
    assert [len(one.objects) for one in pages] == [1000, 1000, 500]
    assert [raw for one in pages for raw in one.objects] == [indicator(number) for number in range(2_500)]
    assert pages[0].state_after.next
    assert not pages[0].state_after.added_after
    assert pages[-1].state_after == PullState(added_after=instant.text(backend.tables[VIEW][-1].added_us))
    idle = list(pull(own(backend), COLLECTION, pages[-1].state_after))
    assert [(one.objects, one.state_after) for one in idle] == [([], pages[-1].state_after)]


def _row(backend: MemoryBackend, number: int):
    from foedus.model.ports import ViewRow

    return ViewRow(indicator_id(number), "2026-01-01T00:00:00.25Z", "2.1", backend.now_us(), indicator(number))


def test_a_crash_between_pages_costs_one_page_again():
    backend = MemoryBackend()
    backend.tables[VIEW] = [_row(backend, number) for number in range(2_500)]
    first = next(iter(pull(own(backend), COLLECTION, PullState())))
    rest = [raw for one in pull(own(backend), COLLECTION, first.state_after) for raw in one.objects]
    assert first.objects + rest == [indicator(number) for number in range(2_500)]


def test_a_late_release_of_an_old_object_arrives():
    backend = MemoryBackend()
    backend.release(VIEW, indicator(1))
    state = list(pull(own(backend), COLLECTION, PullState()))[-1].state_after
    backend.release(VIEW, indicator(1, "2019-01-01T00:00:00Z"))
    assert list(pull(own(backend), COLLECTION, state))[0].objects == [indicator(1, "2019-01-01T00:00:00Z")]


# other servers


def test_a_forgotten_cursor_starts_again_from_the_last_mark_once():
    asked = []

    def answer(query):
        asked.append(query)
        return (
            httpx.Response(404, json={}) if "next" in query else page(indicator(1), last="2026-01-01T00:00:00.000001Z")
        )

    got = list(pull(other(answer), COLLECTION, PullState("2020-01-01T00:00:00Z", "old")))
    assert [one.get("next") for one in asked] == ["old", None]
    assert asked[1]["added_after"] == "2020-01-01T00:00:00Z"
    assert got[0].state_after == PullState("2026-01-01T00:00:00.000001Z")
    always = other(lambda query: httpx.Response(400) if "next" in query else page(indicator(1), more=True, next="x"))
    assert code_of(always) == "taxii-status"


def test_the_same_next_or_the_same_page_twice_is_a_loop():
    assert code_of(other(lambda _: page(indicator(1), more=True, next="same"))) == "taxii-loop"
    count = iter(range(1_000))
    assert code_of(other(lambda _: page(indicator(1), more=True, next=str(next(count))))) == "taxii-loop"
    assert code_of(other(lambda _: page(more=True, next=str(next(count))))) == "taxii-loop"


def test_a_server_that_pages_by_date_gives_equal_dates_without_loss():
    """Ten objects, all but two of one date, pages of at least four, no next."""
    rows = [(0, 1), (1, 1)] + [(number, 2) for number in range(2, 8)] + [(8, 3), (9, 4)]

    def answer(query):
        after = instant.parse_ns(query["added_after"]) // 1000 if "added_after" in query else 0
        limit = 4 * int(query["limit"]) // 1000
        left = [row for row in rows if row[1] > after]
        shown = left[:limit]
        return page(*(indicator(n) for n, _ in shown), last=instant.text(shown[-1][1]), more=len(left) > limit)

    got = [raw for one in pull(other(answer), COLLECTION, PullState()) for raw in one.objects]
    assert sorted(got) == sorted(indicator(number) for number in range(10))
    assert len(got) == 10


def test_more_equal_dates_than_any_page_holds_is_the_servers_fault():
    asked = []

    def answer(query):
        asked.append(int(query["limit"]))
        return page(*(indicator(n) for n in range(4)), last="2026-01-01T00:00:00.000000Z", more=True)

    assert code_of(other(answer)) == "taxii-paging"
    assert asked == [1000, 1000, 2000, 4000]


def test_the_mark_is_the_servers_text_and_an_empty_page_moves_nothing():
    session = other(lambda _: page(indicator(1), last="2026-01-01T00:00:00.120Z", more=False))
    assert list(pull(session, COLLECTION, PullState()))[0].state_after.added_after == "2026-01-01T00:00:00.120Z"
    state = PullState("2026-01-01T00:00:00Z")
    session = other(lambda _: page(last="2031-01-01T00:00:00.000000Z"))
    assert list(pull(session, COLLECTION, state))[0].state_after == state


def test_what_cannot_be_cut_out_is_handed_over_as_refused():
    session = other(lambda _: page(indicator(1), b"17", indicator(2), last="2026-01-01T00:00:00Z"))
    got = list(pull(session, COLLECTION, PullState()))[0]
    assert got.objects == [indicator(1), indicator(2)]
    assert len(got.refused) == 1


@pytest.mark.parametrize(
    ("response", "code"),
    [
        (httpx.Response(200, content=b"{}", headers={"content-type": "text/html"}), "taxii-media-type"),
        (httpx.Response(200, content=b"{", headers={"content-type": TAXII}), "taxii-malformed"),
        (httpx.Response(200, content=b'{"a":' * 5000, headers={"content-type": TAXII}), "taxii-malformed"),
        (httpx.Response(200, content=b'{"more":"yes"}', headers={"content-type": TAXII}), "taxii-malformed"),
        (httpx.Response(200, content=b"\xff", headers={"content-type": TAXII}), "taxii-malformed"),
        (httpx.Response(404, content=b"{}", headers={"content-type": TAXII}), "taxii-status"),
        (page(indicator(1), last="yesterday"), "taxii-malformed"),
        (page(indicator(1), more=True), "taxii-paging"),
    ],
)
def test_hostile_answers_end_in_an_exchange_error(response, code):
    assert code_of(other(lambda _: response)) == code


def test_plain_json_is_tolerated_with_a_warning():
    told: list[str] = []
    session = other(lambda _: httpx.Response(200, json={}), told.append)
    assert list(pull(session, COLLECTION, PullState()))[0].objects == []
    assert len(told) == 1
