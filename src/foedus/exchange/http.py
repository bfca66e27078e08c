"""What both servers share: an answer, a refusal with its error resource, reading a body, compression."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping
from http import HTTPStatus
from ipaddress import ip_address
from typing import Any, NamedTuple

import msgspec
from starlette.types import Receive, Scope, Send

from foedus.errors import FoedusError, StoreError, TrustError

TAXII = b"application/taxii+json;version=2.1"
GZIP_FROM_BYTES = 1024
_PRIVATE = (
    (b"cache-control", b"private, no-store"),
    (b"vary", b"Accept, Authorization, Accept-Encoding"),
    (b"x-content-type-options", b"nosniff"),
)
Headers = tuple[tuple[bytes, bytes], ...]


class Answer(NamedTuple):
    """One response as it goes out; ``around`` stands before and after the body, so that a large one is not copied."""

    status: int
    body: bytes
    content_type: bytes = TAXII
    headers: Headers = ()
    around: tuple[bytes, bytes] = (b"", b"")

    def size(self) -> int:
        """Return the length of what goes out."""
        return len(self.around[0]) + len(self.body) + len(self.around[1])


class Refusal(Exception):
    """A request that is answered with an error resource.

    Args:
        status: HTTP status.
        code: stable kebab-case name of the case.
        description: what is wrong and what to do; never an echo of what was sent.
        headers: headers the status asks for (Allow, WWW-Authenticate, Retry-After, Location).
    """

    def __init__(self, status: int, code: str, description: str = "", headers: Headers = ()) -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.description = description
        self.headers = headers


class Request(NamedTuple):
    """What the servers read of an ASGI scope; repeated headers are joined with commas."""

    method: str
    path: str
    raw_path: bytes
    query: bytes
    headers: Mapping[bytes, bytes]
    certificate: bytes | None
    loopback: bool
    scheme: str

    def header(self, name: bytes) -> str | None:
        """Return a header's text, or None."""
        value = self.headers.get(name)
        return None if value is None else value.decode("latin-1").strip()


def request_of(scope: Scope) -> Request:
    """Return the request of an ASGI scope."""
    headers: dict[bytes, bytes] = {}
    for name, value in scope["headers"]:
        headers[name] = headers[name] + b", " + value if name in headers else value
    client = scope.get("client")
    return Request(
        method=scope["method"],
        path=scope["path"],
        raw_path=scope.get("raw_path") or scope["path"].encode(),
        query=scope["query_string"],
        headers=headers,
        certificate=certificate_of(scope),
        loopback=client is not None and is_loopback(client[0]),
        scheme=scope.get("scheme", "http"),
    )


def certificate_of(scope: Scope) -> bytes | None:
    """Return the DER of the client certificate that TLS verified, or None.

    A proxy's header is never read instead: behind one the extension is absent and there is no certificate.
    """
    chain = scope.get("extensions", {}).get("tls", {}).get("client_cert_chain", ())
    return chain[0] if chain else None


def is_loopback(host: str) -> bool:
    """Say whether a host, as an address or ``localhost``, is this machine.

    >>> is_loopback("127.0.0.1"), is_loopback("0.0.0.0")
    (True, False)
    """
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def refusal_of(error: FoedusError) -> Refusal:
    """Return the refusal that stands for a FoedusError; what concerns the server's own side says nothing of it."""
    if isinstance(error, StoreError):
        return Refusal(503, error.code, "try again later", ((b"retry-after", b"5"),))
    if error.http_status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return Refusal(error.http_status, error.code)
    # A TrustError about a body is no failed login: 401 and 403 would make clients give up on their credentials.
    status = 422 if isinstance(error, TrustError) else error.http_status
    return Refusal(status, error.code, str(error))


def problem(refusal: Refusal, entropy: Callable[[int], bytes], content_type: bytes = TAXII) -> Answer:
    """Return the error resource of a refusal.

    Source: TAXII 2.1 section 3.6.1; ``http_status`` is a string there.
    """
    resource = {
        "title": HTTPStatus(refusal.status).phrase,
        "error_id": entropy(16).hex(),
        "error_code": refusal.code,
        "http_status": str(refusal.status),
    }
    if refusal.description:
        resource["description"] = refusal.description
    return Answer(refusal.status, msgspec.json.encode(resource), content_type, refusal.headers)


def json_answer(value: Any, status: int = 200, headers: Headers = ()) -> Answer:
    """Return an answer that holds a TAXII resource."""
    return Answer(status, msgspec.json.encode(value), TAXII, headers)


def compresses(answer: Answer, request: Request) -> bool:
    """Say whether gzip is due: the client asked for it, it pays, and a network lies between."""
    if request.loopback or answer.size() < GZIP_FROM_BYTES:
        return False
    return _wants_gzip(request.header(b"accept-encoding"))


def compressed(answer: Answer, request: Request) -> Answer:
    """Return the answer in gzip where that is due."""
    if not compresses(answer, request):
        return answer
    # Level 1: 3.7x smaller for 16 ms per MB; level 6 gains a fifth for three times the work. wbits 31 is gzip, time 0.
    packer = zlib.compressobj(1, zlib.DEFLATED, 31)
    parts = (answer.around[0], answer.body, answer.around[1])
    body = b"".join([*map(packer.compress, parts), packer.flush()])
    return Answer(answer.status, body, answer.content_type, (*answer.headers, (b"content-encoding", b"gzip")))


def _wants_gzip(header: str | None) -> bool:
    for item in (header or "").lower().split(","):
        coding, _, weight = item.partition(";")
        if coding.strip() in ("gzip", "*"):
            return weight.replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000")
    return False


async def send_answer(send: Send, answer: Answer) -> None:
    """Send an answer."""
    headers = [
        (b"content-type", answer.content_type),
        (b"content-length", str(answer.size()).encode()),
        *_PRIVATE,
        *answer.headers,
    ]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    before, after = answer.around
    if before:
        await send({"type": "http.response.body", "body": before, "more_body": True})
        await send({"type": "http.response.body", "body": answer.body, "more_body": True})
    await send({"type": "http.response.body", "body": after if before else answer.body})


async def read_body(receive: Receive, limit: int) -> bytes | None:
    """Return a request's body, or None when the client went away.

    Raises:
        Refusal: 413, as soon as more than ``limit`` bytes came; the connection is closed, for there may be no end to it.
    """
    chunks: list[bytes] = []
    total = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        chunk = message.get("body", b"")
        total += len(chunk)
        if total > limit:
            raise Refusal(413, "body-too-large", f"send at most {limit} bytes", ((b"connection", b"close"),))
        chunks.append(chunk)
        if not message.get("more_body", False):
            return b"".join(chunks)


def check_length(request: Request, limit: int) -> None:
    """Refuse a declared length beyond the limit before anything is read.

    Raises:
        Refusal: 413, or 400 for a length that is no number.
    """
    declared = request.header(b"content-length")
    if declared is None:
        return
    if not (declared.isascii() and declared.isdigit()):
        raise Refusal(400, "length-malformed", "Content-Length must be a number")
    # 20 digits are beyond any limit; int() refuses thousands of them with an error of its own.
    if len(declared) > 20 or int(declared) > limit:
        raise Refusal(413, "body-too-large", f"send at most {limit} bytes")
