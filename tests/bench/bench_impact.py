"""Impact: what a new version of the programme changes over a million stored findings, before anybody signs."""

from __future__ import annotations

import sqlite3
import tempfile
import time
from pathlib import Path

from tests.bench.measure import head, row
from tests.node_pair import AMBER, JAPAN, OPEN, Nodes, bundle, indicator, make_nodes, stix

from foedus.node.impact import Asked, impact
from foedus.store.engine import FILE

SEEDS, COPIES = 1_000, 1_000
LABELS = (OPEN, AMBER, "NATO UNCLASSIFIED Releasable to Japan TLP:GREEN", "NATO CONFIDENTIAL TLP:RED", "")
BAR_S = 30.0


def seed(made: Nodes) -> None:
    """Put a thousand findings of two kinds under five labels into NATO's node."""
    share = SEEDS // len(LABELS)
    for number, label in enumerate(LABELS):
        first = number * share
        some = [indicator(n) for n in range(first, first + share - 20)]
        others = [stix("campaign", n, name=f"Campaign {n}") for n in range(first + share - 20, first + share)]
        made.put("nato", bundle(*some, *others), label)


def multiply(path: Path) -> int:
    """Copy every finding under other ids; return how many there are."""
    with sqlite3.connect(path) as database:
        columns = [one[1] for one in database.execute("PRAGMA table_info(finding)")]
        kept = ", ".join(name for name in columns if name not in ("seq", "object_id"))
        database.execute(
            f"WITH RECURSIVE copy(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM copy WHERE n < {COPIES - 1})"
            f" INSERT INTO finding (object_id, {kept})"
            f" SELECT substr(object_id, 1, length(object_id) - 36) || printf('%08x', n) || substr(object_id, -28), {kept}"
            " FROM finding CROSS JOIN copy"
        )
        [held] = database.execute("SELECT count(*) FROM finding").fetchone()
        database.execute("ANALYZE")
    return int(held)


def amended(made: Nodes) -> Path:
    """Write a version of the programme under which less goes, and for a shorter time."""
    path = made.directory / "amended.yaml"
    text = (made.directory / "nato-japan-2023.yaml").read_text(encoding="utf-8")
    less = text.replace("max_classification: restricted, tlp_max", "max_classification: unclassified, tlp_max")
    path.write_text(less.replace("delete_after: P2Y, review", "delete_after: P1Y, review"), encoding="utf-8")
    return path


def main() -> None:
    """Print the table."""
    head("Impact of an amendment")
    with tempfile.TemporaryDirectory() as directory:
        made = make_nodes(Path(directory) / "nodes", JAPAN)
        seed(made)
        held = multiply(made.path("nato") / FILE)
        with made.open("nato") as node:
            start, cpu = time.perf_counter(), time.process_time()
            found = impact(node, "nato-japan-2023", str(amended(made)), Asked())
            taken, cpu = time.perf_counter() - start, time.process_time() - cpu
        assert found.findings == held == SEEDS * COPIES
        [party] = found.parties
        name = f"{held:,} stored findings, one party, {party.loosening + party.tightening + party.different:,} differ"
        row(name, f"{taken:.1f} s, {cpu:.1f} CPU-s", bar=f"<= {BAR_S:.0f} s", met=taken <= BAR_S)


if __name__ == "__main__":
    main()
