"""Findings of others that hold a value at about one time: what conclusions with time and place are matched among.

Asked by value, newest first, so that the cost is that of the value's own holders, never that of all findings.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from sqlalchemy import func, select, true

from foedus.model.finding import WEEK
from foedus.store.engine import Read
from foedus.store.findings import may_be_held, superseded
from foedus.store.tables import finding, occurrence, value

NEWEST = 500
"""So many findings that hold a value are looked at, the newest of them."""


class Asked(NamedTuple):
    """Whose findings of which time are asked for: overlapping from and to; ``owner`` theirs alone, else of all but ``but``."""

    from_us: int
    to_us: int
    owner: str = ""
    but: str = ""


def holding(read: Read, keys: Iterable[tuple[str, str]], asked: Asked) -> list[int]:
    """Return the rows of findings that hold one of some values at a time: dated, placed, current, of one party each.

    What holds a week needs no place.
    """
    found: set[int] = set()
    for kind, norm in keys:
        newest = (
            select(occurrence.c.finding_seq)
            .join(value, value.c.id == occurrence.c.value_id)
            .where(value.c.kind == kind, value.c.norm == norm, value.c.warned == "[]")
            .order_by(occurrence.c.finding_seq.desc())
            .limit(NEWEST)
            .subquery()
        )
        picked = select(finding.c.seq).join(newest, newest.c.finding_seq == finding.c.seq)
        picked = picked.where(
            finding.c.from_us <= asked.to_us,
            func.coalesce(finding.c.to_us, finding.c.from_us) >= asked.from_us,
            true() if kind.endswith(WEEK) else finding.c.places != "[]",
            ~finding.c.revoked,
            ~finding.c.owner.contains("+"),
            finding.c.owner == asked.owner if asked.owner else finding.c.owner != asked.but,
            ~superseded(),
            may_be_held(read),
        )
        found.update(read.connection.scalars(picked))
    return sorted(found)
