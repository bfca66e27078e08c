"""A scene through the room's doors: its fixes as records, its port, zone and cable as layer files, what comes out as events."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from tests.maritime.traffic import Scene

from foedus.areas import rooms
from foedus.areas.maritime import record
from foedus.areas.maritime.extensions import EVENT
from foedus.engine.run import HeldLayers, HeldRecords, analyse
from foedus.model.finding import Finding

AT = datetime(2026, 8, 1, tzinfo=UTC)


class Told(NamedTuple):
    """A finding of the room in the words of an event."""

    kind: str
    mmsis: tuple[int, ...]
    from_ms: int
    to_ms: int
    said: dict


def batches(held: Scene, rows: int = 20_000) -> list[pa.RecordBatch]:
    """The fixes of a scene in the order of the feed."""
    mmsi, columns = held.columns()
    return list(_batches(mmsi, columns, rows))


def _batches(mmsi: np.ndarray, columns: dict[str, np.ndarray], rows: int) -> Iterator[pa.RecordBatch]:
    for start in range(0, len(mmsi), rows):
        part = slice(start, start + rows)
        size = len(mmsi[part])
        told = dict.fromkeys(record.INTS, np.full(size, -1)) | dict.fromkeys(record.FLOATS, np.full(size, np.nan))
        told |= {
            "mmsi": mmsi[part].astype(np.int64),
            "t": columns["t_ms"][part],
            "status": columns["status"][part].astype(int),
        }
        told |= {"lat": columns["lat_deg"][part], "lon": columns["lon_deg"][part], "sog_kn": columns["sog_kn"][part]}
        told |= {"cog_deg": columns["cog_deg"][part], "heading_deg": columns["heading_deg"][part]}
        told |= {"what": np.zeros(size, int), "time_from": np.ones(size, int), "pos": np.arange(start, start + size)}
        yield record.batch(told, {})


def feature(kind: str, name: str, coordinates: object) -> dict:
    return {"type": "Feature", "properties": {"name": name}, "geometry": {"type": kind, "coordinates": coordinates}}


def collection(*features: dict) -> bytes:
    return json.dumps({"type": "FeatureCollection", "features": features}).encode()


def layers(held: Scene) -> HeldLayers:
    """The layers of a scene: its port is also its only shore."""
    ports = collection(feature("MultiPoint", "port", [[lon, lat] for lat, lon in held.ports]))
    files = {"maritime/ports/ports.geojson": ports, "maritime/shore/shore.geojson": ports}
    if held.zone:
        files["maritime/zones/zone.geojson"] = collection(feature("Polygon", "zone", [held.zone]))
    if held.cable:
        files["maritime/corridors/cable.geojson"] = collection(feature("LineString", "cable", held.cable))
    return HeldLayers(files)


def run(
    parts: Sequence[pa.RecordBatch], given: HeldLayers, state: bytes = b"", source: str = "scene"
) -> tuple[list[Finding], bytes]:
    """Let the room look at batches; what it found and what it remembers."""
    done = analyse(
        rooms()["maritime"], HeldRecords(source, parts), settings={"owner": "nato"}, layers=given, state=state, at=AT
    )
    return list(done), done.state


def told(findings: Sequence[Finding]) -> list[Told]:
    """What stands in the end, as events."""
    last = {one.head.id: one for one in findings}
    found = []
    for one in last.values():
        if not one.head.revoked:
            said = json.loads(one.head.raw)["extensions"][EVENT]
            found.append(Told(one.kind, tuple(said["mmsis"]), _ms(said["from"]), _ms(said["to"]), said))
    return found


def _ms(text: str) -> int:
    return (datetime.fromisoformat(text) - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)
