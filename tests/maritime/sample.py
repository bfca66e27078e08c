"""The room's sample of a meeting at sea, written as a network of receivers sends it.

    python -m tests.maritime.sample > src/foedus/areas/maritime/sample/meeting.nmea

One vessel is not heard for more than half a day, lies beside another for some hours and goes on; the other calls itself otherwise
by then. A third is heard all the while. Made up.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator

import numpy as np
from pyais.encode import encode_dict
from tests.maritime.traffic import HOUR, KN, Hull, move

START = 1_780_099_200  # 2026-05-30T00:00:00Z
PLACE = (29.9, 125.6)
CALM, PEARL, FERRY = 572_469_210, 441_345_000, 431_000_555
NAMES = (
    (CALM, 0.1, "MORNING CALM", 9_074_729, "T2XY4"),
    (PEARL, 0.2, "SOUTHERN PEARL", 9_776_418, "DSQP7"),
    (PEARL, 12.2, "GOLDEN LOTUS", 9_776_418, "DSQP7"),
    (FERRY, 0.3, "HAYABUSA FERRY", 0, "JD1234"),
)


def hulls() -> list[tuple[Hull, np.ndarray]]:
    """Who sails how, and when each is heard."""
    met = START + 16 * HOUR
    calm = Hull(CALM, [(met, *PLACE)])
    for course in (80, 140, 200, 120, 60, 170):
        calm.sail(course, 0.6, 0.75 * HOUR)
    beside = [move(lat, lon, 40 + 12 * n, 190 + 15 * (n % 3)) for n, (_, lat, lon) in enumerate(calm.knots)]
    pearl = Hull(PEARL, [(knot[0], *place) for knot, place in zip(calm.knots, beside, strict=True)])
    calm.arrive(210, 9, 16 * HOUR).sail(30, 11, 9.5 * HOUR)
    pearl.arrive(20, 8, 16 * HOUR).sail(240, 9, 9.5 * HOUR)
    ferry = Hull(FERRY, [(START, *move(*PLACE, 300, 60_000))])
    for n in range(15):
        ferry.sail(120 + 180 * (n % 2), 14, 2 * HOUR)
    every = START + np.arange(0, 30 * HOUR, 600)
    silent = (every > START + 2 * HOUR) & (every < met - 0.5 * HOUR)
    return [(calm, every[~silent]), (pearl, every + 20), (ferry, every[::2] + 40)]


def lines() -> Iterator[str]:
    """Sentences in the order of time, each with its station and instant."""
    held: list[tuple[float, list[str]]] = []
    for hull, instants in hulls():
        lat, lon = hull.at(instants)
        ahead = hull.at(instants + 60)
        north, east = ahead[0] - lat, (ahead[1] - lon) * np.cos(np.radians(lat))
        course = np.degrees(np.arctan2(east, north)) % 360
        speed = np.radians(np.hypot(north, east)) * 6_371_000 / 60 / KN
        for n, t in enumerate(instants.tolist()):
            said = {"type": 1, "mmsi": hull.mmsi, "lat": round(float(lat[n]), 6), "lon": round(float(lon[n]), 6)}
            said |= {"speed": round(float(speed[n]), 1), "course": round(float(course[n]), 1), "heading": 511}
            held.append((t, encode_dict(said | {"second": int(t) % 60}, talker_id="AI", sentence_type="VDM")))
    for n, (mmsi, hours, name, imo, call_sign) in enumerate(NAMES):
        said = {"type": 5, "mmsi": mmsi, "imo": imo, "callsign": call_sign, "shipname": name, "ship_type": 80}
        said |= {"to_bow": 120, "to_stern": 30}
        for again in (0, 1):
            parts = encode_dict(said, talker_id="AI", sentence_type="VDM", seq_id=(2 * n + again) % 10)
            held.append((START + (hours + again / 5) * HOUR, parts))
    for t, parts in sorted(held):
        yield from (f"{_tag(t)}{part}" for part in parts)


def _tag(t: float) -> str:
    inside = f"s:rNAHA,c:{round(t)}"
    value = 0
    for byte in inside.encode():
        value ^= byte
    return f"\\{inside}*{value:02X}\\"


if __name__ == "__main__":
    sys.stdout.write("".join(f"{line}\n" for line in lines()))
