"""Outages: when a source was not there. Silence of a vessel while the source that heard it last was away says nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

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


def stands(event: Event, by_ms: int, hearing: NDArray[np.int64], spans: Sequence[Span], silence_min_h: float) -> bool:
    """Say whether a gap is the vessel's: a silence in which nobody around was heard, or of a source that was away, is not.

    Args:
        event: the gap.
        by_ms: what is known by when; an open gap lasts until then.
        hearing: as ``carried.hearing`` gives it, ascending.
        spans: outages of the source that heard the vessel last.
        silence_min_h: how long a vessel must be silent while it could be heard, hours.
    """
    to_ms = min(event.to_ms, by_ms) if event.measures.get("state") == "closed" else max(by_ms, event.from_ms)
    _, *place = next(step for step in event.path if step[0] == event.from_ms)
    there = between(spans, event.from_ms, to_ms)
    return listened_h(hearing, (place[0], place[1]), there) > silence_min_h


def listened_h(hearing: NDArray[np.int64], place: tuple[float, float], spans: Iterable[Span]) -> float:
    """Return how many hours of some spans the sources listened around a place: without those in which nobody was heard there.

    Args:
        hearing: as ``carried.hearing`` gives it, ascending.
        place: latitude and longitude.
        spans: times in which the source was there.
    """
    return sum(
        ((until - since) / HOUR_MS - silent_hours(hearing, place, since, until) for since, until in spans), start=0.0
    )


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
