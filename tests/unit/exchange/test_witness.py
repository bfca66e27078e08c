"""The witness protocol on the wire: bodies, statuses, and a client that believes no witness."""

from __future__ import annotations

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.exchange.test_peer import BASE, PATIENCE, Logs, http_client

from foedus.errors import ExchangeError, MalformedRecord
from foedus.exchange.session import Session
from foedus.exchange.witness import Ahead, Submission, WitnessClient, body_of, submission_of

URL = "/peer/treaty/add-checkpoint"
HASH = "A" * 43 + "="


@given(st.integers(0, 2**62), st.lists(st.binary(min_size=32, max_size=32), max_size=63), st.text("ab\n"))
def test_a_body_reads_back(old, proof, note):
    assert submission_of(body_of(Submission(old, proof, note))) == Submission(old, proof, note)


@pytest.mark.parametrize(
    ("body", "where"),
    [
        (b"", "line 1"), (b"old 3\n", "line 1"), (b"old\n\nx", "line 1"), (b"old 03\n\nx", "line 1"), (b"new 3\n\nx", "line 1"),
        (b"old -1\n\nx", "line 1"), (b"old 3 \n\nx", "line 1"), (b"old " + b"9" * 30 + b"\n\nx", "line 1"), (b"\xff\n\nx", "body"),
        (b"old 3\nx\n\nx", "line 2"), (f"old 3\n{HASH}\nAAAA\n\nx".encode(), "line 3"), (f"old 3\n{HASH[:-2]}B=\n\nx".encode(), "line 2"),
        (f"old 3\n{(HASH + chr(10)) * 64}\nx".encode(), "line 65"), (b"old \xd9\xa3\n\nx", "line 1"),
    ],
)  # fmt: skip
def test_a_malformed_body_is_refused_with_its_line(body, where):
    with pytest.raises(MalformedRecord) as caught:
        submission_of(body)
    assert (caught.value.code, caught.value.where) == ("submission-malformed", where)
    answer = http_client(Logs()).post(URL, content=body)
    assert (answer.status_code, answer.json()["error_code"]) == (400, "submission-malformed")


def test_the_statuses_of_the_protocol():
    client = http_client(Logs())
    answer = client.post(URL, content=b"old 3\n\ngood\n")
    assert (answer.status_code, answer.content) == (200, "\u2014 witness line\n".encode())
    answer = client.post(URL, content=b"old 2\n\ngood\n")
    assert (answer.status_code, answer.content, answer.headers["content-type"]) == (409, b"3\n", "text/x.tlog.size")
    assert client.post(URL, content=f"old 3\n{HASH}\n\ngood\n".encode()).status_code == 422
    assert client.post("/peer/other/add-checkpoint", content=b"old 0\n\nx\n").status_code == 404
    assert client.post(URL, content=b"x" * 70_000).status_code == 413
    assert client.get(URL).status_code == 405


def witness_of(respond) -> WitnessClient:
    client = httpx.Client(transport=httpx.MockTransport(respond))
    return WitnessClient(Session(client, BASE, PATIENCE), BASE, "treaty")


def test_the_client_reads_lines_conflicts_and_what_was_cosigned_last():
    one = WitnessClient(Session(http_client(Logs()), BASE, PATIENCE), BASE, "treaty")
    assert one.add(Submission(2, [], "good\n")) == Ahead(3)
    assert one.add(Submission(3, [], "good\n")) == "\u2014 witness line\n"
    assert one.last("origin") == "cosigned\n"
    assert one.last("another") is None
    assert (
        WitnessClient(Session(http_client(Logs()), BASE, PATIENCE), BASE, "other").add(Submission(0, [], "x")) is None
    )


@pytest.mark.parametrize(
    ("status", "content", "kind"),
    [(409, b"x", "text/x.tlog.size"), (409, b"3\n", "text/plain"), (409, b"03\n", "text/x.tlog.size"),
     (409, b"9" * 90, "text/x.tlog.size"), (200, b"\xff", "text/plain"), (200, b"x" * 70_000, "text/plain"),
     (422, b"", "text/plain"), (400, b"", "text/plain"), (403, b"", "text/plain"), (201, b"", "text/plain")],
)  # fmt: skip
def test_a_hostile_witness_ends_in_an_exchange_error(status, content, kind):
    one = witness_of(lambda _: httpx.Response(status, content=content, headers={"content-type": kind}))
    with pytest.raises(ExchangeError):
        one.add(Submission(1, [], "x\n"))


def test_who_asks_too_often_waits_and_nothing_else_does():
    logs = Logs()
    logs.waits = {"receipt": 7, "state": 3}
    client = http_client(logs)
    for path, content in (("receipt", b"good\n"), ("state?log=sent", None)):
        answer = client.request("POST" if content else "GET", f"/peer/treaty/{path}", content=content)
        assert (answer.status_code, answer.headers["retry-after"]) == (429, "7" if content else "3")
    assert client.get("/peer/treaty/checkpoint").status_code == 200
    # The same for a programme that is hidden or absent.
    assert client.get("/peer/other/state?log=sent").status_code == 429
