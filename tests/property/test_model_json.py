from __future__ import annotations

import json
import string

import pytest
import rfc8785
import stix2
from hypothesis import given
from hypothesis import strategies as st

from foedus.errors import InputError, MalformedRecord
from foedus.model import ijson, stix
from foedus.model.canonical import canonical
from foedus.model.instant import parse_ns

TEXT = st.text(st.characters(exclude_categories=("Cs",)), max_size=12)
KEYS = st.one_of(TEXT, st.sampled_from(["", "\U0001f512", "\ue000", "\uffff", "a", "é", "\x01", '":', "_ref"]))
NUMBERS = st.one_of(
    st.integers(-(2**53) + 1, 2**53 - 1),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from([0.0, -0.0, 1.0, 106.0, 1e21, 1e-7, 5e-324, 1.7976931348623157e308, 0.1, 333333333.33333329]),
)
LEAVES = st.one_of(st.none(), st.booleans(), NUMBERS, TEXT)
VALUES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4), max_leaves=20
)
OBJECTS = st.dictionaries(KEYS, VALUES, max_size=4)


@given(VALUES)
def test_canonical_bytes_equal_the_reference(value):
    assert canonical(value) == rfc8785.dumps(value)


@given(TEXT, st.integers(0xD800, 0xDFFF))
def test_a_lone_surrogate_has_no_canonical_form(text, surrogate):
    for value in (text + chr(surrogate), {text + chr(surrogate): 1}, [1.5, chr(surrogate)]):
        with pytest.raises(rfc8785.CanonicalizationError):
            canonical(value)


@given(VALUES, st.booleans(), st.booleans())
def test_strict_json_is_decoded_as_any_reader_does(value, spaced, escaped):
    raw = json.dumps(value, ensure_ascii=escaped, indent=1 if spaced else None).encode()
    assert ijson.loads(raw) == json.loads(raw)


@given(OBJECTS, KEYS, VALUES, VALUES, st.booleans())
def test_a_key_given_twice_anywhere_is_refused(rest, key, first, second, spaced):
    colon = " : " if spaced else ":"
    twice = f"{{{json.dumps(key)}{colon}{json.dumps(first)},{json.dumps(key)}{colon}{json.dumps(second)}}}"
    with pytest.raises(MalformedRecord) as caught:
        ijson.loads(f'[{json.dumps(rest)},{{"x":{twice}}}]'.encode())
    assert caught.value.where == f"/1/x/{ijson.escape(key)}"


@given(st.binary(max_size=60) | st.text('[]{}",:1 nul\\', max_size=40).map(str.encode))
def test_any_bytes_are_read_or_refused(raw):
    try:
        value = ijson.loads(raw)
    except InputError:
        return
    assert value == json.loads(raw)


@given(
    st.lists(OBJECTS, max_size=6), st.booleans(), st.integers(1, 30), st.sampled_from(["bundle", "envelope", "list"])
)
def test_objects_come_out_as_they_went_in(objects, spaced, size, form):
    raws = [json.dumps(obj, indent=1 if spaced else None).encode() for obj in objects]
    body = b"[" + (b" , " if spaced else b",").join(raws) + b"]"
    raw = {
        "list": body,
        "bundle": b'{"type":"bundle","objects":' + body + b"}",
        "envelope": b'{"objects":' + body + b',"more":false}',
    }[form]
    pieces = list(ijson.split(raw[i : i + size] for i in range(0, len(raw), size)))
    assert [piece.raw for piece in pieces] == raws


@given(st.text('[]{}",:1 \n\\ab', max_size=60).map(str.encode), st.integers(1, 9))
def test_damaged_streams_are_cut_alike_whatever_the_chunks(raw, size):
    whole = [(type(p).__name__, p.pointer, getattr(p, "raw", getattr(p, "code", ""))) for p in ijson.split([raw])]
    parts = list(ijson.split(raw[i : i + size] for i in range(0, len(raw), size)))
    assert [(type(p).__name__, p.pointer, getattr(p, "raw", getattr(p, "code", ""))) for p in parts] == whole


HASHES = st.dictionaries(st.sampled_from(["MD5", "SHA-1", "SHA-256", "SHA-512"]), st.just(0), min_size=1).map(
    lambda names: {name: "a" * {"MD5": 32, "SHA-1": 40, "SHA-256": 64, "SHA-512": 128}[name] for name in names}
)
WORD = st.text(string.printable + "日é\U0001f512", min_size=1, max_size=9)


@given(HASHES, WORD, WORD, st.integers(0, 65535))
def test_ids_of_observables_equal_the_reference_library(hashes, name, value, number):
    for obj in (
        stix2.v21.File(hashes=hashes, name=name),
        stix2.v21.URL(value=value),
        stix2.v21.Mutex(name=name),
        stix2.v21.AutonomousSystem(number=number, name=name),
        stix2.v21.UserAccount(user_id=name, account_login=value, display_name="x"),
        stix2.v21.Software(name=name, vendor=value),
        stix2.v21.WindowsRegistryKey(key=name, values=[{"name": value, "data": name}]),
        stix2.v21.Artifact(mime_type="a/b", url="https://a.example", hashes=hashes),
    ):
        assert stix.sco_id(json.loads(obj.serialize())) == obj.id


@given(st.datetimes(), st.integers(0, 9), st.sampled_from(["Z", "z", "+00:00", "-00:00"]))
def test_both_ways_of_reading_an_instant_agree(at, digits, zone):
    fraction = f".{at.microsecond:06d}000"[: digits + 1] if digits else ""
    text = at.strftime("%m-%dT%H:%M:%S")
    value = f"{at.year:04d}-{text}{fraction}"
    assert parse_ns(value + "Z") == parse_ns(value + zone)
