from __future__ import annotations

import hashlib
import json

import pytest

from foedus.errors import LimitExceeded, MalformedRecord, UnsupportedFormat
from foedus.model import stix
from foedus.model.stix import Reference

U = "8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f"
ID = f"identity--{U}"
MARK = f"marking-definition--{U}"
NOTE = {
    "type": "note",
    "spec_version": "2.1",
    "id": f"note--{U}",
    "created": "2026-01-01T00:00:00.000Z",
    "modified": "2026-01-02T00:00:00.123456789Z",
    "created_by_ref": ID,
    "content": "x",
    "object_refs": [ID, f"malware--{U}"],
    "object_marking_refs": [MARK],
    "granular_markings": [{"marking_ref": MARK, "selectors": ["content"]}],
    "confidence": 80,
    "name": "n" * 400,
    "extensions": {f"extension-definition--{U}": {"extension_type": "property-extension", "a/b_ref": ID}},
}


def encode(obj) -> bytes:
    return json.dumps(obj, ensure_ascii=False).encode()


def with_(**changes) -> bytes:
    return encode({key: value for key, value in {**NOTE, **changes}.items() if value is not ...})


def test_header_and_references_are_read_and_the_bytes_kept():
    raw = encode(NOTE)
    read = stix.read(raw)
    assert (read.raw, read.sha256) == (raw, hashlib.sha256(raw).hexdigest())
    assert (read.id, read.type, read.spec_version) == (f"note--{U}", "note", "2.1")
    assert read.version == "2026-01-02T00:00:00.123456789Z"
    assert (read.created_ns, read.version_ns) == (1767225600_000000000, 1767312000_123456789)
    assert (read.created_by, read.revoked, read.confidence, len(read.name)) == (ID, False, 80, 300)
    assert (read.markings, read.granular) == ((MARK,), True)
    assert read.extensions == (f"extension-definition--{U}",)
    assert read.references == (
        Reference("created_by_ref", ID),
        Reference("object_refs/0", ID),
        Reference("object_refs/1", f"malware--{U}"),
        Reference(f"extensions/extension-definition--{U}/a~1b_ref", ID),
    )


@pytest.mark.parametrize(
    ("changes", "where", "code"),
    [
        ({"type": ...}, "/type", "stix-malformed"),
        ({"type": 3}, "/type", "stix-malformed"),
        ({"id": ...}, "/id", "stix-malformed"),
        ({"id": "note--1"}, "/id", "stix-malformed"),
        ({"id": f"note--{U} "}, "/id", "stix-malformed"),
        ({"id": f"report--{U}"}, "/id", "stix-malformed"),
        ({"created": ...}, "/created", "stix-version-missing"),
        ({"modified": ...}, "/modified", "stix-version-missing"),
        ({"modified": "2025-01-01T00:00:00.000Z"}, "/modified", "stix-version-order"),
        ({"modified": "2026-02-30T00:00:00.000Z"}, "/modified", "timestamp-malformed"),
        ({"created": 3}, "/created", "timestamp-malformed"),
        ({"valid_until": "soon"}, "/valid_until", "timestamp-malformed"),
        ({"confidence": 101}, "/confidence", "stix-malformed"),
        ({"confidence": True}, "/confidence", "stix-malformed"),
        ({"confidence": 1.5}, "/confidence", "stix-malformed"),
        ({"revoked": "false"}, "/revoked", "stix-malformed"),
        ({"created_by_ref": "me"}, "/created_by_ref", "stix-malformed"),
        ({"created_by_ref": f"note--{U}"}, "/created_by_ref", "stix-malformed"),
        ({"created_by_ref": 4}, "/created_by_ref", "stix-malformed"),
        ({"object_refs": [ID, "b"]}, "/object_refs/1", "stix-malformed"),
        ({"object_refs": ID}, "/object_refs", "stix-malformed"),
        ({"object_refs": {"a": ID}}, "/object_refs", "stix-malformed"),
        ({"source_ref": [ID]}, "/source_ref", "stix-malformed"),
        ({"source_ref": None}, "/source_ref", "stix-malformed"),
        ({"object_marking_refs": MARK}, "/object_marking_refs", "stix-marking-malformed"),
        ({"object_marking_refs": [ID]}, "/object_marking_refs/0", "stix-marking-malformed"),
        ({"object_marking_refs": [""]}, "/object_marking_refs/0", "stix-marking-malformed"),
        ({"granular_markings": [{"marking_ref": MARK}]}, "/granular_markings/0", "stix-marking-malformed"),
        (
            {"granular_markings": [{"marking_ref": "x", "selectors": ["a"]}]},
            "/granular_markings/0/marking_ref",
            "stix-marking-malformed",
        ),
        ({"granular_markings": [{"selectors": ["a"]}]}, "/granular_markings/0", "stix-marking-malformed"),
        ({"extensions": []}, "/extensions", "stix-malformed"),
    ],
)
def test_a_wrong_header_is_refused_with_pointer_and_hint(changes, where, code):
    with pytest.raises(MalformedRecord) as caught:
        stix.read(with_(**changes))
    assert (caught.value.where, caught.value.code) == (where, code)
    assert caught.value.hint


def test_an_unknown_version_and_a_bundle_are_unsupported():
    for changes, code in (({"spec_version": "3.0"}, "stix-version"), ({"type": "bundle"}, "stix-bundle")):
        with pytest.raises(UnsupportedFormat) as caught:
            stix.read(with_(**changes))
        assert caught.value.code == code


def test_a_missing_version_is_2_1_for_observables_and_2_0_for_all_else():
    assert stix.read(with_(spec_version=...)).spec_version == "2.0"
    assert stix.read(encode({"type": "mutex", "id": f"mutex--{U}", "name": "x"})).spec_version == "2.1"


def test_an_object_without_modified_has_the_version_of_its_creation():
    read = stix.read(encode({"type": "marking-definition", "id": MARK, "created": "2026-01-01T00:00:00Z"}))
    assert (read.version, read.version_ns) == ("2026-01-01T00:00:00Z", 1767225600_000000000)


def test_an_observable_has_no_version():
    read = stix.read(encode({"type": "mutex", "id": f"mutex--{U}", "name": "x"}))
    assert (read.version, read.version_ns, read.created_ns) == ("", -1, -1)


@pytest.mark.parametrize("raw", [b"[]", b"3", b'{"a":', b'{"type":"a","type":"b"}', b'{"a":NaN}'])
def test_what_is_no_strict_object_is_malformed(raw):
    with pytest.raises(MalformedRecord):
        stix.read(raw)


def test_a_key_given_twice_is_refused_in_compact_and_in_spaced_text():
    for raw in (encode(NOTE), json.dumps(NOTE, separators=(",", ":")).encode()):
        twice = raw[:-1] + b',"content":"y"}'
        with pytest.raises(MalformedRecord) as caught:
            stix.read(twice)
        assert (caught.value.code, caught.value.where) == ("json-duplicate-key", "/content")


def test_too_deep_an_object_is_refused():
    with pytest.raises(LimitExceeded):
        stix.read(with_(x_deep="@").replace(b'"@"', b"[" * 64 + b"]" * 64))


def test_an_empty_reference_is_none():
    read = stix.read(with_(created_by_ref="", object_refs=[""], extensions=...))
    assert (read.created_by, read.references) == ("", ())


def test_custom_and_nested_values_that_are_no_ids_are_no_references():
    obj = {"type": "x-y", "x_page_ref": "https://a.example", "body": [{"raw_ref": "part 1", "other_ref": ID}]}
    assert stix.references(obj) == (Reference("body/0/other_ref", ID),)


def test_a_reference_of_another_shape_is_not_missed():
    obj = {"type": "x-y", "x_a_ref": [ID], "x_b_refs": ID, "part": {"c_ref": [ID], "d_refs": ID}}
    assert [reference.path for reference in stix.references(obj)] == [
        "x_a_ref/0",
        "x_b_refs",
        "part/c_ref/0",
        "part/d_refs",
    ]


def test_local_keys_inside_old_observed_data_are_no_references():
    obj = {"type": "observed-data", "objects": {"0": {"type": "x", "src_ref": "1"}}, "created_by_ref": ID}
    assert stix.references(obj) == (Reference("created_by_ref", ID),)


def test_markings_are_never_references():
    nested = {"type": "x-y", "part": {"object_marking_refs": [MARK], "granular_markings": [{"marking_ref": MARK}]}}
    assert stix.references({**nested, "object_marking_refs": [MARK]}) == ()


def test_ids_of_observables_equal_the_vectors(shared):
    for vector in json.loads(shared("data/cyber/sco_id_vectors.json").read_text()):
        assert stix.sco_id(vector) == vector["id"]


def test_one_hash_contributes_in_the_standards_order():
    hashes = {"SHA-512": "d", "SHA-256": "c", "SHA-1": "b", "MD5": "a"}
    for name in ("MD5", "SHA-1", "SHA-256", "SHA-512"):
        alone = stix.sco_id({"type": "file", "hashes": {name: hashes[name]}})
        assert stix.sco_id({"type": "file", "hashes": dict(hashes)}) == alone
        del hashes[name]


def test_nothing_that_contributes_gives_no_id():
    assert stix.sco_id({"type": "process", "pid": 3}) is None
    assert stix.sco_id({"type": "note", "value": "x"}) is None
    assert stix.sco_id({"type": "file", "size": 3, "hashes": {}}) is None


def test_real_examples_are_read_whole(shared):
    from foedus.model import ijson

    for name in (
        "apt1",
        "poisonivy",
        "using-granular-markings",
        "using-marking-definitions",
        "sighting-of-observed-data",
    ):
        pieces = ijson.split([shared(f"data/cyber/stix_examples/{name}.json").read_bytes()])
        assert all(stix.read(piece.raw).id for piece in pieces)
