"""Whatever is broken, the checker answers; whatever is only spelt differently, the digest stays."""

import contextlib
import copy
import json
import random
from datetime import date

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from foedus.errors import InvalidProgramme
from foedus.programme import check, diff, digest, read, read_shipped
from foedus.programme.yaml12 import load

JUNK = [None, True, 0, -1, 1.5, "", "x", "*", "2023-13-45", [], ["x"], [[]], [None], {}, {"id": "x"}, {"x": {"y": []}}]
ISAC = read(read_shipped("isac-charter")).value
JAPAN = read(read_shipped("nato-japan-2023")).value
TEXT = read_shipped("isac-charter").decode()
DIGEST = digest(read(TEXT.encode()))


def pointers(value, at=()):
    yield at
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in children:
        yield from pointers(child, (*at, key))


def changed(value, path, new):
    if not path:
        return new
    out = copy.copy(value)
    out[path[0]] = changed(value[path[0]], path[1:], new)
    return out


def judge(value):
    return check(read(json.dumps(value).encode(), name="p"))


@pytest.mark.parametrize("junk", [None, "x", [], {}, 1], ids=repr)
def test_every_single_place_may_be_broken_without_a_crash(junk):
    for path in pointers(ISAC):
        value = changed(ISAC, path, junk)
        for remark in judge(value):
            assert remark.code
            assert remark.line == 1


@given(st.data())
def test_many_places_broken_at_once_do_not_crash(data):
    value = JAPAN
    for _ in range(data.draw(st.integers(1, 6))):
        path = data.draw(st.sampled_from(list(pointers(value))[1:] or [()]))
        value = changed(value, path, data.draw(st.sampled_from(JUNK)))
        if not isinstance(value, dict | list):
            break
    assert isinstance(judge(value), tuple)


@given(st.data())
def test_a_deleted_or_swapped_line_is_reported_or_harmless(data):
    lines = TEXT.split("\n")
    a, b = (data.draw(st.integers(0, len(lines) - 1)) for _ in range(2))
    lines[a], lines[b] = lines[b], data.draw(st.sampled_from(["", lines[a], "  " + lines[a], lines[a] * 2]))
    with contextlib.suppress(InvalidProgramme):
        check(read("\n".join(lines).encode()))


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(raw):
    with contextlib.suppress(InvalidProgramme):
        assert isinstance(read(raw).remarks, tuple)


@given(
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers(-(2**53) + 1, 2**53 - 1)
        | st.text(st.characters(exclude_categories=["C", "Z"]), max_size=8),
        lambda c: (
            st.lists(c, max_size=3) | st.dictionaries(st.from_regex(r"k[a-z]{0,6}", fullmatch=True), c, max_size=3)
        ),
        max_leaves=12,
    )
)
def test_json_reads_as_json(value):
    loaded = load(msgspec.json.encode({"k": value}))
    assert (loaded.value, loaded.remarks) == ({"k": value}, ())


@given(st.randoms(use_true_random=False))
def test_the_digest_survives_any_order_of_keys(rng: random.Random):
    def shuffled(value):
        if isinstance(value, dict):
            keys = list(value)
            rng.shuffle(keys)
            return {key: shuffled(value[key]) for key in keys}
        return [shuffled(item) for item in value] if isinstance(value, list) else value

    document = read(json.dumps(shuffled(ISAC)).encode())
    assert digest(document) == DIGEST
    assert check(document) == ()


@given(st.data())
def test_no_difference_goes_untold(data):
    path = data.draw(st.sampled_from([p for p in pointers(ISAC) if p and p[0] not in {"version", "spec"}]))
    new = data.draw(st.sampled_from(["other", "2026-02-02", 7, ["gridco"], [], {}, {"en": "x"}, None]))
    document = read(json.dumps(changed(ISAC, path, new)).encode())
    if document.remarks:
        return
    before, after = read(TEXT.encode()).programme, document.programme
    said = diff(before, after, date(2026, 6, 1))
    assert bool(said) == (before != after)
    assert all(change.text and change.place for change in said)
