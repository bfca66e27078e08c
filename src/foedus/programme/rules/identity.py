"""Ids, periods, countries, provenance."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from msgspec import Struct

from foedus.model.programme import Programme, Provenance
from foedus.programme.dates import parse_day
from foedus.programme.remark import Remark
from foedus.programme.yaml12 import escape


def duplicate_ids(programme: Programme) -> Iterator[Remark]:
    """P101: an id names one thing; parties and groups share their names, activities theirs over all areas."""
    p = programme
    activities: list[tuple[str, Sequence[Any]]] = [
        (f"/areas/{i}/activities", a.activities) for i, a in enumerate(p.areas)
    ]
    spaces: list[list[tuple[str, Sequence[Any]]]] = [
        [("/parties", p.parties), ("/groups", p.groups)],
        [("/instruments", p.instruments)],
        [("/strategic_objectives", p.strategic_objectives)],
        [("/priorities", p.priorities)],
        [("/areas", p.areas)],
        activities,
        [("/indicators", p.indicators)],
        [("/milestones", p.milestones)],
        [("/release/clauses", p.release.clauses)],
    ]
    for space in spaces:
        first: dict[str, str] = {}
        for base, items in space:
            for i, item in enumerate(items):
                pointer = f"{base}/{i}/id"
                if item.id and item.id in first:
                    yield Remark(
                        "P101", f"id {item.id!r} again, first at {first[item.id]}", pointer, "rename one of them"
                    )
                first.setdefault(item.id, pointer)


def reversed_periods(programme: Programme) -> Iterator[Remark]:
    """P104: a period ends on or after the day it begins (a clause's validity is P149)."""
    spans = [("/term", programme.term.start, programme.term.until)]
    for i, party in enumerate(programme.parties):
        spans += [(f"/parties/{i}/members/{j}", m.start, m.until or "") for j, m in enumerate(party.members)]
        spans += [(f"/parties/{i}/contacts/{j}", c.start or "", c.until or "") for j, c in enumerate(party.contacts)]
        spans += [(f"/parties/{i}/nodes/{j}", n.start or "", n.until or "") for j, n in enumerate(party.nodes)]
    for pointer, start, until in spans:
        first, last = parse_day(start), parse_day(until)
        if first and last and last < first:
            yield Remark("P104", f"until {until} lies before from {start}", f"{pointer}/until", "swap or correct them")


def countries(programme: Programme) -> Iterator[Remark]:
    """P105, P106: a state has its country; a country is a member once at a time."""
    for i, party in enumerate(programme.parties):
        if party.kind == "state" and not party.country:
            yield Remark("P105", f"state {party.id!r} has no country", f"/parties/{i}/country", "add country: alpha-3")
        seen: dict[str, list[tuple[str, str]]] = {}
        for j, members in enumerate(party.members):
            for k, country in enumerate(members.countries):
                period = (members.start, members.until or "9999-12-31")
                if any(period[0] <= until and start <= period[1] for start, until in seen.get(country, ())):
                    pointer = f"/parties/{i}/members/{j}/countries/{k}"
                    yield Remark(
                        "P106", f"{country} is a member already", pointer, "end the earlier membership, or delete"
                    )
                seen.setdefault(country, []).append(period)
    for i, group in enumerate(programme.groups):
        once: set[str] = set()
        for k, country in enumerate(group.countries):
            if country in once:
                yield Remark("P106", f"{country} stands twice", f"/groups/{i}/countries/{k}", "delete one")
            once.add(country)


def provenance(programme: Programme) -> Iterator[Remark]:
    """P107, P108: a cited source exists; attested means that a source attests it."""
    for pointer, mark in _marks(programme, ""):
        for i, source in enumerate(mark.sources):
            if source not in programme.sources:
                yield Remark("P107", f"no source {source!r}", f"{pointer}/sources/{i}", "add it under sources")
        if mark.status == "attested" and not mark.sources:
            yield Remark(
                "P108", "attested, but by no source", pointer, "name a source, or mark it inferred or illustrative"
            )


def parties(programme: Programme) -> Iterator[Remark]:
    """P165: an agreement has two parties and something to agree on."""
    if len(programme.parties) < 2:
        yield Remark("P165", "fewer than two parties", "/parties", "an agreement needs two")
    if not programme.areas:
        yield Remark("P165", "no area", "/areas", "name at least one field of cooperation")


def _marks(value: Any, pointer: str) -> Iterator[tuple[str, Provenance]]:
    if isinstance(value, Provenance):
        yield pointer, value
    elif isinstance(value, Struct):
        for name, key in zip(value.__struct_fields__, value.__struct_encode_fields__, strict=True):
            yield from _marks(getattr(value, name), f"{pointer}/{key}")
    elif isinstance(value, tuple):
        for i, item in enumerate(value):
            yield from _marks(item, f"{pointer}/{i}")
    elif isinstance(value, dict):
        for key, item in value.items():
            if isinstance(item, Struct | tuple):
                yield from _marks(item, f"{pointer}/{escape(str(key))}")


RULES = (duplicate_ids, reversed_periods, countries, provenance, parties)
