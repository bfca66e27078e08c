"""How much of an aggregation limit is used up: counted from the ledger, in the clause's sliding window."""

from __future__ import annotations

from bisect import bisect_left
from typing import NamedTuple

import msgspec

from foedus.model import instant
from foedus.model.duration import shift_us
from foedus.model.entry import StoredEntry
from foedus.model.label import Label
from foedus.model.ports import LogStore
from foedus.model.programme import Programme
from foedus.release.facets import level_of
from foedus.release.policy import UNKNOWN_LEVEL, Policy


class Used(NamedTuple):
    """Places used by clause, and what was sent within every window: (object id, version)."""

    counts: dict[str, int]
    sent: frozenset[tuple[str, str]]


class _Window(NamedTuple):
    """A limit's window: what went at ``start_us`` or later counts, from a level on."""

    start_us: int
    level: int


def used(
    logs: LogStore, programme: Programme, policy: Policy, place: tuple[str, str], at_us: int, before: int | None = None
) -> Used:
    """Return what an area's limits have used up of what went to the recipient of a pair log.

    Each version of an object takes one place however often it is sent, and a recall gives none back: it was seen. Only the
    entries of the longest window are read; their instants never fall, so that its begin is found by halving.

    Args:
        logs: where the log is kept.
        programme: whose clauses set the limits.
        policy: it, compiled.
        place: name of the pair log, area.
        at_us: the present.
        before: leaves out the entries from there on.
    """
    log, area = place
    windows = {
        clause.id: _Window(
            shift_us(at_us, clause.limit.window, -1), policy.level(clause.limit.level) if clause.limit.level else -1
        )
        for clause in programme.release.clauses
        if clause.limit is not None
    }
    counted: dict[str, set[tuple[str, str]]] = {clause: set() for clause in windows}
    if not windows:
        return Used({}, frozenset())
    size = logs.size(log) if before is None else before
    first = bisect_left(range(size), min(one.start_us for one in windows.values()), key=lambda n: _at_us(logs, log, n))
    for stored in logs.entries(log, first, size):
        if stored.entry().kind == "release.sent":
            _count(stored, area, policy, windows, counted)
    narrowest = max(windows, key=lambda clause: windows[clause].start_us)
    return Used({clause: len(sent) for clause, sent in counted.items()}, frozenset(counted[narrowest]))


def _count(
    stored: StoredEntry,
    area: str,
    policy: Policy,
    windows: dict[str, _Window],
    counted: dict[str, set[tuple[str, str]]],
) -> None:
    facts = stored.facts()
    sent_us = instant.to_us(instant.parse(stored.entry().at))
    mine = [clause for clause in facts["clauses"] if clause in windows and sent_us >= windows[clause].start_us]
    if facts["area"] != area or not mine:
        return
    level = _level(facts, policy, sent_us) if any(windows[clause].level >= 0 for clause in mine) else UNKNOWN_LEVEL
    for clause in mine:
        if level >= windows[clause].level:
            counted[clause].add((facts["object_id"], facts["modified"]))


def _level(facts: dict[str, object], policy: Policy, sent_us: int) -> int:
    label = msgspec.convert(facts["label"], Label)
    return level_of(label.at(instant.from_us(sent_us)), str(facts["originator"]), policy)


def _at_us(logs: LogStore, log: str, seq: int) -> int:
    [stored] = logs.entries(log, seq, seq + 1)
    return instant.to_us(instant.parse(stored.entry().at))
