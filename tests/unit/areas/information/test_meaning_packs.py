"""Evidence packs: the local one opens as it was made; the released one leads to no account."""

from __future__ import annotations

import hashlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foedus.areas.information.few import K
from foedus.areas.information.meaning.packs import MAX_ITEMS, Item, Method, opened, released
from foedus.errors import MalformedRecord

METHOD = Method("coshare-1", {"window_s": 60.0})
RESULT = "e" * 64


def item(number: int, account: int, day: str = "2026-05-30", *, public: bool = False) -> Item:
    text = hashlib.sha256(str(number).encode()).hexdigest() if public else ""
    return Item(day, "ja", f"pseudonym-{account:04}", text)


@pytest.mark.parametrize("raw", [b"", b"{}", b"\xff"])
def test_what_is_no_pack_is_refused(raw):
    with pytest.raises(MalformedRecord) as caught:
        opened(raw)
    assert caught.value.code == "pack-malformed"


def test_the_released_pack_holds_method_cells_and_hashes_of_public_items():
    items = [item(number, number % 7, public=number % 4 == 0) for number in range(40)]
    held = json.loads(released(METHOD, {"posts": 39}, items, RESULT).raw)
    assert held["method"] == {"name": "coshare-1", "parameters": {"window_s": 60}}
    assert held["cells"] == [{"day": "2026-05-30", "language": "ja", "accounts": 6}]
    assert held["public_items"] == sorted(one.text_sha256 for one in items if one.text_sha256)
    assert set(held) == {"method", "coverage", "cells", "public_items", "public_whole", "result_sha256", "k"}


def test_too_many_public_items_are_cut_and_that_is_said():
    pack = released(METHOD, {}, [item(number, 1, public=True) for number in range(MAX_ITEMS + 1)], RESULT)
    assert (len(pack.public_items), pack.public_whole) == (MAX_ITEMS, False)


posts = st.lists(st.tuples(st.integers(0, 9), st.sampled_from(["2026-05-30", "2026-05-31"])), max_size=40)


@given(posts)
def test_a_released_pack_leads_to_no_account(drawn):
    raw = released(METHOD, {}, [item(number, *one) for number, one in enumerate(drawn)], RESULT).raw
    assert b"pseudonym" not in raw


def cells(drawn):
    items = [item(number, account, day) for number, (account, day) in enumerate(drawn)]
    return {one.day: one.accounts for one in released(METHOD, {}, items, RESULT).cells}


@given(posts, posts)
def test_no_cell_and_no_difference_of_two_packs_is_below_k(drawn, more):
    first, second = cells(drawn), cells(drawn + more)
    assert all(count >= K for count in (*first.values(), *second.values()))
    for key in first.keys() | second.keys():
        assert abs(second.get(key, 0) - first.get(key, 0)) not in range(1, K)
