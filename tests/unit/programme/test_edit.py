import pytest

from foedus.errors import InvalidProgramme, ProgrammeError
from foedus.programme import document as documents
from foedus.programme import edit, structure
from foedus.programme.yaml12 import load

CARDS = [{"id": "n1", "key": 'a"b: c'}, {"id": "n2", "key": "x"}]


@pytest.fixture(autouse=True)
def _any_structure(monkeypatch):
    """Edits are about text: here every well-read document is sound."""
    real = structure.convert
    monkeypatch.setattr(documents.structure, "convert", lambda value: (real(value)[0], ()))


def put(text, pointer, key, value):
    return edit.put(documents.read(text.encode()), pointer, key, value).raw.decode()


@pytest.mark.parametrize(
    ("text", "pointer", "key", "value", "wanted"),
    [
        ("v: 1   # one\nw: 2\n", "", "v", 2, "v: 2   # one\nw: 2\n"),
        ("v: 1\nw: 2   # two\n# end\n", "", "x", "a", 'v: 1\nw: 2   # two\nx: "a"\n# end\n'),
        ("v: 1", "", "x", None, "v: 1\nx: null\n"),
        ("a:\n  - b: 1\n    c: 2\n  - b: 3\n", "/a/0", "d", True, "a:\n  - b: 1\n    c: 2\n    d: true\n  - b: 3\n"),
        ("v: []  # none\n", "", "v", [{"a": 1}, {"a": 2, "b": "x"}], 'v:\n  - a: 1\n  - a: 2\n    b: "x"  # none\n'),
        ("v:\n  - {a: 1}\nw: 1\n", "", "v", [], "v: []\nw: 1\n"),
        ("v: {a: 1}\n", "/v", "b", 2, 'v: {a: 1, "b": 2}\n'),
        ("v: {a: 1, }\n", "/v", "b", 2, 'v: {a: 1,"b": 2 }\n'),
        ('{"v": {}}', "/v", "b", [{"c": 1}], '{"v": {"b": [{"c":1}]}}'),
        ('{\n "v": 1\n}\n', "", "b", 2, '{\n "v": 1, "b": 2\n}\n'),
        ("日: 本 # é\nv: {a: é}\n", "/v", "a", "日", '日: 本 # é\nv: {"a": "日"}\n'),
        ("t: |\n  text\n", "", "v", 1, "t: |\n  text\nv: 1\n"),
        ("a: 1\r\nb: 2\r\n", "", "a", 3, "a: 3\r\nb: 2\r\n"),
        ("v:\nw: 1\n", "", "v", 1, "v: 1\nw: 1\n"),
        ("p: {v: 1}\n", "", "p", {"a": "1", "b": 2}, 'p: {a: "1", b: 2}\n'),
    ],
)
def test_one_member_changes_and_no_other_byte(text, pointer, key, value, wanted):
    assert put(text, pointer, key, value) == wanted


@pytest.mark.parametrize("text", ["a:\n  x: 1\n  z: 2\nb: 3\n", "a: {x: 1}\nb: 3\n", '{"a": {"x": 1}, "b": 3}'])
def test_lists_of_mappings_go_in_and_come_out(text):
    once = put(text, "/a", "nodes", CARDS)
    assert load(once.encode()).value["a"]["nodes"] == CARDS
    assert load(put(once, "/a", "nodes", CARDS[:1]).encode()).value == {
        "a": {**load(text.encode()).value["a"], "nodes": CARDS[:1]},
        "b": 3,
    }


def test_a_layout_that_the_edit_does_not_understand_is_refused_not_damaged():
    with pytest.raises(ProgrammeError) as caught:
        put("a: {x: 1 # why\n  }\n", "/a", "y", 2)
    assert caught.value.code == "edit-failed"


def test_a_broken_document_is_not_edited():
    with pytest.raises(InvalidProgramme):
        put("a: no\n", "", "b", 1)
