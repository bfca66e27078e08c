import json

import pytest
import yaml

from foedus.errors import InvalidProgramme
from foedus.programme.yaml12 import MAX_BYTES, load


def codes(raw: bytes) -> list[str]:
    return [remark.code for remark in load(raw).remarks]


@pytest.mark.parametrize(
    "text",
    [
        *("country: NO", "a: yes", "a: Off", "a: y", "a: N", "a: Null", "a: TRUE"),
        *("at: 12:30", "at: 190:20:30", "from: 2023-07-12", "from: 2023-07-12T10:00:00Z"),
        *(
            "code: 012",
            "code: 0o17",
            "code: 0x1F",
            "code: 0b1",
            "num: 1_000",
            "num: 1e3",
            "num: 1.5e+3",
            "num: .5",
            "num: 5.",
            "num: +1",
        ),
        *("num: .inf", "num: -.INF", "num: .nan", "v: =", "num: 99999999999999999999"),
    ],
)
def test_a_scalar_that_1_1_and_1_2_read_differently_is_refused_where_it_stands(text):
    (remark,) = load(text.encode(), "p.yaml").remarks
    assert (remark.code, remark.line, remark.column) == ("P005", 1, text.index(":") + 3)
    assert remark.pointer == "/" + text.split(":")[0]
    assert remark.hint


@pytest.mark.parametrize(
    ("text", "value"),
    [
        *(("a: NOR", "NOR"), ("a: 'no'", "no"), ('a: "12:30"', "12:30"), ("a: 1.0.0", "1.0.0"), ("a: P1Y", "P1Y")),
        *(
            ("a: 0", 0),
            ("a: -12", -12),
            ("a: 0.9", 0.9),
            ("a: -0.25", -0.25),
            ("a: true", True),
            ("a: ~", None),
            ("a:", None),
        ),
        *(("a: 2024-limited", "2024-limited"), ("a: 24h", "24h"), ("a: on-call", "on-call")),
    ],
)
def test_what_reads_identically_is_taken(text, value):
    loaded = load(text.encode())
    assert loaded.remarks == ()
    assert loaded.value == {"a": value}
    assert yaml.safe_load(text) == {"a": value}  # PyYAML is YAML 1.1


@pytest.mark.parametrize(
    "key", ["on", "off", "yes", "no", "y", "n", "NO", '"no"', "'on'", "2024", "1.5", "true", "~", "<<", "2023-01-01"]
)
def test_a_key_that_1_1_reads_as_something_else_is_refused(key):
    assert codes(f"{key}: 1".encode()) == ["P006"]


def test_years_are_keys_in_targets_only_and_become_text():
    assert load(b"targets: {2024: 1, 2025: 2}")[:1] == ({"targets": {"2024": 1, "2025": 2}},)
    assert codes(b"targets: {2024: 1, '2024': 2}") == ["P004"]
    assert codes(b"targets: {02024: 1}") == ["P006"]


def test_a_duplicate_key_names_both_places_and_the_first_wins_nothing():
    (remark,) = load(b"a: 1\nb:\n  effect: permit\n  effect: forbid\n").remarks
    assert (remark.code, remark.line, remark.column, remark.pointer) == ("P004", 4, 3, "/b/effect")
    assert "line 3, column 3" in remark.message


@pytest.mark.parametrize(
    "raw",
    [
        b"a: &x 1",
        b"a: &x 1\nb: *x",
        b"a: !!str 1",
        b"a: ! x",
        b"a: !!python/name:os.system x",
        b"---\na: 1\n---\nb: 1",
        b"%TAG ! tag:x,2000:\n---\na: 1",
        b"%YAML 1.1\n---\na: 1",
        b"&k a: 1",
    ],
)
def test_anchors_aliases_tags_directives_and_second_documents_are_refused(raw):
    assert set(codes(raw)) == {"P007"}


def test_yaml_1_2_may_be_declared():
    assert load(b"%YAML 1.2\n---\na: 1").remarks == ()


@pytest.mark.parametrize("bad", ["\x07", "\x7f", "\x85", "\u202e", "\u2066", "\u2028", "\ufeff"])
def test_controls_and_bidi_are_refused_bare_and_behind_an_escape(bad):
    (bare,) = load(f"x: 1\na: 'b{bad}c'".encode()).remarks
    assert (bare.code, bare.line, bare.column) == ("P003", 2, 6)
    assert codes(f'a: "\\u{ord(bad):04x}"'.encode()) == ["P003"]


def test_a_byte_order_mark_is_refused():
    assert codes(b"\xef\xbb\xbfa: 1") == ["P003"]


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        *(
            (b"a: b: c", "P001"),
            (b"a: [1", "P001"),
            (b"\xff", "P001"),
            (b'a: "\\ud800"', "P001"),
            (b"a:\n\t- b", "P001"),
            (b"\xff\xfea\x00", "P001"),
        ),
        *((b"[" * 40 + b"]" * 40, "P002"), (b"[" + b"1," * 100_001 + b"]", "P002"), (b" " * (MAX_BYTES + 1), "P002")),
    ],
)
def test_what_cannot_be_read_on_is_refused_at_once(raw, code):
    with pytest.raises(InvalidProgramme) as caught:
        load(raw, "p.yaml")
    assert caught.value.findings[-1].code == code
    assert "p.yaml" in caught.value.where


def test_an_unreadable_document_still_tells_what_was_seen_before():
    with pytest.raises(InvalidProgramme) as caught:
        load(b"a: no\nb: [1")
    assert [f.code for f in caught.value.findings] == ["P005", "P001"]


def test_json_comes_through_the_same_door():
    value = {"a": [1, 2.5, None, True, '日本\n"x"', "no"], "targets": {"2024": 1}, "b/c~d": {"": "é"}}
    for spaced in (None, 2):
        loaded = load(json.dumps(value, indent=spaced, separators=(",", ":") if spaced is None else None).encode())
        assert (loaded.value, loaded.remarks) == (value, ())
    assert {"/b~1c~0d", "/a/4"} <= set(loaded.places)


def test_places_are_those_of_keys_and_items():
    text = "a:\n  b: 1\n  c: [x, {d: y}]\n"
    places = load(text.encode()).places
    assert [(places[p].line, places[p].column) for p in ("/a", "/a/b", "/a/c", "/a/c/1", "/a/c/1/d")] == [
        (1, 1),
        (2, 3),
        (3, 3),
        (3, 10),
        (3, 11),
    ]
    assert text[places["/a/c"].start : places["/a/c"].end] == "[x, {d: y}]"
