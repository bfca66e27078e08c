"""Door ``network``: a case as a network of the group, what it shared, the claims it carried and the techniques seen.

It is made of what the finding tells and of nothing else: no account is a vertex and no object has a name. Counts of whoever wrote
the finding are rounded down to multiples of ``K`` once more, and what is below it is not there.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any

from foedus.areas.information import told
from foedus.areas.information.few import rounded
from foedus.areas.information.meaning.extensions import CASE
from foedus.areas.information.written import shown
from foedus.model import ijson, instant
from foedus.model.finding import Finding
from foedus.model.network import Network, Tie, Vertex

GROUP = "group"
MAX_COUNT = 2**53 - 1


def network(finding: Finding) -> Network:
    """Return a finding as a network; empty where it tells of no group that is large enough."""
    said = ijson.decode(finding.head.raw).get("extensions", {}).get(CASE)
    held = said if isinstance(said, dict) else {}
    coordination = held.get("coordination")
    accounts = _count(coordination.get("accounts")) if isinstance(coordination, dict) else 0
    if not accounts:
        return Network((), ())
    pairs = (*_shared(held), *_claims(held), *_techniques(held))
    group = Vertex(GROUP, "group", f"at least {accounts} accounts", {"accounts": accounts})
    vertices = {one.id: one for one, _ in pairs}
    return Network((group, *vertices.values()), tuple({tie.target: tie for _, tie in pairs}.values()))


def _shared(held: Mapping[str, Any]) -> Iterator[tuple[Vertex, Tie]]:
    """Objects that enough accounts shared, by kind and number."""
    for one in told.dicts(held.get("shared")):
        counts = {name: _count(one.get(name)) for name in ("accounts", "records")}
        kind, number = one.get("kind"), one.get("number")
        if isinstance(kind, str) and type(number) is int and all(counts.values()):
            name = f"{shown(kind)} {number}"
            times = {of: at for of in ("first", "last") if (at := _hour(one.get(of)))}
            yield Vertex(name, shown(kind), name), Tie(GROUP, name, "shared", {**counts, **times})


def _claims(held: Mapping[str, Any]) -> Iterator[tuple[Vertex, Tie]]:
    for language, text in told.claims_of(held).values():
        id_ = f"claim {hashlib.sha256(f'{language} {text}'.encode()).hexdigest()[:16]}"
        yield Vertex(id_, "claim", shown(text), {"language": language}), Tie(GROUP, id_, "carried")


def _techniques(held: Mapping[str, Any]) -> Iterator[tuple[Vertex, Tie]]:
    for one in told.dicts(held.get("techniques")):
        number, name = one.get("technique"), one.get("name")
        if isinstance(number, str) and isinstance(name, str):
            id_ = f"technique {shown(number)}"
            yield Vertex(id_, "technique", f"{shown(number)} {shown(name)}"), Tie(GROUP, id_, "consistent with")


def _count(value: object) -> int:
    return rounded(value) if type(value) is int and 0 < value <= MAX_COUNT else 0


def _hour(value: object) -> str:
    """An instant cut to its hour."""
    at = told.instant_of(value)
    return "" if at is None else instant.stix_text(at.replace(minute=0, second=0, microsecond=0))
