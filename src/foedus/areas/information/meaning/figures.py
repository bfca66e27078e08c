"""Figures of strategic communications, per day, audience and tier: uptake, voice, lag. Uptake is not effect.

    uptake   records that carry a line on (copy, rewording or translation; asserted or reported), of the records on its topic,
             with Wilson's interval; contested and unclear ones stand beside, as do those pushed by a graded group
    voice    lines : narratives : neither, of the records on a topic, in records and in distinct channels
    lag      first record of a narrative -> line released -> first uptake

A cell that rests on fewer than three channels is not told, nor is the next smallest where one hidden cell could be had by
subtraction. Reach is not here: nobody delivers it with the text, and nothing is imputed.

Sources: Wilson 1927, JASA 22; tiers of the FIMI Exposure Matrix (EEAS 2025).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from foedus.areas.information.few import K
from foedus.areas.information.meaning.lines import Audience, Heard, Said, Subject, reaches
from foedus.areas.information.meaning.stance import supports

_Z = 1.959964
_KINDS = ("copy", "rewording", "translation", "same-topic")
"""The closest first."""


class Figure(NamedTuple):
    """Records and the distinct channels they came from; None where it is not told."""

    records: int | None
    channels: int | None


HIDDEN = Figure(None, None)


class Uptake(NamedTuple):
    """How a line fared on one day before its audience.

    Attributes:
        day: ``YYYY-MM-DD``, UTC.
        on_topic: records on the line's topic.
        cells: of those: ``taken``, ``contested``, ``unclear`` (denied or not cannot be told), ``other``.
        share: taken of on topic, None where a cell is not told.
        low, high: Wilson 95 % interval of the share.
        kinds: taken, by how: copy, rewording, translation.
        languages: taken, by language.
        tiers: taken, by tier of the channel.
        amplified: taken that a graded group pushed: a warning, not a success.
        drifted: share of taken that lost a number, date or country.
    """

    day: str
    on_topic: Figure
    cells: Mapping[str, Figure]
    share: float | None
    low: float | None
    high: float | None
    kinds: Mapping[str, Figure]
    languages: Mapping[str, Figure]
    tiers: Mapping[str, Figure]
    amplified: Figure
    drifted: float | None


class Carried(NamedTuple):
    """Records of one day that carry something: all, by how they carry it, by language, by tier of the channel."""

    total: Figure
    kinds: Mapping[str, Figure]
    languages: Mapping[str, Figure]
    tiers: Mapping[str, Figure]


class Lag(NamedTuple):
    """Instants between a narrative and its answer; None where there was none yet."""

    narrative_first: datetime | None
    line_released: datetime
    uptake_first: datetime | None


def uptake(line: Subject, subjects: Sequence[Subject], heard: Sequence[Heard]) -> list[Uptake]:
    """Return how a line fared, day by day, before its audience and within its term."""
    topic = {one.id for one in subjects if one.topic == line.topic}
    before = [
        one for one in heard if one.subject in topic and reaches(line.audience, one.said) and _within(line, one.said)
    ]
    days: dict[str, list[Heard]] = {}
    for one in before:
        days.setdefault(_day(one.said), []).append(one)
    return [_uptake(day, line, days[day]) for day in sorted(days)]


def carried(ids: frozenset[str], audience: Audience, heard: Sequence[Heard]) -> dict[str, Carried]:
    """Return, by day, the records before an audience that carry one of some lines or narratives."""
    days: dict[str, dict[str, Heard]] = {}
    for one in heard:
        if one.subject in ids and _carries(one) and reaches(audience, one.said):
            held = days.setdefault(_day(one.said), {})
            held[one.said.id] = min(held.get(one.said.id, one), one, key=lambda held: _KINDS.index(held.kind))
    return {
        day: Carried(figure(one.said for one in days[day].values()), *_parts(list(days[day].values())))
        for day in sorted(days)
    }


def named(audience: Audience, said: Sequence[Said]) -> dict[str, Carried]:
    """Return, by day, the figures of some records before an audience, such as those that name the partnership."""
    days: dict[str, list[Said]] = {}
    for one in said:
        if reaches(audience, one):
            days.setdefault(_day(one), []).append(one)
    return {
        day: Carried(figure(held), {}, _by(held, lambda one: one.language), _by(held, lambda one: one.tier))
        for day, held in sorted(days.items())
    }


def voice(
    topic: str, audience: Audience, subjects: Sequence[Subject], heard: Sequence[Heard], among: Sequence[Said]
) -> dict[str, dict[str, Figure]]:
    """Return, by day, who carries lines, who narratives, who neither, among some records before an audience.

    Args:
        topic: of the subjects that count.
        audience: before whom.
        subjects: lines and narratives.
        heard: records with what they are close to.
        among: the records that count, such as those that name the partnership (``lines.about``).
    """
    own = {one.id for one in subjects if one.own and one.topic == topic}
    adverse = {one.id for one in subjects if not one.own and one.topic == topic}
    carried: dict[str, set[str]] = {}
    for one in heard:
        if _carries(one):
            carried.setdefault(one.said.id, set()).add(one.subject)
    days: dict[str, dict[str, list[Said]]] = {}
    for said in among:
        if reaches(audience, said):
            subject = carried.get(said.id, set())
            sort = "both" if subject & own and subject & adverse else "lines" if subject & own else "narratives"
            sort = sort if subject & (own | adverse) else "neither"
            days.setdefault(_day(said), {}).setdefault(sort, []).append(said)
    return {day: cells(days[day]) for day in sorted(days)}


def lag(narrative: Subject, line: Subject, heard: Sequence[Heard]) -> Lag:
    """Return when a narrative first stood before a line's audience, when the line was released, when it was first taken up."""
    before = [one for one in heard if _carries(one) and reaches(line.audience, one.said)]
    first = min((one.said.at for one in before if one.subject == narrative.id), default=None)
    taken = min(
        (one.said.at for one in before if one.subject == line.id and one.said.at >= line.valid_from), default=None
    )
    return Lag(first, line.valid_from, taken)


def cells(groups: Mapping[str, Sequence[Said]]) -> dict[str, Figure]:
    """Return the figures of the parts of a whole: none under ``K`` channels, and no single hidden one beside told ones."""
    told = {name: figure(held) for name, held in sorted(groups.items())}
    hidden = [name for name, held in told.items() if held == HIDDEN]
    if len(hidden) == 1:
        others = [(held.channels or 0, name) for name, held in told.items() if held != HIDDEN and held.records]
        if others:
            told[min(others)[1]] = HIDDEN
    return told


def figure(said: Iterable[Said]) -> Figure:
    """Return the figure of some records; hidden where one or two channels stand behind it."""
    held = {one.id: one.channel for one in said}
    channels = len(set(held.values()))
    return HIDDEN if 0 < channels < K else Figure(len(held), channels)


def wilson(taken: int, total: int) -> tuple[float, float]:
    """Return Wilson's 95 % interval of a share, 3 decimals.

    >>> wilson(3, 10)
    (0.108, 0.603)
    """
    share, square = taken / total, _Z * _Z
    middle = share + square / (2 * total)
    half = _Z * math.sqrt((share * (1 - share) + square / (4 * total)) / total)
    return round((middle - half) / (1 + square / total), 3), round((middle + half) / (1 + square / total), 3)


def _uptake(day: str, line: Subject, held: Sequence[Heard]) -> Uptake:
    groups: dict[str, dict[str, Said]] = {"taken": {}, "contested": {}, "unclear": {}, "other": {}}
    for one in held:
        if one.subject == line.id:
            groups[_sort(one)][one.said.id] = one.said
    known = {id_ for group in groups.values() for id_ in group}
    groups["other"] |= {one.said.id: one.said for one in held if one.said.id not in known}
    told = cells({name: list(group.values()) for name, group in groups.items()})
    taken, topic = list(groups["taken"].values()), figure(one.said for one in held)
    parts = _parts([one for one in held if one.subject == line.id and one.said.id in groups["taken"]])
    if told["taken"].records is None or not topic.records:
        kinds, languages, tiers = (dict.fromkeys(one, HIDDEN) for one in parts)
        return Uptake(day, topic, told, None, None, None, kinds, languages, tiers, HIDDEN, None)
    count = told["taken"].records
    lost = {one.said.id for one in held if one.subject == line.id and one.lost}
    pushed = cells(_parted(taken, [said for said in taken if said.amplified]))["true"]
    drifted = cells(_parted(taken, [said for said in taken if said.id in lost]))["true"].records
    share, (low, high) = round(count / topic.records, 3), wilson(count, topic.records)
    drift = round(drifted / count, 3) if drifted is not None and count else None
    return Uptake(day, topic, told, share, low, high, *parts, pushed, drift)


def _parts(held: Sequence[Heard]) -> tuple[Mapping[str, Figure], Mapping[str, Figure], Mapping[str, Figure]]:
    """Records by how they carry something, by language and by tier; each division by itself adds up to the whole."""
    kinds: dict[str, list[Said]] = {}
    for one in held:
        kinds.setdefault(one.kind, []).append(one.said)
    said = [one.said for one in held]
    return cells(kinds), _by(said, lambda one: one.language), _by(said, lambda one: one.tier)


def _by(held: Iterable[Said], key: Callable[[Said], str]) -> Mapping[str, Figure]:
    groups: dict[str, list[Said]] = {}
    for one in held:
        groups.setdefault(key(one), []).append(one)
    return cells(groups)


def _parted(whole: Sequence[Said], some: Sequence[Said]) -> dict[str, Sequence[Said]]:
    """A part and the rest, for what could be had from one by subtracting the other."""
    ids = {one.id for one in some}
    return {"true": some, "false": [said for said in whole if said.id not in ids]}


def _sort(one: Heard) -> str:
    if one.kind == "same-topic":
        return "other"
    if one.stance == "contests":
        return "contested"
    return "taken" if supports(one.stance) else "unclear"


def _carries(one: Heard) -> bool:
    return _sort(one) == "taken"


def _within(line: Subject, said: Said) -> bool:
    return line.valid_from <= said.at < line.valid_until


def _day(said: Said) -> str:
    return said.at.date().isoformat()
