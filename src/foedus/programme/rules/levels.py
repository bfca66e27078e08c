"""Levels: one common ladder, and every party's own names on it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import msgspec

from foedus.model.label import Label
from foedus.model.programme import Programme
from foedus.programme.remark import Remark
from foedus.programme.vocabulary import rank
from foedus.programme.yaml12 import escape

_MAP = "/release/classification_map"
_MARKING = re.compile(r"marking-definition--[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def ladder(programme: Programme) -> tuple[str, ...]:
    """Return the common ladder, lowest level first; empty where it is broken."""
    order = programme.release.classification_map.get("order")
    if not isinstance(order, list) or not all(isinstance(level, str) for level in order):
        return ()
    return tuple(order)


def known_levels(programme: Programme) -> Iterator[Remark]:
    """P146: every level named anywhere is on the ladder."""
    levels = ladder(programme)
    hint = f"levels: {', '.join(levels)}"
    if not levels or len(set(levels)) != len(levels):
        yield Remark("P146", "the ladder is no list of distinct level names", f"{_MAP}/order", "lowest level first")
        return
    for pointer, level in _named(programme):
        if level not in levels:
            yield Remark("P146", f"unknown level {str(level)[:60]!r}", pointer, hint)


def _named(programme: Programme) -> Iterator[tuple[str, Any]]:
    for i, party in enumerate(programme.parties):
        yield f"/parties/{i}/clearance", party.clearance
    for i, instrument in enumerate(programme.instruments):
        if instrument.max_classification is not None:
            yield f"/instruments/{i}/max_classification", instrument.max_classification
    for i, clause in enumerate(programme.release.clauses):
        base = f"/release/clauses/{i}"
        if clause.what.max_classification is not None:
            yield f"{base}/what/max_classification", clause.what.max_classification
        if clause.limit is not None and clause.limit.level is not None:
            yield f"{base}/limit/level", clause.limit.level
        if clause.four_eyes not in {None, "always"}:
            yield f"{base}/four_eyes", clause.four_eyes
    for name, names in _maps(programme):
        for own, level in names.items():
            yield f"{_MAP}/{escape(name)}/{escape(own)}", level


def _maps(programme: Programme) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, names in programme.release.classification_map.items():
        if name != "order" and isinstance(names, dict):
            yield name, names


def party_maps(programme: Programme) -> Iterator[Remark]:
    """P140, P157, P158: each party has a map, onto every level, that never turns two known names round."""
    levels = ladder(programme)
    maps = dict(_maps(programme))
    known = {p.id for p in programme.parties}
    for name, names in programme.release.classification_map.items():
        if name != "order" and (name not in known or not isinstance(names, dict)):
            message = f"{name!r} is no party with a map of its level names"
            yield Remark("P140", message, f"{_MAP}/{escape(name)}", f"parties: {', '.join(sorted(known))}")
    for party in programme.parties:
        missing = [level for level in levels if level not in maps.get(party.id, {}).values()]
        if missing:
            message = f"{party.id} has no name for {', '.join(missing)}"
            hint = "recipients must know how to protect every level"
            yield Remark("P157", message, f"{_MAP}/{escape(party.id)}", hint)
    for name, names in maps.items():
        for low, high in _turned(names, levels):
            message = f"{low!r} is mapped above {high!r}"
            yield Remark("P158", message, f"{_MAP}/{escape(name)}/{escape(low)}", "a higher name needs no lower level")


def _turned(names: dict[str, Any], levels: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    # The written order of keys says nothing (the digest ignores it): only names whose rank is known are compared.
    ranked = [
        (known, levels.index(level), own)
        for own, level in names.items()
        if level in levels and (known := rank(own)) is not None
    ]
    above = {
        known: [(place, other) for higher, place, other in ranked if higher > known] for known in {r[0] for r in ranked}
    }
    lowest_above = {known: min(places) for known, places in above.items() if places}
    for known, height, own in ranked:
        lowest = lowest_above.get(known)
        if lowest is not None and lowest[0] < height:
            yield own, lowest[1]


def markings(programme: Programme) -> Iterator[Remark]:
    """P167: a foreign marking is a statement, or stands for a label."""
    for name, meaning in programme.release.markings.items():
        pointer = f"/release/markings/{escape(name)}"
        if not _MARKING.fullmatch(name):
            yield Remark("P167", "not the id of a STIX marking-definition", pointer, "marking-definition--<uuid>")
        elif meaning != "statement" and not _is_label(meaning):
            hint = "write statement, or {policy, classification, tlp}"
            yield Remark("P167", "neither a statement nor a label", pointer, hint)


def _is_label(meaning: Any) -> bool:
    try:
        msgspec.convert(meaning, Label)
    except msgspec.ValidationError:
        return False
    return True


RULES = (known_levels, party_maps, markings)
