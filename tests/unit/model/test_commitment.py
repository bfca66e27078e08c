"""Commitments: known values, every way to lie about a view, sizes, merging."""

from __future__ import annotations

import base64
import hashlib
import hmac

import jsonschema
import orjson
import pytest

from foedus.errors import BrokenChain, FoedusError, LimitExceeded, MalformedRecord
from foedus.model import commitment
from foedus.model.canonical import canonical
from foedus.model.commitment import PARTIAL_VIEW, commit, merge, parts, redact, verify, with_proof

SEED = bytes(range(32))
KNOWN = "8c177ae28757d0a67250420c39d3f86a0a1b23c5cdcd01008fe08865f3e0250f"
KNOWN_SMALL = "6de11455b09efbfb5932491714233c3b0a9adc041c85ac0e0bf015b06f535263"
OBJECT = {
    "type": "report",
    "spec_version": "2.1",
    "id": "report--84e4d88f-44ea-4bcd-bbf3-b2c1c320bcb3",
    "created": "2026-05-01T00:00:00.000Z",
    "modified": "2026-05-01T00:00:00.000Z",
    "name": "Naïve 名",
    "published": "2026-05-01T00:00:00Z",
    "object_refs": ["indicator--1", "indicator--2", "indicator--3"],
    "labels": ["a", "a", "b"],
    "confidence": 50,
    "x_ratio": 0.25,
    "extensions": {"x/y~z": {"k": [1, {"n": None}]}, "other": True},
    "hashes": {"MD5": "0", "SHA-256": "1"},
}


def view(hide=(), seed=SEED, obj=OBJECT, **changed):
    """A view without some properties, with others replaced, as it travels."""
    shown = {name: value for name, value in obj.items() if name not in hide} | changed
    return orjson.loads(canonical(with_proof(shown, ["p"], redact(commit(obj, seed), shown))))


def proof(obj):
    return obj["extensions"][PARTIAL_VIEW]["commitment"]


def lied(obj, **changed):
    """The view with fields of its proof replaced."""
    note = obj["extensions"][PARTIAL_VIEW]
    return obj | {"extensions": obj["extensions"] | {PARTIAL_VIEW: note | {"commitment": proof(obj) | changed}}}


def refused(obj, code, root=""):
    with pytest.raises(FoedusError) as caught:
        verify(obj, root)
    assert caught.value.code == code


def test_the_root_is_the_one_the_construction_gives():
    """The construction once more, straight from its description: leaves, decoys, places, nodes."""
    tree = commit(OBJECT, SEED)

    def mac(text, n):
        return hmac.digest(SEED, text + n.to_bytes(4, "big"), "sha256")

    drawn = hashlib.shake_256(b"foedus/commitment/places/1\n" + SEED).digest(8 * 32)
    rows = []
    for n, leaf in enumerate(tree.leaves):
        path = f"{leaf.part.group}/{leaf.order}" if leaf.part.kind == b"e" else leaf.part.pointer
        said = b"\0" + mac(b"salt", n)[:16] + path.encode() + b"\0" + leaf.part.kind + canonical(leaf.part.value)
        rows.append(hashlib.sha256(said).digest())
    rows += [mac(b"decoy", n) for n in range(len(rows), 32)]
    level = [rows[n] for n in sorted(range(32), key=lambda n: drawn[8 * n : 8 * n + 8])]
    while len(level) > 1:
        level = [hashlib.sha256(b"\1" + a + b).digest() for a, b in zip(level[::2], level[1::2], strict=True)]
    assert tree.root == level[0].hex()


def test_known_roots_stay():
    assert commit(OBJECT, SEED).root == KNOWN
    assert commit({"type": "mutex", "id": "mutex--1", "name": "x"}, SEED).root == KNOWN_SMALL


def test_places_are_properties_elements_and_members():
    assert [
        (p.pointer, p.kind) for p in parts({"a/b": [], "labels": ["x"], "hashes": {"MD5": "0"}, "extensions": {}})
    ] == [
        ("/a~1b", b"p"),
        ("/hashes/MD5", b"m"),
        ("/labels/0", b"e"),
    ]


@pytest.mark.parametrize("count", [0, 20, 30, 31, 32, 63, 64, 200])
def test_leaves_are_a_power_of_two_with_a_decoy_among_them(count):
    tree = commit({"id": "i", **{f"x{n}": n for n in range(count)}}, SEED)
    assert tree.size & (tree.size - 1) == 0
    assert tree.size >= max(32, count + 2)


def test_all_of_it_and_each_part_alone_verify():
    root = commit(OBJECT, SEED).root
    assert verify(view(), root).edited == ()
    for name in OBJECT.keys() - {"type", "id", "created", "modified"}:
        assert verify(view([name]), root).root == root
        assert verify(view(OBJECT.keys() - {"type", "id", "created", "modified", name}), root).root == root


def test_elements_of_lists_and_members_go_one_by_one_and_order_is_kept():
    for kept in (["indicator--3"], ["indicator--1", "indicator--3"]):
        verify(view(object_refs=kept))
    verify(view(labels=["a", "b"], extensions={"other": True}, hashes={"MD5": "0"}))
    shown = view(object_refs=["indicator--1", "indicator--3"])
    refused(shown | {"object_refs": ["indicator--3", "indicator--1"]}, "commitment-root")
    assert verify(view(object_refs=["indicator--3", "indicator--1"])).edited == ("/object_refs/1",)


def test_what_was_changed_is_named_and_its_original_stays_hidden():
    shown = view(name="coarse", confidence=0)
    assert verify(shown).edited == ("/confidence", "/name")
    assert len(proof(shown)["leaves"]) == len(list(parts(OBJECT))) - 2


def test_a_number_or_truth_that_only_looks_the_same_is_a_change():
    obj = {"type": "x-a", "id": "x-a--1", "x_a": 1, "x_b": [True]}
    assert verify(view(obj=obj, x_a=True, x_b=[1])).edited == ("/x_a", "/x_b/0")


@pytest.mark.parametrize(
    "change",
    [
        {"name": "other"},
        {"confidence": 51},
        {"x_ratio": 0.26},
        {"object_refs": ["indicator--2", "indicator--1", "indicator--3"]},
        {"object_refs": ["indicator--1", "indicator--1", "indicator--3"]},
        {"labels": ["a", "b", "a"]},
        {"hashes": {"MD5": "1", "SHA-256": "0"}},
        {"hashes": {"MD5": "0", "SHA-1": "1"}},
        {"published": "2026-05-01T00:00:00.000Z"},
    ],
)
def test_a_changed_moved_or_renamed_value_does_not_lead_to_the_root(change):
    shown = view(["created_by_ref"])
    note = {"extensions": shown["extensions"]}
    refused(shown | change | note, "commitment-root")


def test_a_renamed_dropped_added_or_doubled_place_is_refused():
    shown = view()
    refused({("x_title" if k == "name" else k): v for k, v in shown.items()}, "commitment-root")
    refused({k: v for k, v in shown.items() if k != "name"}, "commitment-parts")
    refused(shown | {"x_new": 1}, "commitment-parts")
    refused(shown | {"labels": ["a", "a", "b", "b"]}, "commitment-parts")


def test_a_position_twice_or_beyond_and_a_cover_that_overlaps_are_refused():
    shown = view(["name"])
    held = proof(shown)
    refused(lied(shown, leaves=[held["leaves"][0], *held["leaves"][:-1]]), "commitment-parts")
    refused(lied(shown, leaves=[held["size"], *held["leaves"][1:]]), "commitment-parts")
    refused(lied(shown, leaves=[-1, *held["leaves"][1:]]), "commitment-parts")
    more = base64.b64encode(base64.b64decode(held["cover"]) + bytes(32)).decode()
    refused(lied(shown, cover=more), "commitment-parts")
    refused(lied(shown, leaves=[*held["leaves"][1:], held["leaves"][0]]), "commitment-root")


@pytest.mark.parametrize("size", [0, 1, 16, 33, 2**17, -32])
def test_a_tree_of_another_size_is_refused(size):
    refused(lied(view(), size=size), "commitment-malformed")


@pytest.mark.parametrize("name", ["type", "id", "created", "modified"])
def test_an_object_without_its_identity_or_with_another_is_refused(name):
    refused(view([name]), "commitment-mandatory")
    refused(view(obj=OBJECT | {name: "other"}, **{name: OBJECT[name]}), "commitment-mandatory")


def test_order_tokens_must_ascend_and_belong_to_elements():
    shown = view()
    order = proof(shown)["order"]
    for wrong in (
        {**order, "/labels": order["/labels"][::-1]},
        {**order, "/labels": [0, 1, 2]},
        {**order, "/x": []},
        {**order, "/x": [1]},
    ):
        refused(lied(shown, order=wrong), "commitment-parts")
    refused(lied(shown, order={"/labels": order["/labels"]}), "commitment-root")


@pytest.mark.parametrize("number", [50.0, -0.0, 1e15])
def test_a_number_that_is_not_written_canonically_is_refused(number):
    shown = view()
    refused(shown | {"confidence": number}, "commitment-number")
    refused(shown | {"x_ratio": {"deep": [number]}}, "commitment-number")


@pytest.mark.parametrize("number", [2**53, float("inf"), float("nan")])
def test_a_number_without_canonical_form_can_neither_be_committed_to_nor_shown(number):
    with pytest.raises(MalformedRecord):
        commit(OBJECT | {"confidence": number}, SEED)
    refused(view() | {"confidence": number}, "commitment-value")


@pytest.mark.parametrize(
    "change",
    [
        {"root": ""},
        {"salts": "*"},
        {"cover": "AAAA"},
        {"size": 32.0},
        {"leaves": [1.0]},
        {"edited": "x"},
        {"more": 1},
        {"order": []},
    ],
)
def test_a_proof_of_another_form_is_refused(change):
    refused(lied(view(["name"]), **change), "commitment-malformed")


def test_base64_has_one_spelling():
    shown = view(["name"])
    refused(lied(shown, cover=proof(shown)["cover"] + "\n"), "commitment-malformed")


def test_an_edited_place_must_be_there_once_and_cannot_be_the_identity():
    shown = view(name="coarse")
    refused(lied(shown, edited=["/name", "/name"]), "commitment-parts")
    refused(lied(shown, edited=["/name", "/nowhere"]), "commitment-parts")
    refused(lied(shown, edited=[]), "commitment-parts")


def test_an_object_without_proof_proves_nothing():
    refused(OBJECT, "commitment-malformed")
    refused(with_proof(OBJECT, (), None), "commitment-malformed")


def test_another_root_than_the_ledgers_is_refused():
    with pytest.raises(BrokenChain) as caught:
        verify(view(), "ab" * 32)
    assert caught.value.code == "commitment-differs"


def test_two_views_of_one_version_show_together_what_each_shows():
    first, second = view(["name", "labels"]), view(["confidence", "hashes"], object_refs=["indicator--2"])
    both = merge(first, second)
    assert verify(both, commit(OBJECT, SEED).root).edited == ()
    assert {**both, "extensions": {k: v for k, v in both["extensions"].items() if k != PARTIAL_VIEW}} == OBJECT


def test_a_merge_leaves_out_what_was_edited_and_needs_equal_roots():
    first, second = view(["labels"], name="coarse"), view(["name"], labels=["b"])
    both = merge(first, second)
    assert "name" not in both
    assert both["labels"] == ["b"]
    with pytest.raises(BrokenChain):
        merge(first, view(seed=b"o" * 32))


def test_who_holds_a_view_can_show_less_of_it_under_the_same_root():
    first = view(["name"], confidence=1)
    less = {name: value for name, value in first.items() if name not in ("hashes", "extensions")}
    less["object_refs"] = ["indicator--1", "indicator--3"]
    again = with_proof(less, ["q"], redact(verify(first), less))
    assert verify(again, proof(first)["root"]).edited == ("/confidence",)


def test_a_list_with_too_many_elements_is_refused():
    with pytest.raises(LimitExceeded):
        commit({"id": "i", "x": list(range(commitment.LARGEST))}, SEED)


def test_another_seed_gives_another_root_salts_and_places():
    one, other = proof(view()), proof(view(seed=b"o" * 32))
    assert all(one[name] != other[name] for name in ("root", "salts", "leaves", "cover", "order"))


def test_a_view_is_what_the_published_schema_says(root):
    schema = orjson.loads((root / "docs" / "reference" / "partial-view.schema.json").read_bytes())
    jsonschema.validate(view(["name"], confidence=1)["extensions"][PARTIAL_VIEW], schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(lied(view(), more=1)["extensions"][PARTIAL_VIEW], schema)
