"""Ask: 10,000 values against 10,000, as pure functions and between two served nodes, each a process of its own."""

from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path

from tests.bench.measure import head, row
from tests.node_pair import OPEN, bundle, indicator, make_nodes

from foedus.exchange.intersect import Context, Side, packed, unpacked
from foedus.node.ask import ask

COUNT = 10_000
SHARED = 1_000
BAR_S = 6.0


def host(number: int) -> tuple[str, str]:
    return ("domain-name", f"host{number}.example")


def functions() -> None:
    context = Context(os.urandom(16), "urn:foedus:programme:bench", "cyber")
    start, cpu = time.perf_counter(), time.process_time()
    mine = Side(context, map(host, range(COUNT)), os.urandom(32), os.urandom)
    theirs = Side(context, map(host, range(COUNT - SHARED, 2 * COUNT - SHARED)), os.urandom(32), os.urandom)
    sent = packed(mine.points)
    twice = theirs.again(unpacked(sent, ascending=True))
    answer = packed(theirs.points), packed(twice)
    back = mine.again(unpacked(answer[0], ascending=True))
    learnt = mine.matched(unpacked(answer[1], ascending=False), back)
    assert learnt == theirs.matched(back, twice)
    assert len(learnt) == SHARED
    taken, cpu = time.perf_counter() - start, time.process_time() - cpu
    name = f"both sides of {COUNT:,} x {COUNT:,}, in one thread"
    row(name, f"{taken:.2f} s, {cpu:.2f} CPU-s", bar=f"<= {BAR_S:.0f} s", met=taken <= BAR_S)
    row("bytes over the wire, before base64", f"{len(sent) + sum(map(len, answer)) + len(packed(back)):,}")


def nodes() -> None:
    with tempfile.TemporaryDirectory() as directory:
        made = make_nodes(Path(directory) / "nodes")
        made.put("nato", bundle(*map(indicator, range(COUNT))), OPEN)
        others = range(COUNT - SHARED, 2 * COUNT - SHARED)
        made.put(
            "jpn", bundle(*(indicator(n + 2**20, pattern=f"[domain-name:value = '{host(n)[1]}']") for n in others))
        )
        with made.serving("nato"), made.open("jpn") as node:
            start, cpu = time.perf_counter(), time.process_time()
            found = ask(node, "nato", "cyber")
            taken, cpu = time.perf_counter() - start, time.process_time() - cpu
        assert (found.values, len(found.shared), found.told) == (COUNT, SHARED, True)
    name = f"foedus ask between two nodes, {COUNT:,} x {COUNT:,}: values decided on, compared, entered"
    row(name, f"{taken:.2f} s, {cpu:.2f} CPU-s of the asking side", bar=f"<= {BAR_S:.0f} s", met=taken <= BAR_S)


if __name__ == "__main__":
    head("Ask: which values both hold")
    functions()
    nodes()
