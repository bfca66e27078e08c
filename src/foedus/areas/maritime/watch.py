"""Watch: one run. Fixes join what is remembered, every method looks at the windows they touch, what changed is said."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from foedus.areas.maritime import carried, outages, windows
from foedus.areas.maritime.carried import FIX, Said, State, Table
from foedus.areas.maritime.conclude import Concluded, Evidence, event_id, finding, settings_said, withdrawn
from foedus.areas.maritime.identities import Identities
from foedus.areas.maritime.layers import Chart
from foedus.areas.maritime.methods import combination, encounters, gaps, identity, loitering
from foedus.areas.maritime.methods.event import Event
from foedus.areas.maritime.methods.gaps import DATA_END
from foedus.areas.maritime.methods.mismatch import Mark
from foedus.areas.maritime.methods.observe import observe
from foedus.areas.maritime.methods.plane import inside
from foedus.areas.maritime.methods.tracks import segment_all
from foedus.areas.maritime.silences import silences
from foedus.areas.maritime.watchlist import Watch as Lists
from foedus.model.finding import Finding

if TYPE_CHECKING:
    import pyarrow as pa

_STATIC = ("imo", "call_sign", "name", "ship_type", "dim_a", "dim_b", "declared_flag")
_AT_ANCHOR = 0.5
REVISE_MS = 900_000
MOST_EVIDENCE = 120
"""Records of one vessel that a finding brings along; of more every so manieth, with first and last."""


class Found(NamedTuple):
    """An event as a look saw it: its records, identity mismatches, what else its window held of the same vessels."""

    event: Event
    evidence: tuple[Evidence, ...]
    marks: tuple[Mark, ...] = ()
    beside: tuple[Event, ...] = ()


class Watch:
    """One run: takes fixes in, keeps the events found, says at the end what changed.

    Args:
        state: what was remembered.
        source: id of the source of the new fixes.
        owner: whose source it is.
        thresholds: of every method.
        chart: what the layer files say.
        lists: the watch lists.
    """

    def __init__(
        self,
        state: State,
        source: str,
        owner: str,
        thresholds: Mapping[str, Mapping[str, float]],
        chart: Chart,
        lists: Lists,
    ) -> None:
        self.state = state
        self.awake = False
        self._source = source
        self._owner = owner
        self._thresholds = thresholds
        self._chart = chart
        self._identities = Identities(state.names, lists, thresholds)
        self._table: Table = np.frombuffer(state.fixes, FIX)
        self._since = carried.known_since(self._table, state.cut)
        self._heard = set(state.heard)
        self._hearing = np.zeros(0, np.int64)
        self._began_ms = state.newest_ms
        self._goes_on = False
        self._touched: set[int] = set()
        self._found: dict[str, Found] = {}
        self._refuted: set[str] = set()

    def number(self) -> int:
        """Return the number of the source of the new fixes; from now on the run counts."""
        self.awake = True
        if self._source not in self.state.sources:
            self.state.sources.append(self._source)
        return self.state.sources.index(self._source)

    def goes_on(self, heard_ms: int) -> None:
        """Take that the stream goes on, so that what is said now is provisional, and that it was heard until an instant."""
        self._goes_on = True
        self.state.newest_ms = max(self.state.newest_ms, heard_ms)

    def take(self, fresh: Table) -> None:
        """Take fixes in the order of the stream."""
        before = self._table
        self._table, new = carried.joined(before, fresh)
        if len(new):
            self._count(before, new)
            self._heard.update(carried.hearing(new).tolist())
            self._touched |= windows.touched(new["t"])
            self.state.newest_ms = max(self.state.newest_ms, int(new["t"].max()))

    def _count(self, before: Table, new: Table) -> None:
        rates = self.state.rates.setdefault(self._source, {})
        for hour, vessels in carried.newly_heard(before, new, self.state.sources.index(self._source)).items():
            rates[hour] = rates.get(hour, 0) + vessels

    def learn(self, batch: pa.RecordBatch) -> None:
        """Take in what vessels say of themselves."""
        for said in batch.select(["mmsi", "t", *_STATIC]).to_pylist():
            t_ms = round(said["t"].timestamp() * 1_000)
            carried.learn(self.state.names, said["mmsi"], t_ms, said)

    def look(self, *, last: bool) -> None:
        """Let every method look, then keep of the fixes what the next look needs, so that memory stays bounded.

        A window that more fixes can still come into waits for the last look of the run.
        """
        self.state.heard = sorted(self._heard)
        self._hearing = np.array(self.state.heard, np.int64)
        self._identities.renew()
        self._silences()
        days = set(np.unique(self._table["t"] // windows.DAY_MS).tolist())
        for day in sorted(days & self._touched | {day for day in days if windows.span(day)[1] > self._began_ms}):
            if last or windows.span(day)[1] <= self.state.newest_ms:
                self._window(day)
                self._touched.discard(day)
        self._table, self.state.cut = carried.kept(self._table, self.state.newest_ms, self.state.cut)
        self._since = carried.known_since(self._table, self.state.cut)

    def conclude(self, now: str) -> Iterator[Finding]:
        """Yield what is new or changed, then what is withdrawn."""
        self.look(last=True)
        concluded = {id_: self._concluded(one) for id_, one in self._found.items()}
        for made in [self._combined(one) for one in self._found.values() if one.event.kind == encounters.KIND]:
            if made is not None:
                concluded[event_id(made.event, self._owner)] = made
        self._refuted -= concluded.keys()
        self.state.revise_ms = -1
        for id_, one in sorted(
            concluded.items(), key=lambda item: (item[1].event.from_ms, item[1].event.kind, item[0])
        ):
            before = self.state.said.get(id_)
            said = one.said(id_, before.created if before else now)
            if said != before and not self._can_wait(before, one.event):
                self.state.said[id_] = said
                yield finding(one, id_, said, now)
        for id_ in sorted(self._refuted):
            gone = self.state.said.pop(id_)
            yield withdrawn(gone.kind, id_, gone, now, self._source)
        self.state.fixes = self._table.tobytes()
        self.state = carried.trimmed(self.state)

    def _can_wait(self, before: Said | None, event: Event) -> bool:
        """Say whether all that is new is that an event goes on, which is said every quarter of an hour and once it is over."""
        over_ms = event.to_ms + REVISE_MS
        fresh = before is None or event.kind == gaps.KIND or event.to_ms - before.to_ms >= REVISE_MS
        if fresh or not self._goes_on or over_ms <= self.state.newest_ms:
            return False
        self.state.revise_ms = over_ms if self.state.revise_ms < 0 else min(self.state.revise_ms, over_ms)
        return True

    # What methods see.

    def _silences(self) -> None:
        """Look for silences among all fixes at hand."""
        vessels = list(carried.tracks(self._table))
        end_ms = self.state.newest_ms
        settings = {**self._thresholds[gaps.KIND], DATA_END: float(end_ms)}
        events = silences(vessels, settings, self._chart.around)
        here = {fixes.mmsi for fixes in vessels}
        found = {
            self._id(event): self._kept(event) for event in events if self._silent(event, self._heard_by(event), end_ms)
        }
        self._settle(found, lambda kind, mmsis, _: kind == gaps.KIND and here.issuperset(mmsis))

    def _window(self, day: int) -> None:
        """Look at the window of a day for what began that day."""
        begin, end = windows.span(day)
        rows = np.flatnonzero((self._table["t"] >= begin) & (self._table["t"] < end))
        vessels = identity.ships(carried.tracks(self._table[rows], rows))
        events = observe(segment_all(vessels), self._thresholds, self._chart.around)
        heard = {fixes.mmsi for fixes in vessels}
        found: dict[str, Found] = {}
        for event in events:
            if event.from_ms // windows.DAY_MS == day and not self._explained(event):
                marks = self._identities.marks(event.mmsis, end, heard)
                met = event.kind == encounters.KIND
                beside = tuple(one for one in events if met and set(one.mmsis) & set(event.mmsis) and one != event)
                found[self._id(event)] = self._kept(event)._replace(marks=marks, beside=beside)
        self._settle(found, lambda kind, _, from_ms: kind != gaps.KIND and from_ms // windows.DAY_MS == day)

    def _explained(self, event: Event) -> bool:
        """Whether a vessel lies still by its own word where no shore is known, or within a meeting that is out of sight."""
        if event.kind != loitering.KIND:
            return False
        if self._chart.around.shore is None and float(event.measures["status_at_anchor"]) > _AT_ANCHOR:
            return True
        return any(
            said.kind == encounters.KIND
            and event.mmsis[0] in said.mmsis
            and said.from_ms < event.to_ms
            and event.from_ms < said.to_ms
            and not self._in_view(said.mmsis, said.from_ms)
            for said in self.state.said.values()
        )

    def _silent(self, event: Event, source: str, by_ms: int) -> bool:
        """Say whether the silence is the vessel's; ``source`` heard it last."""
        listening = outages.Listening(
            self._hearing, self.state.outages.get(source, ()), self.state.rates.get(source, {})
        )
        return outages.stands(event, by_ms, listening, self._thresholds[gaps.KIND])

    def _heard_by(self, event: Event) -> str:
        return self.state.sources[int(self._table["src"][event.rows[0]])]

    # What becomes of it.

    def _settle(self, found: Mapping[str, Found], asked: Any) -> None:
        """Keep what a look found; what it was asked for, had all fixes of, and did not find, no longer stands."""
        for id_, one in list(self._found.items()):
            event = one.event
            if (
                id_ not in found
                and asked(event.kind, event.mmsis, event.from_ms)
                and self._in_view(event.mmsis, event.from_ms)
            ):
                del self._found[id_]
        for id_, said in self.state.said.items():
            if asked(said.kind, said.mmsis, said.from_ms) and self._in_view(said.mmsis, said.from_ms):
                self._refuted.add(id_)
        for id_, one in found.items():
            known = id_ in self._found or id_ in self.state.said
            if not known or self._in_view(
                one.event.mmsis, one.event.from_ms
            ):  # seen whole once, it is not cut to what is left
                self._found[id_] = one
        self._refuted -= found.keys()

    def _in_view(self, mmsis: Sequence[int], from_ms: int) -> bool:
        """Whether all of the window in which an event began is at hand for all its vessels."""
        begin = windows.span(from_ms // windows.DAY_MS)[0]
        return all(mmsi in self._since and self._since[mmsi] <= begin for mmsi in mmsis)

    def _id(self, event: Event) -> str:
        return event_id(event, self._owner)

    def _kept(self, event: Event) -> Found:
        """An event with its records, which another look would number otherwise."""
        held = self._table[np.array(event.rows, np.int64)]
        chosen: list[int] = []
        for mmsi in np.unique(held["mmsi"]).tolist():
            mine = np.flatnonzero(held["mmsi"] == mmsi)
            few = np.unique(np.linspace(0, len(mine) - 1, min(len(mine), MOST_EVIDENCE)).round().astype(int))
            chosen.extend(mine[few].tolist())
        evidence = tuple(self._evidence(held[n]) for n in sorted(chosen))
        return Found(event._replace(rows=()), evidence)

    def _evidence(self, held: Any) -> Evidence:
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

    def _concluded(self, one: Found) -> Concluded:
        event = one.event
        return Concluded(
            event,
            tuple(carried.named(self.state.names, mmsi, event.to_ms) for mmsi in event.mmsis),
            one.evidence,
            self._rule(event.kind),
            marks=one.marks,
            hits=self._identities.hits(event.mmsis, self._end(event)),
            layers=self._chart.behind(event),
        )

    def _rule(self, kind: str) -> dict[str, Any]:
        """The rule an event was found by; a combination stands on that of its meeting too."""
        meeting = self._thresholds[encounters.KIND] if kind == combination.KIND else {}
        return {"method": kind, "version": 1, "settings": settings_said({**meeting, **self._thresholds[kind]})}

    def _end(self, event: Event) -> int:
        return windows.span(event.from_ms // windows.DAY_MS)[1]

    def _combined(self, one: Found) -> Concluded | None:
        """A meeting and what goes with it, by what was known when its window was over."""
        settings = self._thresholds[combination.KIND]
        meeting = one.event
        others = [*one.beside, *self._silences_about(meeting)]
        parts = combination.parts_of(meeting, others, settings)
        parts += [combination.Part("identity", mark.why) for mark in one.marks]
        hits = self._identities.hits(meeting.mmsis, self._end(meeting))
        parts += [combination.Part("listed", hit.why) for hit in hits]
        place = np.array([meeting.measures["lat_deg"]], float), np.array([meeting.measures["lon_deg"]], float)
        zones = [zone.name for zone in self._chart.around.zones if inside(zone.rings, *place)[0]]
        parts += [combination.Part("zone", f"within {name}") for name in zones]
        event = combination.combine(meeting, parts, settings)
        if event is None:
            return None
        known = [part.event for part in parts if part.event is not None]
        related = sorted(
            {self._id(event) for event in (meeting, *known)} & (self._found.keys() | self.state.said.keys())
        )
        made = self._concluded(one._replace(event=event))
        layers = (*made.layers, *(self._chart.zones[name] for name in zones), *(hit.ground for hit in hits))
        return made._replace(related=tuple(related), layers=tuple(dict.fromkeys(layers)))

    def _silences_about(self, meeting: Event) -> list[Event]:
        """Silences of either vessel of a meeting: those found, as they stood when the window was over; those said before."""
        end = self._end(meeting)
        found = {
            id_: one.event
            for id_, one in self._found.items()
            if one.event.kind == gaps.KIND and self._silent(one.event, one.evidence[0].source, end)
        }
        before = {
            id_: Event(said.kind, said.mmsis, said.from_ms, said.to_ms, {}, (), (), ())
            for id_, said in self.state.said.items()
            if said.kind == gaps.KIND
            and id_ not in self._refuted
            and id_ not in self._found
            and said.to_ms > said.from_ms
        }
        about = [event for _, event in sorted({**before, **found}.items()) if set(event.mmsis) & set(meeting.mmsis)]
        return sorted(about, key=lambda event: event.from_ms)
