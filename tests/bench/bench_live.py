"""Speed of the live path over a real TCP socket: sentences in, concluded and stored, inside one node.

    python -m tests.bench.bench_live

First as fast as they are taken; then at 20,000 sentences a second, while ships that were silent report again: how long until
the store says so. Wall time, all of it in one process: listener, reader, methods, store.
"""

from __future__ import annotations

import resource
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from tests import live_sea
from tests.bench.measure import head, row
from tests.live_sea import HOUR, NOW_S, Receiver, receiver, report

from foedus.node import init
from foedus.node.home import Node
from foedus.store import lookups

SHIPS, SPAN_S, RATE, SECONDS = 2_000, 6 * HOUR, 20_000, 20
REMEMBERED, COAST = 1_000_000, 200


def day(per_ship: int, begin_s: int, span_s: int = SPAN_S) -> list[bytes]:
    """Reports of many ships in the order of time; they lie at anchor, for ships that loiter are a finding each."""
    texts = [
        live_sea.sentence(201_000_000 + n, 20 + n % 50, float(n % 97), status=1, speed=0.0).partition(b"!")[2]
        for n in range(SHIPS)
    ]
    instants = np.linspace(begin_s, begin_s + span_s, per_ship * SHIPS).astype(int).tolist()
    return [live_sea.tagged(at_s, b"!" + texts[n % SHIPS]) for n, at_s in enumerate(instants)]


@contextmanager
def kept() -> Iterator[tuple[Node, Receiver]]:
    """A node that keeps one source."""
    with tempfile.TemporaryDirectory() as folder, receiver() as sea:
        directory = Path(folder) / "nato"
        init.init(directory, "nato", ["nato-japan-2023"], clock_start_at=live_sea.START)
        live_sea.listed(directory, sea.uri)
        with live_sea.serving(directory) as node:
            yield node, sea


def in_flood() -> None:
    """As fast as it is taken."""
    lines = day(200, NOW_S - 10 * HOUR)
    with kept() as (node, sea):
        sea.send(lines[0])
        live_sea.until(lambda: live_sea.state(node).state == "up")
        start = time.perf_counter()
        sending = threading.Thread(target=sea.send, args=(b"".join(lines[1:]),))
        sending.start()
        live_sea.until(lambda: caught_up(node, len(lines)), 600)
        rate = len(lines) / (time.perf_counter() - start)
        sending.join()
    head(f"Live: {len(lines):,} sentences of {SHIPS:,} ships over TCP, read, concluded and kept")
    row("as fast as they are taken", f"{rate:,.0f} sentences/s", bar=">= 20,000 /s", met=rate >= 20_000)


def caught_up(node: Node, lines: int) -> bool:
    """Whether so many lines came and all was concluded."""
    now = live_sea.state(node)
    return now.lines >= lines and now.behind_bytes == 0


def under_way() -> None:
    """At a steady rate; then beside a million fixes that are remembered, at the rate of a coast."""
    worst, most_mb = waited([], day(RATE * SECONDS // SHIPS, NOW_S - 300, 300))
    row(
        f"until a gap that ends is stored, at {RATE:,} sentences/s ({SECONDS} of them): longest",
        f"{worst:.1f} s",
        bar="<= 5 s",
        met=worst <= 5,
    )
    row("largest resident memory of all that", f"{most_mb:,.0f} MB")
    remembered = day(REMEMBERED // SHIPS, NOW_S - 30 * HOUR, 29 * HOUR)
    worst, most_mb = waited(remembered, day(COAST * SECONDS // SHIPS, NOW_S - 300, 300))
    row(
        f"the same beside {REMEMBERED:,} fixes that are remembered, at {COAST:,} sentences/s: longest",
        f"{worst:.1f} s",
        bar="<= 5 s",
        met=worst <= 5,
    )
    row("largest resident memory of all that", f"{most_mb:,.0f} MB")


def waited(remembered: list[bytes], lines: list[bytes]) -> tuple[float, float]:
    """The longest wait until a ship that comes back after thirteen hours of silence is a finding, and the memory, MB."""
    rate = len(lines) // SECONDS
    silent = [report(431_000_000 + n, NOW_S - 13 * HOUR - 60, 30.0, float(n)) for n in range(SECONDS)]
    around = [
        report(477_000_000 + n, NOW_S - 13 * HOUR + m * 1_200, 30.0, float(n) + 0.1)
        for m in range(39)
        for n in range(SECONDS)
    ]
    before = [*remembered, *silent, *around]
    waits: list[float] = []
    with kept() as (node, sea):
        sea.send(b"".join(before))
        live_sea.until(lambda: caught_up(node, len(before)), 600)
        for second in range(SECONDS):
            begun = time.perf_counter()
            sea.send(report(431_000_000 + second, NOW_S - 60 + second, 30.5, float(second)))
            sea.send(b"".join(lines[second * rate : (second + 1) * rate]))
            sent = time.perf_counter()
            live_sea.until(lambda: closed(node) > second, 60)
            waits.append(time.perf_counter() - sent)
            time.sleep(max(0.0, 1 - (time.perf_counter() - begun)))
    return max(waits), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def closed(node: Node) -> int:
    """How many gaps ended, by the store."""
    with node.store.read() as read:
        return sum(b'"state":"closed"' in one.raw for one in lookups.heads_after(read, "maritime", 0, 10_000))


if __name__ == "__main__":
    in_flood()
    under_way()
