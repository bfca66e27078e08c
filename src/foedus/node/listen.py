"""Listening: one thread a live source reads what comes and keeps it, line by line; it connects again when it is cut off.

Nothing is understood here. What is longer than a line may be is cut, so that a source without line ends fills no disk.
"""

from __future__ import annotations

import socket
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Literal

import msgspec

from foedus.errors import StoreError
from foedus.node.kept_stream import KeptStream
from foedus.node.sources import Address, LiveSource
from foedus.store.live import Outage

READ_BYTES = 256 * 1024
MAX_LINE_BYTES = 64 * 1024
MAX_DATAGRAM_BYTES = 64 * 1024
RECEIVE_BUFFER_BYTES = 4 * 2**20
CONNECT_S, WAIT_S = 10.0, 0.25
FIRST_BACK_OFF_S, MAX_BACK_OFF_S, GOOD_S = 0.5, 60.0, 60.0
QUIET_US = 300 * 1_000_000
"""A source from which nothing comes for so long is not there, whatever its connection says."""
RATE_S = 60

State = Literal["connecting", "up", "quiet", "lost", "full", "stopped"]
Cause = Literal["lost", "quiet", "stopped"]


class Health(msgspec.Struct):
    """How a source stands: since when it is away (0: it is there), when something last came, how much came and was dropped.

    ``rate`` is lines a second over the last minute, ``behind_bytes`` what came and was not concluded yet. Instants are
    microseconds of the node's clock.
    """

    state: State = "connecting"
    away_us: int = 0
    heard_us: int = 0
    lines: int = 0
    bytes: int = 0
    dropped_bytes: int = 0
    behind_bytes: int = 0
    refused: int = 0
    rate: float = 0.0
    connections: int = 0
    error: str = ""
    written_us: int = 0


class Listener(threading.Thread):
    """Reads one source until it is told to stop.

    Args:
        source: the source.
        stream: where its lines are kept.
        stamped: puts the instant of receipt to whole lines.
        now_us: the node's clock.
        heard_us: when something last came, before this listener was made; 0 for never.
    """

    def __init__(
        self,
        source: LiveSource,
        stream: KeptStream,
        stamped: Callable[[bytes, int], bytes],
        now_us: Callable[[], int],
        heard_us: int,
    ) -> None:
        super().__init__(daemon=True, name=source.id)
        self.health = Health(away_us=heard_us or now_us(), heard_us=heard_us)
        self._address = source.address
        self._stream = stream
        self._stamped = stamped
        self._now_us = now_us
        self._cause: Cause = "stopped" if heard_us else "lost"
        self._ended: deque[Outage] = deque(maxlen=1_000)
        self._stopping = threading.Event()
        self._rest = b""
        self._skipping = False
        self._seconds: deque[tuple[int, int]] = deque(maxlen=RATE_S + 1)

    def stop(self) -> None:
        """Stop reading; what came is kept."""
        self._stopping.set()
        self.join(CONNECT_S + WAIT_S)
        self.health.state = "stopped"

    def ended(self) -> list[Outage]:
        """Return the outages that ended since this was last asked."""
        return [self._ended.popleft() for _ in range(len(self._ended))]

    def going_on(self) -> Outage | None:
        """Return the outage that has not ended."""
        now_us = self._now_us()
        self.health.rate = self._rate(now_us)
        if not self.health.away_us and now_us - self.health.heard_us > QUIET_US:
            self._away("quiet")
        away_us = self.health.away_us
        return Outage(away_us, max(away_us, now_us), self._cause) if away_us else None

    def run(self) -> None:
        """Connect, read, and connect again, later each time it is of no use."""
        back_off_s = FIRST_BACK_OFF_S
        while not self._stopping.is_set():
            begun_us = self._now_us()
            try:
                with _opened(self._address) as line:
                    self.health.connections += 1
                    self.health.error = ""
                    self._read(line)
            except OSError as error:
                self.health.error = error.strerror or type(error).__name__
            except StoreError as error:
                self.health.error = error.code
            self._cut()
            good = self.health.heard_us - begun_us > GOOD_S * 1_000_000
            back_off_s = FIRST_BACK_OFF_S if good else min(2 * back_off_s, MAX_BACK_OFF_S)
            self._stopping.wait(back_off_s)

    def _read(self, line: socket.socket) -> None:
        line.settimeout(WAIT_S)
        while not self._stopping.is_set():
            if self._stream.is_full:
                self.health.state = "full"
                self._stopping.wait(WAIT_S)
                continue
            try:
                raw = line.recv(READ_BYTES) if self._address.transport == "tcp" else _datagrams(line)
            except TimeoutError:
                continue
            if not raw:
                return
            self._take(raw)

    def _take(self, raw: bytes) -> None:
        now_us = self._now_us()
        if self.health.away_us:
            self._ended.append(Outage(self.health.away_us, max(self.health.away_us, now_us), self._cause))
            self.health.away_us = 0
        self.health.state, self.health.heard_us = "up", now_us
        self.health.bytes += len(raw)
        if whole := self._whole(raw):
            self._keep(whole, now_us)

    def _keep(self, whole: bytes, now_us: int) -> None:
        self._stream.append(self._stamped(whole, now_us // 1_000))
        count = whole.count(b"\n")
        self.health.lines += count
        second = now_us // 1_000_000
        if self._seconds and self._seconds[-1][0] == second:
            count += self._seconds.pop()[1]
        self._seconds.append((second, count))

    def _whole(self, raw: bytes) -> bytes:
        """Return the whole lines there are by now; of a line that is too long its beginning."""
        if self._skipping:
            end = raw.find(b"\n") + 1
            self.health.dropped_bytes += end or len(raw)
            self._skipping = not end
            raw = raw[end:] if end else b""
        held = self._rest + raw
        end = held.rfind(b"\n") + 1
        whole, self._rest = held[:end], held[end:]
        if len(self._rest) > MAX_LINE_BYTES:
            self.health.dropped_bytes += len(self._rest) - MAX_LINE_BYTES
            whole += self._rest[:MAX_LINE_BYTES] + b"\n"
            self._rest, self._skipping = b"", True
        return whole

    def _cut(self) -> None:
        """Take note that the source was cut off: the line it was in is kept as it is."""
        now_us = self._now_us()
        if self._rest and not self._stream.is_full:
            self._keep(self._rest + b"\n", now_us)
        self._rest, self._skipping = b"", False
        if not self.health.away_us:
            self._away("lost")
        self.health.state = "lost"

    def _away(self, cause: Cause) -> None:
        self._cause, self.health.away_us = cause, self.health.heard_us
        self.health.state = "quiet" if cause == "quiet" else "lost"

    def _rate(self, now_us: int) -> float:
        oldest = now_us // 1_000_000 - RATE_S
        return round(sum(count for second, count in list(self._seconds) if second >= oldest) / RATE_S, 1)


@contextmanager
def _opened(address: Address) -> Iterator[socket.socket]:
    if address.transport == "tcp":
        with socket.create_connection((address.host, address.port), CONNECT_S) as line:
            # A host that went away without a word is noticed in a minute.
            line.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            for option, value in (("TCP_KEEPIDLE", 30), ("TCP_KEEPINTVL", 10), ("TCP_KEEPCNT", 3)):
                line.setsockopt(socket.IPPROTO_TCP, getattr(socket, option), value)
            yield line
        return
    [(family, *_, place), *_] = socket.getaddrinfo(address.host, address.port, type=socket.SOCK_DGRAM)
    with socket.socket(family, socket.SOCK_DGRAM) as line:
        line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER_BYTES)
        line.bind(place)
        yield line


def _datagrams(line: socket.socket) -> bytes:
    """Return what came in datagrams, as lines; wait for the first only."""
    parts, size = [line.recv(MAX_DATAGRAM_BYTES)], 0
    line.setblocking(False)
    try:
        while size < READ_BYTES:
            parts.append(line.recv(MAX_DATAGRAM_BYTES))
            size += len(parts[-1])
    except BlockingIOError:
        pass
    finally:
        line.settimeout(WAIT_S)
    return b"".join(part if part.endswith(b"\n") else part + b"\n" for part in parts)
