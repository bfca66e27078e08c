"""How a session waits, where it goes, and what it refuses to read."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime

import httpx
import pytest

from foedus.errors import ExchangeError
from foedus.exchange import session as session_module
from foedus.exchange.session import Patience, Session

NOW = datetime(2026, 6, 1, tzinfo=UTC)
URL = "https://peer.example/taxii2/"


def session_with(answers, *, tries: int | None = 5):
    """A session whose server gives these answers (or raises them) in turn, with what it slept, was told and asked."""
    slept: list[float] = []
    told: list[str] = []
    asked: list[httpx.Request] = []
    left = iter(answers)

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        one = next(left)
        if isinstance(one, Exception):
            raise one
        return one

    patience = Patience(slept.append, lambda: NOW, lambda: 0.5, tries)
    client = httpx.Client(transport=httpx.MockTransport(answer), auth=("kat", "secret"))
    return Session(client, URL, patience, told.append), slept, told, asked


def code_of(answers, **settings) -> str:
    session, *_ = session_with(answers, **settings)
    with pytest.raises(ExchangeError) as caught:
        session.get(URL, accept="*/*")
    return caught.value.code


def test_trouble_that_passes_is_waited_for_with_jitter():
    answers = [httpx.Response(500), httpx.ReadTimeout(""), httpx.ConnectError(""), httpx.Response(200, content=b"ok")]
    session, slept, *_ = session_with(answers)
    assert session.get(URL, accept="*/*").body == b"ok"
    assert slept == [0.5, 1.0, 2.0]


def test_waits_end_at_300_seconds_and_tries_where_they_are_bounded():
    session, slept, *_ = session_with([httpx.Response(502)] * 12 + [httpx.Response(200)], tries=None)
    session.get(URL, accept="*/*")
    assert max(slept) == 150.0
    session, slept, *_ = session_with([httpx.Response(502)] * 5)
    with pytest.raises(ExchangeError) as caught:
        session.get(URL, accept="*/*")
    assert caught.value.retryable
    assert len(slept) == 4


@pytest.mark.parametrize(
    ("retry_after", "seconds"),
    [
        ("7", 7.0),
        ("99999999999999", 3600.0),
        ("Mon, 01 Jun 2026 00:01:00 GMT", 60.0),
        ("Mon, 01 Jun 2020 00:01:00 GMT", 0.0),
        ("soon", 0.5),
    ],
)
@pytest.mark.parametrize("status", [429, 503])
def test_retry_after_is_honoured_in_both_forms(status, retry_after, seconds):
    session, slept, *_ = session_with(
        [httpx.Response(status, headers={"retry-after": retry_after}), httpx.Response(200)]
    )
    session.get(URL, accept="*/*")
    assert slept == [seconds]


@pytest.mark.parametrize(
    ("status", "code"),
    [(401, "exchange-login"), (403, "exchange-login"), (406, "exchange-version"), (415, "exchange-version")],
)
def test_what_does_not_pass_is_not_retried(status, code):
    assert code_of([httpx.Response(status)]) == code


def redirect(to: str, status: int = 308) -> httpx.Response:
    return httpx.Response(status, headers={"location": to})


def test_redirects_stay_at_the_origin_and_keep_credentials_there():
    session, _, _, asked = session_with(
        [redirect("/other/"), redirect(URL + "x/", 302), httpx.Response(200, content=b"ok")]
    )
    assert session.get(URL, accept="*/*").body == b"ok"
    assert [request.url.path for request in asked] == ["/taxii2/", "/other/", "/taxii2/x/"]


@pytest.mark.parametrize(
    "to",
    [
        "http://peer.example/taxii2/",
        "https://evil.example/",
        "//evil.example/",
        "https://peer.example:8443/",
        "https://peer.example.evil/",
    ],
)
def test_another_place_never_gets_a_request(to):
    session, _, _, asked = session_with([redirect(to), httpx.Response(200)])
    with pytest.raises(ExchangeError) as caught:
        session.get(URL, accept="*/*")
    assert caught.value.code == "exchange-redirect"
    assert len(asked) == 1


def test_a_redirect_to_no_url_is_followed_nowhere():
    session, _, _, asked = session_with([redirect("https://evil.example:x/"), redirect("https://[evil/")], tries=2)
    with pytest.raises(ExchangeError):
        session.get(URL, accept="*/*")
    assert {request.url.host for request in asked} == {"peer.example"}


def test_a_url_of_another_origin_never_gets_a_request():
    session, _, _, asked = session_with([])
    with pytest.raises(ExchangeError):
        session.get("https://evil.example/taxii2/", accept="*/*")
    assert not asked


def test_redirects_in_a_circle_end():
    assert code_of([redirect(URL)] * 9) == "exchange-redirect"


def test_a_post_is_not_turned_into_a_get():
    session, *_ = session_with([redirect("/other/", 302)])
    assert session.send("POST", URL, headers={}, content=b"x").status == 302


def test_a_small_answer_that_unpacks_to_a_large_one_is_refused(monkeypatch):
    monkeypatch.setattr(session_module, "MAX_ANSWER_BYTES", 100_000)
    bomb = httpx.Response(
        200, headers={"content-encoding": "gzip"}, stream=httpx.ByteStream(gzip.compress(b"0" * 1_000_000))
    )
    assert code_of([bomb]) == "exchange-too-large"
    broken = httpx.Response(200, headers={"content-encoding": "gzip"}, stream=httpx.ByteStream(b"no gzip"))
    assert code_of([broken]) == "exchange-malformed"


def test_a_clock_that_differs_is_told_and_nothing_more():
    for date, warnings in (("Mon, 01 Jun 2026 00:00:30 GMT", 0), ("Mon, 01 Jun 2026 00:05:00 GMT", 1), ("never", 0)):
        session, _, told, _ = session_with([httpx.Response(200, headers={"date": date})])
        session.get(URL, accept="*/*")
        assert len(told) == warnings
