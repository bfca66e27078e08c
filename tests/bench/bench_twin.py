"""Twin: how long a node takes for what is hidden from a partner and for what it does not have, in turn, and whether they differ.

Nothing is asserted: wall time on a shared machine is no test. That the work is the same is tested by counting it
(``tests/e2e/test_twin_worlds.py``).
"""

from __future__ import annotations

import math
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.bench.measure import head, row
from tests.node_pair import JAPAN_AND_KOREA, bundle, indicator, make_nodes
from tests.twin import JSON, RED, WORD, World, one

COUNT = 400
SHELF = f"/{WORD}/collections/released-cyber/"
POSTED = f"/{WORD}/collections/submit-cyber/objects/"


def rank_sum(first: Sequence[float], second: Sequence[float]) -> float:
    """Return z of the Mann-Whitney test by its normal form: beyond 1.96 the two differ, at one chance in twenty."""
    ranks = {value: rank for rank, value in enumerate(sorted((*first, *second)), 1)}
    u = sum(ranks[value] for value in first) - len(first) * (len(first) + 1) / 2
    n, m = len(first), len(second)
    return (u - n * m / 2) / math.sqrt(n * m * (n + m + 1) / 12)


def welch_t(first: Sequence[float], second: Sequence[float]) -> float:
    """Return Welch's t."""
    spread = statistics.variance(first) / len(first) + statistics.variance(second) / len(second)
    return (statistics.mean(first) - statistics.mean(second)) / math.sqrt(spread)


def compare(name: str, hidden: Callable[[int], object], missing: Callable[[int], object]) -> None:
    """Ask in turn, each time for another; print the medians and both statistics."""
    taken: tuple[list[float], list[float]] = ([], [])
    for number in range(COUNT):
        pair = ((hidden, taken[0]), (missing, taken[1]))
        for act, into in pair if number % 2 else reversed(pair):
            start = time.perf_counter()
            act(number)
            into.append(time.perf_counter() - start)
    mine, theirs = (statistics.median(one) * 1e6 for one in taken)
    figure = f"{mine:.0f} us hidden, {theirs:.0f} us missing ({mine - theirs:+.1f} us)"
    row(name, figure, peer=f"t {welch_t(*taken):+.2f}, Mann-Whitney z {rank_sum(*taken):+.2f}")


def main() -> None:
    with tempfile.TemporaryDirectory() as directory:
        world = World(make_nodes(Path(directory) / "nodes", JAPAN_AND_KOREA).directory)
        world.put(bundle(*map(indicator, range(1_000))))
        world.put(bundle(*map(indicator, range(10_000, 10_000 + 2 * COUNT))), RED)
        world.release()
        door = world.door()
        for rest in ("", "versions/"):
            ask = [
                lambda n, first=first, rest=rest: door("GET", f"{SHELF}objects/{one(first + n)}/{rest}")
                for first in (10_000, 20_000)
            ]
            compare(f"GET objects/(id)/{rest}", *ask)
        ask = [
            lambda n, first=first: door("GET", f"{SHELF}manifest/?match[id]={one(first + n)}")
            for first in (10_000, 20_000)
        ]
        compare("GET manifest/?match[id]", *ask)
        send = [
            lambda n, first=first: door("POST", POSTED, bundle(indicator(first + n, pattern=unknown(first + n))), JSON)
            for first in (10_000, 20_000)
        ]
        compare("POST under an id", *send)
        ids = 30_000
        send = [
            lambda n, first=first: door(
                "POST", POSTED, bundle(indicator(ids + first + n, pattern=host(first + n))), JSON
            )
            for first in (10_000 + COUNT, 20_000 + COUNT)
        ]
        compare("POST of a value", *send)
        world.close()


def unknown(number: int) -> str:
    return f"[domain-name:value = 'unknown{number}.example']"


def host(number: int) -> str:
    return f"[domain-name:value = 'host{number}.example']"


if __name__ == "__main__":
    head("Twin: what is hidden and what is missing, in turn")
    main()
