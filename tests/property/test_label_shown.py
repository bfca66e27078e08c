"""The label of a view: recomputed from what is left, never lower than any part of it, never higher than that of the whole."""

from __future__ import annotations

import json

import orjson
from hypothesis import given
from hypothesis import strategies as st

from foedus.label import tlp
from foedus.label.dominance import Terms, leq
from foedus.label.stix import Markings
from foedus.model.label import TLP_ORDER, Label
from foedus.release.edits import selected
from foedus.release.redact import redact

TERMS = Terms(expand=lambda name: frozenset({name}))
OPEN = Label("PUBLIC", "UNMARKED", tlp="clear")
PLACES = ["name", "description", "aliases", "aliases.[0]", "aliases.[1]", "x_a", "x_a.b", "x_a.c"]
marks = st.dictionaries(st.sampled_from(PLACES), st.sampled_from(TLP_ORDER), min_size=1, max_size=5)


def made(given_marks, whole):
    return {
        "type": "malware",
        "id": "malware--1",
        "name": "n-name",
        "description": "d-text",
        "aliases": ["first", "second"],
        "x_a": {"b": "b-value", "c": "c-value"},
        "object_marking_refs": [tlp.marking_id(whole)],
        "granular_markings": [
            {"marking_ref": tlp.marking_id(level), "selectors": [place]} for place, level in given_marks.items()
        ],
    }


@given(marks, st.sampled_from(TLP_ORDER), st.sets(st.sampled_from(PLACES), min_size=1, max_size=4))
def test_never_lower_than_a_part_shown_and_never_higher_than_the_whole(given_marks, whole, gone):
    obj = made(given_marks, whole)
    out = redact(json.dumps(obj).encode(), (), key=b"", prune=[selected(place) for place in gone])
    if out is None:
        return
    shown = orjson.loads(out.raw)
    readings = Markings({}, {}, TERMS)
    label = readings.of(shown, OPEN)
    before = readings.paths(obj, OPEN)
    assert all(leq(part, label, TERMS) for part in readings.paths(shown, OPEN).values())
    assert leq(before[""], label, TERMS)
    assert leq(label, readings.of(obj, OPEN), TERMS)


@given(marks, st.sampled_from(TLP_ORDER))
def test_a_mark_goes_with_its_place_and_stays_with_what_is_left(given_marks, whole):
    obj = made(given_marks, whole)
    out = redact(json.dumps(obj).encode(), (), key=b"", prune=[("aliases", 0)])
    left = {s for one in orjson.loads(out.raw).get("granular_markings", ()) for s in one["selectors"]}
    expected = {place for place in given_marks if not place.startswith("aliases")}
    expected |= {"aliases"} & given_marks.keys() | ({"aliases.[0]"} if "aliases.[1]" in given_marks else set())
    assert left == expected
