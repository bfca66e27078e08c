"""Precision and recall of the methods over scenes, and what was missed."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from typing import NamedTuple

import numpy as np
from tests.maritime.quiet import quiet
from tests.maritime.scenes import scene
from tests.maritime.through import batches, layers, run, told
from tests.maritime.traffic import Scene, Truth

from foedus.areas.maritime.methods.around import Around, Corridor, Zone, places
from foedus.areas.maritime.methods.event import Event, Fixes
from foedus.areas.maritime.methods.observe import observe
from foedus.areas.maritime.methods.tracks import by_vessel, segment_all
from foedus.model.finding import Finding

SLACK_MS = 600_000
SILENT = ("gap", "combination")


class Score(NamedTuple):
    """Of one kind: found and true, reported in all, planted in all, and notes of the misses."""

    hits: int
    reported: int
    found: int
    planted: int
    missed: Counter


def around(held: Scene) -> Around:
    """The layers of a scene: its port is also its only shore."""
    lat, lon = (np.array(column) for column in zip(*held.ports, strict=True))
    return Around(
        places("ports", lat, lon),
        places("shore", lat, lon),
        (Zone("zone", (tuple(held.zone),)),),
        (Corridor("cable", tuple(held.cable)),),
    )


def tracks_of(held: Scene) -> list[Fixes]:
    return segment_all(by_vessel(*held.columns()))


def observed(held: Scene) -> list[Event]:
    """What the methods alone say of all tracks at once."""
    return observe(tracks_of(held), {}, around(held))


def concluded(held: Scene) -> list[Event]:
    """What comes out of the room's doors, given the scene's layers as files; silences and combinations are not planted."""
    events = _events(run(batches(held), layers(held))[0])
    return [event for event in events if event.kind not in SILENT]


def silences(scenes: tuple[Scene, Scene]) -> list[Event]:
    """Silences and combinations that come out of the room's doors when two receivers' scenes go in."""
    coast, other = scenes
    found, state = run(batches(other), layers(coast), source="other")
    more, _ = run(batches(coast), layers(coast), state)
    return [event for event in _events([*found, *more]) if event.kind in SILENT]


def _events(found: list[Finding]) -> list[Event]:
    return [Event(one.kind, one.mmsis, one.from_ms, one.to_ms, one.said["measures"], (), (), ()) for one in told(found)]


def matches(event: Event, truth: Truth) -> bool:
    """One story: kind, identities, and overlapping time with ten minutes of slack."""
    start, end = truth.start * 1000 - SLACK_MS, truth.end * 1000 + SLACK_MS
    return (event.kind, event.mmsis) == (truth.kind, truth.mmsis) and event.from_ms <= end and event.to_ms >= start


def judge(seeds: range, said_of: Callable[[Scene], list[Event]] = concluded) -> dict[str, Score]:
    """Score each kind over scenes."""
    return score((held.truth, said_of(held)) for held in map(scene, seeds))


def judge_silences(seeds: range) -> dict[str, Score]:
    """Score silences, and combinations they are part of, over scenes of two receivers."""
    return score((held[0].truth, silences(held)) for held in map(quiet, seeds))


def score(told_of: Iterable[tuple[list[Truth], list[Event]]]) -> dict[str, Score]:
    """Score each kind: what was planted in each scene, and what was said of it."""
    counts: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    missed: dict[str, Counter] = defaultdict(Counter)
    for truths, events in told_of:
        for event in events:
            counts[event.kind][1] += 1
            counts[event.kind][0] += any(matches(event, truth) for truth in truths)
        for truth in truths:
            counts[truth.kind][3] += 1
            hit = any(matches(event, truth) for event in events)
            counts[truth.kind][2] += hit
            if not hit:
                missed[truth.kind][truth.note] += 1
    return {kind: Score(*counts[kind], missed[kind]) for kind in sorted(counts)}
