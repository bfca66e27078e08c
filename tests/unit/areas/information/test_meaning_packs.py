"""Evidence packs: the local one replays until it expires; the released one leads to no account."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foedus.areas.information.few import K
from foedus.areas.information.meaning.judgement import PUBLIC
from foedus.areas.information.meaning.packs import Item, Method, local, opened, released, replay
from foedus.errors import MalformedRecord, TrustError

AT = datetime(2026, 6, 1, tzinfo=UTC)
METHOD = Method("coshare-1", {"window_s": 60.0}, "m" * 64, "c" * 64)
TIERS = ("media", "private", "unknown", "official")


def item(number: int, account: int, tier: str = "private", day: str = "2026-05-30") -> Item:
    return Item(
        f"{number:064x}",
        "ja",
        day,
        tier,
        f"pseudonym-{account:04}",
        f"capture-{number:04}",
        f"https://x.example/{number}",
        "f" * 64,
        "vault:1",
    )


def run(items, edges, method):
    return {
        "pairs": len(edges),
        "accounts": len({one.account for one in items}),
        "window_s": method.parameters["window_s"],
    }


ITEMS = tuple(item(number, number % 7, TIERS[number % 4]) for number in range(40))
EDGES = (("pseudonym-0001", "pseudonym-0002", 5), ("pseudonym-0001", "pseudonym-0003", 2))
PACK = local(METHOD, ITEMS, EDGES, {"sources": 2}, AT, run)


def test_a_local_pack_replays_to_the_same_result_and_bytes():
    assert replay(PACK, AT - timedelta(seconds=1), run) == run(ITEMS, EDGES, METHOD)
    assert local(METHOD, ITEMS, EDGES, {"sources": 2}, AT, run) == PACK


def test_an_expired_pack_does_not_open():
    with pytest.raises(MalformedRecord) as caught:
        replay(PACK, AT, run)
    assert caught.value.code == "pack-expired"


def test_another_result_is_told():
    with pytest.raises(TrustError) as caught:
        replay(PACK, AT - timedelta(days=1), lambda *inputs: run(*inputs) | {"pairs": 3})
    assert caught.value.code == "replay-differs"


@pytest.mark.parametrize("raw", [b"", b"{}", PACK[:-1]])
def test_what_is_no_pack_is_refused(raw):
    with pytest.raises(MalformedRecord) as caught:
        opened(raw, AT)
    assert caught.value.code == "pack-malformed"


def test_the_released_pack_holds_method_cells_and_hashes_of_public_items():
    held = json.loads(released(opened(PACK, AT - timedelta(days=1))))
    assert held["method"] == {
        "name": "coshare-1",
        "parameters": {"window_s": 60},
        "model": "m" * 64,
        "calibration": "c" * 64,
    }
    assert held["public_items"] == sorted(one.text_sha256 for one in ITEMS if one.tier in PUBLIC)
    assert held["result_sha256"]
    assert set(held) == {"method", "coverage", "cells", "public_items", "result_sha256", "k"}


posts = st.lists(
    st.tuples(st.integers(0, 9), st.sampled_from(TIERS), st.sampled_from(["2026-05-30", "2026-05-31"])), max_size=40
)


@given(posts)
def test_a_released_pack_leads_to_no_capture_no_account_and_no_private_item(drawn):
    items = [item(number, account, tier, day) for number, (account, tier, day) in enumerate(drawn)]
    raw = released(opened(local(METHOD, items, EDGES, {}, AT, run), AT - timedelta(days=1))).decode()
    assert not any(word in raw for word in ("pseudonym", "capture", "x.example", "vault"))
    assert not any(one.text_sha256 in raw for one in items if one.tier not in PUBLIC)


def cells(drawn):
    items = [item(number, account, tier, day) for number, (account, tier, day) in enumerate(drawn)]
    raw = released(opened(local(METHOD, items, (), {}, AT, run), AT - timedelta(days=1)))
    return {(one["day"], one["tier"]): one["accounts"] for one in json.loads(raw)["cells"]}


@given(posts, posts)
def test_no_cell_and_no_difference_of_two_packs_is_below_k(drawn, more):
    first, second = cells(drawn), cells(drawn + more)
    assert all(count >= K for count in (*first.values(), *second.values()))
    for key in first.keys() | second.keys():
        assert abs(second.get(key, 0) - first.get(key, 0)) not in range(1, K)
