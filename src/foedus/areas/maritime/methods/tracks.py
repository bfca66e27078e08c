"""Tracks before everything: the fixes of one MMSI, told apart into the hulls that sent them.

Definition: in time order, up to ``open_tracks`` tracks stay open. A fix joins the track whose prediction (its last
fix moved on by reported speed and course, at most ``predict_h`` ahead) it misses least, among those it reaches at
``v_max_kn`` or within ``noise_km``; otherwise it opens one. When one too many is open, the oldest of those still
below ``fixes_min`` is closed, else the oldest. A track of fewer than ``fixes_min`` distinct instants is noise, and
one or two fixes between fixes of a kept track are a glitch: marks of quality, never findings. Fixes of one instant
in one track become their median.

Source: the segmentation of Global Fishing Watch (gpsdio-segment), written anew. Settings: ``SETTINGS``. It is a
fold over the fixes: any cut of the input gives the same tracks, given the state. What it cannot tell: two hulls
sailing together under one MMSI.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from foedus.areas.maritime.methods.event import Fixes
from foedus.areas.maritime.methods.fold import State, Walk, fold
from foedus.areas.maritime.methods.sphere import KNOT_MS, apart_m, most_m, vectors

SETTINGS: dict[str, float] = {
    "v_max_kn": 50.0,
    "v_max_aircraft_kn": 400.0,
    "noise_km": 2.0,
    "predict_h": 1.0,
    "open_tracks": 4.0,
    "fixes_min": 5.0,
}

KEPT, GLITCH, NOISE, REPEATED, PLACELESS = 0, 1, 2, 3, 4
"""Marks of a fix: in a track, glitch, noise, same instant as another of its track, without a place."""

_COLUMNS = Fixes._fields[1:]


class Segments(NamedTuple):
    """Tracks, and what became of each fix.

    Attributes:
        tracks: by their first fix; several of one MMSI are several hulls, or one and a place it never was in.
        marks: one a fix of the input.
    """

    tracks: tuple[Fixes, ...]
    marks: NDArray[np.uint8]


def by_vessel(mmsi: NDArray[np.integer[Any]], columns: Mapping[str, NDArray[Any]]) -> list[Fixes]:
    """Sort columns (named as in ``Fixes``) into vessels, each in time order; ties keep their order."""
    order = _by_time(mmsi, columns["t_ms"])
    owner = mmsi.take(order)
    held = [columns[name].take(order) for name in _COLUMNS]
    cuts = np.flatnonzero(owner[1:] != owner[:-1]) + 1
    starts, ends = np.r_[0, cuts][: len(owner)], np.r_[cuts, len(owner)][: len(owner)]
    return [Fixes(int(owner[a]), *(c[a:b] for c in held)) for a, b in zip(starts, ends, strict=True)]


def _by_time(mmsi: NDArray[np.integer[Any]], t_ms: NDArray[np.int64]) -> NDArray[np.int64]:
    """Order by identity and instant, ties as they came: a feed is nearly in time order, so identities come second.

    They are sorted by their lower and then their upper sixteen bits, which takes no comparisons.
    """
    order = np.arange(len(mmsi))
    if not bool((t_ms[1:] >= t_ms[:-1]).all()):
        order = np.argsort(t_ms, kind="stable")
    key = mmsi.astype(np.uint32, copy=False).take(order)
    low = np.argsort(key.astype(np.uint16), kind="stable")
    high = np.argsort((key >> 16).astype(np.uint16).take(low), kind="stable")
    return order.take(low.take(high))


def take(fixes: Fixes, chosen: NDArray[Any]) -> Fixes:
    """Some fixes of a vessel, by index or mask."""
    return Fixes(fixes.mmsi, *(column[chosen] for column in fixes[1:]))


def ordered(fixes: Fixes) -> Fixes:
    """The fixes in time order; those of one instant keep theirs."""
    if len(fixes.t_ms) < 2 or bool(np.all(fixes.t_ms[1:] >= fixes.t_ms[:-1])):
        return fixes
    return take(fixes, np.argsort(fixes.t_ms, kind="stable"))


def assign(fixes: Fixes, state: State, settings: Mapping[str, float]) -> tuple[NDArray[np.int64], State]:
    """Number the track of each fix (all with a place, in time order), going on from a state.

    >>> still = np.zeros(3)
    >>> fixes = Fixes(1, np.arange(3) * 60_000, still, np.array([0.0, 90.0, 0.0]), *[still] * 3, still, np.arange(3))
    >>> assign(fixes, State(), SETTINGS)[0].tolist()
    [0, 1, 0]
    """
    return fold(Walk.of(fixes, _speed(fixes.mmsi, settings), settings), state)


def segment(fixes: Fixes, settings: Mapping[str, float] = SETTINGS) -> Segments:
    """Tell the hulls of one MMSI apart; the fixes are in time order."""
    fixes = ordered(fixes)
    marks = np.zeros(len(fixes.t_ms), dtype=np.uint8)
    placed = np.flatnonzero(np.isfinite(fixes.lat_deg) & np.isfinite(fixes.lon_deg))
    marks[:] = PLACELESS
    there = take(fixes, placed)
    labels, _ = assign(there, State(), settings)
    tracks: list[Fixes] = []
    left: list[NDArray[np.int64]] = []
    held = np.argsort(labels, kind="stable")
    for mine in np.split(held, np.flatnonzero(np.diff(labels[held])) + 1) if len(held) else []:
        repeated = np.r_[False, np.diff(there.t_ms[mine]) == 0]
        marks[placed[mine]] = np.where(repeated, REPEATED, KEPT)
        if len(mine) - int(repeated.sum()) < settings["fixes_min"]:
            left.append(mine)
        else:
            tracks.append(_merged(take(there, mine), repeated))
    _mark_noise(there, placed, left, (tracks, marks))
    return Segments(tuple(tracks), marks)


def segment_all(vessels: Sequence[Fixes], settings: Mapping[str, float] = SETTINGS) -> list[Fixes]:
    """Tell hulls apart for many vessels; one that is plainly a single hull is passed on uncopied.

    Returns:
        Tracks in the order of the vessels.
    """
    out: list[Fixes] = []
    for fixes, single in zip(vessels, plain(vessels, settings), strict=True):
        if single:
            out.append(fixes)
        else:
            out.extend(segment(fixes, settings).tracks)
    return out


def _speed(mmsi: int, settings: Mapping[str, float]) -> float:
    """Fastest plausible metres a second; 111… are aircraft in search and rescue."""
    knots = settings["v_max_aircraft_kn"] if mmsi // 1_000_000 == 111 else settings["v_max_kn"]
    return knots * KNOT_MS


def plain(vessels: Sequence[Fixes], settings: Mapping[str, float] = SETTINGS) -> NDArray[np.bool_]:
    """Which vessels have enough fixes, all with a place, each later than the last and reachable from it."""
    sizes = np.array([len(fixes.t_ms) for fixes in vessels], dtype=np.int64)
    single = sizes >= max(settings["fixes_min"], 1)
    if not single.any():
        return single
    lat = np.concatenate([fixes.lat_deg for fixes in vessels])
    lon = np.concatenate([fixes.lon_deg for fixes in vessels])
    wait = np.diff(np.concatenate([fixes.t_ms for fixes in vessels])) / 1000.0
    speeds = np.repeat([_speed(fixes.mmsi, settings) for fixes in vessels], sizes)[1:]
    limit = np.maximum(settings["noise_km"] * 1000, speeds * wait)
    near = most_m(lat, lon) <= limit
    far = np.flatnonzero(~near)
    near[far] = apart_m(vectors(lat[far + 1], lon[far + 1]), vectors(lat[far], lon[far])) <= limit[far]
    good = np.r_[True, near & (wait > 0)]
    starts = np.cumsum(sizes) - sizes
    good[starts[sizes > 0]] = np.isfinite(lat[starts[sizes > 0]] + lon[starts[sizes > 0]])
    single[single] = np.logical_and.reduceat(good, starts[sizes > 0])[single[sizes > 0]]
    return single


def _merged(track: Fixes, repeated: NDArray[np.bool_]) -> Fixes:
    """A track with one fix an instant: the median place, the rest of the first."""
    if not repeated.any():
        return track
    group = np.cumsum(~repeated) - 1
    first = np.flatnonzero(~repeated)
    anchor = track.lon_deg[first][group]
    east = (track.lon_deg - anchor + 180.0) % 360.0 - 180.0
    lon = (_medians(east, group) + track.lon_deg[first] + 180.0) % 360.0 - 180.0
    return take(track, first)._replace(lat_deg=_medians(track.lat_deg, group), lon_deg=lon)


def _medians(values: NDArray[np.float64], group: NDArray[np.int64]) -> NDArray[np.float64]:
    """Median of each group; groups are numbered from 0, in order."""
    ranked = values[np.lexsort((values, group))]
    counts = np.bincount(group)
    starts = np.cumsum(counts) - counts
    middles: NDArray[np.float64] = (ranked[starts + (counts - 1) // 2] + ranked[starts + counts // 2]) / 2
    return middles


def _mark_noise(
    there: Fixes,
    placed: NDArray[np.int64],
    left: list[NDArray[np.int64]],
    kept: tuple[list[Fixes], NDArray[np.uint8]],
) -> None:
    """Mark what is in no track: a glitch when a kept track goes on around it."""
    tracks, marks = kept
    for mine in left:
        first, last = there.t_ms[mine[0]], there.t_ms[mine[-1]]
        around = any(track.t_ms[0] <= first and track.t_ms[-1] >= last for track in tracks)
        fleeting = len(np.unique(there.t_ms[mine])) <= 2
        once = placed[mine][marks[placed[mine]] == KEPT]
        marks[once] = GLITCH if around and fleeting else NOISE
