"""Sentences that go on: read as a file is, stamped where they say no time; silence in an outage is no gap."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta

import pytest
from tests.live_sea import GONE, HOUR, NOW_S, OTHER, SILENT, report, scene, sentence, tagged
from tests.unit.areas.test_maritime_sentences import PARTS

from foedus.areas import live, rooms
from foedus.areas.maritime.extensions import EVENT
from foedus.areas.maritime.live import due_ms, stamped
from foedus.areas.maritime.record import nothing
from foedus.engine.run import HeldLayers, analyse, records_from
from foedus.errors import InputError
from foedus.model import ijson, instant
from foedus.node.kept_stream import KeptStream

ROOM = rooms()["maritime"]
AT = datetime.fromtimestamp(NOW_S, UTC)
SCENE = scene()


def rows(found) -> list[dict]:
    return [row for batch in found for row in batch.to_pylist()]


def batches(pieces: list[bytes], directory) -> list:
    """What the room reads of a stream that comes in pieces, with a pause after each."""
    stream = KeptStream(directory)
    feed = stream.feed(0, lambda: NOW_S * 1_000)
    reader = ROOM.ingest(feed, settings={"at": AT})
    found = []
    for piece in pieces:
        stream.append(piece)
        feed.fill(10**6)
        while (batch := next(reader)).num_rows:
            found.append(batch)
    return found


def told(raw: bytes, **settings):
    records = records_from(ROOM.ingest(io.BytesIO(raw), settings={"at": AT}), "live:bay")
    run = analyse(ROOM, records, settings=settings, layers=HeldLayers(), state=b"", at=AT)
    return list(run), run.state


def hours(*spans: tuple[float, float]) -> dict:
    """Outages between hours since the scene's beginning."""
    return {"live:bay": [[text(hour - 24 - 1 / 6) for hour in span] for span in spans]}


def test_a_stream_in_pieces_gives_the_rows_of_the_file(tmp_path):
    whole = records_from(ROOM.ingest(io.BytesIO(b"".join(SCENE)), settings={"at": AT}), "a").batches
    pieces = batches([b"".join(SCENE[n : n + 7]) for n in range(0, len(SCENE), 7)], tmp_path)
    assert len(pieces) > len(whole)
    assert rows(pieces) == rows(whole)


def test_parts_of_a_message_join_over_a_pause(tmp_path):
    parts = [tagged(1_780_000_000, part + b"\n") for part in PARTS]
    assert [row["name"] for row in rows(batches(parts, tmp_path))] == ["HAYABUSA"]


@pytest.mark.parametrize(
    ("line", "is_stamped"),
    [
        (sentence(OTHER, 35.0, 139.5), True),
        (sentence(OTHER, 35.0, 139.5).rstrip() + b"\r\n", True),
        (report(OTHER, NOW_S, 35.0), False),
        (sentence(OTHER, 35.0, 139.5).rstrip() + b",r003669945,1780000000\n", False),
        (b"$GPZDA,000000,01,06,2026,00,00*4D\n", False),
        (b"!no sentence\n", False),
    ],
)
def test_only_a_bare_sentence_is_stamped(line, is_stamped):
    made = stamped(line * 2, NOW_S * 1_000)
    assert made == (tagged(NOW_S * 1_000, line) if is_stamped else line) * 2


def test_a_stamped_sentence_is_dated_by_its_stamp():
    [batch] = ROOM.ingest(io.BytesIO(stamped(sentence(OTHER, 35, 139.5, 30), NOW_S * 1_000)), settings={"at": AT})
    [row] = batch.to_pylist()
    assert row["t"] == AT - timedelta(seconds=30)


@pytest.mark.parametrize(
    ("spans", "found"),
    [
        ([], {SILENT, GONE}),
        ([(6, 9)], {GONE}),
        ([(6, 8), (7, 9.5)], {GONE}),
        ([(6, 6.5)], {SILENT, GONE}),
        ([(11, 20)], set()),
    ],
)
def test_silence_while_the_source_was_away_is_no_gap(spans, found):
    made, _ = told(b"".join(SCENE), outages=hours(*spans))
    assert {of(one) for one in made} == found


def of(finding) -> int:
    """Whose it is."""
    return ijson.decode(finding.head.raw)["extensions"][EVENT]["mmsis"][0]


def test_an_outage_is_remembered_by_runs_that_are_not_told_of_it():
    half = len(SCENE) // 2
    _, state = told(b"".join(SCENE[:half]), outages=hours((6, 9)))
    records = records_from(ROOM.ingest(io.BytesIO(b"".join(SCENE[half:])), settings={"at": AT}), "live:bay")
    after = analyse(ROOM, records, settings={}, layers=HeldLayers(), state=state, at=AT)
    assert {of(one) for one in after} == {GONE}


@pytest.mark.parametrize("outages", [[], {"a": 1}, {"a": [["2026-06-01T00:00:00Z"]]}, {"a": [[1, 2, 3]]},
                                     {"a": [["2026-06-01T00:00:00Z", "2026-05-01T00:00:00Z"]]}])  # fmt: skip
def test_outages_that_are_none_are_refused(outages):
    with pytest.raises(InputError, match="spans of time"):
        told(SCENE[0], outages=outages)


def test_the_next_deadline_is_the_first_ship_to_be_silent_for_too_long():
    raw = report(SILENT, NOW_S - 10 * HOUR, 35.0) + report(OTHER, NOW_S, 35.0, 139.5)
    _, state = told(raw)
    due = (NOW_S + 2 * HOUR) * 1_000 + 1
    assert due_ms(state, {}) == due
    assert due_ms(state, {"gap": {"silence_min_h": 13}}) == due + HOUR * 1_000
    _, away = told(raw, outages={"live:bay": [[text(-5), text(-2)]]})
    assert due_ms(away, {}) == due + 3 * HOUR * 1_000
    assert due_ms(b"", {}) == -1


def text(hours_on: float) -> str:
    return instant.text(instant.to_us(AT + timedelta(hours=hours_on)))


def test_time_that_went_on_opens_a_gap_and_is_remembered():
    raw = b"".join(report(OTHER, NOW_S - 12 * HOUR + n * 600, 30.0 + n / 40, 139.5) for n in range(72))
    raw = report(SILENT, NOW_S - 12 * HOUR, 31.0) + raw
    assert told(raw)[0] == []
    found, state = told(raw, watermark=AT + timedelta(seconds=1))
    assert [of(one) for one in found] == [SILENT]
    again = analyse(ROOM, records_from([], "live:bay"), settings={}, layers=HeldLayers(), state=state, at=AT)
    assert list(again) == []


def test_what_goes_on_is_said_anew_every_quarter_of_an_hour_and_when_it_is_over():
    lines = [report(OTHER, NOW_S - 12 * HOUR + n * 60, 35.0 + n % 3 / 10_000, 139.5) for n in range(600)]
    state, said = b"", []
    for cut in range(0, 600, 2):
        heard = records_from(ROOM.ingest(io.BytesIO(b"".join(lines[cut : cut + 2])), settings={"at": AT}), "live:bay")
        until = AT + timedelta(hours=-12, minutes=cut + 2)
        run = analyse(ROOM, heard, settings={"watermark": until}, layers=HeldLayers(), state=state, at=AT)
        said.extend(run)
        state = run.state
    assert {one.kind for one in said} == {"loitering"}
    assert 20 < len(said) < 45
    due = datetime.fromtimestamp(due_ms(state, {}) / 1_000, UTC)
    [whole] = told(b"".join(lines))[0]
    # When its time has come, or long after, when the node is back.
    for until in (due, due + timedelta(days=3)):
        none, over = records_from([nothing()], "live:bay"), {"watermark": until}
        [last] = analyse(ROOM, none, settings=over, layers=HeldLayers(), state=state, at=AT)
        assert (last.head.id, _measures(last)) == (whole.head.id, _measures(whole))


def _measures(finding) -> dict:
    return ijson.decode(finding.head.raw)["extensions"][EVENT]["measures"]


def test_only_rooms_that_say_so_have_the_door():
    assert live(ROOM) is not None
    assert live(rooms()["cyber"]) is None
