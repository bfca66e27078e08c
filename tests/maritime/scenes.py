"""Scenes of ``traffic``: what is planted, what looks like it and is not, where on the earth."""

from __future__ import annotations

import numpy as np
from tests.maritime.traffic import HOUR, KN, Hull, Scene, Truth, broadcast, contact, displace, meeting, move, silence

PLACES = (
    (12.0, -150.0),
    (-35.0, 20.0),
    (5.0, 179.8),
    (-18.0, -179.9),
    (82.0, 30.0),
    (58.0, 3.0),
    (-71.0, 178.5),
    (0.0, 0.0),
)

MIDNIGHT = 1_780_272_000.0


def scene(seed: int) -> Scene:
    """One scene: about 60 vessels, every kind planted, with its decoys; noon or so before a midnight."""
    rng = np.random.default_rng(seed)
    lat, lon = PLACES[seed % len(PLACES)]
    held = Scene(rng, lat, lon, MIDNIGHT + 86_400 * int(rng.integers(0, 20)) - float(rng.uniform(8, 14)) * HOUR)
    for _ in range(20):
        _passing(held)
    for plant in (
        _meetings,
        _near_misses,
        _loitering,
        _jumps,
        _glitches,
        _twins,
        _circles,
        _no_circles,
        _areas,
        _edges,
        _cable,
    ):
        plant(held)
    return held


def _passing(s: Scene) -> None:
    t, lat, lon = s.spot()
    hull = s.hull(t - 8 * HOUR, lat, lon)
    course = float(s.rng.uniform(0, 360))
    for _ in range(int(s.rng.integers(2, 6))):
        course += float(s.rng.uniform(-40, 40))
        hull.sail(course, float(s.rng.uniform(6, 20)), 4 * HOUR, 4)
    broadcast(s, hull, str(s.rng.choice(["dense", "thin", "satellite", "sparse"])))


def _meetings(s: Scene) -> None:
    kinds = (("thin", "thin"), ("dense", "thin"), ("satellite", "thin"), ("satellite", "satellite"), ("sparse", "thin"))
    for receptions in kinds:
        one, other = meeting(
            s,
            float(s.rng.uniform(2.4, 7)),
            float(s.rng.uniform(40, 420)),
            float(s.rng.uniform(0.1, 1.6)),
            receptions=receptions,
        )
        _true_meeting(s, one, other, "/".join(receptions))
    for hours_out, note in ((1.5, "outage of 90 min"), (2.6, "outage of 156 min")):
        one, other = meeting(s, 6, 250, 0.6)
        start, end, _ = contact(one, other, 500)
        silence(s.parts[-1], (start + end) / 2 - hours_out * 1800, (start + end) / 2 + hours_out * 1800)
        _true_meeting(s, one, other, note)
    for minutes, apart in ((124, 470), (127, 480), (123, 300)):
        # the way in and out within 500 m adds a minute or so; the truth is measured on the true ways
        one, other = meeting(s, minutes / 60, apart, float(s.rng.uniform(0.2, 1.0)))
        _true_meeting(s, one, other, "near threshold")


def _true_meeting(s: Scene, one: Hull, other: Hull, note: str) -> None:
    start, end, seconds = contact(one, other, 500)
    if seconds >= 2 * HOUR:
        s.truth.append(Truth("rendezvous", tuple(sorted((one.mmsi, other.mmsi))), start, end, note))


def _near_misses(s: Scene) -> None:
    r = s.rng
    meeting(s, float(r.uniform(0.6, 1.7)), float(r.uniform(50, 400)), float(r.uniform(0.2, 1.5)))
    _true_meeting(s, *meeting(s, 110 / 60, 300, 0.5), "near threshold")
    meeting(s, float(r.uniform(2.5, 6)), float(r.uniform(540, 900)), float(r.uniform(0.2, 1.5)))
    meeting(s, float(r.uniform(3, 6)), float(r.uniform(100, 400)), float(r.uniform(3, 7)))
    meeting(s, float(r.uniform(3, 6)), float(r.uniform(100, 400)), float(r.uniform(0.1, 1)), port=True)


def _loitering(s: Scene) -> None:
    for hours, speed, reception in ((5, 0.8, "thin"), (9, 1.4, "dense"), (6, 0.4, "satellite"), (8, 0.9, "sparse")):
        hull, span = _slow(s, hours + float(s.rng.uniform(-0.4, 0.4)), speed)
        broadcast(s, hull, reception)
        s.truth.append(Truth("loitering", (hull.mmsi,), *span, reception))
    for hours, speed in ((3.2, 0.8), (7, 3.5), (3.75, 0.5)):
        broadcast(s, _slow(s, hours, speed)[0], "thin")


def _slow(s: Scene, hours: float, speed: float) -> tuple[Hull, tuple[float, float]]:
    t, lat, lon = s.spot()
    hull = s.hull(t, lat, lon).sail(float(s.rng.uniform(0, 360)), speed, hours * HOUR, 8)
    course = float(s.rng.uniform(0, 360))
    hull.arrive(course, 9, 4 * HOUR).sail(course, 9, 4 * HOUR)
    return hull, (t, t + hours * HOUR)


def _under_way(s: Scene, hours: float = 12) -> tuple[Hull, float]:
    t, lat, lon = s.spot()
    hull = s.hull(t - hours / 2 * HOUR, lat, lon)
    return hull.sail(float(s.rng.uniform(0, 360)), float(s.rng.uniform(7, 14)), hours * HOUR, 4), t


def _jumps(s: Scene) -> None:
    for minutes, reception in (
        (90, "thin"),
        (25, "dense"),
        (45, "thin"),
        (100, "satellite"),
        (8, "dense"),
        (300, "sparse"),
    ):
        hull, t = _under_way(s)
        part = broadcast(s, hull, reception)
        lat, lon = hull.at(np.array([t]))
        far = move(float(lat[0]), float(lon[0]), float(s.rng.uniform(0, 360)), float(s.rng.uniform(250, 900)) * 1000)
        if displace(s, part, (t, t + minutes * 60), far):
            note = f"{minutes} min, {reception}"
            s.truth += [Truth("jump", (hull.mmsi,), at, at, note) for at in _bounds(part, t, t + minutes * 60)]


def _bounds(part: dict, start: float, end: float) -> list[float]:
    """Instants of the first fix shown elsewhere, and of the first fix back."""
    t = part["t_ms"] / 1000
    back = t[t > end]
    return [float(t[t >= start][0]), *([float(back[0])] if len(back) else [])]


def _glitches(s: Scene) -> None:
    for count in (1, 2, 1):
        hull, t = _under_way(s)
        part = broadcast(s, hull, "thin")
        hit = np.flatnonzero(part["t_ms"] / 1000 > t)[:count]
        part["lat_deg"][hit] = -part["lat_deg"][hit] / 2 + 7
        part["lon_deg"][hit] = (part["lon_deg"][hit] + 220) % 360 - 180


def _twins(s: Scene) -> None:
    for reception in ("thin", "satellite", "sparse"):
        one, t = _under_way(s, 16)
        other, _ = _under_way(s, 16)
        other.mmsi = one.mmsi
        for hull in (one, other):
            broadcast(s, hull, reception)
        span = max(one.knots[0][0], other.knots[0][0]), min(one.knots[-1][0], other.knots[-1][0])
        s.truth.append(Truth("identity-twin", (one.mmsi,), *span, reception))
    # one hull heard an hour late by a receiver whose clock is wrong: no second hull
    hull, _ = _under_way(s, 14)
    part = broadcast(s, hull, "thin")
    late = {name: column[::5].copy() for name, column in part.items()}
    late["t_ms"] += int(s.rng.uniform(0.7, 2.5) * HOUR) * 1000
    s.parts.append(late)
    # one identity handed to another hull that is far away, days later on the same sea: no overlap, nothing to say
    one, _ = _under_way(s, 6)
    broadcast(s, one, "thin")
    t, lat, lon = one.knots[-1]
    broadcast(s, Hull(one.mmsi, [(t + 30 * HOUR, *move(lat, lon, 40, 200_000))]).sail(10, 9, 6 * HOUR, 3), "thin")


def _round(s: Scene, hull: Hull, radius: float, speed_kn: float, seconds: float) -> Hull:
    """Go round in a circle from the last place on."""
    t, lat, lon = hull.knots[-1]
    bearing = float(s.rng.uniform(0, 360))
    centre = move(lat, lon, bearing, radius)
    step = 8.0
    turn = speed_kn * KN * step / radius
    for n in range(1, int(seconds / step) + 1):
        hull.knots.append((t + n * step, *move(*centre, bearing + 180 + np.degrees(turn) * n, radius)))
    return hull


def _circles(s: Scene) -> None:
    for radius, speed, minutes, reception in (
        (400, 8, 60, "dense"),
        (1500, 14, 60, "dense"),
        (900, 20, 45, "dense"),
        (800, 7, 110, "thin"),
    ):
        t, lat, lon = s.spot()
        hull = _round(s, s.hull(t, lat, lon), radius, speed, minutes * 60)
        broadcast(s, hull, reception, circle_course=True)
        s.truth.append(Truth("circle", (hull.mmsi,), t, hull.knots[-1][0], f"courses against it, {reception}"))
    for radius, speed, minutes in ((700, 12, 50), (2500, 25, 60)):
        hull, t = _under_way(s)
        lat, lon = hull.at(np.array([t]))
        part = broadcast(s, hull, "dense")
        start = move(float(lat[0]), float(lon[0]), 80, 400_000)
        false = _round(s, Hull(hull.mmsi, [(t, *start)]), radius, speed, minutes * 60)
        hit = np.flatnonzero((part["t_ms"] / 1000 >= t) & (part["t_ms"] / 1000 <= false.knots[-1][0]))
        part["lat_deg"][hit], part["lon_deg"][hit] = false.at(part["t_ms"][hit] / 1000)
        s.truth.append(Truth("circle", (hull.mmsi,), t, false.knots[-1][0], "entered by a jump"))


def _no_circles(s: Scene) -> None:
    t, lat, lon = s.spot()
    broadcast(s, _round(s, s.hull(t, lat, lon), 120, 0.25, 3.6 * HOUR), "dense", circle_course=True)
    # a vessel that works in loops of changing size, and two that sweep circles as their courses say
    worker, _ = _under_way(s, 3)
    for radius in s.rng.uniform(150, 900, size=12):
        _round(s, worker, float(radius), 4, float(s.rng.uniform(0.4, 1.3)) * 2 * np.pi * radius / (4 * KN))
    broadcast(s, worker, "dense")
    for radius, speed in ((800, 6), (3000, 12)):
        hull, _ = _under_way(s, 4)
        broadcast(s, _round(s, hull, radius, speed, 2 * HOUR).sail(30, 10, 2 * HOUR), "dense")


def _areas(s: Scene) -> None:
    for count, minutes, note in ((4, 40, ""), (3, 50, ""), (2, 20, "two"), (3, 900, "apart in time")):
        t, lat, lon = s.spot()
        false = move(lat, lon, 200, 700_000)
        mmsis, landed = [], []
        for n in range(count):
            hull = s.hull(t - 6 * HOUR, *move(lat, lon, 90 * n, 30_000))
            hull.sail(float(s.rng.uniform(0, 360)), 9, 14 * HOUR + minutes * 60, 6)
            part = broadcast(s, hull, "thin")
            start = t + n * minutes * 60 / max(1, count - 1)
            displace(s, part, (start, start + 70 * 60), move(*false, 77 * n, float(s.rng.uniform(100, 1200))))
            bounds = _bounds(part, start, start + 70 * 60)
            s.truth += [Truth("jump", (hull.mmsi,), at, at, "area") for at in bounds]
            mmsis.append(hull.mmsi)
            landed.append(bounds[0])
        if not note:
            s.truth.append(
                Truth("area-interference", tuple(sorted(mmsis)), min(landed), max(landed), f"{count} vessels")
            )


def _edges(s: Scene) -> None:
    _, lat, lon = s.spot()
    corners = [move(lat, lon, bearing, 30_000) for bearing in (45, 135, 225, 315)]
    s.zone = [(lo, la) for la, lo in (*corners, corners[0])]
    for reception in ("thin", "satellite", "sparse"):
        t = s.start + 6 * HOUR
        hull = s.hull(t, *move(lat, lon, 250, 60_000)).sail(70, 10, 120_000 / (10 * KN), 6)
        broadcast(s, hull, reception)
        inside = [t + d / (10 * KN) for d in (36_000, 84_000)]
        s.truth += [Truth("zone-entry", (hull.mmsi,), at - 0.6 * HOUR, at + 0.6 * HOUR, reception) for at in inside]


def _cable(s: Scene) -> None:
    _, lat, lon = s.spot()
    ends = [move(lat, lon, bearing, 60_000) for bearing in (0, 180)]
    s.cable = [(ends[0][1], ends[0][0]), (lon, lat), (ends[1][1], ends[1][0])]
    for speed, found in ((4.0, True), (3.0, True), (9.5, False)):
        t = s.start + 6 * HOUR
        hull = s.hull(t, *move(lat, lon, 270, 70_000)).sail(90, 11, 69_000 / (11 * KN), 2)
        begun = hull.knots[-1][0]
        hull.sail(90, speed, 2_000 / (speed * KN)).sail(90, 11, 5 * HOUR)
        broadcast(s, hull, "thin")
        if found:
            s.truth.append(
                Truth(
                    "corridor-passage",
                    (hull.mmsi,),
                    begun,
                    begun + 2_000 / (speed * KN),
                    f"{speed:g} kn, {2000 / (speed * KN * 60):.0f} min",
                )
            )
