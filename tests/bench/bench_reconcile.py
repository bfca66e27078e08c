"""Reconcile: two nodes compare logs of 100,000 entries, equal and with a few altered rows."""

from __future__ import annotations

import sqlite3
import tempfile
import time
from pathlib import Path

from tests.bench.measure import head, row
from tests.node_pair import OPEN, Nodes, bundle, indicator, make_nodes

from foedus.account.ledger import append
from foedus.model.entry import Draft
from foedus.node.reconcile import reconcile
from foedus.node.signing import sign_log
from foedus.store.engine import FILE

ENTRIES, BATCH = 100_000, 5_000
LOG = "urn:foedus:programme:nato-jpn-itpp-2023|nato|jpn"
BAR_S, BAR_HASHES = 2.0, 200


def lengthen(made: Nodes) -> None:
    """Bring NATO's log to Japan to its length with entries of another kind, each the size of a release."""
    with made.open("nato") as node:
        for first in range(0, ENTRIES, BATCH):
            drafts = [Draft("finding.endorsed", {"object_id": f"indicator--{n:036}", "hash": "0" * 64, "text": "x" * 300})
                      for n in range(first, min(first + BATCH, ENTRIES))]  # fmt: skip
            with node.store.write() as tx:
                append(tx.logs, LOG, drafts, at=node.clock.now(), entropy=node.entropy)
                sign_log(node, tx, LOG)


def alter(path: Path, seqs: list[int]) -> None:
    """Change some rows of a copy."""
    with sqlite3.connect(path) as database:
        [log_id] = database.execute("SELECT id FROM log WHERE name = ?", (LOG,)).fetchone()
        for seq in seqs:
            database.execute("UPDATE entry SET leaf = leaf || ' ' WHERE log_id = ? AND seq = ?", (log_id, seq))
    database.close()


def compare(made: Nodes, name: str, expected: list[int]) -> None:
    """Compare from Japan's side, and print what it took."""
    with made.open("jpn") as node:
        start = time.perf_counter()
        found = {one.log: one for one in reconcile(node, "nato")}[LOG]
        taken = time.perf_counter() - start
    assert [one.seq for one in found.differing] == expected
    assert found.mine == found.theirs >= ENTRIES
    row(name, f"{taken:.2f} s, {found.hashes} hashes exchanged", bar=f"< {BAR_S:.0f} s, <= {BAR_HASHES} hashes for one",
        met=taken < BAR_S and found.hashes <= BAR_HASHES * max(1, len(expected)))  # fmt: skip


def main() -> None:
    """Print the table."""
    head(f"Reconcile: two nodes, logs of {ENTRIES:,} entries, every row hashed again on both sides")
    with tempfile.TemporaryDirectory() as directory:
        made = make_nodes(Path(directory) / "nodes")
        made.send("nato", bundle(indicator(1)), OPEN)
        lengthen(made)
        with made.serving("nato"):
            [pulled] = made.pull("jpn")
            assert pulled.error == ""
            compare(made, "equal copies", [])
            alter(made.path("jpn") / FILE, [77_777])
            compare(made, "one entry differs", [77_777])
            alter(made.path("jpn") / FILE, [3, 40_000, 99_990])
            compare(made, "four entries differ", [3, 40_000, 77_777, 99_990])


if __name__ == "__main__":
    main()
