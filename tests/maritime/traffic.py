"""Seeded traffic with planted events and decoys, and the truth of them.

Independent of the methods: own geometry (great circles by bearing and distance), own numbers, no import of theirs. A scene is
some 30 hours somewhere on the sea; the truth says of each planted event who, when and under what reception.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

EARTH = 6_371_000.0
KN = 1852 / 3600
HOUR = 3600.0


class Truth(NamedTuple):
    """One planted event: its kind as the methods name it, who, from and to (s), and a word on how hard it is."""

    kind: str
    mmsis: tuple[int, ...]
    start: float
    end: float
    note: str


def move(lat: float, lon: float, course: float, metres: float) -> tuple[float, float]:
    """Where a course on a great circle leads."""
    p, c, d = math.radians(lat), math.radians(course), metres / EARTH
    q = math.asin(max(-1.0, min(1.0, math.sin(p) * math.cos(d) + math.cos(p) * math.sin(d) * math.cos(c))))
    east = math.atan2(math.sin(c) * math.sin(d) * math.cos(p), math.cos(d) - math.sin(p) * math.sin(q))
    return math.degrees(q), (lon + math.degrees(east) + 540) % 360 - 180


@dataclass
class Hull:
    """A vessel's true way: instants and places, straight (as a chord) in between."""

    mmsi: int
    knots: list[tuple[float, float, float]]

    def sail(self, course: float, speed_kn: float, seconds: float, pieces: int = 1) -> Hull:
        for _ in range(pieces):
            t, lat, lon = self.knots[-1]
            self.knots.append((t + seconds / pieces, *move(lat, lon, course, speed_kn * KN * seconds / pieces)))
        return self

    def arrive(self, course: float, speed_kn: float, seconds: float) -> Hull:
        """Put a way before the first place, on this course."""
        t, lat, lon = self.knots[0]
        self.knots.insert(0, (t - seconds, *move(lat, lon, course + 180, speed_kn * KN * seconds)))
        return self

    def at(self, t: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        ts = np.array([k[0] for k in self.knots])
        lat, lon = np.radians([k[1] for k in self.knots]), np.radians([k[2] for k in self.knots])
        flat = np.cos(lat)
        x, y, z = (np.interp(t, ts, v) for v in (flat * np.cos(lon), flat * np.sin(lon), np.sin(lat)))
        return np.degrees(np.arctan2(z, np.hypot(x, y))), np.degrees(np.arctan2(y, x))


@dataclass
class Scene:
    """What was broadcast and received, as columns, and the truth."""

    rng: np.random.Generator
    lat: float
    lon: float
    start: float
    truth: list[Truth] = field(default_factory=list)
    ports: list[tuple[float, float]] = field(default_factory=list)
    zone: list[tuple[float, float]] = field(default_factory=list)
    cable: list[tuple[float, float]] = field(default_factory=list)
    parts: list[dict] = field(default_factory=list)
    used: int = 0

    def mmsi(self) -> int:
        self.used += 1
        return 244_000_000 + int(self.used) * 1009

    def spot(self) -> tuple[float, float, float]:
        """A fresh part of the sea, and an instant 8 to 14 hours into the scene."""
        ring = 40_000 + 60_000 * self.used
        place = move(self.lat, self.lon, float(self.rng.uniform(0, 360)), ring)
        return self.start + float(self.rng.uniform(8, 14)) * HOUR, *place

    def hull(self, t: float, lat: float, lon: float) -> Hull:
        return Hull(self.mmsi(), [(t, lat, lon)])

    def columns(self) -> tuple[np.ndarray, dict[str, np.ndarray]]:
        """All fixes in the order of a feed: by time over all vessels."""
        joined = {name: np.concatenate([p[name] for p in self.parts]) for name in self.parts[0]}
        order = np.argsort(joined["t_ms"], kind="stable")
        joined = {name: column[order] for name, column in joined.items()}
        joined["row"] = np.arange(len(order))
        return joined.pop("mmsi").astype(np.uint32), joined


def instants(rng: np.random.Generator, start: float, end: float, reception: str) -> np.ndarray:
    """When fixes are received: dense coast stations, thinned feeds, satellites that pass often or seldom."""
    step = {"dense": (15, 60), "thin": (60, 200), "satellite": (60, 180), "sparse": (60, 180)}[reception]
    t = start + np.cumsum(rng.uniform(*step, size=int((end - start) / step[0]) + 1))
    t = t[t < end]
    passes = {"satellite": (2700, 600), "sparse": (6600, 900)}.get(reception)
    if passes is not None:
        phase = rng.uniform(0, passes[0])
        t = t[(t + phase) % passes[0] < passes[1]]
    return np.round(t)


def broadcast(scene: Scene, hull: Hull, reception: str = "thin", *, circle_course: bool = False) -> dict:
    """Receive a hull's fixes, with a few metres of noise, courses, and copies of some messages."""
    rng = scene.rng
    t = instants(rng, hull.knots[0][0], hull.knots[-1][0], reception)
    lat, lon = hull.at(t)
    ahead_lat, ahead_lon = hull.at(t + 5)
    behind_lat, behind_lon = hull.at(t - 5)
    north = np.radians(ahead_lat - behind_lat) * EARTH / 10
    east = np.radians((ahead_lon - behind_lon + 180) % 360 - 180) * EARTH * np.cos(np.radians(lat)) / 10
    course = np.degrees(np.arctan2(east, north)) % 360
    if circle_course:
        course = np.full(len(t), float(rng.uniform(0, 360)))
    noise = rng.normal(0, 4, size=(2, len(t)))
    lat = lat + np.degrees(noise[0] / EARTH)
    lon = (lon + np.degrees(noise[1] / EARTH / np.cos(np.radians(lat))) + 180) % 360 - 180
    copies = np.sort(np.r_[np.arange(len(t)), rng.choice(len(t), len(t) // 50)]) if len(t) else np.arange(0)
    part = {
        "mmsi": np.full(len(t), hull.mmsi),
        "t_ms": (t * 1000).astype(np.int64),
        "lat_deg": np.round(lat * 600_000) / 600_000,
        "lon_deg": np.round(lon * 600_000) / 600_000,
        "sog_kn": np.round(np.clip(np.hypot(north, east) / KN + rng.normal(0, 0.1, len(t)), 0, 100), 1),
        "cog_deg": np.round(course + rng.normal(0, 3, len(t)), 1) % 360,
        "heading_deg": np.round(course + rng.normal(0, 4, len(t))) % 360,
        "status": np.zeros(len(t), dtype=np.uint8),
    }
    part = {name: column[copies] for name, column in part.items()}
    scene.parts.append(part)
    return part


def displace(scene: Scene, part: dict, span: tuple[float, float], place: tuple[float, float]) -> int:
    """Show a vessel elsewhere for a while: its fixes keep their small movements about another place."""
    t = part["t_ms"] / 1000
    there = np.flatnonzero((t >= span[0]) & (t <= span[1]))
    if len(there):
        lat0, lon0 = part["lat_deg"][there[0]], part["lon_deg"][there[0]]
        part["lat_deg"][there] = part["lat_deg"][there] - lat0 + place[0]
        part["lon_deg"][there] = (part["lon_deg"][there] - lon0 + place[1] + 180) % 360 - 180
    return len(there)


def meeting(
    scene: Scene,
    hours: float,
    apart: float,
    speed: float,
    *,
    receptions: tuple[str, str] = ("thin", "thin"),
    port: bool = False,
) -> tuple[Hull, Hull]:
    """Two hulls come together, drift at a speed and a distance for some hours, and part again."""
    rng = scene.rng
    t, lat, lon = scene.spot()
    if port:
        scene.ports.append((lat, lon))
    one = scene.hull(t, lat, lon)
    drift, side = (float(rng.uniform(0, 360)) for _ in range(2))
    for _ in range(12):
        one.sail(drift + float(rng.uniform(-50, 50)), speed, hours * HOUR / 12)
    # the two swing about each other a little, never so far that the plan changes
    swing = rng.uniform(-25, 25, size=(2, len(one.knots)))
    beside = [move(la, lo, side + a, apart + b) for (_, la, lo), a, b in zip(one.knots, *swing, strict=True)]
    other = Hull(scene.mmsi(), [(k[0], *place) for k, place in zip(one.knots, beside, strict=True)])
    for hull, course in ((one, side), (other, side + 180)):
        leave = float(rng.uniform(7, 12))
        # they come from and go to opposite sides, so that nothing but the drift is close
        hull.arrive(course, leave, rng.uniform(3, 5) * HOUR).sail(course + 180, leave, rng.uniform(3, 5) * HOUR)
    for hull, reception in zip((one, other), receptions, strict=True):
        broadcast(scene, hull, reception)
    if hours >= 4 and speed < 2 and not port and apart > 500:
        scene.truth += [Truth("loitering", (h.mmsi,), t, t + hours * HOUR, "pair apart") for h in (one, other)]
    return one, other


def silence(part: dict, start: float, end: float) -> None:
    """A receiver's outage: nothing of a vessel between two instants."""
    t = part["t_ms"] / 1000
    for name in part:
        part[name] = part[name][(t < start) | (t > end)]


def contact(one: Hull, other: Hull, within: float) -> tuple[float, float, float]:
    """From, to and seconds of the true time within a distance, on a grid of one second."""
    t = np.arange(max(one.knots[0][0], other.knots[0][0]), min(one.knots[-1][0], other.knots[-1][0]))
    (la, lo), (lb, mo) = one.at(t), other.at(t)
    p, q = np.radians(la), np.radians(lb)
    h = np.sin((q - p) / 2) ** 2 + np.cos(p) * np.cos(q) * np.sin(np.radians(mo - lo) / 2) ** 2
    near = t[2 * EARTH * np.arcsin(np.sqrt(h)) <= within]
    return (float(near[0]), float(near[-1]), float(len(near)))
