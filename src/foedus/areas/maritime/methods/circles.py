"""Circle: a track that goes round in circles no vessel steers.

Definition: at least ``span_min_min`` and ``fixes_min`` fixes on a circle (Taubin's fit) of ``radius_min_km`` to
``radius_max_km``, rms residual below ``residual_max`` of the radius, swept ``sweep_min_deg`` one way (where more
than half of the steps pass ``alias_deg`` the way is unknown and the residual alone decides), **and** either entered
or left by a jump, or the reported courses or headings against the tangent by more than ``against_min_deg`` in the
median. Candidates are whole tracks of an identity that jumped, and stretches that turn one way.

Source: Bergman (2021) on circles in AIS; the fit after Taubin (1991) in Chernov's form. Settings: ``SETTINGS``.
Innocent explanations: swinging at anchor (below ``anchor_km`` and ``anchor_kn``: not reported), survey and search
patterns, whose courses follow the track, fishing with a turning gear.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from foedus.areas.maritime.methods import jumps
from foedus.areas.maritime.methods.around import NOTHING, Around
from foedus.areas.maritime.methods.event import Event, Fixes, path
from foedus.areas.maritime.methods.sphere import KNOT_MS, RADIUS_M, Floats
from foedus.areas.maritime.methods.taubin import Circle, circle
from foedus.areas.maritime.methods.tracks import take

KIND = "circle"

SETTINGS: dict[str, float] = {
    "span_min_min": 30.0,
    "fixes_min": 20.0,
    "radius_min_km": 0.1,
    "radius_max_km": 20.0,
    "residual_max": 0.05,
    "sweep_min_deg": 360.0,
    "one_way_min": 0.9,
    "alias_deg": 120.0,
    "against_min_deg": 45.0,
    "anchor_km": 0.3,
    "anchor_kn": 1.0,
    "thin_s": 20.0,
}

_SMOOTH = 5
_TRIMS = 3
_NEARLY = 0.8
"""Noise at the ends hides part of the turn; the fit has the last word."""


class _Round(NamedTuple):
    """A fitted stretch, in metres east and north of its first fix."""

    fixes: Fixes
    east: Floats
    north: Floats
    fit: Circle


def find(tracks: Sequence[Fixes], settings: Mapping[str, float] = SETTINGS, around: Around = NOTHING) -> list[Event]:
    """Find circles; ``tracks`` are as ``tracks.segment`` gives them.

    Returns:
        Events by identity and start.
    """
    leaps: dict[int, list[Event]] = {}
    for jump in jumps.find(tracks, jumps.SETTINGS, around):
        leaps.setdefault(jump.mmsis[0], []).append(jump)
    events: list[Event] = []
    for track in tracks:
        thin = _thinned(track, settings)
        rows = {row for jump in leaps.get(track.mmsi, ()) for row in jump.rows}
        jumped = track.row[0] in rows or track.row[-1] in rows
        stretches = [np.arange(len(thin.t_ms))] if jumped else []
        for stretch in (*stretches, *_turning(thin, settings)):
            event = _event(take(thin, stretch), rows, settings)
            if event is not None and not any(_overlap(event, known) for known in events):
                events.append(event)
    return sorted(events, key=lambda event: (event.mmsis, event.from_ms))


def _overlap(one: Event, other: Event) -> bool:
    return one.mmsis == other.mmsis and one.from_ms <= other.to_ms and other.from_ms <= one.to_ms


def _thinned(track: Fixes, settings: Mapping[str, float]) -> Fixes:
    """The first fix of each bin of time, and the last fix: a jump starts there."""
    bins = track.t_ms // round(settings["thin_s"] * 1000)
    kept = np.r_[True, bins[1:] != bins[:-1]]
    kept[-1] = True
    return track if kept.all() else take(track, kept)


def _level(fixes: Fixes) -> tuple[Floats, Floats]:
    """Metres east and north of the first fix."""
    lat, lon = np.radians(fixes.lat_deg), np.radians(fixes.lon_deg)
    across = (lon - lon[0] + np.pi) % (2 * np.pi) - np.pi
    return RADIUS_M * across * np.cos((lat + lat[0]) / 2), RADIUS_M * (lat - lat[0])


def _turning(fixes: Fixes, settings: Mapping[str, float]) -> Iterator[NDArray[np.int64]]:
    """Stretches that turn one way long enough to be a circle."""
    if len(fixes.t_ms) < settings["fixes_min"]:
        return
    lat, lon = np.radians(fixes.lat_deg), np.radians(fixes.lon_deg)
    across = (np.diff(lon) + np.pi) % (2 * np.pi) - np.pi
    bearing = np.arctan2(across * np.cos((lat[1:] + lat[:-1]) / 2), np.diff(lat))
    turn = (np.diff(bearing) + np.pi) % (2 * np.pi) - np.pi
    if np.abs(turn).sum() < np.radians(settings["sweep_min_deg"]) / 2:
        return
    way = np.sign(np.convolve(turn, np.ones(_SMOOTH), mode="same"))
    starts = np.flatnonzero(np.r_[True, way[1:] != way[:-1]])
    sums = np.add.reduceat(turn, starts)
    ends = np.append(starts[1:], len(turn))
    able = ends - starts + 2 >= settings["fixes_min"]
    able &= np.abs(sums) >= np.radians(settings["sweep_min_deg"]) * _NEARLY
    able &= fixes.t_ms[ends + 1] - fixes.t_ms[starts] >= settings["span_min_min"] * 60_000
    for start, end in zip(starts[able], ends[able], strict=True):
        yield np.arange(start, end + 2)


def _event(fixes: Fixes, leaps: set[int], settings: Mapping[str, float]) -> Event | None:
    held = _fitted(fixes, settings)
    if held is None:
        return None
    swept, one_way, alias = _swept(held, settings)
    if alias <= 0.5 and (swept < settings["sweep_min_deg"] or one_way < settings["one_way_min"]):
        return None
    slow = _speed_kn(held) < settings["anchor_kn"] and held.fit.radius < settings["anchor_km"] * 1000
    against = _against_deg(held, alias)
    jumped = bool(leaps & {int(held.fixes.row[0]), int(held.fixes.row[-1])})
    if slow or not (jumped or max(against) > settings["against_min_deg"]):
        return None
    return _said(held, settings, {"swept_deg": round(swept), "jumped": int(jumped)}, against)


def _fitted(fixes: Fixes, settings: Mapping[str, float]) -> _Round | None:
    """Fit a circle; ends that stand off (the way in or out) are cut, some times."""
    for _ in range(_TRIMS):
        lasting = len(fixes.t_ms) >= settings["fixes_min"] and fixes.t_ms[-1] - fixes.t_ms[0] >= (
            settings["span_min_min"] * 60_000
        )
        if not lasting:
            return None
        east, north = _level(fixes)
        fit = circle(east, north)
        if fit is None:
            return None
        off = np.abs(np.hypot(east - fit.east, north - fit.north) - fit.radius)
        if fit.residual < settings["residual_max"] * fit.radius:
            fits = settings["radius_min_km"] * 1000 <= fit.radius <= settings["radius_max_km"] * 1000
            return _Round(fixes, east, north, fit) if fits else None
        good = np.flatnonzero(off <= np.median(off) * 3)
        if not len(good) or (good[0], good[-1]) == (0, len(off) - 1):
            return None
        fixes = take(fixes, np.arange(good[0], good[-1] + 1))
    return None


def _swept(held: _Round, settings: Mapping[str, float]) -> tuple[float, float, float]:
    """Degrees swept about the centre, the part of it one way, and the part of steps too long to know the way."""
    angle = np.unwrap(np.arctan2(held.north - held.fit.north, held.east - held.fit.east))
    change = np.degrees(np.diff(angle))
    total = float(np.abs(change).sum())
    alias = float((np.abs(change) > settings["alias_deg"]).mean())
    return abs(float(change.sum())), abs(float(change.sum())) / max(total, 1e-9), alias


def _speed_kn(held: _Round) -> float:
    gone = np.hypot(np.diff(held.east), np.diff(held.north)).sum()
    return float(gone) / (int(held.fixes.t_ms[-1] - held.fixes.t_ms[0]) / 1000.0) / KNOT_MS


def _against_deg(held: _Round, alias: float) -> tuple[float, float]:
    """Median angle between tangent and reported course, and heading; 0 where none is reported or the way is unknown."""
    if alias > 0.5:
        return 0.0, 0.0
    angle = np.arctan2(held.north - held.fit.north, held.east - held.fit.east)
    turned = (np.diff(angle) + np.pi) % (2 * np.pi) - np.pi
    way = 1.0 if turned.sum() > 0 else -1.0
    # anticlockwise seen from above the tangent's course is -angle; clockwise it is the reverse
    tangent = np.degrees(np.arctan2(-way * np.sin(angle), way * np.cos(angle)))
    out = []
    for reported in (held.fixes.cog_deg, held.fixes.heading_deg):
        off = np.abs((reported - tangent + 180.0) % 360.0 - 180.0)
        known = off[np.isfinite(off)]
        out.append(float(np.median(known)) if len(known) * 2 >= len(off) else 0.0)
    return out[0], out[1]


def _said(held: _Round, settings: Mapping[str, float], known: dict[str, int], against: tuple[float, float]) -> Event:
    fixes, fit = held.fixes, held.fit
    lat = float(fixes.lat_deg[0]) + float(np.degrees(fit.north / RADIUS_M))
    level = np.cos(np.radians((lat + float(fixes.lat_deg[0])) / 2))
    lon = float(fixes.lon_deg[0]) + float(np.degrees(fit.east / RADIUS_M / level))
    measures: dict[str, float | int | str] = {
        "radius_m": round(fit.radius),
        "residual_part": round(fit.residual / fit.radius, 3),
        "residual_margin": round(settings["residual_max"] - fit.residual / fit.radius, 3),
        "fixes": len(fixes.t_ms),
        "speed_kn": round(_speed_kn(held), 1),
        "course_against_deg": round(against[0]),
        "heading_against_deg": round(against[1]),
        "lat_deg": round(lat, 6),
        "lon_deg": round((lon + 180.0) % 360.0 - 180.0, 6),
        **known,
    }
    span = (round(int(fixes.t_ms[0]), -3), round(int(fixes.t_ms[-1]), -3))
    way = path(fixes.t_ms, fixes.lat_deg, fixes.lon_deg)
    return Event(KIND, (fixes.mmsi,), *span, measures, way, tuple(fixes.row.tolist()), ())
