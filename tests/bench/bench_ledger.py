"""Ledger: appends in memory, proofs at 200,000 entries, durable appends against raw sqlite3 of the same rows."""

from __future__ import annotations

import sqlite3
import tempfile
import time
from pathlib import Path
from statistics import median

from tests.bench.measure import cpu_s, head, row
from tests.unit.account.memory_log import INFO, KEY, KEYS, ORIGIN, PAIR, START, MemoryLog, Salts

from foedus.account import ledger, merkle
from foedus.account.audit import verify_log
from foedus.model.entry import Draft
from foedus.store import tables
from foedus.store.engine import Store

SIZE = 200_000
BATCH = 32
ROUNDS = 60


def bodies(count: int) -> list[Draft]:
    """Bodies of about 300 bytes, as a release entry without its label."""
    return [
        Draft("release.sent", {"object_id": f"indicator--{n:036}", "hash": "0" * 64, "text": "x" * 150})
        for n in range(count)
    ]


def trees() -> None:
    head("Merkle tree and ledger in memory")
    leaves = [merkle.leaf_hash(n.to_bytes(4, "big")) for n in range(SIZE)]
    tree: dict[tuple[int, int], bytes] = {}

    def grow() -> None:
        frontier = merkle.Frontier()
        for leaf in leaves:
            for level, index, value in frontier.append(leaf):
                tree[level, index] = value

    row("append of a leaf hash, nodes kept", f"{SIZE / cpu_s(grow, 1):,.0f}/CPU-s")
    drafts = bodies(20_000)

    def append() -> None:
        ledger.append(MemoryLog(INFO), PAIR, drafts, at=START, entropy=Salts())

    row(
        "append of an entry (canonical body, salt, commitment, leaf, nodes)",
        f"{len(drafts) / cpu_s(append, 1):,.0f}/CPU-s",
    )
    proofs(tree, leaves)


def proofs(tree: dict[tuple[int, int], bytes], leaves: list[bytes]) -> None:
    def get(wanted):
        return [tree[position] for position in wanted]

    root = merkle.root(SIZE, get)
    indices = range(0, SIZE, SIZE // 1000)
    sizes = range(1, SIZE, SIZE // 1000)
    made = [merkle.inclusion(index, SIZE, get) for index in indices]
    joined = [merkle.consistency(size, SIZE, get) for size in sizes]
    roots = [merkle.root(size, get) for size in sizes]

    def verify_all() -> None:
        for index, proof in zip(indices, made, strict=True):
            merkle.verify_inclusion(index, SIZE, leaves[index], proof, root)

    def join_all() -> None:
        for size, old, proof in zip(sizes, roots, joined, strict=True):
            merkle.verify_consistency(size, SIZE, old, root, proof)

    figures = {
        "inclusion proof at 200,000: make": cpu_s(lambda: [merkle.inclusion(i, SIZE, get) for i in indices])
        / len(made),
        "inclusion proof at 200,000: verify": cpu_s(verify_all) / len(made),
        "consistency proof at 200,000: make": cpu_s(lambda: [merkle.consistency(s, SIZE, get) for s in sizes])
        / len(sizes),
        "consistency proof at 200,000: verify": cpu_s(join_all) / len(sizes),
    }
    for name, taken in figures.items():
        row(name, f"{taken * 1e6:.0f} us", bar="<= 500 us", met=taken <= 0.0005)


def durable() -> None:
    assert tables  # its import declares the tables that opening creates
    head("Durable appends, batches of 32, WAL and synchronous=FULL (wall)")
    drafts = bodies(BATCH)
    with tempfile.TemporaryDirectory() as directory, Store.open(Path(directory)) as store:
        with store.write() as tx:
            tx.logs.open_log(INFO)
        salts, ours, raw = Salts(), [], []
        peer = _raw(Path(directory) / "raw.db")
        # Turn about, so that both meet the same disk.
        for _ in range(ROUNDS):
            start = time.perf_counter()
            with store.write() as tx:
                numbers = ledger.append(tx.logs, PAIR, drafts, at=START, entropy=salts)
            ours.append(time.perf_counter() - start)
            with store.read() as read:
                rows = list(read.logs.entries(PAIR, numbers.start, numbers.stop))
                places = [(level, seq >> level) for seq in numbers for level in range((~seq & (seq + 1)).bit_length())]
                nodes = list(zip(places, read.logs.nodes(PAIR, places), strict=True))
            start = time.perf_counter()
            with peer:
                peer.execute("BEGIN IMMEDIATE")
                peer.executemany(
                    "INSERT INTO entry VALUES (1, ?, ?, ?, ?)",
                    [(seq, e.leaf, e.salt, e.body) for seq, e in zip(numbers, rows, strict=True)],
                )
                peer.executemany("INSERT INTO node VALUES (1, ?, ?, ?)", [(*place, value) for place, value in nodes])
            raw.append(time.perf_counter() - start)
        peer.close()
        ratio = median(raw) / median(ours)
        row(
            "ledger.append over the node's store",
            f"{BATCH / median(ours):,.0f} entries/s",
            peer=f"raw sqlite3 {BATCH / median(raw):,.0f} entries/s: {ratio:.2f}x",
            bar=">= 0.2x",
            met=ratio >= 0.2,
        )
        with store.write() as tx:
            ledger.sign(tx.logs, PAIR, KEY, ORIGIN)
        with store.read() as read:
            start = time.process_time()
            report = verify_log(read.logs, INFO, KEYS)
            taken = time.process_time() - start
        assert report.whole
        row("verify the whole log", f"{report.entries / taken:,.0f} entries/CPU-s")


def _raw(path: Path) -> sqlite3.Connection:
    peer = sqlite3.connect(path, isolation_level=None)
    peer.execute("PRAGMA journal_mode=WAL")
    peer.execute("PRAGMA synchronous=FULL")
    peer.execute(
        "CREATE TABLE entry (log INT, seq INT, leaf BLOB, salt BLOB, body BLOB, PRIMARY KEY (log, seq)) WITHOUT ROWID"
    )
    peer.execute("CREATE TABLE node (log INT, level INT, i INT, hash BLOB, PRIMARY KEY (log, level, i)) WITHOUT ROWID")
    return peer


if __name__ == "__main__":
    trees()
    durable()
