"""Door ``analyse``: positions join what is remembered of each vessel, every method looks at the tracks, what changed is said.

A method is a module of ``methods`` with ``KIND``, ``SETTINGS`` and ``find``; those in ``METHODS`` are joined to what the room
remembers, the others are asked directly until they are. However the input is cut, they see the
same fixes around an event; so the findings are the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from types import ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np

from foedus.areas.maritime import carried, outages
from foedus.areas.maritime.carried import FIX, State, Table
from foedus.areas.maritime.conclude import Concluded, Evidence, event_id, finding, received, settings_said, withdrawn
from foedus.areas.maritime.methods import gaps
from foedus.areas.maritime.methods.event import Event
from foedus.areas.maritime.methods.gaps import DATA_END
from foedus.engine import documents
from foedus.model.finding import Finding
from foedus.model.room import Layers, Records, Settings

if TYPE_CHECKING:
    import pyarrow as pa

CHUNK = 250_000
_SHIPS = (200_000_000, 799_999_999)
_CONFIDENCE = {"closed": 50, "open": 30}
_STATIC = ("imo", "call_sign", "name", "ship_type", "dim_a", "dim_b")


METHODS: Mapping[str, ModuleType] = {method.KIND: method for method in (gaps,)}
"""Kind → the module that finds it."""


def analyse(
    records: Records, *, settings: Settings, layers: Layers, state: bytes, at: datetime
) -> Iterator[Finding | bytes]:
    """Conclude findings from records of AIS.

    Args:
        records: batches of ``record.schema()``, from one source.
        settings: ``owner`` (whose source it is); under a kind's name, thresholds of its method instead of its own;
            ``watermark`` (until when the sources were heard, where that is later than the last report) and ``outages``
            (source → spans in which it was not there).
        layers: not used; findings say which layers they lack.
        state: what this room last gave back; empty at first.
        at: instant of the run; ``modified`` of what is concluded.

    Yields:
        Documents in their order; findings that are new or changed, by their start; what is withdrawn; the new state.
    """
    del layers
    watch = Watch(outages.told(carried.restore(state), settings), records.source, settings)
    for chunk in _chunks(records, watch):
        if isinstance(chunk, Finding):
            yield chunk
        else:
            watch.take(chunk)
    if not watch.awake:  # documents only: nothing was heard, so nothing is remembered and nothing concluded
        return
    yield from watch.conclude(f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}Z")
    yield carried.dump(watch.state)


class Watch:
    """One run: takes fixes in, keeps the events found, says at the end what changed.

    Args:
        state: what was remembered.
        source: id of the source of the new fixes.
        settings: the room's settings.
    """

    def __init__(self, state: State, source: str, settings: Settings) -> None:
        self.state = state
        self._source = source
        self._owner = str(settings.get("owner", ""))
        self._settings: dict[str, dict[str, float]] = {
            kind: {**method.SETTINGS, **settings.get(kind, {})} for kind, method in METHODS.items()
        }
        self._table: Table = np.frombuffer(state.fixes, FIX)
        self._heard = set(state.heard)
        self._hearing = np.zeros(0, np.int64)
        self._found: dict[str, Concluded] = {}
        self.awake = False

    def number(self) -> int:
        """Return the number of the source of the new fixes; from now on the run counts."""
        self.awake = True
        if self._source not in self.state.sources:
            self.state.sources.append(self._source)
        return self.state.sources.index(self._source)

    def take(self, fresh: Table) -> None:
        """Take fixes in the order of the stream; look at the tracks before more come, so that memory stays bounded."""
        self._table, new = carried.joined(self._table, fresh)
        self._heard.update(carried.hearing(new).tolist())
        self.state.newest_ms = max(self.state.newest_ms, int(new["t"].max())) if len(new) else self.state.newest_ms
        if len(self._table) > CHUNK:
            self._look(-1)

    def learn(self, batch: pa.RecordBatch) -> None:
        """Take in what vessels say of themselves."""
        for said in batch.select(["mmsi", "t", *_STATIC]).to_pylist():
            t_ms = round(said["t"].timestamp() * 1_000)
            carried.learn(self.state.names, said["mmsi"], t_ms, said)

    def conclude(self, now: str) -> Iterator[Finding]:
        """Yield what is new or changed, then what is withdrawn."""
        covered = self._covered()
        self._look(self.state.newest_ms)
        found = self._found.items()
        for id_, one in sorted(found, key=lambda item: (item[1].event.from_ms, item[1].event.kind, item[0])):
            before = self.state.said.get(id_)
            said = one.said(id_, before.created if before else now)
            if said != before:
                self.state.said[id_] = said
                yield finding(one, id_, said, now)
        for id_, gone in sorted(self.state.said.items()):
            back = getattr(METHODS.get(gone.kind), "LOOKS_BACK_MS", carried.WINDOW_MS)
            in_view = all(mmsi in covered and covered[mmsi] + back <= gone.from_ms for mmsi in gone.mmsis)
            if id_ not in self._found and in_view:
                del self.state.said[id_]
                yield withdrawn(gone.kind, id_, gone, now, self._source)
        self.state.fixes = self._table.tobytes()
        self.state = carried.trimmed(self.state)

    def _covered(self) -> dict[int, int]:
        """From when on the fixes of each vessel are at hand: what began later and is not found again, no longer stands."""
        table = self._table
        first = np.flatnonzero(np.r_[True, table["mmsi"][1:] != table["mmsi"][:-1]]) if len(table) else np.zeros(0, int)
        return dict(zip(table["mmsi"][first].tolist(), table["t"][first].tolist(), strict=True))

    def _look(self, end_ms: int) -> None:
        """Let every method look at the tracks, then keep of them what the next fixes need."""
        tracks = list(carried.tracks(self._table))
        self.state.heard = sorted(self._heard)
        self._hearing = np.array(self.state.heard, np.int64)
        seen: list[Event] = []
        for kind, method in METHODS.items():
            settings = {**self._settings[kind], DATA_END: float(end_ms)}
            seen.extend(event for event in method.find(tracks, settings) if self._stands(event, settings))
        for event in seen:
            self._found[event_id(event, self._owner)] = self._concluded(event)
        self._table = carried.kept(self._table, seen, self.state.newest_ms)

    def _stands(self, event: Event, settings: Mapping[str, float]) -> bool:
        """A silence in which nobody around was heard either is the receiver's, not the vessel's."""
        if event.kind != "gap":
            return True
        source = self.state.sources[int(self._table["src"][event.rows[0]])]
        return outages.stands(event, settings, self._hearing, self.state.outages.get(source, ()))

    def _concluded(self, event: Event) -> Concluded:
        vessels = tuple(carried.named(self.state.names, mmsi, event.to_ms) for mmsi in event.mmsis)
        evidence = tuple(self._evidence(row) for row in event.rows)
        rule = {"method": event.kind, "version": 1, "settings": settings_said(self._settings[event.kind])}
        confidence = int(
            event.measures.get("confidence", _CONFIDENCE.get(str(event.measures.get("state", "closed")), 50))
        )
        return Concluded(event, vessels, evidence, rule, confidence)

    def _evidence(self, row: int) -> Evidence:
        held = self._table[row]
        said: dict[str, Any] = {
            "mmsi": int(held["mmsi"]),
            "t_ms": int(held["t"]),
            "lat_deg": round(float(held["lat"]), 7),
            "lon_deg": round(float(held["lon"]), 7),
            "msg_type": int(held["type"]),
            "pos": int(held["pos"]),
        }
        for name, key in (("sog", "sog_kn"), ("cog", "cog_deg"), ("heading", "heading_deg")):
            if not np.isnan(held[name]):
                said[key] = round(float(held[name]), 1)
        return Evidence(self.state.sources[int(held["src"])], said)


def _chunks(records: Records, watch: Watch) -> Iterator[Table | Finding]:
    """Yield documents as they come, and the fixes of ships in pieces of one size, however the batches are cut."""
    held: list[Table] = []
    rows = 0
    for batch in records.scan():
        if documents.is_documents(batch):
            yield from (received(one, records.source, pointer) for one, pointer in documents.read(batch))
            continue
        static = batch.filter(_is(batch, "static"))
        if static.num_rows:
            watch.learn(static)
        held.append(_fixes(batch.filter(_is(batch, "position")), watch.number()))
        rows += len(held[-1])
        while rows >= CHUNK:
            table = np.concatenate(held)
            yield table[:CHUNK]
            held, rows = [table[CHUNK:]], rows - CHUNK
    yield np.concatenate([np.zeros(0, FIX), *held])


def _is(batch: pa.RecordBatch, what: str) -> pa.Array:
    """Which rows are of a sort, told by the codes of the dictionary."""
    import pyarrow as pa  # noqa: PLC0415

    words = batch["what"].dictionary.to_pylist()
    return pa.array(batch["what"].indices.to_numpy() == (words.index(what) if what in words else -1))


def _fixes(batch: pa.RecordBatch, number: int) -> Table:
    def column(name: str, absent: float) -> Any:
        return batch[name].fill_null(absent).to_numpy(zero_copy_only=False)

    mmsi, lat, lon = column("mmsi", 0), column("lat", np.nan), column("lon", np.nan)
    chosen = ~np.isnan(lat) & ~np.isnan(lon) & (mmsi >= _SHIPS[0]) & (mmsi <= _SHIPS[1])
    table = np.zeros(int(chosen.sum()), FIX)
    table["mmsi"], table["lat"], table["lon"] = mmsi[chosen], lat[chosen], lon[chosen]
    table["t"] = batch["t"].cast("int64").to_numpy()[chosen]
    for name, column_name in (("sog", "sog_kn"), ("cog", "cog_deg"), ("heading", "heading_deg")):
        table[name] = column(column_name, np.nan)[chosen]
    table["status"], table["type"] = column("status", 15)[chosen], column("msg_type", 0)[chosen]
    table["pos"], table["src"] = column("pos", 0)[chosen], number
    return table
