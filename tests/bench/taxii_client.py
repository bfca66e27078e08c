"""A client for benches: as little of its own as there can be, so that what is measured is the server."""

from __future__ import annotations

import http.client
import os
import re
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from urllib.parse import quote, urlencode, urlsplit

import msgspec

TAXII = "application/taxii+json;version=2.1"
_VM_RSS = re.compile(r"VmRSS:\s+(\d+) kB")


class Envelope(msgspec.Struct):
    """What a page holds, objects counted but not read."""

    more: bool = False
    next: str = ""
    objects: list[msgspec.Raw] = []


class Client:
    """One connection to one server, kept open."""

    def __init__(self, url: str, authorization: str = "") -> None:
        self.url = url
        self._url = urlsplit(url)
        self._headers = {"Accept": TAXII} | ({"Authorization": authorization} if authorization else {})
        self._connection = http.client.HTTPConnection(self._url.netloc, timeout=120)
        self.last = ""

    def get(self, path: str, expect: int = 200, **params: str | int) -> bytes:
        """Return the body of an answer."""
        query = urlencode({name: str(value) for name, value in params.items()}, quote_via=quote)
        return self._ask("GET", path + (f"?{query}" if query else ""), expect)

    def post(self, path: str, body: bytes, expect: Sequence[int] = (202,)) -> bytes:
        """Send a body."""
        return self._ask("POST", path, *expect, body=body)

    def _ask(self, method: str, path: str, *expect: int, body: bytes | None = None) -> bytes:
        headers = self._headers | ({"Content-Type": TAXII} if body is not None else {})
        self._connection.request(method, self._url.path + path, body, headers)
        answer = self._connection.getresponse()
        content = answer.read()
        self.last = answer.headers.get("X-TAXII-Date-Added-Last", "")
        if answer.status not in expect:
            raise SystemExit(f"{method} {path}: {answer.status} {content[:300]!r}")
        return content

    def walk(self, path: str, limit: int) -> int:
        """Page through a collection; return how many objects came."""
        found, params = 0, {"limit": limit}
        while True:
            page = msgspec.json.decode(self.get(path, **params), type=Envelope)
            found += len(page.objects)
            if not page.more:
                return found
            params = {"limit": limit, "next": page.next}


def tree(pid: int) -> list[int]:
    """Return a process and all below it."""
    found = [pid]
    for one in found:
        for file in Path(f"/proc/{one}/task").glob("*/children"):
            found += map(int, file.read_text().split())
    return found


def cpu_of(pid: int) -> float:
    """CPU seconds of a process tree so far: each process has a clock (Linux: its number, inverted, and three bits)."""
    return sum(time.clock_gettime(~one << 3 | 2) for one in tree(pid))


def rss_mb(pid: int) -> float:
    """Resident memory of the largest process of a tree."""
    sizes = (_VM_RSS.search(Path(f"/proc/{one}/status").read_text()) for one in tree(pid))
    return max(int(size.group(1)) for size in sizes if size) / 1024


class Cost:
    """What something took: wall seconds, and CPU seconds of a server."""

    def __init__(self, pid: int, run: Callable[[], object]) -> None:
        cpu, wall = cpu_of(pid), time.perf_counter()
        self.result = run()
        self.wall = time.perf_counter() - wall
        self.cpu = cpu_of(pid) - cpu


def await_port(url: str, process: subprocess.Popen[bytes]) -> None:
    """Wait until a server takes connections."""
    where = urlsplit(url)
    for _ in range(600):
        if process.poll() is not None:
            raise SystemExit("a server of the bench ended at once")
        probe = http.client.HTTPConnection(where.netloc, timeout=5)
        try:
            probe.connect()
        except OSError:
            time.sleep(0.05)
        else:
            probe.close()
            return
    raise SystemExit("a server of the bench did not start")


def start(*arguments: str) -> subprocess.Popen[bytes]:
    """Start a Python module of the bench."""
    import sys

    return subprocess.Popen(
        [sys.executable, "-m", *arguments], stdout=subprocess.DEVNULL, env=os.environ | {"PYTHONPATH": "src"}
    )
