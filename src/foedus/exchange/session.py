"""One origin, spoken to with limits: bounded answers, same-origin redirects, and patience that is handed in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import NamedTuple
from urllib.parse import urljoin, urlsplit

import httpx

import foedus
from foedus.errors import ExchangeError

MAX_ANSWER_BYTES = 64 * 2**20
USER_AGENT = f"foedus/{foedus.__version__}"
_MAX_REDIRECTS = 3
_MAX_BACKOFF_S = 300.0
_MAX_RETRY_AFTER_S = 3600.0
_SKEW_S = 60.0
_PORTS = {"http": 80, "https": 443}


class Patience(NamedTuple):
    """How a session waits; time and chance come from outside.

    Args:
        sleep: waits so many seconds.
        now: wall time, for ``Retry-After`` dates and the skew warning only.
        jitter: a number in [0, 1), drawn anew each time.
        tries: how often a request is made at most; None: until it works.
    """

    sleep: Callable[[float], None]
    now: Callable[[], datetime]
    jitter: Callable[[], float]
    tries: int | None = 5


class Reply(NamedTuple):
    """What came back: status, headers (lower-case names), the whole body."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Session:
    """Requests to one origin.

    Args:
        client: carries TLS, credentials and time-outs; it is used for this origin and no other.
        origin: any URL of it.
        patience: how to wait.
        warn: told what a person should know and nothing fails for.
    """

    def __init__(
        self, client: httpx.Client, origin: str, patience: Patience, warn: Callable[[str], None] = lambda _: None
    ) -> None:
        self._client = client
        self._origin = _origin_of(origin)
        self.patience = patience
        self.warn = warn

    def get(self, url: str, params: Mapping[str, str] | None = None, *, accept: str) -> Reply:
        """Return the answer to a GET; retried while the trouble may pass.

        Raises:
            ExchangeError: see :meth:`send`.
        """
        return self.send("GET", url, params=params, headers={"accept": accept})

    def send(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        params: Mapping[str, str] | None = None,
        content: bytes | None = None,
    ) -> Reply:
        """Return the answer to a request that may be repeated.

        429 and 503 honour Retry-After (at most an hour); other 5xx, time-outs and resets back off 1 s, 2 s, 4 s … 300 s with
        full jitter.

        Raises:
            ExchangeError: another origin (never with our credentials), 401, 403, 406, 415, or no more tries.
        """
        target = str(httpx.URL(url, params=params)) if params else url
        tried = 0
        while True:
            reply, trouble = self._once(method, target, headers, content)
            tried += 1
            if reply is not None and not trouble:
                return reply
            if self.patience.tries is not None and tried >= self.patience.tries:
                raise self._given_up(reply, trouble)
            self.patience.sleep(self._wait_s(reply, tried))

    def _given_up(self, reply: Reply | None, trouble: str) -> ExchangeError:
        if reply is not None and reply.status == 429:
            after = reply.headers.get("retry-after", "")
            hint = f"again in {after} s" if after.isdigit() else "try again later"
            said = "the peer has answered often enough"
            return ExchangeError(said, retryable=True, code="exchange-too-often", where=self._origin, hint=hint)
        return ExchangeError(
            trouble, retryable=True, code="exchange-unreachable", where=self._origin, hint="try again later"
        )

    def _once(
        self, method: str, url: str, headers: Mapping[str, str], content: bytes | None
    ) -> tuple[Reply | None, str]:
        try:
            reply = self._follow(method, url, headers, content)
        except httpx.TransportError as error:
            return None, f"no answer ({type(error).__name__})"
        if reply.status in (401, 403):
            raise ExchangeError(
                "the peer does not let us in",
                code="exchange-login",
                where=self._origin,
                hint="check certificate or account",
            )
        if reply.status in (406, 415):
            raise ExchangeError("the peer speaks another version", code="exchange-version", where=self._origin)
        if reply.status == 429 or reply.status >= 500:
            return reply, f"the peer answered {reply.status}"
        self._note_skew(reply)
        return reply, ""

    def _follow(self, method: str, url: str, headers: Mapping[str, str], content: bytes | None) -> Reply:
        for _ in range(_MAX_REDIRECTS + 1):
            if _origin_of(url) != self._origin:
                # An https origin differs from an http one too, so this also keeps credentials off plain HTTP.
                raise ExchangeError(
                    "the peer sends us to another place",
                    code="exchange-redirect",
                    where=self._origin,
                    hint="correct the endpoint",
                )
            reply = self._read(method, url, headers, content)
            if reply.status not in (301, 302, 307, 308) or (method != "GET" and reply.status in (301, 302)):
                return reply
            url = _joined(url, reply.headers.get("location", ""))
        raise ExchangeError("too many redirects", code="exchange-redirect", where=self._origin)

    def _read(self, method: str, url: str, headers: Mapping[str, str], content: bytes | None) -> Reply:
        request = self._client.build_request(
            method, url, headers={"user-agent": USER_AGENT, **headers}, content=content
        )
        response = self._client.send(request, stream=True, follow_redirects=False)
        try:
            body = bytearray()
            # Counted after decompression: a small answer may unpack to a large one.
            for chunk in response.iter_bytes(65_536):
                body += chunk
                if len(body) > MAX_ANSWER_BYTES:
                    raise ExchangeError("the answer is too large", code="exchange-too-large", where=self._origin)
        except httpx.DecodingError as error:
            raise ExchangeError("the answer does not unpack", code="exchange-malformed", where=self._origin) from error
        finally:
            response.close()
        return Reply(
            response.status_code, {name.lower(): value for name, value in response.headers.items()}, bytes(body)
        )

    def _wait_s(self, reply: Reply | None, tried: int) -> float:
        asked = reply.headers.get("retry-after", "") if reply and reply.status in (429, 503) else ""
        if asked.isascii() and asked.isdigit():
            return min(float(asked[:9]), _MAX_RETRY_AFTER_S)
        if asked and (at := _http_date(asked)) is not None:
            return min(max((at - self.patience.now()).total_seconds(), 0.0), _MAX_RETRY_AFTER_S)
        return self.patience.jitter() * min(2.0 ** min(tried - 1, 30), _MAX_BACKOFF_S)

    def _note_skew(self, reply: Reply) -> None:
        at = _http_date(reply.headers.get("date", ""))
        if at is not None and abs((at - self.patience.now()).total_seconds()) > _SKEW_S:
            self.warn("the peer's clock differs from ours by more than a minute")


def _joined(base: str, url: str) -> str:
    try:
        return urljoin(base, url)
    except ValueError:
        return ""


def _origin_of(url: str) -> str:
    try:
        parts = urlsplit(url)
        port = parts.port or _PORTS.get(parts.scheme, 0)
    except ValueError:
        return ""
    return f"{parts.scheme}://{(parts.hostname or '').lower()}:{port}"


def _http_date(text: str) -> datetime | None:
    try:
        at = parsedate_to_datetime(text)
    except ValueError:
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)
