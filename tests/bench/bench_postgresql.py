"""Store on PostgreSQL: bulk insert against raw COPY of the same rows, findings in, pages against raw reads of the same bytes.

A server of its own, that waits for the disk at each commit, is started for it.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import psycopg
from tests import postgres
from tests.bench.bench_store import BATCH, VIEW, again, arrivals, batched, best, fill
from tests.bench.measure import cpu_s, head, row, wall_s

from foedus.model.ports import ViewQuery
from foedus.store.bulk import bulk_insert
from foedus.store.engine import Store
from foedus.store.objects import Arrival
from foedus.store.pages import Views
from foedus.store.tables import finding

ROWS, ROUNDS = 20_000, 5
BLOBS = "SELECT v.added_us, b.raw FROM view_row v JOIN blob b ON b.id = v.blob_id WHERE v.view_id = 1 AND v.added_us > %s ORDER BY v.added_us LIMIT %s"


def both(ours: Callable[[], object], raw: Callable[[], object]) -> tuple[float, float, float, float]:
    """Wall and CPU seconds of both, medians of rounds in which they take turns."""
    taken: list[list[float]] = [[], [], [], []]
    for _ in range(ROUNDS):
        for number, run in enumerate((ours, raw)):
            spent: list[float] = []
            taken[number].append(wall_s(lambda run=run, spent=spent: spent.append(cpu_s(run, 1)), 1))
            taken[number + 2] += spent
    return tuple(statistics.median(one) for one in taken)  # type: ignore[return-value]


def copies(server: postgres.Server, items: Sequence[Arrival]) -> None:
    """The rows of a table with all its indexes, by the store's one function and by COPY as psycopg does it."""
    address = database(server, "rows")
    with Store.open(Path(), database=address) as store, psycopg.connect(address) as peer:
        fill(store, list(items[:ROWS]))
        columns = tuple(column.name for column in finding.c)
        with store.read() as read:
            rows = [tuple(one) for one in read.connection.execute(finding.select().order_by(finding.c.seq))]
        place = columns.index("seq")

        def numbered(start: int) -> list[tuple[Any, ...]]:
            return [(*one[:place], start + number, *one[place + 1 :]) for number, one in enumerate(rows)]

        made = [(numbered(n * 1_000_000), numbered(n * 1_000_000 + 500_000)) for n in range(1, ROUNDS + 1)]
        # The key of an object in the table holds its source: each round's rows are of another.
        source = columns.index("source")
        made = [
            tuple([(*one[:source], f"{n}-{k}", *one[source + 1 :]) for one in some] for k, some in enumerate(pair))
            for n, pair in enumerate(made)
        ]
        ours, theirs = iter([one for one, _ in made]), iter([other for _, other in made])

        def bulk() -> None:
            with store.write() as tx:
                bulk_insert(tx.connection, finding, columns, next(ours))

        types = [{"BIGINT": "int8", "INTEGER": "int4", "BOOLEAN": "bool"}.get(str(c.type), "text") for c in finding.c]

        def raw() -> None:
            named = f"COPY finding ({', '.join(columns)}) FROM STDIN (FORMAT BINARY)"
            with peer.cursor() as cursor, cursor.copy(named) as copy:
                copy.set_types(types)
                for one in next(theirs):
                    copy.write_row(one)
            peer.commit()

        wall, raw_wall, cpu, raw_cpu = both(bulk, raw)
    many = len(rows)
    row(
        f"bulk_insert of {many:,} rows with eleven indexes (wall)",
        f"{many / wall:,.0f} rows/s",
        peer=f"raw COPY {many / raw_wall:,.0f} rows/s: {raw_wall / wall:.2f}x",
        bar="0.7x",
        met=raw_wall / wall >= 0.7,
    )
    row("the same, CPU of the client", f"{cpu / many * 1e6:.1f} us/row", peer=f"{raw_cpu / many * 1e6:.1f} us/row")


def inserts(server: postgres.Server, items: list[Arrival]) -> str:
    """Findings in, with bytes, values and desk rows; return the database."""
    addresses = [database(server, f"ours{number}") for number in range(3)]
    walls, cpus = [], []
    for address in addresses:
        with Store.open(Path(), database=address) as store:
            walls.append(wall_s(lambda store=store: cpus.append(cpu_s(lambda: fill(store, items), 1)), 1))
            repeated = wall_s(lambda store=store: [again(store, some) for some in batched(items, BATCH)], 1)
    wall, cpu = statistics.median(walls), statistics.median(cpus)
    row("put_findings + add_view_rows (wall)", f"{len(items) / wall:,.0f} objects/s, {wall:.1f} s")
    row(
        "the same, CPU of the client",
        f"{len(items) / cpu:,.0f} objects/CPU-s",
        bar="5,000",
        met=len(items) / cpu > 5_000,
    )
    row("the same import again (wall)", f"{len(items) / repeated:,.0f} objects/s")
    return addresses[-1]


def pages(address: str) -> None:
    """Pages out."""
    head("Pages of the desk view, no page kept (wall, best of 30)")
    with Store.open(Path(), database=address) as store, psycopg.connect(address, autocommit=True) as raw:
        raw.execute("ANALYZE")
        reader = Views(store, kept_bytes=0)
        deep = reader.rows(VIEW, ViewQuery(limit=24_000, versions=("all",)), 1).rows[-2_000].added_us

        def peer(after_us: int) -> bytes:
            with raw.cursor(binary=True) as cursor:
                return b",".join([body for _, body in cursor.execute(BLOBS, (after_us, 1_001))])

        first = fastest(lambda: reader.page(VIEW, ViewQuery(limit=1_000), 1))
        bare = fastest(lambda: peer(-1))
        row("page of 1,000", f"{first * 1e3:.2f} ms", peer=f"raw psycopg join {bare * 1e3:.2f} ms: {first / bare:.2f}x")
        last = fastest(lambda: reader.page(VIEW, ViewQuery(limit=1_000, position_us=deep), 1))
        row("page of 1,000 near the end", f"{last * 1e3:.2f} ms", bar="2x the first", met=last <= 2 * first)
        row("page of 100", f"{fastest(lambda: reader.page(VIEW, ViewQuery(limit=100), 1)) * 1e3:.2f} ms")
        kept = Views(store)
        row("page of 1,000, kept", f"{fastest(lambda: kept.page(VIEW, ViewQuery(limit=1_000), 1)) * 1e3:.3f} ms")
        row("manifest of 100", f"{fastest(lambda: reader.rows(VIEW, ViewQuery(limit=100), 1)) * 1e3:.2f} ms")
        one = reader.rows(VIEW, ViewQuery(limit=1), 1).rows[0].object_id
        row("one id", f"{fastest(lambda: reader.page(VIEW, ViewQuery(limit=10, ids=(one,)), 1)) * 1e3:.2f} ms")
        spent = best(lambda: reader.page(VIEW, ViewQuery(limit=1_000), 1))
        row("page of 1,000, CPU of the client", f"{spent * 1e3:.2f} ms")


def fastest(run: Callable[[], object]) -> float:
    """Wall seconds of a call, the best of many: the server's part is in it."""
    return min(wall_s(run, 1) for _ in range(30))


def database(server: postgres.Server, name: str) -> str:
    """An empty database of the server."""
    server.sql(f"CREATE DATABASE {name}")
    return server.address(name)


def main() -> None:
    """Print the tables."""
    if why := postgres.missing():
        raise SystemExit(f"this bench needs a server: {why}")
    items = arrivals()
    server = postgres.Server(durable=True)
    head(f"PostgreSQL: {len(items):,} objects of ATT&CK, transactions of {BATCH:,}")
    copies(server, items)
    pages(inserts(server, items))


if __name__ == "__main__":
    main()
