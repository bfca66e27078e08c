from __future__ import annotations

import tracemalloc

import orjson
import pytest

from foedus.errors import LimitExceeded, MalformedRecord
from foedus.model import ijson


def cut(raw: bytes, size: int = 1 << 20, **limits):
    return list(ijson.split((raw[i : i + size] for i in range(0, len(raw), size)), **limits))


def shape(raw: bytes, size: int = 1 << 20, **limits):
    return [(p.pointer, p.raw) if isinstance(p, ijson.Piece) else (p.pointer, p.code) for p in cut(raw, size, **limits)]


@pytest.mark.parametrize(
    ("raw", "code", "where"),
    [
        (b"", "json-empty", ""),
        (b" \n ", "json-empty", ""),
        (b"\xef\xbb\xbf{}", "json-encoding", ""),
        ("{}".encode("utf-16"), "json-encoding", ""),
        ("{}".encode("utf-16-le"), "json-encoding", ""),
        (b'{"a":NaN}', "json-malformed", "/a"),
        (b'{"a":{"b":[1,-Infinity]}}', "json-malformed", "/a/b/1"),
        (b'{"a":1e400}', "json-malformed", "/a"),
        (b'{"a":"\\ud800"}', "json-malformed", "/a"),
        (b'{"x":[0,{"a":"\xff"}]}', "json-malformed", "/x/1/a"),
        (b'{"a":1} x', "json-malformed", ""),
        (b'{"a":"\x01"}', "json-malformed", "/a"),
        (b'{"a":1,"a":2}', "json-duplicate-key", "/a"),
        (b'{"a" : 1, "a" : 2}', "json-duplicate-key", "/a"),
        (b'{"a":[{"b":1,"\\u0062":2}]}', "json-duplicate-key", "/a/0/b"),
        (b'{"a/b":{"~":1,"~":1}}', "json-duplicate-key", "/a~1b/~0"),
        (b'{"a":"\\":","b":{"c":1,"c":":"}}', "json-duplicate-key", "/b/c"),
    ],
)
def test_what_is_no_strict_json_is_refused_with_its_place(raw, code, where):
    with pytest.raises(MalformedRecord) as caught:
        ijson.loads(raw)
    assert (caught.value.code, caught.value.where) == (code, where)


def test_malformed_text_names_line_and_byte():
    with pytest.raises(MalformedRecord) as caught:
        ijson.loads('{"é": 1,\n "b": tru}'.encode())
    assert (caught.value.where, caught.value.hint) == ("/b", "line 2, byte 7")


@pytest.mark.parametrize(
    "raw",
    [
        b'{"a":"\\":"}',
        b'{"a" : "\\":", "c": ":", ":":1, "":3}',
        b'[{"a":1},{"a":2}]',
        b'{"a":{"a":{"a":[]}}}',
        b'"\\":"',
    ],
)
def test_text_that_only_looks_like_a_key_given_twice_is_taken(raw):
    assert ijson.loads(raw) == orjson.loads(raw)


@pytest.mark.parametrize("opening", [b"[", b'{"a":', b'[{"a":'])
def test_a_million_levels_are_refused_without_recursion(opening):
    with pytest.raises(LimitExceeded) as caught:
        ijson.loads(opening * 10**6)
    assert caught.value.code == "json-too-deep"


def test_depth_limit_holds_exactly():
    assert ijson.loads(b"[" * 64 + b"]" * 64)
    with pytest.raises(LimitExceeded) as caught:
        ijson.loads(b'{"a":' + b"[" * 64 + b"]" * 64 + b"}")
    assert caught.value.where == "/a" + "/0" * 63


def test_size_limit_holds_exactly():
    assert ijson.loads(b'"aa"', max_bytes=4) == "aa"
    with pytest.raises(LimitExceeded, match="too large"):
        ijson.loads(b'"aaa"', max_bytes=4)


CASES = {
    "bundle": (
        b'{"type":"bundle","id":"x", "objects": [ {"a":1} , {"b":[{"c":"]}"}]}\n]}',
        [("/objects/0", b'{"a":1}'), ("/objects/1", b'{"b":[{"c":"]}"}]}')],
    ),
    "objects before type": (b'{"objects":[{"a":1}],"type":"bundle"}', [("/objects/0", b'{"a":1}')]),
    "envelope": (b'{"more":true,"next":"1","objects":[{"a":1}]}', [("/objects/0", b'{"a":1}')]),
    "empty envelope": (b'{"objects":[]}', []),
    "list": (b'[{"a":1},{"a":2}]', [("/0", b'{"a":1}'), ("/1", b'{"a":2}')]),
    "one object": (b' {"type":"a"} ', [("", b'{"type":"a"}')]),
    "inner objects are kept": (
        b'{"type":"observed-data","objects":{"0":{"type":"file"}}}',
        [("", b'{"type":"observed-data","objects":{"0":{"type":"file"}}}')],
    ),
    "an object of another type with a list of objects": (
        b'{"type":"x-y","objects":[{"a":1}]}',
        [("", b'{"type":"x-y","objects":[{"a":1}]}')],
    ),
    "lines": (
        b'{"a":1}\n\n{"b":2}\nxx\n{"objects":[{"c":1}]}\n',
        [("", b'{"a":1}'), ("line 3", b'{"b":2}'), ("line 4", "json-not-an-object"), ("line 5/objects/0", b'{"c":1}')],
    ),
    "what is no object": (
        b'[1,{"a":1},"x,]",null,[{"b":2}],{"c":3}]',
        [
            ("/0", "json-not-an-object"),
            ("/1", b'{"a":1}'),
            ("/2", "json-not-an-object"),
            ("/3", "json-not-an-object"),
            ("/4", "json-not-an-object"),
            ("/5", b'{"c":3}'),
        ],
    ),
    "damaged inside": (b'[{"a":},{"b":1}]', [("/0", b'{"a":}'), ("/1", b'{"b":1}')]),
    "a bracket too many": (
        b'[{"a":1}}, {"b":2}]',
        [("/0", b'{"a":1}'), ("/0", "json-malformed"), ("/1", b'{"b":2}')],
    ),
    "no comma": (b'[{"a":1} {"b":2}]', [("/0", b'{"a":1}'), ("/0", "json-malformed"), ("/1", b'{"b":2}')]),
    "comma at the end": (b'[{"a":1},]', [("/0", b'{"a":1}'), ("/1", "json-malformed")]),
    "cut in an object": (
        b'{"objects":[{"a":1},{"b":"\\"',
        [("/objects/0", b'{"a":1}'), ("/objects/1", "json-truncated")],
    ),
    "cut between objects": (b'[{"a":1},', [("/0", b'{"a":1}'), ("/0", "json-truncated")]),
    "two lists of objects": (
        b'{"type":"bundle","objects":[{"a":1}],"objects":[{"b":1}]}',
        [("/objects/0", b'{"a":1}'), ("/objects", "json-duplicate-key")],
    ),
    "NaN beside the objects": (
        b'{"x":NaN,"objects":[{"a":1}]}',
        [("/objects/0", b'{"a":1}'), ("/x", "json-malformed")],
    ),
    "nothing": (b" \n", [("", "json-empty")]),
    "byte order mark": (b"\xef\xbb\xbf{}", [("", "json-encoding")]),
    "UTF-16": ("[{}]".encode("utf-16"), [("", "json-encoding")]),
    "prose": (b"hello\n", [("", "json-not-an-object")]),
}


@pytest.mark.parametrize("size", [1, 2, 7, 1 << 20])
@pytest.mark.parametrize("name", CASES)
def test_streams_are_cut_alike_whatever_the_chunks(name, size):
    raw, expected = CASES[name]
    assert shape(raw, size) == expected


def test_deeper_than_the_fast_ways_go_is_cut_too():
    deep = b'{"a":' + b"[" * 5000 + b"]" * 5000 + b"}"
    assert shape(b"[" + deep + b',{"b":1}]') == [("/0", deep), ("/1", b'{"b":1}')]


def test_an_object_too_large_is_refused_and_the_rest_goes_on():
    raw = b'{"objects":[{"a":1},{"b":"' + b"x" * 200_000 + b'"},{"c":1}]}'
    for size in (1000, 1 << 20):
        assert shape(raw, size, max_object_bytes=1000) == [
            ("/objects/0", b'{"a":1}'),
            ("/objects/1", "json-too-large"),
            ("/objects/2", b'{"c":1}'),
        ]


def test_a_single_object_too_large_is_refused_and_the_next_line_read():
    raw = b'{"b":"' + b"x" * 200_000 + b'","c":{"d":1}}\n{"e":1}'
    assert shape(raw, 999, max_object_bytes=1000) == [("", "json-too-large"), ("line 2", b'{"e":1}')]


def test_a_huge_string_is_skipped_in_bounded_memory():
    def chunks():
        yield b'{"objects":[{"a":"'
        for _ in range(50):
            yield b"x" * 1_000_000
        yield b'"},{"b":1}]}'

    tracemalloc.start()
    found = [type(piece).__name__ for piece in ijson.split(chunks(), max_object_bytes=100_000)]
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert found == ["Refused", "Piece"]
    assert peak < 4_000_000


def test_heads_of_refused_input_are_short():
    refused = [piece for piece in cut(b'[1,{"a":"' + b"x" * 5000) if isinstance(piece, ijson.Refused)]
    assert [len(piece.raw_head) for piece in refused] == [1, 200]


def test_every_object_of_a_real_bundle_is_cut_as_the_decoder_reads_it(shared):
    raw = shared("data/cyber/stix_examples/poisonivy.json").read_bytes()
    pieces = cut(raw, 4096)
    assert [ijson.loads(piece.raw) for piece in pieces] == orjson.loads(raw)["objects"]
    assert all(piece.raw in raw for piece in pieces)
