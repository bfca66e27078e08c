"""Edits and profiles on whatever object: selectors follow, ids stay, a second pass finds nothing."""

from __future__ import annotations

import json

import orjson
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from foedus.release.edits import GONE, Edit, apply, walk
from foedus.release.profiles import PROFILES
from foedus.release.redact import redact

KEYS = [
    "name",
    "labels",
    "victim",
    "own_force",
    "lat_deg",
    "longitude",
    "sensor",
    "author",
    "track",
    "x_refs",
    "description",
    "other",
]
leaves = (
    st.sampled_from(["Jane Doe", "at 35.123 N", "a--1", "plain"])
    | st.integers(-5, 5)
    | st.floats(-90, 90)
    | st.booleans()
)
values = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=3),
    max_leaves=8,
)
objects = st.dictionaries(st.sampled_from(KEYS), values, max_size=6).map(
    lambda d: {"type": "x-thing", "id": "x-thing--1", "modified": "m", **d}
)


def text(path):
    return ".".join(f"[{part}]" if isinstance(part, int) else part for part in path)


def at(value, selector):
    for part in selector.split("."):
        value = value[int(part[1:-1])] if part.startswith("[") else value[part]
    return value


@given(objects, st.data())
def test_selectors_still_select_what_they_selected_and_go_with_what_went(obj, data):
    places = [path for path, _ in walk(obj) if path[0] not in ("type", "id", "modified")]
    assume(places)
    gone = data.draw(st.lists(st.sampled_from(places), min_size=1, max_size=3, unique=True))
    strings = {path for path, value in walk(obj) if isinstance(value, str)}
    assume(not any(path[: len(g)] == g for path in strings for g in gone))
    marked = obj | {
        "granular_markings": [{"marking_ref": f"m--{n}", "selectors": [text(path)]} for n, path in enumerate(places)]
    }
    edited = apply(marked, [Edit(path, GONE) for path in gone])
    kept = {}
    for marking in edited.get("granular_markings", []):
        kept[int(marking["marking_ref"][3:])] = at(edited, marking["selectors"][0])
    for n, path in enumerate(places):
        if any(path[: len(g)] == g for g in gone):
            assert n not in kept
        elif not any(g[: len(path)] == path for g in gone):
            assert kept[n] == at(obj, text(path))


@pytest.mark.parametrize("profile", PROFILES)
@given(obj=objects)
def test_a_second_pass_finds_nothing_and_identity_stays(profile, obj):
    raw = json.dumps(obj).encode()
    found = redact(raw, [profile], key=b"k")
    if found is None:
        return
    shown = orjson.loads(found.raw)
    assert [shown[name] for name in ("type", "id", "modified")] == ["x-thing", "x-thing--1", "m"]
    assert found.changed or found.raw is raw
    again = redact(found.raw, [profile], key=b"k")
    assert orjson.loads(again.raw) == shown
