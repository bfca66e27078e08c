"""Who may send something here, and what every answer carries."""

import anyio
import httpx
import pytest
from starlette.responses import PlainTextResponse

from foedus.web.guard import HEADERS, Guard

POLICY = HEADERS["content-security-policy"]


async def app(scope, receive, send):
    await PlainTextResponse("inside")(scope, receive, send)


def ask(method="GET", host="localhost:8080", path="/", **headers):
    given = {"host": host, **{name.replace("_", "-"): value for name, value in headers.items()}}

    async def asked():
        async with httpx.AsyncClient(transport=httpx.ASGITransport(Guard(app))) as client:
            return await client.request(method, f"http://here{path}", headers=given)

    return anyio.run(asked)


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "10.0.0.1:8080", "", "evil.example:8080"])
def test_a_name_that_is_not_this_machine_is_misdirected(host):
    assert (ask(host=host).status_code, ask(host=host).text) == (421, "")


@pytest.mark.parametrize("site", ["cross-site", "same-site", "none", "anything"])
def test_another_sites_page_sends_nothing(site):
    assert ask("POST", sec_fetch_site=site).status_code == 403


@pytest.mark.parametrize("origin", ["null", "http://evil.example", "http://localhost:9999", "https://localhost"])
def test_another_origin_sends_nothing(origin):
    assert ask("POST", origin=origin).status_code == 403


@pytest.mark.parametrize(
    "headers", [{"sec_fetch_site": "same-origin", "origin": "null"}, {"origin": "http://localhost:8080"}, {}]
)
def test_own_pages_and_tools_send(headers):
    assert ask("POST", **headers).text == "inside"


@pytest.mark.parametrize("host", ["127.0.0.1:8080", "[::1]:8080"])
def test_by_address_a_page_is_found_under_its_name(host):
    assert ask(host=host, path="/release?party=jpn").headers["location"] == "http://localhost:8080/release?party=jpn"


def test_no_redirect_leads_to_another_host():
    assert (
        ask(host="127.0.0.1:8080", path="//evil.example/").headers["location"].startswith("http://localhost:8080/evil")
    )


@pytest.mark.parametrize(("method", "host"), [("GET", "localhost"), ("POST", "localhost"), ("GET", "evil.example")])
def test_every_answer_says_what_a_browser_may_do(method, host):
    headers = ask(method, host).headers
    assert {name: headers[name] for name in HEADERS} == HEADERS
    assert headers["cache-control"] == "no-store"


def test_nothing_inline_is_allowed_and_nobody_frames_it():
    assert "unsafe" not in POLICY
    assert "http" not in POLICY
    assert "*" not in POLICY
    assert "frame-ancestors 'none'" in POLICY
    assert "default-src 'none'" in POLICY
    assert "base-uri 'none'" in POLICY
