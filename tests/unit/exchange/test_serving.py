"""Real sockets: mutual TLS, limits of the request line, and what is no HTTP."""

from __future__ import annotations

import os
import socket
import ssl
import time
from datetime import UTC, datetime, timedelta

import httpx
import pytest
import uvicorn

from foedus.errors import ExchangeError, InputError, TrustError
from foedus.exchange.http import certificate_of
from foedus.exchange.serving import configured, serving
from foedus.exchange.tls import NodeName, Pins, client_context, create_ca, issue, party_of, server_context, spki_sha256

NOW = datetime.now(UTC)


async def who(scope, receive, send) -> None:
    """Answers with the party, or the code of the refusal."""
    if scope["type"] == "lifespan":
        return
    try:
        text = party_of(certificate_of(scope), PINS, NOW)
    except TrustError as error:
        text = error.code
    await send(
        {"type": "http.response.start", "status": 200, "headers": [(b"content-length", str(len(text)).encode())]}
    )
    await send({"type": "http.response.body", "body": text.encode()})


CAS = {party: create_ca(party, os.urandom, NOW - timedelta(days=100)) for party in ("kat", "bel", "stranger")}
PINS = Pins(
    {(party, "main"): {spki_sha256(CAS[party].certificate)} for party in ("kat", "bel")},
    [CAS["kat"].certificate, CAS["bel"].certificate],
)


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Writes a leaf's certificate and key, gives both paths."""
    folder = tmp_path_factory.mktemp("tls")

    def write(ca: str, party: str, at: datetime = NOW):
        leaf = issue(CAS[ca], NodeName(party, "main"), ["127.0.0.1"], os.urandom, at)
        stem = folder / f"{ca}-{party}-{at.timestamp()}"
        certificate, key = stem.with_suffix(".crt"), stem.with_suffix(".key")
        certificate.write_bytes(leaf.certificate_pem())
        key.write_bytes(leaf.key_pem())
        return certificate, key

    return write


@pytest.fixture(scope="module", params=[True, False], ids=["required", "optional"])
def server(request, files):
    context = server_context(*files("bel", "bel"), PINS.cas.values(), required=request.param)
    with serving(who, context=context) as url:
        yield url, request.param


def ask(url: str, *own) -> str:
    with httpx.Client(verify=client_context(CAS["bel"].certificate, *own), trust_env=False) as client:
        return client.get(url).text


def test_the_application_learns_the_party(server, files):
    assert ask(server[0], *files("kat", "kat")) == "kat"


def test_a_right_name_from_the_wrong_ca_is_the_wrong_party(server, files):
    assert ask(server[0], *files("kat", "bel")) == "certificate-wrong-party"


@pytest.mark.parametrize(
    ("ca", "at"),
    [("stranger", NOW), ("kat", NOW - timedelta(days=40)), ("kat", NOW + timedelta(days=40))],
    ids=["unknown CA", "expired", "not yet valid"],
)
def test_other_certificates_end_in_the_handshake(server, files, ca, at):
    with pytest.raises((httpx.ReadError, httpx.ConnectError, httpx.RemoteProtocolError, httpx.WriteError)):
        ask(server[0], *files(ca, "kat", at))


def test_no_certificate_is_refused_or_seen_as_none(server):
    url, required = server
    if required:
        with pytest.raises((httpx.ReadError, httpx.ConnectError, httpx.RemoteProtocolError, httpx.WriteError)):
            ask(url)
    else:
        assert ask(url) == "certificate-missing"


def test_a_client_refuses_a_server_of_another_ca(server, files):
    context = client_context(CAS["kat"].certificate, *files("kat", "kat"))
    with httpx.Client(verify=context, trust_env=False) as client, pytest.raises(httpx.ConnectError):
        client.get(server[0])


def test_tls_below_1_3_is_refused(server, files):
    context = client_context(CAS["bel"].certificate, *files("kat", "kat"))
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    with httpx.Client(verify=context, trust_env=False) as client, pytest.raises(httpx.ConnectError):
        client.get(server[0])


def test_a_proxys_header_is_not_read(server, files):
    context = client_context(CAS["bel"].certificate, *files("kat", "kat"))
    with httpx.Client(verify=context, trust_env=False) as client:
        assert client.get(server[0], headers={"x-client-cert": "bel", "x-forwarded-for": "127.0.0.1"}).text == "kat"


def test_two_connections_do_not_share_a_certificate(server, files):
    one = httpx.Client(verify=client_context(CAS["bel"].certificate, *files("kat", "kat")), trust_env=False)
    two = httpx.Client(verify=client_context(CAS["bel"].certificate, *files("bel", "bel")), trust_env=False)
    with one, two:
        assert [one.get(server[0]).text, two.get(server[0]).text, one.get(server[0]).text] == ["kat", "bel", "kat"]


def test_a_stop_does_not_wait_for_idle_clients(files):
    """A TLS goodbye that the client never answers would hold the node for half a minute."""
    context = client_context(CAS["bel"].certificate, *files("kat", "kat"))
    with httpx.Client(verify=context, trust_env=False) as client:
        with serving(who, context=server_context(*files("bel", "bel"), PINS.cas.values(), required=True)) as url:
            assert client.get(url).text == "kat"
            began = time.monotonic()
        assert time.monotonic() - began < 5


def raw(url: str, *parts: bytes) -> bytes:
    host, port = url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=5) as connection:
        got = b""
        try:
            for part in parts:
                connection.sendall(part)
            while chunk := connection.recv(65536):
                got += chunk
                if b"\r\n\r\n" in got and b"connection: close" not in got:
                    break
        except (ConnectionResetError, BrokenPipeError):
            pass
        return got


@pytest.fixture(scope="module")
def plain():
    with serving(who) as url:
        yield url


def test_a_line_of_60_kb_passes_and_one_beyond_64_does_not(plain):
    assert httpx.get(plain + "/?" + "a" * 60_000, trust_env=False).status_code == 200
    answer = raw(plain, b"GET /?" + b"a" * 66_000 + b" HTTP/1.1\r\nhost: x\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 414")
    assert b'"http_status":"414"' in answer


def test_too_many_headers_are_refused(plain):
    answer = raw(plain, b"GET / HTTP/1.1\r\nhost: x\r\n", b"x-a: b\r\n" * 20_000, b"\r\n")
    assert answer.startswith(b"HTTP/1.1 431")


def test_a_header_without_an_end_is_cut_off(plain):
    answer = raw(plain, b"GET / HTTP/1.1\r\nhost: x\r\nx-a: ", *[b"a" * 50_000] * 40)
    assert answer.startswith(b"HTTP/1.1 431") or answer == b""  # the reset may overtake the answer


def test_a_large_body_in_one_burst_is_not_taken_for_a_head(plain):
    answer = raw(plain, b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 400000\r\n\r\n" + b"a" * 400_000)
    assert answer.startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize(
    "nonsense", [b"\0\0\0\0\r\n\r\n", b"GET / HTTP/1.1\r\ncontent-length: x\r\n\r\n", b"GET /\xff HTTP/9\r\n\r\n"]
)
def test_what_is_no_http_gets_an_error_resource(plain, nonsense):
    answer = raw(plain, nonsense)
    assert answer.startswith(b"HTTP/1.1 400")
    assert b"application/taxii+json" in answer


def test_there_is_no_server_header(plain):
    assert "server" not in httpx.get(plain, trust_env=False).headers


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "node.example", "::"])
def test_plain_http_is_for_loopback_only(host):
    with pytest.raises(InputError) as caught:
        configured(who, host, 0, None)
    assert caught.value.code == "tls-required"


def test_a_taken_port_is_an_error_that_says_so(plain):
    with pytest.raises(ExchangeError) as caught, serving(who, port=int(plain.rsplit(":", 1)[1])):
        pass
    assert caught.value.code == "port-taken"


def test_an_h11_server_gives_no_certificate_so_nobody_gets_in(files):
    """Should somebody run the application otherwise, it fails closed."""
    config = configured(who, "127.0.0.1", 0, server_context(*files("bel", "bel"), PINS.cas.values(), required=True))
    assert uvicorn.__version__.startswith("0.54")
    scope = {"type": "http", "scheme": "https", "headers": []}
    assert certificate_of(scope) is None
    config.load()
    assert config.http_protocol_class.__name__ == "WithPeer"
