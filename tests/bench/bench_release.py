"""Speed of release: explained decisions, the SQL predicate, and the ratio to a Cedar batch on the same findings.

    python -m tests.bench.bench_release [findings]

CPU time of one thread, everything in one run, so that the ratio does not hang on the machine.
"""

from __future__ import annotations

import json
import random
import sqlite3
import sys
import time
from collections.abc import Callable
from typing import Any

import cedarpy
from tests.bench.measure import head, row
from tests.unit.release import cedar
from tests.unit.release.sample import AT, AT_US, DAY_US, clause, forbid, label, programme, subject

from foedus.model.decision import Facts, Subject
from foedus.release.closure import REQUIRED, close
from foedus.release.compile import compile  # noqa: A004
from foedus.release.decide import decide_many
from foedus.release.facets import FACET_COLUMNS, facets
from foedus.release.predicate import OBJECT_COLUMNS, predicate, sql

PARTIES = ("nato", "jpn", "isac")
KINDS = [f"kind-{n}" for n in range(12)] + ["indicator", "report"]
CEDAR_SHARE = 2_000


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    """CPU seconds and result; the best of two."""
    best, result = float("inf"), None
    for _ in range(2):
        start = time.process_time()
        result = work()
        best = min(best, time.process_time() - start)
    return best, result


def sample(count: int) -> tuple[Any, list[Subject]]:
    """A policy of 40 clauses and findings under 24 labels."""
    draw = random.Random(7)
    clauses = [
        clause(
            f"p-{n}",
            what={"object_types": draw.sample(KINDS, 4), "tlp_max": draw.choice(["green", "amber"]), "max_age": "P30D"},
            areas=["cyber"],
            to=draw.sample(PARTIES, 2),
            redact=draw.sample(["drop-internal-ids", "drop-victim-identity"], 1),
        )
        for n in range(37)
    ]
    clauses += [
        forbid("f-a", {"caveats_any": ["NOFORN"]}),
        forbid("f-b", {"caveats_any": ["ORCON"], "unless": "originator-consent"}),
    ]
    clauses += [forbid("f-c", {"contains": ["personal-data"], "unless": "pseudonymised"})]
    policy = compile(programme(clauses), AT, digest="d", in_force=True)
    labels = [
        label(level, tlp, to, caveats=caveats)
        for level in ("UNCLASSIFIED", "RESTRICTED", "CONFIDENTIAL", "SECRET")
        for tlp in ("green",)
        for to in ((), ("NATO", "JPN"), ("NATO", "JPN", "isac"))
        for caveats in ((), ("ORCON",))
    ]
    found = [
        subject(
            object_id=f"x--{n}",
            kind=draw.choice(KINDS),
            owner=draw.choice(PARTIES),
            label=draw.choice(labels),
            created_us=AT_US - draw.randrange(40 * DAY_US),
        )
        for n in range(count)
    ]
    return policy, found


def table(policy: Any, found: list[Subject]) -> sqlite3.Connection:
    """The findings as object rows joined with facet rows, as the store keeps them."""
    database = sqlite3.connect(":memory:")
    database.execute(f"CREATE TABLE o (n INTEGER PRIMARY KEY, label_hash TEXT, {', '.join(OBJECT_COLUMNS)})")
    database.execute(
        f"CREATE TABLE f (label_hash, owner, {', '.join(FACET_COLUMNS)}, PRIMARY KEY (label_hash, owner)) WITHOUT ROWID"
    )
    seen = {(s.label.hash(), s.owner): s for s in found if s.label}
    database.executemany(
        f"INSERT INTO f VALUES ({','.join('?' * 10)})",
        [(*key, *facets(s.label, s.owner, policy, AT)) for key, s in seen.items()],
    )
    database.executemany(
        f"INSERT INTO o VALUES ({','.join('?' * 7)})",
        [(n, s.label.hash(), *(getattr(s, name) for name in OBJECT_COLUMNS)) for n, s in enumerate(found) if s.label],
    )
    return database


def selected(database: sqlite3.Connection, policy: Any) -> int:
    """Findings that the predicate selects, over all recipients."""
    total = 0
    for party in PARTIES:
        text, values = sql(predicate(policy, party, "cyber", AT, ""))
        query = f"SELECT count(*) FROM f JOIN o ON o.label_hash = f.label_hash AND o.owner = f.owner WHERE {text}"
        total += database.execute(query, values).fetchone()[0]
    return total


def by_cedar(policy: Any, found: list[Subject]) -> Callable[[], list[bool]]:
    """A Cedar batch over parsed policies and entities, as good as cedarpy gets."""
    policies = cedarpy.PolicySet.from_str(cedar.text(policy, AT_US))
    entities = cedarpy.Entities.from_json_str(json.dumps([cedar.entity(s, policy, AT_US) for s in found]))
    context = {"at": AT_US, "purpose": "network-defence", "consented": True}
    requests = [
        {
            "principal": {"type": "Party", "id": party},
            "action": {"type": "Action", "id": "read"},
            "resource": {"type": "Finding", "id": s.object_id},
            "context": context,
        }
        for party in PARTIES
        for s in found
    ]
    return lambda: [r.allowed for r in cedarpy.is_authorized_batch(requests, policies, entities)]


def main() -> None:
    """Print the figures."""
    import numpy as np

    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    policy, found = sample(count)
    ours, decisions = timed(lambda: [d for p in PARTIES for d in decide_many(found, p, policy, AT, "", Facts())])
    rate = len(decisions) / ours
    head(f"Release: {len(decisions):,} decisions under 40 clauses")
    database = table(policy, found)
    spent, total = timed(lambda: selected(database, policy))
    assert total == sum(d.outcome != "withhold" for d in decisions)
    rows = count * len(PARTIES) / spent
    few = found[:CEDAR_SHARE]
    theirs, allowed = timed(by_cedar(policy, few))
    again = [d.outcome != "withhold" for p in PARTIES for d in decide_many(few, p, policy, AT, "", Facts())]
    assert again == allowed
    peer = len(allowed) / theirs
    row("explained decisions, all failing conditions", f"{rate:,.0f} /s", bar="300,000 /s", met=rate >= 300_000)
    row(
        "  beside the peer",
        f"{rate / peer:,.0f}x",
        peer=f"cedarpy batch {peer:,.0f} /s",
        bar="100x",
        met=rate >= 100 * peer,
    )
    row(
        f"predicate in SQLite, {total:,} selected",
        f"{rows:,.0f} rows x recipients /s",
        bar="1,000,000 /s",
        met=rows >= 1_000_000,
    )
    edges = np.random.default_rng(7).integers(0, count, (2, 5 * count))
    visible = np.random.default_rng(8).random(count) < 0.9
    spent, _ = timed(lambda: close(visible, edges[0], edges[1], np.full(5 * count, REQUIRED, dtype=np.uint8)))
    row("closure over references", f"{5 * count / spent:,.0f} edges /s")


if __name__ == "__main__":
    main()
