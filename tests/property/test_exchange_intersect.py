"""Two sides learn the intersection of their sets and nothing that lasts: over random sets, sessions and orders."""

from __future__ import annotations

import random
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foedus.errors import MalformedRecord
from foedus.exchange.intersect import MIN_POINTS, POINT_BYTES, Context, Side, bucket, packed, unpacked

PRIME = 2**255 - 19
SESSION = Context(b"s" * 16, "urn:foedus:programme:treaty", "cyber")
KINDS = st.sampled_from(["domain-name", "ipv4-addr", "url"])
# A small alphabet, so that sets meet, and kinds and norms can be cut at different places.
VALUES = st.sets(st.tuples(KINDS, st.text("ab.", max_size=4)), max_size=90)
SEEDS = st.integers(0, 2**32)


def side(values, seed: int, context: Context = SESSION, filling: int | None = None) -> Side:
    """Return a side whose secret is drawn from a seed, and what it fills up with from another."""
    secret = random.Random(seed).randbytes(32)
    return Side(context, values, secret, random.Random(2**40 + seed if filling is None else filling).randbytes)


def meet(one: Side, other: Side):
    """Run the protocol over its wire form: what the asking side learns, and what the answering side learns."""
    sent = unpacked(packed(one.points), ascending=True)
    own, twice = unpacked(packed(other.points), ascending=True), unpacked(packed(other.again(sent)), ascending=False)
    back = unpacked(packed(one.again(own)), ascending=False)
    return one.matched(twice, back), other.matched(back, twice)


@given(VALUES, VALUES, SEEDS)
def test_both_learn_the_intersection_and_only_that(mine, theirs, seed):
    learnt = sorted(mine & theirs)
    assert meet(side(mine, seed), side(theirs, seed + 1)) == (learnt, learnt)


@given(st.integers(0, 60), SEEDS)
def test_points_that_fill_up_match_nothing(size, seed):
    mine = {("domain-name", f"host{number}.example") for number in range(size)}
    one, other = side(mine, seed), side(set(), seed + 1)
    back, twice = one.again(other.points), other.again(one.points)
    assert len(one.points) == len(other.points) == MIN_POINTS
    assert not set(back) & set(twice)


@given(VALUES, SEEDS)
def test_two_sessions_share_no_point_so_nobody_can_join_them(values, seed):
    first = side(values, seed)
    same_secret = side(values, seed, SESSION._replace(session=b"t" * 16), filling=seed + 7)
    same_session = side(values, seed + 1)
    assert not set(first.points) & set(same_secret.points)
    assert not set(first.points) & set(same_session.points)


@pytest.mark.parametrize(
    "other",
    [SESSION._replace(session=b"t" * 16), SESSION._replace(programme="urn:x"), SESSION._replace(area="maritime")],
    ids=["session", "programme", "area"],
)
def test_points_of_another_session_programme_or_area_do_not_meet(other):
    values = {("domain-name", "evil.example")}
    assert meet(side(values, 1), side(values, 2, other)) == ([], [])
    assert meet(side(values, 1), side(values, 2)) == (sorted(values), sorted(values))


def test_kind_and_value_cannot_be_cut_elsewhere():
    assert meet(side({("url", "ab")}, 1), side({("urla", "b"), ("ur", "lab")}, 2)) == ([], [])


@given(VALUES, SEEDS)
def test_the_list_sent_is_in_the_order_of_its_bytes_and_of_a_buckets_size(values, seed):
    points = side(sorted(values), seed).points
    assert points == sorted(points)
    assert len(points) == bucket(len(values))


LOW_ORDER = [0, 1, PRIME - 1, 325606250916557431795983626356110631294008115727848805560023387167927233504]


@pytest.mark.parametrize("number", LOW_ORDER)
def test_a_point_of_low_order_is_refused(number):
    points = [*side(set(), 1).points[1:], number.to_bytes(POINT_BYTES, "little")]
    with pytest.raises(MalformedRecord, match="low order"):
        side(set(), 2).again(points)


def broken(change: str) -> bytes:
    points = side(set(), 1).points
    if change == "a point twice":
        points[5] = points[4]
    elif change == "not canonical":
        points[-1] = (PRIME + 5).to_bytes(POINT_BYTES, "little")
    elif change == "a top bit":
        points[-1] = (int.from_bytes(points[-1], "little") | 1 << 255).to_bytes(POINT_BYTES, "little")
    elif change == "no bucket":
        points += [point[::-1] for point in points[:3]]
    elif change == "empty":
        points = []
    return packed(points)[: -1 if change == "no whole point" else None]


@pytest.mark.parametrize(
    "change", ["a point twice", "not canonical", "a top bit", "no bucket", "empty", "no whole point"]
)
def test_a_list_that_is_none_is_refused(change):
    assert len(unpacked(broken(""), ascending=True)) == MIN_POINTS
    with pytest.raises(MalformedRecord) as caught:
        unpacked(broken(change), ascending=False)
    assert caught.value.code == "points-malformed"


def test_an_order_that_could_say_something_is_refused():
    points = side(set(), 1).points
    swapped = [points[1], points[0], *points[2:]]
    assert unpacked(packed(swapped), ascending=False) == swapped
    with pytest.raises(MalformedRecord, match="order"):
        unpacked(packed(swapped), ascending=True)


def test_as_many_points_come_back_as_were_sent():
    one, other = side(set(), 1), side({("url", str(number)) for number in range(65)}, 2)
    assert len(other.points) == 128
    with pytest.raises(MalformedRecord, match="as many"):
        one.matched(other.points, other.points)


def test_more_values_than_a_list_may_have_are_refused():
    numbers = count()
    with pytest.raises(MalformedRecord):
        side((("url", str(next(numbers))) for _ in range(16_385)), 1)
