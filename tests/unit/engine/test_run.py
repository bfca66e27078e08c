"""Running a room's doors in one process."""

from __future__ import annotations

from datetime import UTC, datetime

import pyarrow as pa

from foedus.engine.run import HeldLayers, analyse, is_refused, records_from
from foedus.model import stix
from foedus.model.finding import Finding, Key, Seen
from foedus.model.room import refused_schema

AT = datetime(2026, 6, 1, tzinfo=UTC)
RECORD = pa.RecordBatch.from_pydict({"x": [1]})
REFUSED = pa.RecordBatch.from_pylist([{"where": "line 1", "code": "c"}], schema=refused_schema())
HEAD = stix.read(b'{"type":"url","id":"url--0c5d1c00-0000-4000-8000-000000000001","value":"http://a.example/"}')


class Echo:
    name = "echo"

    def analyse(self, records, *, settings, layers, state, at):
        for _ in records.scan():
            yield Finding("echo", "url", HEAD, (f"source:{records.source}",))
        yield state + b"+"


def test_refused_parts_are_kept_beside_the_records():
    records = records_from(iter([RECORD, REFUSED, RECORD]), "s")
    assert [is_refused(batch) for batch in (RECORD, REFUSED)] == [False, True]
    assert (len(records.batches), records.refused, records.paths) == (2, (REFUSED,), ())
    assert list(records.scan()) == list(records.scan()) == [RECORD, RECORD]


def test_findings_come_through_and_the_state_is_caught():
    analysis = analyse(Echo(), records_from([RECORD], "s"), settings={}, layers=HeldLayers(), state=b"a", at=AT)
    assert analysis.state == b"a"
    assert [finding.because for finding in analysis] == [("source:s",)]
    assert analysis.state == b"a+"


def test_layers_answer_only_what_is_asked():
    seen = {("url", "x"): (Seen("o", "i", "h"),), ("url", "y"): (Seen("o", "j", "h"),)}
    layers = HeldLayers({"warninglist/a": b"1", "zones/b": b"2"}, seen)
    assert layers.files("warninglist/") == {"warninglist/a": b"1"}
    assert layers.seen([Key("url", "x"), Key("url", "z")]) == {("url", "x"): (Seen("o", "i", "h"),)}
