"""One value in very many findings: what a look-up costs and what is stored, beside the rows of a table of pairs.

MISP's correlation writes a row for each pair of attributes that share a value, and gives a value up above a threshold; those
rows are computed here, n(n-1)/2, not written.
"""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from tests.bench.measure import head, row, wall_s

from foedus.model import stix
from foedus.model.finding import About, Finding, Key
from foedus.model.label import Label
from foedus.model.ports import Caller
from foedus.node import init
from foedus.node.backend import Backend
from foedus.node.home import Node
from foedus.store import values
from foedus.store.engine import FILE, Store
from foedus.store.objects import Arrival, put_findings

FLOOD, BATCH, ROUNDS = 100_000, 5_000, 30
VALUE = "198.51.100.1"
KEY = Key("ipv4-addr", VALUE, VALUE, "/pattern")
LABEL = Label("PUBLIC", "UNMARKED", tlp="clear")


def indicator(number: int, value: str = VALUE) -> bytes:
    """Return an indicator of the value."""
    at = "2026-05-03T06:00:00.000Z"
    return (
        f'{{"type":"indicator","spec_version":"2.1","id":"indicator--00000000-0000-4000-8000-{number:012x}",'
        f'"created":"{at}","modified":"{at}","valid_from":"{at}","pattern_type":"stix",'
        f'"pattern":"[ipv4-addr:value = \'{value}\']"}}'
    ).encode()


def arrivals(first: int) -> Iterator[Arrival]:
    """Yield a batch of findings that hold the value."""
    for number in range(first, first + BATCH):
        item = stix.read(indicator(number))
        finding = Finding("cyber", item.type, item, ("source:feed",), document=True, owner="jpn", label=LABEL)
        yield Arrival(finding, About(item.type, "", keys=(KEY,)), "feed", 1, 1)


def fill(store: Store) -> list[float]:
    """Store the flood; return the seconds of each batch."""
    taken = []
    for first in range(0, FLOOD, BATCH):
        held = list(arrivals(first))

        def put(held: list[Arrival] = held) -> None:
            with store.write() as tx:
                put_findings(tx, held, 1)

        taken.append(wall_s(put, 1))
    return taken


def lookups(node: Node) -> None:
    """Look the value up, where the store answers and where the node asks."""
    with node.store.read() as read:
        found = values.holders(read, KEY.kind, KEY.norm)
        assert found is not None
        assert (len(found.newest), found.held) == (values.NEWEST, values.COMMON + 1)
        ms = wall_s(lambda: values.holders(read, KEY.kind, KEY.norm), ROUNDS) * 1e3
        row("values.holders: newest 20, counted to 101", f"{ms:.2f} ms", bar="50 ms", met=ms < 50)
        alone = wall_s(lambda: values.shared(read, [1]), ROUNDS) * 1e3
        row("values.shared: whether anything can be told of it", f"{alone:.2f} ms", bar="50 ms", met=alone < 50)
    assert len(node.layers.seen([KEY])[KEY.kind, KEY.norm]) == values.NEWEST
    ms = wall_s(lambda: node.layers.seen([KEY]), ROUNDS) * 1e3
    row("the node's layers: newest 20 with owner and hash", f"{ms:.2f} ms", bar="50 ms", met=ms < 50)


def arrive(node: Node) -> None:
    """Take one more indicator through the node's own door: of the value, and of one that nobody holds."""
    backend = Backend(node)
    caller = Caller("tool", "nato", "tool")
    [desk] = [one for one in backend.collections(caller, "desk") or () if one.alias == "cyber"]
    numbers = iter(range(FLOOD, FLOOD + 1_000))

    def post(value: str) -> None:
        done = backend.add(caller, "desk", desk, b'{"objects":[' + indicator(next(numbers), value) + b"]}")
        assert len(done.successes) == 1

    post("203.0.113.1")
    fresh = iter(f"203.0.113.{number}" for number in range(2, 250))
    other = wall_s(lambda: post(next(fresh)), ROUNDS) * 1e3
    ms = wall_s(lambda: post(VALUE), ROUNDS) * 1e3
    row(
        "one more indicator of it, posted to the desk",
        f"{ms:.1f} ms",
        peer=f"of a new value: {other:.1f} ms",
        bar="50 ms",
        met=ms < 50,
    )


def storage(path: Path) -> None:
    """Count rows and bytes."""
    with sqlite3.connect(path) as database:
        [rows] = database.execute("SELECT count(*) FROM occurrence").fetchone()
        sizes = dict(database.execute("SELECT name, sum(pgsize) FROM dbstat GROUP BY name"))
    size = sizes["occurrence"] + sizes["occurrence_by_finding"]
    pairs = FLOOD * (FLOOD - 1) // 2
    row("rows", f"{rows:,}", peer=f"pairs: {pairs:,}", bar="one an occurrence", met=rows == FLOOD)
    row("bytes an occurrence, its index with it", f"{size / rows:.0f}", peer=f"{pairs / FLOOD:,.0f} rows an occurrence")


def main() -> None:
    """Print the table."""
    head(f"One value in {FLOOD:,} findings; peer: rows of a table of pairs, computed")
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name) / "nato"
        init.init(directory, "nato", [], clock_start_at=datetime(2026, 6, 1, tzinfo=UTC))
        with Node.open(directory) as node:
            taken = fill(node.store)
            storage(directory / FILE)
            first, last = sum(taken[:3]), sum(taken[-3:])
            row(
                "the last 15,000 findings stored, beside the first",
                f"{last / first:.2f}x",
                bar="1.5x",
                met=last <= 1.5 * first,
            )
            lookups(node)
            arrive(node)


if __name__ == "__main__":
    main()
