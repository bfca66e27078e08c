"""What an indicator measures: events filtered by ``where`` and put through one of eight functions.

All arithmetic is exact (fractions), so that every node comes to the same bytes.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from typing import Any, NamedTuple

import msgspec

from foedus.model.canonical import canonical
from foedus.model.entry import Event
from foedus.model.events import filtered_field
from foedus.model.instant import parse
from foedus.model.programme import Compute, Selection

ACCRUING = frozenset({"count", "distinct", "sum"})
_OBJECT_KINDS = ("release.", "exchange.", "finding.")
_DAY = timedelta(days=1)
_LARGEST = Fraction(sys.float_info.max)


class EntryRef(NamedTuple):
    """Where an event stands: name of the log, sequence number."""

    log: str
    seq: int


class Measured(NamedTuple):
    """A value, or why there is none; ``n`` is how many it rests on."""

    value: Fraction | None
    n: int
    entries: tuple[EntryRef, ...]
    why: str = ""


class Period(msgspec.Struct, frozen=True):
    """A calendar year (UTC) up to and with its last reviewed day."""

    day: date

    @classmethod
    def of(cls, year: int, review: date) -> Period:
        """Return a year's period as a review on a day sees it: whole, or up to that day."""
        return cls(min(date(year, 12, 31), review))

    @property
    def year(self) -> str:
        """The calendar year."""
        return str(self.day.year)

    @property
    def start_at(self) -> datetime:
        """First instant of the year."""
        return datetime(self.day.year, 1, 1, tzinfo=UTC)

    @property
    def end_at(self) -> datetime:
        """First instant after the day."""
        return end_of(self.day)

    @property
    def elapsed_days(self) -> int:
        """Days gone by, the day itself among them."""
        return self.day.timetuple().tm_yday

    @property
    def share(self) -> Fraction:
        """Elapsed share of the year."""
        return Fraction(self.elapsed_days, date(self.day.year, 12, 31).timetuple().tm_yday)


def end_of(day: date) -> datetime:
    """Return the first instant after a UTC day."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC) + _DAY


def number(value: Any) -> Fraction | None:
    """Return a JSON number exactly as it is written, or None for anything else.

    >>> number(0.1)
    Fraction(1, 10)
    """
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return exact(value)


def exact(value: float) -> Fraction:
    """Return a finite number as the decimal it is written as."""
    return Fraction(str(value))


def plain(value: Fraction) -> int | float:
    """Return a fraction as a number that RFC 8785 can write.

    >>> plain(Fraction(4, 2)), plain(Fraction(1, 4))
    (2, 0.25)
    """
    if value.denominator == 1 and abs(value) < 2**53:
        return value.numerator
    return float(max(-_LARGEST, min(_LARGEST, value)))


def countable(events: Iterable[Event], programme_id: str, day: date) -> dict[str, list[Event]]:
    """Return the events that may count on a review day, by kind, oldest first.

    Left out are those of other programmes, those after the day, those of objects recalled by then (but for the recalls
    themselves), and every repetition: an object counts once between the same parties, with its first sending or receipt.
    What is sent after a recall, because a person lifted it, counts again.
    """
    end = end_of(day)
    known = [e for e in events if e.at < end and _concerns(e, programme_id)]
    known.sort(key=lambda e: (e.at, e.log, e.seq))
    recalled = _recalled(known)
    seen: set[tuple[object, ...]] = set()
    by_kind: dict[str, list[Event]] = {}
    for event in known:
        identity = _identity(event)
        if identity in seen or _is_recalled(event, recalled):
            continue
        if identity is not None:
            seen.add(identity)
        by_kind.setdefault(event.kind, []).append(event)
    return by_kind


def _recalled(known: Sequence[Event]) -> dict[object, datetime]:
    """Return the instant of each object's last recall; an answer stands for one that is not among the events."""
    answered = {e.facts.get("object_id"): e.at for e in known if e.kind == "recall.completed"}
    asked = {e.facts.get("object_id"): e.at for e in known if e.kind == "recall.requested"}
    return {object_id: at for object_id, at in {**answered, **asked}.items() if object_id is not None}


def _is_recalled(event: Event, recalled: Mapping[object, datetime]) -> bool:
    """Say whether an event is of an object that was recalled after it; a receipt is as old as what it answers."""
    at = None if event.kind.startswith("recall.") else recalled.get(event.facts.get("object_id"))
    if at is None:
        return False
    sent_at = event.facts.get("sent_at")
    return (parse(sent_at) if isinstance(sent_at, str) else event.at) <= at


def _concerns(event: Event, programme_id: str) -> bool:
    """Say whether an event is a programme's; the agreement of its successor is, too."""
    return event.facts.get("programme", programme_id) == programme_id or event.facts.get("supersedes") == programme_id


def _identity(event: Event) -> tuple[object, ...] | None:
    """Return what makes two events of one kind a repetition; None where nothing does."""
    object_id = event.facts.get("object_id")
    if object_id is None or not event.kind.startswith(_OBJECT_KINDS):
        return None
    return (event.kind, object_id, event.facts.get("event_id"), tuple(sorted(event.facts.get("parties") or ())))


def select(by_kind: Mapping[str, Sequence[Event]], source: str, where: Mapping[str, Any]) -> list[Event]:
    """Return the events of a kind that pass every filter."""
    return [e for e in by_kind.get(source, ()) if all(_passes(e.facts, key, want) for key, want in where.items())]


def _passes(facts: Mapping[str, Any], key: str, want: Any) -> bool:
    options = want if isinstance(want, list | tuple) else [want]
    if key == "parties":
        return all(party in (facts.get("parties") or ()) for party in options)
    field = filtered_field(key)
    if field not in facts:
        return False
    if field == key:
        return any(_equal(facts[field], option) for option in options)
    found, bound = number(facts[field]), number(want)
    if found is None or bound is None:
        return False
    return found >= bound if key.endswith("_min") else found <= bound


def _equal(found: Any, want: Any) -> bool:
    """Compare as JSON does: true is not 1, and 1 is 1.0."""
    return isinstance(found, bool) == isinstance(want, bool) and bool(found == want)


def measure(compute: Compute, by_kind: Mapping[str, Sequence[Event]], period: Period) -> Measured:
    """Return an indicator's value over a period.

    Source: median of an even number is the mean of the middle two; p90 the nearest rank, the ceil(0.9 n)-th smallest;
    ratio 100 |num and den| / |den| over distinct values; active_days 100 x distinct UTC days / elapsed days.
    """
    found = _within(select(by_kind, compute.source, compute.where), period)
    if compute.fn == "count":
        return Measured(Fraction(len(found)), len(found), references(found))
    if compute.fn == "active_days":
        days = len({event.at.date() for event in found})
        return Measured(Fraction(100 * days, period.elapsed_days), days, references(found))
    field = compute.field or ""
    if compute.fn == "ratio" and compute.numerator is not None:
        return _ratio(compute, compute.numerator, found, by_kind, period)
    if compute.fn == "distinct":
        held = [event for event in found if event.facts.get(field) is not None]
        values = len({_value(event, field) for event in held})
        return Measured(Fraction(values), values, references(held))
    return _over_numbers(compute, field, found)


def _over_numbers(compute: Compute, field: str, found: Sequence[Event]) -> Measured:
    held = [(value, event) for event in found if (value := number(event.facts.get(field))) is not None]
    values = sorted(value for value, _ in held)
    entries = references([event for _, event in held])
    if compute.fn == "sum":
        return Measured(sum(values, Fraction(0)), len(values), entries)
    if len(values) < max(1, compute.min_n):
        return Measured(None, len(values), entries, "too-few")
    return Measured(_ORDER[compute.fn](values), len(values), entries)


def _median(values: Sequence[Fraction]) -> Fraction:
    middle = len(values) // 2
    return values[middle] if len(values) % 2 else (values[middle - 1] + values[middle]) / 2


def _p90(values: Sequence[Fraction]) -> Fraction:
    return values[-(-9 * len(values) // 10) - 1]


_ORDER: dict[str, Callable[[Sequence[Fraction]], Fraction]] = {"median": _median, "p90": _p90, "max": lambda v: v[-1]}


def _ratio(
    compute: Compute,
    numerator: Selection,
    below: Sequence[Event],
    by_kind: Mapping[str, Sequence[Event]],
    period: Period,
) -> Measured:
    field = compute.field or ""
    upper = numerator.field or field
    above = _within(select(by_kind, numerator.source, numerator.where), period)
    denominator = {_value(event, field) for event in below if event.facts.get(field) is not None}
    both = {_value(event, upper) for event in above} & denominator
    behind = [event for event in below if _value(event, field) in denominator]
    behind += [event for event in above if _value(event, upper) in both]
    if len(denominator) < max(1, compute.min_n):
        return Measured(None, len(denominator), references(behind), "too-few")
    return Measured(Fraction(100 * len(both), len(denominator)), len(denominator), references(behind))


def _within(found: Iterable[Event], period: Period) -> list[Event]:
    return [event for event in found if period.start_at <= event.at < period.end_at]


def _value(event: Event, field: str) -> bytes:
    return canonical(event.facts.get(field))


def references(found: Iterable[Event]) -> tuple[EntryRef, ...]:
    """Return the entries that events stand in, each once, in order."""
    return tuple(sorted({EntryRef(event.log, event.seq) for event in found}))
