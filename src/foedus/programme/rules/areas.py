"""Areas, objectives, milestones, review: the chain of ends, ways and means holds together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from foedus.model.programme import Programme
from foedus.programme.dates import parse_day
from foedus.programme.remark import Remark
from foedus.programme.vocabulary import PURPOSES


def references(programme: Programme) -> Iterator[Remark]:
    """P110, P111, P112, P140, P155: what an area names exists."""
    known = {
        "P110": {p.id for p in programme.priorities},
        "P111": {o.id for o in programme.strategic_objectives},
        "P112": {i.id for i in programme.indicators},
        "P140": {p.id for p in programme.parties},
    }
    words = {"P110": "priority", "P111": "strategic objective", "P112": "indicator", "P140": "party"}
    for n, area in enumerate(programme.areas):
        base = f"/areas/{n}"
        named = [("P110", area.priority, f"{base}/priority")]
        named += [("P111", name, f"{base}/supports/{i}") for i, name in enumerate(area.supports)]
        named += [("P112", name, f"{base}/indicators/{i}") for i, name in enumerate(area.indicators)]
        named += [("P140", a.lead, f"{base}/activities/{i}/lead") for i, a in enumerate(area.activities) if a.lead]
        for code, name, pointer in named:
            if name not in known[code]:
                yield Remark(code, f"no {words[code]} {name!r}", pointer, _choose(known[code]))
        if area.default_purpose is not None and area.default_purpose not in PURPOSES:
            hint = _choose(set(PURPOSES))
            yield Remark("P155", f"unknown purpose {area.default_purpose!r}", f"{base}/default_purpose", hint)


def numbers(programme: Programme) -> Iterator[Remark]:
    """P109: areas are numbered 1 to n, each number once, in any order."""
    wanted = set(range(1, len(programme.areas) + 1))
    seen: set[int] = set()
    for n, area in enumerate(programme.areas):
        if area.number not in wanted or area.number in seen:
            hint = f"{len(wanted)} areas: each number from 1 to {len(wanted)} once"
            yield Remark("P109", f"number {area.number} is out of range or taken", f"/areas/{n}/number", hint)
        seen.add(area.number)


def life(programme: Programme) -> Iterator[Remark]:
    """P116, P117: a merged area says into what; an open one is measured."""
    ids = {a.id for a in programme.areas}
    for n, area in enumerate(programme.areas):
        if area.status == "merged" and not area.merged_into:
            yield Remark("P116", f"{area.id!r} is merged into nothing", f"/areas/{n}/merged_into", "name the area")
        elif area.merged_into is not None and (area.merged_into not in ids or area.merged_into == area.id):
            hint = _choose(ids - {area.id})
            yield Remark("P116", f"no other area {area.merged_into!r}", f"/areas/{n}/merged_into", hint)
        if area.status == "open" and not area.indicators:
            hint = "add an indicator, or set its status"
            yield Remark("P117", f"open area {area.id!r} has no indicator", f"/areas/{n}/indicators", hint)


def coverage(programme: Programme) -> Iterator[Remark]:
    """P113, P118, P119: an indicator counts in exactly one area; every objective is supported."""
    held = Counter(name for area in programme.areas for name in set(area.indicators))
    first: dict[str, str] = {}
    for n, area in enumerate(programme.areas):
        for i, name in enumerate(area.indicators):
            if name in first:
                pointer = f"/areas/{n}/indicators/{i}"
                yield Remark("P113", f"{name!r} counts in {first[name]!r} already", pointer, "keep it in one area")
            first.setdefault(name, area.id)
    for i, indicator in enumerate(programme.indicators):
        if indicator.id and not held[indicator.id]:
            yield Remark(
                "P119", f"{indicator.id!r} stands in no area", f"/indicators/{i}/id", "add it to an area, or delete"
            )
    supported = {name for area in programme.areas for name in area.supports}
    for i, objective in enumerate(programme.strategic_objectives):
        if objective.id and objective.id not in supported:
            hint = "name it in an area's supports"
            yield Remark("P118", f"no area supports {objective.id!r}", f"/strategic_objectives/{i}/id", hint)


def honesty(programme: Programme) -> Iterator[Remark]:
    """P114, P115: what an area says about its measuring is what its indicators do."""
    methods = {i.id: i.method for i in programme.indicators}
    for n, area in enumerate(programme.areas):
        for i, name in enumerate(area.indicators):
            pointer = f"/areas/{n}/indicators/{i}"
            if area.measurable == "auto" and methods.get(name) == "attested":
                yield Remark("P114", f"says auto, but {name!r} is attested", pointer, "say assisted")
            if area.measurable == "attested" and methods.get(name) == "computed":
                yield Remark("P115", f"says attested, but {name!r} is computed", pointer, "say assisted or auto")


def milestones(programme: Programme) -> Iterator[Remark]:
    """P132, P133, P134: a milestone belongs to an area, falls into the term, and is done or will show."""
    ids = {a.id for a in programme.areas}
    end = parse_day(programme.term.until)
    for i, milestone in enumerate(programme.milestones):
        base = f"/milestones/{i}"
        if milestone.area not in ids:
            yield Remark("P132", f"no area {milestone.area!r}", f"{base}/area", _choose(ids))
        due = parse_day(milestone.due)
        if due and end and due > end:
            yield Remark(
                "P133", f"due {milestone.due}, the term ends {programme.term.until}", f"{base}/due", "bring it forward"
            )
        if milestone.done is None and milestone.evidence is None:
            yield Remark("P134", f"{milestone.id!r} can never be seen as reached", base, "add done or evidence")


def thresholds(programme: Programme) -> Iterator[Remark]:
    """P168: green and amber are given, and green is the harder one."""
    found = programme.review.thresholds
    green, amber = found.get("green"), found.get("amber")
    if green is None or amber is None or set(found) != {"green", "amber"} or not 0 < amber < green <= 1:
        hint = "0 < amber < green <= 1"
        yield Remark("P168", "thresholds must be green and amber, green the higher", "/review/thresholds", hint)


def _choose(known: set[str]) -> str:
    return f"known: {', '.join(sorted(known))}" if known else "none is declared"


RULES = (references, numbers, life, coverage, honesty, milestones, thresholds)
