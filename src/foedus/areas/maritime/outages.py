"""Outages: when a source was not there. Silence of a vessel while the source that heard it last was away says nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from statistics import median
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from foedus.areas.maritime.carried import FORGET_MS, HOUR_MS, State, silent_hours
from foedus.areas.maritime.methods.event import Event
from foedus.areas.maritime.nmea import instant_ms
from foedus.errors import InputError
from foedus.model.room import Settings

MAX_SPANS = 1_000
"""Of each source, the latest; the sources are as many as the node opens."""

Span = tuple[int, int]
_USUAL_H = 24


class Listening(NamedTuple):
    """What could be heard: where anybody was, when the source that heard a vessel last was away, how much it heard.

    Attributes:
        hearing: as ``carried.hearing`` gives it, ascending.
        away: outages of the source.
        rates: how many vessels the source heard in each hour since 1970; none known for an empty one.
    """

    hearing: NDArray[np.int64]
    away: Sequence[Span] = ()
    rates: Mapping[int, int] = MappingProxyType({})


def told(state: State, settings: Settings) -> State:
    """Take into a state what the settings say of ``outages``.

    A span that begins when a known one does takes its place: an outage that goes on is told again, longer.

    Raises:
        InputError: not spans of two instants by source.
    """
    for source, spans in _given(settings.get("outages", {})).items():
        held = dict(state.outages.get(source, ())) | dict(spans)
        late = [(since, until) for since, until in sorted(held.items()) if until >= state.newest_ms - FORGET_MS]
        state.outages[source] = late[-MAX_SPANS:]
    return state


def between(spans: Sequence[Span], from_ms: int, to_ms: int) -> Iterator[Span]:
    """Yield the parts of a time in which a source was there.

    >>> list(between([(10, 20), (15, 30), (50, 90)], 0, 60))
    [(0, 10), (30, 50)]
    """
    here = from_ms
    for since, until in sorted(spans):
        if since > here:
            yield here, min(since, to_ms)
        here = max(here, until)
        if here >= to_ms:
            return
    yield here, to_ms


def stands(event: Event, by_ms: int, listening: Listening, settings: Mapping[str, float]) -> bool:
    """Say whether a gap is the vessel's: a silence in which nobody around was heard, or of a source that was away, is not.

    Args:
        event: the gap.
        by_ms: what is known by when; an open gap lasts until then.
        listening: to what could be heard meanwhile.
        settings: of gaps; ``silence_min_h`` is how long a vessel must be silent while it could be heard.
    """
    to_ms = min(event.to_ms, by_ms) if event.measures.get("state") == "closed" else max(by_ms, event.from_ms)
    return _listened_h(event, to_ms, listening, settings["rate_min_part"]) > settings["silence_min_h"]


def _listened_h(event: Event, to_ms: int, listening: Listening, part: float) -> float:
    """Hours in which the source was there, without those in which nobody was heard around or the source heard next to nothing."""
    _, *place = next(step for step in event.path if step[0] == event.from_ms)
    hours = 0.0
    for since, until in between(listening.away, event.from_ms, to_ms):
        silent = silent_hours(listening.hearing, (place[0], place[1]), since, until)
        faint = faint_hours(listening.rates, event.from_ms, (since, until), part)
        hours += (until - since) / HOUR_MS - len(np.union1d(silent, faint))
    return hours


def faint_hours(rates: Mapping[int, int], from_ms: int, span: Span, part: float) -> NDArray[np.int64]:
    """Return in which whole hours of a span a source heard fewer than a part of the vessels it usually hears.

    Usual is the median of the day before the silence, without the vessel that fell silent.

    >>> rates = dict.fromkeys(range(24), 31) | {24: 30, 25: 2, 26: 3}
    >>> faint_hours(rates, 24 * HOUR_MS, (24 * HOUR_MS, 27 * HOUR_MS), 0.1).tolist()
    [25]
    """
    began = from_ms // HOUR_MS
    usual = median(rates.get(hour, 0) for hour in range(began - _USUAL_H, began)) - 1
    first, last = -(-span[0] // HOUR_MS), span[1] // HOUR_MS
    return np.array([hour for hour in range(first, last) if rates.get(hour, 0) < part * usual], np.int64)


def _given(said: object) -> Mapping[str, list[Span]]:
    if not isinstance(said, Mapping) or not all(isinstance(spans, list) for spans in said.values()):
        raise _malformed()
    return {str(source): [_span(one) for one in spans] for source, spans in said.items()}


def _span(said: object) -> Span:
    if not isinstance(said, Sequence) or len(said) != 2:
        raise _malformed()
    since, until = (instant_ms(one) for one in said)
    if not 0 <= since <= until:
        raise _malformed()
    return since, until


def _malformed() -> InputError:
    hint = 'outages = { "live:station" = [["2026-06-01T02:00:00Z", "2026-06-01T10:00:00Z"]] }'
    return InputError("not spans of time by source", code="outages-malformed", where="outages", hint=hint)
