"""Silence: the definition at its edges, state over any cut of the input, findings as STIX."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime

import jsonschema
import msgspec
import numpy as np
import pytest
import stix2
from hypothesis import given
from hypothesis import strategies as st

from foedus.areas import rooms
from foedus.areas.maritime import carried
from foedus.areas.maritime.conclude import imo_valid
from foedus.areas.maritime.extensions import EVENT, TRACK, VESSEL, definitions, schema
from foedus.areas.maritime.methods import gaps
from foedus.areas.maritime.methods.event import Fixes
from foedus.engine.run import HeldLayers, HeldRecords, analyse, records_from
from foedus.errors import MalformedRecord

AT = datetime(2026, 6, 1, tzinfo=UTC)
HOUR = 3_600_000
SILENT, OTHER = 431000111, 477000222
HEAD = "mmsi,time,lat,lon,sog,name,imo\n"


def table(*reports: tuple[int, float, float, float], name: str = "", imo: str = "") -> bytes:
    """Rows of (mmsi, hours since the beginning, latitude, longitude)."""
    rows = [
        f"{mmsi},{datetime.fromtimestamp(1_780_000_000 + h * 3_600, UTC):%Y-%m-%dT%H:%M:%S},{lat},{lon},9,{name},{imo}\n"
        for mmsi, h, lat, lon in reports
    ]
    return (HEAD + "".join(rows)).encode()


def records(raw: bytes, source: str = "a") -> HeldRecords:
    return records_from(rooms()["maritime"].ingest(io.BytesIO(raw), settings={"at": AT}), source)


def conclude(raw: bytes, state: bytes = b"", source: str = "a", at: datetime = AT):
    run = analyse(
        rooms()["maritime"], records(raw, source), settings={"owner": "nato"}, layers=HeldLayers(), state=state, at=at
    )
    return list(run), run.state


def event(finding) -> dict:
    return json.loads(finding.head.raw)["extensions"][EVENT]


def around(hours: float, step: float = 0.5) -> list[tuple[int, float, float, float]]:
    """Another vessel under way, heard all the while nearby."""
    return [(OTHER, n * step, 35.0, 139.5 + n % 2 / 5) for n in range(int(hours / step) + 1)]


def track(hours, lat=35.0, lon=139.0, status=0) -> Fixes:
    t = np.array([round(h * HOUR) for h in hours], np.int64)
    n, nan = len(t), np.full(len(t), np.nan)
    lat, lon = np.broadcast_to(lat, n).astype(float), np.broadcast_to(lon, n).astype(float)
    return Fixes(SILENT, t, lat, lon, nan, nan, nan, np.full(n, status, np.uint8), np.arange(n))


def at_sea(*raw: tuple[int, float, float, float]) -> bytes:
    return table(*sorted(raw, key=lambda one: one[1]))


# the definition


@pytest.mark.parametrize(("silence", "found"), [(11.99, 0), (12.0, 0), (12.01, 1), (700, 1)])
def test_a_gap_is_longer_than_twelve_hours(silence, found):
    assert len(gaps.find([track([0, 1, 1 + silence], lat=[35, 35.1, 36])])) == found


@pytest.mark.parametrize(
    ("status", "moved", "found"), [(1, 0.001, 0), (5, 0.001, 0), (6, 0.001, 0), (1, 0.1, 1), (0, 0.0, 1)]
)
def test_a_vessel_that_rested_where_it_was_has_no_gap(status, moved, found):
    assert len(gaps.find([track([0, 20], lat=[35, 35 + moved], status=status)])) == found


def test_midnight_and_the_antimeridian_are_nothing_special():
    [one] = gaps.find([track([23.9, 36.1], lon=[179.95, -179.95])])
    assert one.measures["moved_km"] == pytest.approx(9.1, abs=0.1)
    assert one.measures["beyond_threshold_h"] == pytest.approx(0.2)


def test_a_gap_is_open_until_the_next_fix_and_never_closed_after_thirty_days():
    settings = gaps.SETTINGS | {gaps.DATA_END: 13.0 * HOUR}
    assert [one.measures["state"] for one in gaps.find([track([0])], settings)] == ["open"]
    assert gaps.find([track([2])], settings) == []
    assert [one.measures["state"] for one in gaps.find([track([0, 721])])] == ["open"]


def test_no_fix_no_track_no_gap():
    assert gaps.find([track([])]) == []
    assert gaps.find([]) == []


# the room


def test_a_vessel_is_silent_only_while_others_around_are_heard():
    silent = [(SILENT, 0, 35.0, 139.0), (SILENT, 1, 35.1, 139.0), (SILENT, 15, 36.0, 139.0)]
    assert len(conclude(at_sea(*silent, *around(16)))[0]) == 1
    assert conclude(at_sea(*silent))[0] == []
    far = [(OTHER, h, -35.0, lon - 120) for _, h, _, lon in around(16)]
    assert conclude(at_sea(*silent, *far))[0] == []


def test_an_open_gap_closes_under_its_id_and_says_who_by_then():
    first, state = conclude(at_sea((SILENT, 0, 35.0, 139.0), *around(14)))
    assert [event(one)["measures"]["state"] for one in first] == ["open"]
    second, state = conclude(
        table((SILENT, 14.5, 36.0, 139.0), (OTHER, 15, 35.0, 139.5), name="KOHAKU", imo="9074729"), state, "b"
    )
    assert [one.head.id for one in second] == [first[0].head.id]
    assert event(second[0])["measures"]["duration_h"] == 14.5
    assert second[0].because == ("source:a", "source:b")
    assert event(second[0])["identities"] == [{"mmsi": SILENT, "name": "KOHAKU", "imo": 9074729}]
    again, after = conclude(table((OTHER, 15, 35.0, 139.5)), state, "b")
    assert (again, after) == ([], state)


def test_a_late_report_withdraws_an_open_gap():
    first, state = conclude(at_sea((SILENT, 0, 35.0, 139.0), *around(14)))
    second, _ = conclude(table((SILENT, 9, 35.5, 139.0)), state, "late")
    assert [(one.head.id, one.head.revoked) for one in second] == [(first[0].head.id, True)]
    assert rooms()["maritime"].about(second[0], (), layers=HeldLayers()).urgency == 0


def test_who_is_no_ship_is_not_watched():
    assert (
        conclude(
            at_sea((2_241_111, 0, 35.0, 139.0), (992241111, 0, 35.0, 139.0), (970111111, 0, 35.0, 139.0), *around(14))
        )[0]
        == []
    )


scenes = st.lists(
    st.tuples(st.sampled_from([SILENT, OTHER, 538000333]), st.integers(0, 120), st.integers(0, 3)),
    min_size=1,
    max_size=40,
).map(lambda found: sorted((h, mmsi, place) for mmsi, h, place in found))


@given(scenes, st.integers(0, 40), st.integers(1, 7))
def test_any_cut_gives_the_same_findings_and_the_same_state(scene, cut, rows):
    reports = [(mmsi, h, 35.0 + place / 10, 139.0) for h, mmsi, place in scene]
    whole = records(table(*reports)).batches
    pieces = [batch.slice(n, rows) for batch in whole for n in range(0, batch.num_rows, rows)]

    def run(batches, state=b""):
        held = HeldRecords("a", batches)
        done = analyse(rooms()["maritime"], held, settings={}, layers=HeldLayers(), state=state, at=AT)
        return {one.head.id: msgspec.json.encode(one) for one in done}, done.state

    together, state = run(whole)
    assert run(pieces) == (together, state)
    first, between = run(pieces[:cut])
    second, after = run(pieces[cut:], between)
    last = {**first, **second}
    assert {id_: one for id_, one in last.items() if b'"revoked":true' not in one} == together
    assert after == state


@given(scenes)
def test_shifted_by_twelve_hours_or_around_the_earth_it_is_the_same_silence(scene):
    def found(hours: float, degrees: float):
        reports = [
            (mmsi, h + hours, 35.0 + place / 10, (139.0 + degrees + 180) % 360 - 180) for h, mmsi, place in scene
        ]
        return sorted(
            (event(one)["mmsis"][0], event(one)["measures"]["fixes_before"])
            for one in conclude(table(*reports))[0]
            if one.kind == "gap"
        )

    assert found(12, 0) == found(0, 0) == found(0, 41.0) == found(0, 100)


# what leaves


def test_findings_are_stix_that_fits_the_published_schemas(root):
    [one], _ = conclude(at_sea((SILENT, 0, 35.0, 139.0), (SILENT, 14.5, 36.0, 139.0), *around(15)))
    stix2.parse(one.head.raw.decode())
    held = {support.object.type: json.loads(support.object.raw) for support in one.supports}
    jsonschema.validate(event(one), schema(EVENT))
    jsonschema.validate(held["vessel"], schema(VESSEL))
    jsonschema.validate(held["observed-data"]["extensions"][TRACK], schema(TRACK))
    published = json.loads((root / "docs" / "areas" / "maritime-extensions.json").read_text(encoding="utf-8"))
    assert published["objects"] == [json.loads(made.raw) for made in definitions()]


def test_all_a_finding_refers_to_comes_with_it():
    [one], _ = conclude(at_sea((SILENT, 0, 35.0, 139.0), (SILENT, 14.5, 36.0, 139.0), *around(15)))
    objects = [one.head, *(support.object for support in one.supports)]
    ids = {held.id for held in objects}
    assert {reference.target for held in objects for reference in held.references} <= ids


def test_two_nodes_never_give_one_id_to_two_findings():
    raw = at_sea((SILENT, 0, 35.0, 139.0), *around(14))
    run = analyse(rooms()["maritime"], records(raw), settings={"owner": "jpn"}, layers=HeldLayers(), state=b"", at=AT)
    assert {one.head.id for one in run}.isdisjoint(one.head.id for one in conclude(raw)[0])


@pytest.mark.parametrize("state", [b"{", b"\x81\xa7version\x01", b"\x82\xa7version\x02\xa5fixes\xc4\x01x"])
def test_a_state_that_is_none_is_refused(state):
    with pytest.raises(MalformedRecord):
        carried.restore(state)


@pytest.mark.parametrize(("imo", "valid"), [(9074729, True), (9074728, False), (907472, False), (0, False)])
def test_the_check_digit_of_an_imo_number(imo, valid):
    assert imo_valid(imo) is valid


def test_what_is_carried_stays_bounded(monkeypatch):
    monkeypatch.setattr(carried, "MAX_FIXES", 100)
    reports = [(SILENT + n, h / 6, 35.0, 139.0 + n / 100) for h in range(60) for n in range(20)]
    _, state = conclude(table(*reports))
    held = np.frombuffer(carried.restore(state).fixes, carried.FIX)
    assert len(held) == 100
    assert len(np.unique(held["mmsi"])) == 20


def test_a_vessel_whose_fixes_are_whole_is_followed_though_others_had_to_be_let_go_of(monkeypatch):
    monkeypatch.setattr(carried, "MAX_FIXES", 20)
    raw = at_sea((SILENT, 0, 35.0, 139.0), *around(14))
    opened, state = conclude(raw)
    assert [one.kind for one in opened] == ["gap"]
    closed, state = conclude(at_sea((SILENT, 15, 35.5, 139.0), *around(16)), state)
    assert [(one.kind, one.head.id) for one in closed] == [("gap", opened[0].head.id)]
    assert SILENT not in carried.restore(state).cut
    assert carried.restore(state).cut


@pytest.mark.parametrize(("others", "found"), [(30, 1), (3, 1), (2, 0)])
def test_no_gap_while_the_source_hears_less_than_a_tenth_of_what_it_usually_hears(others, found):
    fleet = [(OTHER + n, h, 35.0, 139.5 + n / 100 + h / 1000) for n in range(30) for h in range(24 + 14 * (n < others))]
    raw = at_sea(*[(SILENT, h / 2, 35.0, 139.0 + h / 20) for h in range(48)], (SILENT, 37.5, 35.5, 142.0), *fleet)
    assert [one.kind for one in conclude(raw)[0] if str(SILENT).encode() in one.head.raw] == ["gap"] * found


@pytest.mark.parametrize("chunk", [1, 3, 10])
def test_more_fixes_than_are_looked_at_at_once_give_the_same(monkeypatch, chunk):
    silences = [(SILENT, h, 35.0 + h / 100, 139.0) for h in (0, 1, 2, 15, 16, 40, 41, 42, 43, 70)]
    raw = at_sea(*silences, *around(80))
    whole = [msgspec.json.encode(one) for one in conclude(raw)[0]]
    assert len(whole) == 3
    monkeypatch.setattr("foedus.areas.maritime.analyse.CHUNK", chunk)
    assert [msgspec.json.encode(one) for one in conclude(raw)[0]] == whole
