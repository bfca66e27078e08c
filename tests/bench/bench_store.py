"""Store: bulk insert against raw sqlite3 of the same rows, pages against raw reads of the same bytes, a flood value."""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from tests.bench.measure import attack_bytes, cpu_s, head, row, wall_s

from foedus.model import ijson, stix
from foedus.model.finding import About, Finding, Key
from foedus.model.label import Label
from foedus.model.ports import ViewQuery
from foedus.store import values
from foedus.store.engine import FILE, Store
from foedus.store.objects import Arrival, put_findings
from foedus.store.pages import Views
from foedus.store.views import Showing, add_view_rows, open_view

VIEW, BATCH, FLOOD = "desk|cyber", 5_000, 100_000
TABLES = ("blob", "label", "finding_class", "finding_tally", "finding", "value", "occurrence", "view_row")
LABEL = Label("PUBLIC", "UNCLASSIFIED", tlp="clear")


def batched(items: Sequence[Arrival], size: int) -> Iterator[Sequence[Arrival]]:
    """Slices of a size."""
    return (items[start : start + size] for start in range(0, len(items), size))


def arrivals() -> list[Arrival]:
    """ATT&CK, each object a finding with one value, as the node hands it over."""
    pieces = (piece for piece in ijson.split([attack_bytes()]) if isinstance(piece, ijson.Piece))
    found = []
    for number, piece in enumerate(pieces):
        item = stix.read(piece.raw)
        finding = Finding("cyber", item.type, item, ("source:a",), document=True, owner="jpn", label=LABEL)
        about = About(item.type, item.name, keys=(Key("name", f"{number % 20_000}"),))
        found.append(Arrival(finding, about, "a", 1, 1))
    return found


def fill(store: Store, items: list[Arrival]) -> None:
    """Store findings and show them, in transactions of ``BATCH``."""
    for at, batch in enumerate(batched(items, BATCH)):
        with store.write() as tx:
            open_view(tx, VIEW, "own")
            placed = put_findings(tx, batch, 1)
            add_view_rows(tx, VIEW, [Showing(one.seq) for one in placed], at)


def raw_fill(directory: Path, full: Path) -> float:
    """CPU seconds of raw sqlite3 for the rows of a filled store: same tables, indexes, settings and transactions."""
    Store.open(directory).close()
    rows = {}
    with sqlite3.connect(full) as source:
        for table in TABLES:
            rows[table] = source.execute(f"SELECT * FROM {table}").fetchall()
    peer = sqlite3.connect(directory / FILE, isolation_level=None)
    peer.execute("PRAGMA synchronous = FULL")
    peer.execute("PRAGMA cache_size = -16384")

    def insert() -> None:
        for start in range(0, max(map(len, rows.values())), BATCH):
            peer.execute("BEGIN IMMEDIATE")
            for table, all_rows in rows.items():
                if some := all_rows[start : start + BATCH]:
                    peer.executemany(f"INSERT INTO {table} VALUES ({', '.join('?' * len(some[0]))})", some)
            peer.execute("COMMIT")

    taken = cpu_s(insert, 1)
    peer.close()
    return taken


def inserts(directory: Path, items: list[Arrival]) -> None:
    """Findings in, with bytes, values and desk rows."""
    head(f"Insert of ATT&CK, {len(items):,} objects, with a value and a desk row each, transactions of {BATCH:,}")
    ours, raws, walls = [], [], []
    for times in range(3):
        here, there = directory / f"ours{times}", directory / f"raw{times}"
        here.mkdir()
        there.mkdir()
        with Store.open(here) as store:
            walls.append(wall_s(lambda store=store: ours.append(cpu_s(lambda: fill(store, items), 1)), 1))
        raws.append(raw_fill(there, here / FILE))
    cpu, raw, wall = sorted(ours)[1], sorted(raws)[1], sorted(walls)[1]
    peer = f"raw sqlite3, rows ready: {len(items) / raw:,.0f}/CPU-s: {raw / cpu:.2f}x"
    row(
        "put_findings + add_view_rows",
        f"{len(items) / cpu:,.0f} objects/CPU-s",
        peer=peer,
        bar="5,000",
        met=len(items) / cpu > 5_000,
    )
    row("the same, wall", f"{wall:.1f} s", bar="4 s", met=wall <= 4)
    with Store.open(directory / "ours0") as store:
        row(
            "the same import again",
            f"{len(items) / cpu_s(lambda: [again(store, b) for b in batched(items, BATCH)], 1):,.0f} objects/CPU-s",
        )


def again(store: Store, batch: Sequence[Arrival]) -> None:
    """Import what is there."""
    with store.write() as tx:
        assert {one.outcome for one in put_findings(tx, batch, 1)} == {"same"}


def pages(directory: Path) -> None:
    """Pages out."""
    head("Pages of the desk view, no page kept")
    raw = sqlite3.connect(directory / "ours0" / FILE, isolation_level=None)
    raw.execute("PRAGMA cache_size = -2048")
    blobs = "SELECT v.added_us, b.raw FROM view_row v JOIN blob b ON b.id = v.blob_id WHERE v.view_id = 1 AND v.added_us > ? ORDER BY v.added_us LIMIT ?"
    with Store.open(directory / "ours0") as store:
        reader = Views(store, kept_bytes=0)
        size = 24_000
        deep = reader.rows(VIEW, ViewQuery(limit=size, versions=("all",)), 1).rows[-2_000].added_us
        first = best(lambda: reader.page(VIEW, ViewQuery(limit=1_000), 1))
        peer = best(lambda: b",".join([body for _, body in raw.execute(blobs, (-1, 1_001))]))
        row(
            "page of 1,000",
            f"{first * 1e3:.2f} ms",
            peer=f"raw sqlite3 join {peer * 1e3:.2f} ms: {first / peer:.2f}x",
            bar="1.5x",
            met=first <= 1.5 * peer,
        )
        last = best(lambda: reader.page(VIEW, ViewQuery(limit=1_000, position_us=deep), 1))
        peer = best(lambda: b",".join([body for _, body in raw.execute(blobs, (deep, 1_001))]))
        row(
            "page of 1,000 near the end",
            f"{last * 1e3:.2f} ms",
            peer=f"raw sqlite3 join {peer * 1e3:.2f} ms",
            bar="2x the first",
            met=last <= 2 * first,
        )
        small = best(lambda: reader.page(VIEW, ViewQuery(limit=100), 1))
        row("page of 100", f"{small * 1e3:.2f} ms", peer=f"{100 / small:,.0f} objects/CPU-s")
        kept = Views(store)
        row("page of 1,000, kept", f"{best(lambda: kept.page(VIEW, ViewQuery(limit=1_000), 1)) * 1e3:.3f} ms")
        row("manifest of 100", f"{best(lambda: reader.rows(VIEW, ViewQuery(limit=100), 1)) * 1e3:.2f} ms", bar="10 ms")
        one = reader.rows(VIEW, ViewQuery(limit=1), 1).rows[0].object_id
        row("one id", f"{best(lambda: reader.page(VIEW, ViewQuery(limit=10, ids=(one,)), 1)) * 1e3:.2f} ms", bar="5 ms")
    raw.close()


def flood(directory: Path, items: list[Arrival]) -> None:
    """One value in very many findings."""
    head(f"One value in {FLOOD:,} findings")
    key = Key("ipv4", "198.51.100.1")
    here = directory / "flood"
    here.mkdir()
    with Store.open(here) as store:
        for round_ in range(FLOOD // 20_000):
            some = [held(item, key, f"owner {round_}") for item in items[:20_000]]
            for batch in batched(some, BATCH):
                with store.write() as tx:
                    put_findings(tx, batch, 1)
        with store.read() as read:
            taken = best(lambda: values.holders(read, "ipv4", "198.51.100.1"))
            seen = best(lambda: values.seen(read, [key]))
    row("newest 20 and a count that stops at 101", f"{taken * 1e3:.2f} ms", bar="50 ms", met=taken < 0.05)
    row("seen: newest 20 with owner and hash", f"{seen * 1e3:.2f} ms", bar="50 ms", met=seen < 0.05)


def held(item: Arrival, key: Key, owner: str) -> Arrival:
    """The finding as another owner's, holding the value."""
    old = item.finding
    finding = Finding("cyber", old.kind, old.head, old.because, document=True, owner=owner, label=LABEL)
    return Arrival(finding, About(old.kind, "", keys=(key,)), "a", 1, 1)


def best(run: Callable[[], object]) -> float:
    """CPU seconds of a call, the best of many: it is far below the clock's jitter."""
    return min(cpu_s(run, 1) for _ in range(30))


def main() -> None:
    """Print the tables."""
    items = arrivals()
    with tempfile.TemporaryDirectory() as name:
        inserts(Path(name), items)
        pages(Path(name))
        flood(Path(name), items)


if __name__ == "__main__":
    main()
