"""How much of an aggregation limit is used up: counted from the ledger, in the clause's sliding window."""

from __future__ import annotations

from foedus.model.duration import shift_us
from foedus.model.instant import parse_ns
from foedus.node.agreements import Agreement
from foedus.store.engine import Read


def counts_of(
    read: Read, agreement: Agreement, log: str, area: str, at_us: int, before: int | None = None
) -> dict[str, int]:
    """Return per clause with a limit how many objects of an area went to the pair's recipient in its window.

    A re-sending takes no second place. ``before`` leaves out the entries from there on.
    """
    limited = {clause.id: clause.limit for clause in agreement.programme.release.clauses if clause.limit is not None}
    if not limited:
        return {}
    starts = {clause: shift_us(at_us, limit.window, -1) for clause, limit in limited.items()}
    counted: dict[str, set[str]] = {clause: set() for clause in limited}
    for stored in read.logs.entries(log, 0, read.logs.size(log) if before is None else before):
        entry = stored.entry()
        facts = stored.facts() if entry.kind == "release.sent" else {}
        if facts.get("area") != area:
            continue
        sent_us = parse_ns(entry.at) // 1_000
        for clause in facts.get("clauses", ()):
            if clause in starts and sent_us > starts[clause]:
                counted[clause].add(facts["object_id"])
    return {clause: len(objects) for clause, objects in counted.items()}
