"""Live sources for tests: a receiver that sends over real sockets, the serving side of a node, what it says in the end."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pyais.encode import encode_dict
from tests.node_pair import OPEN, START
from tests.unit.node.persons import PASSWORDS, ROLES

from foedus.areas.maritime.extensions import EVENT
from foedus.model import ijson
from foedus.model.canonical import canonical
from foedus.node import administer, live, sources
from foedus.node.home import Node
from foedus.node.people import signed_in
from foedus.node.source_state import SourceState, source_states
from foedus.node.sources import LiveSource
from foedus.store import findings, lookups

NOW_S = int(START.timestamp())
HOUR = 3_600
SILENT, GONE, OTHER = 431000111, 431000222, 477000333


def sentence(mmsi: int, lat: float, lon: float, second: int = 60, **more: float) -> bytes:
    """A bare position report."""
    told = {"type": 1, "mmsi": mmsi, "lat": lat, "lon": lon, "speed": 9.0, "second": second, **more}
    [line] = encode_dict(told, talker_id="AI", sentence_type="VDM")
    return line.encode() + b"\n"


def tagged(at_s: float, line: bytes) -> bytes:
    """A sentence as a station sends it, with its time."""
    inside = b"c:%d" % at_s
    value = 0
    for byte in inside:
        value ^= byte
    return b"\\%s*%02X\\%s" % (inside, value, line)


def report(mmsi: int, at_s: float, lat: float, lon: float = 139.0) -> bytes:
    """A position report with its time."""
    return tagged(at_s, sentence(mmsi, lat, lon, int(at_s) % 60))


def scene() -> list[bytes]:
    """A day: one ship is silent for thirteen hours, one stays silent, one is heard all the while."""
    when: list[tuple[float, bytes]] = []
    for minutes in range(0, 24 * 60, 10):
        at_s = NOW_S - 24 * HOUR - 600 + minutes * 60
        hour = minutes / 60
        when.append((at_s, report(OTHER, at_s, 35.0 + minutes / 400, 139.5)))
        if hour < 5 or hour > 18:
            when.append((at_s + 1, report(SILENT, at_s + 1, 35.0 + minutes / 400)))
        if hour < 10:
            when.append((at_s + 2, report(GONE, at_s + 2, 34.0 + minutes / 400)))
    return [line for _, line in sorted(when)]


class Receiver:
    """A TCP server that sends what it is told to whoever is connected."""

    def __init__(self) -> None:
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._server.getsockname()[1])
        self._line: socket.socket | None = None

    @property
    def uri(self) -> str:
        return f"tcp://127.0.0.1:{self.port}"

    def send(self, raw: bytes) -> None:
        """Send, to a new connection where there is none."""
        if self._line is None:
            self._server.settimeout(30)
            self._line, _ = self._server.accept()
        self._line.sendall(raw)

    def hang_up(self) -> None:
        """Cut the connection."""
        if self._line is not None:
            self._line.close()
            self._line = None

    def close(self) -> None:
        self.hang_up()
        self._server.close()


@contextmanager
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    try:
        yield made
    finally:
        made.close()


def listed(directory: Path, uri: str, name: str = "bay", label: str = OPEN) -> None:
    """Put a source on the list, by an analyst."""
    with Node.open(directory) as node:
        root = administer.join(node, None, "root", ROLES["root"], PASSWORDS["root"])
        administer.join(node, root, "ann", ROLES["ann"], PASSWORDS["ann"])
        sources.add(node, signed_in(node, "ann", PASSWORDS["ann"]), LiveSource(name, "maritime", uri), label)


@contextmanager
def serving(directory: Path) -> Iterator[Node]:
    """Keep a node's live sources in a thread of this process."""
    stop = threading.Event()
    with Node.open(directory) as node:
        thread = threading.Thread(target=live.run, args=(node, stop))
        thread.start()
        try:
            yield node
        finally:
            stop.set()
            thread.join(30)
            assert not thread.is_alive()


def until(true: Callable[[], Any], seconds: float = 30) -> Any:
    """Wait until something is so; return it."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := true():
            return found
        time.sleep(0.05)
    raise AssertionError("it did not come")


def state(node: Node) -> SourceState:
    """How the one source stands."""
    [one] = source_states(node)
    return one


def desk(node: Node) -> dict[str, list[bytes]]:
    """What stands: each conclusion with its supports, without the instants at which they were said."""
    found: dict[str, list[bytes]] = {}
    with node.store.read() as read:
        for id_ in dict.fromkeys(one.object_id for one in lookups.heads_after(read, "maritime", 0, 10_000)):
            head = findings.versions_of(read, id_)[0]
            if not head.revoked:
                supports = findings.supports_of(read, [head.seq])[head.seq]
                held = [head.raw, *(one.raw for one in findings.findings_of(read, supports))]
                found[id_] = sorted(unstamped(raw) for raw in held)
    return found


def unstamped(raw: bytes) -> bytes:
    held = ijson.decode(raw)
    return canonical({name: value for name, value in held.items() if name not in ("created", "modified")})


def events(node: Node) -> list[str]:
    """The silences that stand: whose they are, and in which state."""
    found = []
    for held in desk(node).values():
        [said] = [one["extensions"][EVENT] for one in map(ijson.decode, held) if one["type"] == "incident"]
        if "state" in said["measures"]:
            found.append(f"{said['mmsis'][0]} {said['measures']['state']}")
    return sorted(found)
