"""Views of whatever object: they verify, any single lie does not, and what is hidden cannot be guessed from what leaves."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import uuid

import orjson
from hypothesis import assume, given
from hypothesis import strategies as st

from foedus.errors import FoedusError
from foedus.model.canonical import canonical
from foedus.model.commitment import PARTIAL_VIEW, commit, merge, parts, redact, verify, with_proof

KEYS = st.sampled_from(["name", "labels", "x_a", "x/b", "x~c", "é", "extensions", "hashes", "object_refs"]) | st.text(
    max_size=4
)
scalars = st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.floats(-1e6, 1e6) | st.text(max_size=6)
values = st.recursive(
    scalars, lambda of: st.lists(of, max_size=4) | st.dictionaries(KEYS, of, max_size=3), max_leaves=6
)
objects = st.dictionaries(KEYS, values, max_size=8).map(lambda d: {**d, "type": "x-thing", "id": "x-thing--1"})
seeds = st.binary(min_size=32, max_size=32)


def without(obj, hidden):
    """The object without the parts of some numbers; what loses its last part goes."""
    shown = {}
    for number, part in enumerate(parts(obj)):
        name = next(
            n
            for n in obj
            if part.pointer.startswith("/" + n.replace("~", "~0").replace("/", "~1")) and _head(part) == n
        )
        if number in hidden:
            continue
        if part.kind == b"e":
            shown.setdefault(name, []).append(part.value)
        elif part.kind == b"m":
            shown.setdefault(name, {})[part.pointer.split("/")[2].replace("~1", "/").replace("~0", "~")] = part.value
        else:
            shown[name] = part.value
    return shown


def _head(part):
    return part.pointer.split("/")[1].replace("~1", "/").replace("~0", "~")


def usable(obj):
    """An object whose extensions can hold a proof."""
    assume(type(obj.get("extensions", {})) is dict)
    return obj


def drawn_view(data, obj, seed):
    count = len(list(parts(obj)))
    fixed = {number for number, part in enumerate(parts(obj)) if part.pointer in ("/type", "/id")}
    hidden = data.draw(st.sets(st.integers(0, count - 1))) - fixed
    shown = without(obj, hidden)
    return orjson.loads(canonical(with_proof(shown, (), redact(commit(obj, seed), shown)))), hidden


def lists_apart(obj):
    """Lists whose elements all differ: then which of two equal ones went is no question."""
    return all(len({canonical(i) for i in v}) == len(v) for v in obj.values() if type(v) is list)


@given(objects, seeds, st.data())
def test_a_view_verifies_and_shows_exactly_what_is_left(obj, seed, data):
    shown, _ = drawn_view(data, usable(obj), seed)
    tree = verify(shown, commit(obj, seed).root)
    assert tree.edited == ()
    assert [leaf.part for leaf in tree.leaves] == list(parts(shown))


@given(objects, seeds, st.data())
def test_the_cover_is_the_smallest_and_the_tree_a_power_of_two(obj, seed, data):
    shown, _ = drawn_view(data, usable(obj), seed)
    proof = shown["extensions"][PARTIAL_VIEW]["commitment"]
    left, size = set(proof["leaves"]), proof["size"]

    def fewest(start, width):
        if not any(start <= at < start + width for at in left):
            return 1
        return 0 if width == 1 else fewest(start, width // 2) + fewest(start + width // 2, width // 2)

    assert size & (size - 1) == 0
    assert len(base64.b64decode(proof["cover"])) == 32 * fewest(0, size)


@given(objects, seeds, st.data())
def test_any_single_change_of_what_is_shown_is_refused(obj, seed, data):
    shown, _ = drawn_view(data, usable(obj), seed)
    name = data.draw(st.sampled_from(sorted(shown.keys() - {"extensions"})))
    act = data.draw(st.sampled_from(["drop", "rename", "change", "double"]))
    lie = {key: value for key, value in shown.items() if key != name}
    if act == "rename":
        lie[name + "_"] = shown[name]
        assume(name + "_" not in shown)
    elif act == "change":
        lie[name] = data.draw(values)
        assume(canonical(lie[name]) != canonical(shown[name]))
    elif act == "double":
        lie = shown | {name + "_": shown[name]}
        assume(name + "_" not in shown)
    try:
        verify(lie)
    except FoedusError:
        return
    # An empty list or object of parts holds none: only then nothing that is proven went.
    raise AssertionError(act)


@given(objects, seeds, st.data())
def test_any_flipped_bit_of_the_proof_is_refused(obj, seed, data):
    shown, _ = drawn_view(data, usable(obj), seed)
    note = shown["extensions"][PARTIAL_VIEW]
    field = data.draw(st.sampled_from(["salts", "cover", "root"]))
    raw = bytes.fromhex(note["commitment"][field]) if field == "root" else base64.b64decode(note["commitment"][field])
    assume(raw)
    bit = data.draw(st.integers(0, 8 * len(raw) - 1))
    flipped = bytearray(raw)
    flipped[bit // 8] ^= 1 << bit % 8
    note["commitment"][field] = flipped.hex() if field == "root" else base64.b64encode(flipped).decode()
    try:
        verify(shown)
    except FoedusError:
        return
    raise AssertionError(field)


@given(objects, seeds, st.data())
def test_two_views_of_one_version_together_show_what_either_shows(obj, seed, data):
    assume(lists_apart(usable(obj)))
    first, hidden = drawn_view(data, obj, seed)
    second, also = drawn_view(data, obj, seed)
    both = merge(first, second)
    assert verify(both).root == commit(obj, seed).root
    expected = without(obj, hidden & also)
    assert [p[:3] for p in parts(both)] == [p[:3] for p in parts(expected)]


TLPS, COUNTRIES, PORTS = ["clear", "green", "amber", "red"], ["JPN", "KOR", "DEU", "FRA", "USA"], list(range(20, 30))


def guesses(salts, path, candidates):
    """Every hash somebody could make of every candidate with all that left."""
    for value in candidates:
        said = canonical(value)
        kind_and_value = b"\0p" + said
        yield hashlib.sha256(said).digest()
        yield hashlib.sha256(b"\0" + path + kind_and_value).digest()
        for salt in salts:
            yield hashlib.sha256(b"\0" + salt + path + kind_and_value).digest()
            yield hmac.digest(salt, said, "sha256")
        yield uuid.uuid5(uuid.UUID("00abedb4-aa42-466c-9c01-fed23315a9b7"), said.decode()).bytes


@given(seeds, st.sampled_from(TLPS), st.sampled_from(COUNTRIES), st.sampled_from(PORTS))
def test_low_entropy_values_cannot_be_guessed_from_what_leaves(seed, tlp, country, port):
    """The attacker has the view, every salt in it, every hash, every candidate value and the hidden names."""
    obj = {"type": "x-thing", "id": "x-thing--1", "name": "n", "x_tlp": tlp, "x_country": country, "x_port": port}
    shown = {name: obj[name] for name in ("type", "id", "name")}
    tree = commit(obj, seed)
    proof = redact(tree, shown)
    raw = base64.b64decode(proof["cover"])
    hashes = {raw[at : at + 32] for at in range(0, len(raw), 32)} | {bytes.fromhex(proof["root"])}
    salts = [base64.b64decode(proof["salts"])[at : at + 16] for at in range(0, 48, 16)] + [bytes(16)]
    known = {h for level in verify(json.loads(json.dumps(with_proof(shown, (), proof)))).nodes for h in level.values()}
    for name, candidates in (("x_tlp", TLPS), ("x_country", COUNTRIES), ("x_port", PORTS)):
        tries = list(guesses(salts, f"/{name}".encode(), candidates))
        assert not (hashes | known).intersection(tries)
        assert not any(part in raw for part in tries)
    hidden = {leaf.salt for leaf in tree.leaves if leaf.part.pointer in ("/x_tlp", "/x_country", "/x_port")}
    leaves = canonical(proof)
    assert not any(base64.b64encode(salt).rstrip(b"=") in leaves or salt in raw for salt in hidden)


@given(seeds, st.sampled_from(TLPS), st.sampled_from(TLPS))
def test_two_hidden_values_that_are_equal_do_not_look_equal(seed, one, other):
    obj = {"type": "x-thing", "id": "x-thing--1", "x_a": one, "x_b": one, "x_c": other}
    tree = commit(obj, seed)
    assert len(set(tree.nodes[0].values())) == tree.size


@given(seeds)
def test_a_proof_does_not_tell_how_much_is_hidden(seed):
    """Objects with one hidden part and with twenty give proofs of one size and shape."""
    few = {"type": "x-thing", "id": "x-thing--1", "x_0": 0}
    many = few | {f"x_{n}": n for n in range(20)}
    shown = {"type": "x-thing", "id": "x-thing--1"}
    one, other = redact(commit(few, seed), shown), redact(commit(many, seed), shown)
    assert one["size"] == other["size"]
    assert len(one["salts"]) == len(other["salts"])


@given(objects, seeds)
def test_the_raw_text_of_a_view_is_canonical(obj, seed):
    shown, _ = {"type": "x-thing", "id": "x-thing--1"}, None
    raw = canonical(with_proof(shown, (), redact(commit(usable(obj), seed), shown)))
    assert canonical(orjson.loads(raw)) == raw
