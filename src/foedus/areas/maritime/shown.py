"""Door ``show``: tracks on the map, distance and speeds against the thresholds, what was measured and what was not seen."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from foedus.areas.maritime.earth import apart_km, implied_kn
from foedus.areas.maritime.said import (
    MAX_PATH,
    Step,
    is_partial,
    number_of,
    properties,
    said_of,
    steps_of,
    title_of,
    tracks_of,
)
from foedus.areas.maritime.words import INNOCENT
from foedus.model.finding import Finding
from foedus.model.picture import Line, Map, Pane, Picture, Series, Table, Track, Words
from foedus.model.room import Say, as_written
from foedus.model.stix import StixObject

_SPEED_LIMITS = {
    "rendezvous": ("speed_max_kn", 2.0),
    "combination": ("speed_max_kn", 2.0),
    "loitering": ("speed_max_kn", 2.0),
    "jump": ("speed_min_kn", 60.0),
}
_MEETINGS = ("rendezvous", "combination")
_APART = timedelta(hours=1)
_MAX_FIXES = 200


def show(finding: Finding, objects: Sequence[StixObject], *, say: Say = as_written) -> Picture:
    """Show a finding, of whoever wrote it, from its head alone; of a coarse one no distance or speed is drawn."""
    del objects
    said = said_of(finding)
    path = steps_of(said.get("path"))[:MAX_PATH]
    tracks = {f"MMSI {mmsi:09}": steps for mmsi, steps in tracks_of(said).items()}
    shown = tracks if len(tracks) > 1 or not path else {_who(said, say): path}
    panes: list[Pane] = [Words(text) for text in _words(finding, said, say)]
    if shown:
        panes.append(Map(say("Where"), tuple(_track(name, steps) for name, steps in shown.items())))
    if is_partial(finding):
        panes.append(Words(say("Positions may be coarse: no distances or speeds are drawn from them.")))
    else:
        panes.extend(_distances(finding.kind, said, list(tracks.items()), say))
        panes.extend(_speeds(finding.kind, said, shown, say))
    panes.extend(_tables(said, shown, say))
    return Picture(title_of(finding), tuple(panes))


def _track(name: str, steps: Sequence[Step]) -> Track:
    return Track(name, tuple(step.lat_deg for step in steps), tuple(step.lon_deg for step in steps))


def _words(finding: Finding, said: Mapping[str, Any], say: Say) -> list[str]:
    description = properties(finding.head).get("description")
    words = [description] if isinstance(description, str) and description else []
    if finding.head.revoked:
        words.append(say("No longer concluded: later data show otherwise."))
    elif finding.kind in INNOCENT:
        words.append(say("May be innocent: {why}.", why=say(INNOCENT[finding.kind])))
    marks = said.get("marks")
    for one in marks if isinstance(marks, list) else ():
        if isinstance(one, dict) and isinstance(one.get("why"), str):
            words.append(say("Identity mismatch, which alone says nothing: {why}", why=one["why"]))
    unseen = said.get("unseen")
    words.extend(
        say("Not tested: {what}", what=say(text))
        for text in (unseen if isinstance(unseen, list) else ())
        if isinstance(text, str)
    )
    return words


def _told(value: object, say: Say) -> str:
    return say(value) if isinstance(value, str) else str(value)


def _who(said: Mapping[str, Any], say: Say) -> str:
    held = said.get("mmsis")
    return ", ".join(f"MMSI {one}" for one in held) if isinstance(held, list) and held else say("vessel")


def _distances(
    kind: str, said: Mapping[str, Any], tracks: Sequence[tuple[str, Sequence[Step]]], say: Say
) -> list[Series]:
    """How far two vessels were apart, whenever either was heard and the other within the hour."""
    if kind not in _MEETINGS or len(tracks) != 2:
        return []
    (_, one), (_, other) = tracks
    instants = sorted({step.at for step in (*one, *other)})
    pairs = [(at, _place(one, at), _place(other, at)) for at in instants]
    known = [(at, apart_km(*a, *b) * 1_000) for at, a, b in pairs if a is not None and b is not None]
    if not known:
        return []
    line = Line(say("distance"), tuple(at for at, _ in known), tuple(float(round(metres)) for _, metres in known), "m")
    limit = number_of(_settings(said).get("distance_m", 500.0 if kind == "rendezvous" else None))
    return [Series(say("Distance"), (line,), () if limit is None else ((say("distance m"), limit),))]


def _place(steps: Sequence[Step], at: datetime) -> tuple[float, float] | None:
    """Where a vessel was between two fixes less than an hour apart; None beyond them."""
    after = bisect_left(steps, at, key=lambda step: step.at)
    if after < len(steps) and steps[after].at == at:
        return steps[after].lat_deg, steps[after].lon_deg
    if not 0 < after < len(steps) or steps[after].at - steps[after - 1].at > _APART:
        return None
    a, b = steps[after - 1], steps[after]
    part = (at - a.at) / (b.at - a.at)
    east = (b.lon_deg - a.lon_deg + 180) % 360 - 180
    return a.lat_deg + part * (b.lat_deg - a.lat_deg), (a.lon_deg + part * east + 180) % 360 - 180


def _speeds(kind: str, said: Mapping[str, Any], shown: Mapping[str, Sequence[Step]], say: Say) -> list[Series]:
    """Implied speeds between neighbouring fixes, at the later one."""
    lines = [
        _line(name if len(shown) > 1 else say("implied speed"), steps)
        for name, steps in shown.items()
        if len(steps) > 1
    ]
    return [Series(say("Speed between fixes"), tuple(lines), _thresholds(kind, said, say))] if lines else []


def _line(name: str, steps: Sequence[Step]) -> Line:
    pairs = list(pairwise(steps))
    speeds = tuple(
        round(
            implied_kn(apart_km(a.lat_deg, a.lon_deg, b.lat_deg, b.lon_deg), (b.at - a.at) / timedelta(milliseconds=1)),
            1,
        )
        for a, b in pairs
    )
    return Line(name, tuple(b.at for _, b in pairs), speeds, "kn")


def _thresholds(kind: str, said: Mapping[str, Any], say: Say) -> tuple[tuple[str, float], ...]:
    if kind not in _SPEED_LIMITS:
        return ()
    name, usual = _SPEED_LIMITS[kind]
    value = number_of(_settings(said).get(name, usual))
    return () if value is None else ((say(name.replace("_", " ")), value),)


def _settings(said: Mapping[str, Any]) -> Mapping[str, Any]:
    rule = said.get("rule")
    settings = rule.get("settings") if isinstance(rule, dict) else None
    return settings if isinstance(settings, dict) else {}


def _tables(said: Mapping[str, Any], shown: Mapping[str, Sequence[Step]], say: Say) -> list[Table]:
    made = []
    for title, held in ((say("Measured"), said.get("measures")), (say("Thresholds"), _settings(said))):
        if isinstance(held, dict) and held:
            told = tuple((say(name.replace("_", " ")), _told(value, say)) for name, value in sorted(held.items()))
            made.append(Table(title, (say("what"), say("value")), told))
    for name, steps in shown.items():
        rows = tuple(
            (f"{one.at:%Y-%m-%d %H:%M:%S}", f"{one.lat_deg:.5f}", f"{one.lon_deg:.5f}") for one in steps[:_MAX_FIXES]
        )
        title = say("Fixes") if len(shown) == 1 else say("Fixes of {name}", name=name)
        made.append(Table(title, ("UTC", say("latitude"), say("longitude")), rows))
    return made
