"""How much of an aggregation limit is used up: counted from the ledger, in the clause's sliding window."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
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

_Counted = defaultdict[str, set[tuple[str, str]]]


class Used(NamedTuple):
    """Places used by clause, and what was sent within every window: (object id, version)."""

    counts: dict[str, int]
    sent: frozenset[tuple[str, str]]


class _Window(NamedTuple):
    """A limit's window: what went at ``start_us`` or later counts, from a level on."""

    start_us: int
    level: int


class Limited(NamedTuple):
    """A pair log, and the programme and policy whose limits count what it sent; ``before`` leaves out entries from there on."""

    log: str
    programme: Programme
    policy: Policy
    before: int | None = None


def used(
    logs: LogStore, programme: Programme, policy: Policy, place: tuple[str, str], at_us: int, before: int | None = None
) -> Used:
    """Return what an area's limits have used up of what went to the recipient of a pair log (see ``Usage``).

    Args:
        logs: where the log is kept.
        programme: whose clauses set the limits.
        policy: it, compiled.
        place: name of the pair log, area.
        at_us: the present.
        before: leaves out the entries from there on.
    """
    return Usage(logs, [Limited(place[0], programme, policy, before)], at_us).of(*place)


class Usage:
    """What limits have used up of what went to the recipients of pair logs, read of all of them in one go.

    Each version of an object takes one place however often it is sent, and a recall gives none back: it was seen. Only the
    entries of the longest window are read.

    Args:
        logs: where the logs are kept.
        pairs: which, and under what.
        at_us: the present.
    """

    def __init__(self, logs: LogStore, pairs: Sequence[Limited], at_us: int) -> None:
        self._windows = {pair.log: found for pair in pairs if (found := _windows(pair, at_us))}
        self._counted: dict[tuple[str, str], _Counted] = defaultdict(lambda: defaultdict(set))
        limited = {pair.log: pair for pair in pairs if pair.log in self._windows}
        ends = {log: logs.size(log) if pair.before is None else pair.before for log, pair in limited.items()}
        begun = {log: min(one.start_us for one in windows.values()) for log, windows in self._windows.items()}
        for log, seq, stored in logs.since(logs.first_since(begun, ends)):
            if seq < ends[log] and stored.entry().kind == "release.sent":
                self._count(stored, log, limited[log].policy)

    def of(self, log: str, area: str) -> Used:
        """Return what the limits of an area have used up."""
        windows, counted = self._windows.get(log), self._counted[log, area]
        if not windows:
            return Used({}, frozenset())
        narrowest = max(windows, key=lambda clause: windows[clause].start_us)
        return Used({clause: len(counted[clause]) for clause in windows}, frozenset(counted[narrowest]))

    def _count(self, stored: StoredEntry, log: str, policy: Policy) -> None:
        facts, windows = stored.facts(), self._windows[log]
        sent_us = instant.to_us(instant.parse(stored.entry().at))
        mine = [clause for clause in facts["clauses"] if clause in windows and sent_us >= windows[clause].start_us]
        if not mine:
            return
        level = _level(facts, policy, sent_us) if any(windows[one].level >= 0 for one in mine) else UNKNOWN_LEVEL
        for clause in mine:
            if level >= windows[clause].level:
                self._counted[log, facts["area"]][clause].add((facts["object_id"], facts["modified"]))


def _windows(pair: Limited, at_us: int) -> dict[str, _Window]:
    return {
        clause.id: _Window(
            shift_us(at_us, clause.limit.window, -1),
            pair.policy.level(clause.limit.level) if clause.limit.level else -1,
        )
        for clause in pair.programme.release.clauses
        if clause.limit is not None
    }


def _level(facts: dict[str, object], policy: Policy, sent_us: int) -> int:
    label = msgspec.convert(facts["label"], Label)
    return level_of(label.at(instant.from_us(sent_us)), str(facts["originator"]), policy)
