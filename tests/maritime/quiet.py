"""Scenes of silence: who falls silent, who only seems to, and meetings that silence goes with. As in ``traffic``, independent.

Two receivers listen to one sea for sixty hours; whoever is not silent is heard until the end.
"""

from __future__ import annotations

import numpy as np
from tests.maritime.scenes import MIDNIGHT, PLACES
from tests.maritime.traffic import HOUR, Hull, Scene, Truth, broadcast, contact, move, silence

LONG_H = 60.0


def quiet(seed: int) -> tuple[Scene, Scene]:
    """What two receivers heard; the truth is that of both, in the first."""
    rng = np.random.default_rng(10_000 + seed)
    lat, lon = PLACES[seed % len(PLACES)]
    start = MIDNIGHT + 86_400 * int(rng.integers(0, 20)) - float(rng.uniform(2, 22)) * HOUR
    coast, other = (Scene(rng, lat, lon, start) for _ in range(2))
    other.used = 500
    other.truth = coast.truth
    for n in range(3):
        broadcast(coast, _sailing(coast, near=10 + 10 * n), "thin")
    for plant in (
        _closed,
        _near_threshold,
        _open,
        _shared,
        _anchored,
        _in_port,
        _alone,
        _met,
        _met_long_after,
        _only_met,
    ):
        plant(coast)
    _receiver_failed(other)
    return coast, other


def _sailing(s: Scene, near: float = 50) -> Hull:
    """A vessel that goes to and fro for all of the scene, some kilometres from its middle."""
    course = float(s.rng.uniform(0, 360))
    hull = s.hull(s.start, *move(s.lat, s.lon, float(s.rng.uniform(0, 360)), near * 1000))
    for n in range(int(LONG_H)):
        hull.sail(course + 180 * (n % 2) + float(s.rng.uniform(-20, 20)), float(s.rng.uniform(6, 14)), HOUR)
    return hull


def _fallen(s: Scene, hull: Hull, hours: float, reception: str, note: str = "") -> None:
    """Let a hull fall silent for some hours."""
    begin = s.start + float(s.rng.uniform(3, LONG_H - hours - 3)) * HOUR
    silence(broadcast(s, hull, reception), begin, begin + hours * HOUR)
    if note:
        s.truth.append(Truth("gap", (hull.mmsi,), begin, begin + hours * HOUR, note))


def _closed(s: Scene) -> None:
    for reception in ("thin", "dense", "satellite", "sparse"):
        _fallen(s, _sailing(s), float(s.rng.uniform(14.5, 30)), reception, reception)


def _near_threshold(s: Scene) -> None:
    _fallen(s, _sailing(s), 12.1, "thin", "near threshold")
    _fallen(s, _sailing(s), 11.8, "thin")
    _fallen(s, _sailing(s), 9, "sparse")


def _open(s: Scene) -> None:
    for reception in ("thin", "satellite"):
        hull = _sailing(s)
        end = s.start + LONG_H * HOUR
        begin = end - float(s.rng.uniform(14.5, 25)) * HOUR
        part = broadcast(s, hull, reception)
        silence(part, begin, end)
        s.truth.append(Truth("gap", (hull.mmsi,), float(part["t_ms"][-1]) / 1000, end, f"open, {reception}"))


def _shared(s: Scene) -> None:
    """One identity on two hulls, of which one falls silent."""
    one, other = _sailing(s), _sailing(s)
    other.mmsi = one.mmsi
    other.knots = [(t, *move(lat, lon, 45, 600_000)) for t, lat, lon in other.knots]
    broadcast(s, other, "thin")
    _fallen(s, one, float(s.rng.uniform(15, 28)), "thin", "two hulls, one identity")


def _anchored(s: Scene) -> None:
    hull = s.hull(s.start, *move(s.lat, s.lon, 200, 40_000)).sail(20, 0.01, LONG_H * HOUR)
    begin = s.start + 20 * HOUR
    part = broadcast(s, hull, "thin")
    part["status"][:] = 1
    silence(part, begin, begin + 16 * HOUR)


def _in_port(s: Scene) -> None:
    lat, lon = move(s.lat, s.lon, 120, 45_000)
    s.ports.append((lat, lon))
    hull = s.hull(s.start + 20 * HOUR, lat, lon).arrive(30, 8, 20 * HOUR).sail(0, 0.02, 18 * HOUR)
    hull.sail(210, 8, (LONG_H - 38) * HOUR, 4)
    silence(broadcast(s, hull, "thin"), s.start + 20 * HOUR, s.start + 37 * HOUR)


def _alone(s: Scene) -> None:
    """Far from all others, where for some hours nobody is heard."""
    for n in range(3):
        hull = _sailing(s)
        hull.knots = [(t, *move(lat, lon, 300, 3_000_000)) for t, lat, lon in hull.knots]
        silence(broadcast(s, hull, "thin"), s.start + (20 - n / 10) * HOUR, s.start + (35 + n / 10) * HOUR)


def _together(s: Scene, since_h: float) -> tuple[Hull, Hull, float]:
    """Two hulls that meet and part, heard for all of the scene; since when they lie beside each other."""
    begin = s.start + since_h * HOUR
    spot = move(s.lat, s.lon, float(s.rng.uniform(0, 360)), 60_000)
    one = s.hull(begin, *spot)
    for course in s.rng.uniform(0, 360, 8):
        one.sail(float(course), 0.5, 0.5 * HOUR)
    side = float(s.rng.uniform(0, 360))
    other = Hull(s.mmsi(), [(t, *move(lat, lon, side, 200)) for t, lat, lon in one.knots])
    for hull, way in ((one, side), (other, side + 180)):
        hull.arrive(way, 1.6, since_h * HOUR).sail(way + 180, 2.6, (LONG_H - since_h - 4) * HOUR, 4)
    return one, other, begin


def _said(s: Scene, kind: str, hulls: tuple[Hull, Hull], note: str) -> None:
    start, end, _ = contact(*hulls, 500)
    s.truth.append(Truth(kind, tuple(sorted(hull.mmsi for hull in hulls)), start, end, note))


def _met(s: Scene) -> None:
    for hours, after in ((14, False), (20, False), (14, True)):
        one, other, begin = _together(s, 26)
        broadcast(s, other, "thin")
        since = begin + 6 * HOUR if after else begin - (hours + 1.5) * HOUR
        silence(broadcast(s, one, "thin"), since, since + hours * HOUR)
        s.truth.append(Truth("gap", (one.mmsi,), since, since + hours * HOUR, "beside a meeting"))
        _said(s, "combination", (one, other), "silent after" if after else "silent before")


def _met_long_after(s: Scene) -> None:
    one, other, begin = _together(s, 44)
    broadcast(s, other, "thin")
    silence(broadcast(s, one, "thin"), begin - 42 * HOUR, begin - 27 * HOUR)
    s.truth.append(Truth("gap", (one.mmsi,), begin - 42 * HOUR, begin - 27 * HOUR, "long before a meeting"))


def _only_met(s: Scene) -> None:
    one, other, _ = _together(s, 20)
    for hull in (one, other):
        broadcast(s, hull, "thin")


def _receiver_failed(s: Scene) -> None:
    """The other receiver hears next to nothing for a while, though the coast is heard; one vessel was silent by itself before."""
    since, hours = s.start + 34 * HOUR, 17
    for _ in range(25):
        silence(broadcast(s, _sailing(s), "thin"), since, since + hours * HOUR)
    broadcast(s, _sailing(s), "thin")
    hull = _sailing(s)
    silence(broadcast(s, hull, "thin"), s.start + 8 * HOUR, s.start + 24 * HOUR)
    s.parts[-1] = {name: column[s.parts[-1]["t_ms"] < since * 1000] for name, column in s.parts[-1].items()}
    s.truth.append(Truth("gap", (hull.mmsi,), s.start + 8 * HOUR, s.start + 24 * HOUR, "before the receiver failed"))
