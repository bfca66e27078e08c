"""Door ``replayed``: what a case rests on, measured again; what comes out otherwise is named."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from foedus.areas.information.evidence import name_of, replayed, result_sha256
from foedus.areas.information.few import rounded
from foedus.areas.information.meaning.extensions import CASE
from foedus.areas.information.together import ARTICLES, POSTS, Group
from foedus.model import ijson
from foedus.model.finding import Again
from foedus.model.stix import StixObject


def pack_of(head: StixObject) -> str:
    """Return the name of the pack that a finding can be replayed from; empty for one that has none."""
    coverage = _case(head).get("coverage")
    week = coverage.get("week") if isinstance(coverage, dict) else None
    if not isinstance(week, str) or not isinstance(coverage, dict):
        return ""
    return next((name_of(sort.name, week) for sort in (POSTS, ARTICLES) if sort.name in coverage), "")


def replay(raw: bytes, head: StixObject) -> Sequence[Again]:
    """Measure again what a finding says, from its pack.

    Raises:
        MalformedRecord: no pack of this room.
    """
    said: dict[str, Any] = _case(head).get("coordination") or {}
    records = str(said.get("evidence_sha256", ""))
    pack, groups = replayed(raw)
    group = groups.get(records)
    if group is None:
        return (Again("records", records, "no such group"),)
    return (
        Again("records", records, records),
        Again("ties", pack.results.get(records, ""), result_sha256(group), len(group.ties)),
        Again("accounts, at least", str(said.get("accounts")), str(rounded(group.accounts))),
        Again("objects", str(said.get("objects")), str(len(group.shared))),
        *(_chance(name, said, group) for name in sorted({*said.get("chances", {}), *group.chances})),
    )


def _chance(name: str, said: dict[str, Any], group: Group) -> Again:
    held, again = said.get("chances", {}).get(name), group.chances.get(name)
    return Again(f"chance under {name}", _number(held), _number(again))


def _number(value: float | None) -> str:
    return "" if value is None else str(float(value))


def _case(head: StixObject) -> dict[str, Any]:
    held = ijson.decode(head.raw)["extensions"].get(CASE) if CASE in head.extensions else None
    return held if isinstance(held, dict) else {}
