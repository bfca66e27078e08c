"""Chance: tails, discoveries, shuffles; grades of pairs and groups."""

from __future__ import annotations

from fractions import Fraction
from math import comb, exp, factorial

import numpy as np
import pytest

from foedus.areas.information.methods.cosharing import network
from foedus.areas.information.methods.grading import ACTIVITY_ONLY, NONE, STRONG, grade, graded
from foedus.areas.information.methods.nullmodel import Null, chance, discovered, shuffled, tail, tail_of
from foedus.areas.information.methods.pairs import Shares


def exactly(k, n, p):
    chance = Fraction(p)
    return float(sum(comb(n, i) * chance**i * (1 - chance) ** (n - i) for i in range(k, n + 1)))


@pytest.mark.parametrize(
    ("k", "n", "p"), [(1, 1, 0.25), (3, 9, 0.125), (8, 8, 0.25), (5, 40, 0.5), (30, 40, 0.0625), (2, 60, 0.875)]
)
def test_binomial_tails_are_exact(k, n, p):
    assert tail_of(np.array([k]), np.array([n]), np.array([p]))[0] == pytest.approx(exactly(k, n, p), rel=1e-9)


@pytest.mark.parametrize(("k", "mean"), [(1, 1e-6), (3, 0.5), (20, 2.0), (5, 30.0), (200, 150.0)])
def test_poisson_tails_are_exact(k, mean):
    below = sum(exp(-mean) * mean**i / factorial(i) for i in range(min(k, 140)))
    told = tail(np.array([k]), np.array([mean]))[0]
    if k < 100 and mean > 1:
        assert told == pytest.approx(1 - below, rel=1e-6, abs=1e-13)
    assert 0 < told < 1


def test_far_tails_do_not_vanish():
    assert tail(np.array([40]), np.array([0.01]))[0] == pytest.approx(0.01**40 / factorial(40), rel=0.05)
    assert tail_of(np.array([60]), np.array([60]), np.array([0.01]))[0] == pytest.approx(1e-120)


def test_discoveries_follow_benjamini_and_hochberg():
    p = np.array([0.01, 0.02, 0.022, 0.9])
    assert discovered(p, 4, 0.03).tolist() == [True, True, True, False]
    assert discovered(p, 40, 0.03).tolist() == [False] * 4
    assert discovered(np.zeros(0), 10, 0.5).tolist() == []


def shares(rows):
    thing, account, t_s = (np.array(column, dtype=np.int64) for column in zip(*rows, strict=True))
    return Shares(thing, account, np.arange(len(rows)), t_s)


def crowd(rng, size=60, posts=1500, things=400, span=500_000):
    return [
        (int(o), int(a), int(t))
        for o, a, t in zip(
            rng.zipf(1.4, posts) % things, rng.integers(0, size, posts), rng.integers(0, span, posts), strict=True
        )
    ]


def together(rng, accounts, rounds, reach, first=1000):
    starts = rng.integers(0, 500_000, rounds)
    return [(first + n, a, int(s + rng.integers(0, reach))) for n, s in enumerate(starts) for a in accounts]


def test_expected_ties_are_those_of_the_configuration_model():
    rows = [(0, 0, 0), (0, 1, 1), (1, 0, 0), (2, 2, 0), (2, 1, 5)]
    held = shares(rows)
    said = chance(held, network(held, 60))
    assert said.expected_activity.tolist() == pytest.approx([2 * 2 * 2 * 2 / 25, 2 * 2 * 1 * 2 / 25])
    assert (said.possible, said.met) == (3, 2)


def test_an_object_of_many_estimates_its_own_speed_and_a_small_one_does_not():
    burst = [(o, a, a) for o in (0, 1) for a in range(30)]
    small = [(o, a, 0) for o in (2, 3) for a in (30, 31)]
    held = shares(burst + small)
    found = network(held, 5)
    said = chance(held, found)
    neighbours = (found.edges.a == 0) & (found.edges.b == 1)
    pair = found.edges.a == 30
    own, pooled = 2 * 135 / 435, 2 * (270 + 2) / (870 + 2)
    assert said.expected_timing[neighbours] == pytest.approx([max(own, pooled)])
    assert said.expected_timing[pair] == pytest.approx([pooled])


def test_a_campaign_is_strong_and_the_crowd_is_nothing():
    rng = np.random.default_rng(3)
    rows = crowd(rng) + together(rng, range(60, 67), 9, 40)
    said = graded({"page": shares(rows)}, np.random.default_rng(0))
    assert said.groups == (tuple(range(60, 67)),)
    kind = said.kinds["page"]
    assert {grade(kind, n) for n in range(len(kind.edges.a))} == {STRONG, NONE}


def test_like_minded_accounts_without_haste_are_a_community_and_no_group():
    rng = np.random.default_rng(4)
    rows = crowd(rng, 300, 6000) + together(rng, range(300, 312), 40, 600, first=5000)
    said = graded({"page": shares(rows)}, np.random.default_rng(0))
    assert said.groups == ()
    assert {account for group in said.communities for account in group} <= set(range(300, 312))
    kind = said.kinds["page"]
    assert ACTIVITY_ONLY in {grade(kind, n) for n in range(len(kind.edges.a))}


def test_one_burst_makes_no_group_however_fast():
    rng = np.random.default_rng(5)
    rows = crowd(rng) + [(900, a, 1000 + int(rng.integers(0, 50))) for a in range(60)]
    assert graded({"page": shares(rows)}, np.random.default_rng(0)).groups == ()


def test_pure_chance_gives_nothing_over_many_seeds():
    for seed in range(8):
        said = graded(
            {"page": shares(crowd(np.random.default_rng(seed), posts=3000, span=50_000))}, np.random.default_rng(seed)
        )
        assert said.groups == said.communities == ()


def test_an_unpaired_object_is_on_neither_side():
    rng = np.random.default_rng(6)
    campaign = together(rng, range(60, 66), 8, 30)
    viral = [(5000, a % 60, n) for n, a in enumerate(rng.integers(0, 60, 400).tolist())]
    without = graded({"page": shares(crowd(rng) + campaign)}, np.random.default_rng(1))
    held = graded(
        {"page": shares(crowd(np.random.default_rng(6)) + campaign + viral)}, np.random.default_rng(1), viral=2000
    )
    assert [one.object for one in held.kinds["page"].viral] == [5000]
    assert held.groups == without.groups == (tuple(range(60, 66)),)


def test_the_same_dealer_deals_the_same():
    held = shares(crowd(np.random.default_rng(1)))
    one, other = (shuffled(held, np.random.default_rng(9)) for _ in range(2))
    assert np.array_equal(one.account, other.account)
    assert not np.array_equal(one.account, held.account)
    assert np.array_equal(np.bincount(one.account), np.bincount(held.account))


def test_labels_are_dealt_among_accounts_of_like_activity():
    rows = [(n, 0, n) for n in range(200)] + [(n, 1 + n % 50, n) for n in range(200)]
    dealt = shuffled(shares(rows), np.random.default_rng(2))
    busy = dealt.account[:200]
    assert np.isin(busy, np.flatnonzero(np.bincount(busy) > 0)).all()
    assert (busy == 0).sum() > 150


def test_kinds_are_corrected_together_and_no_kind_is_no_group():
    assert graded({}, np.random.default_rng(0)).groups == ()
    rng = np.random.default_rng(3)
    rows = shares(together(rng, range(5), 6, 20) + crowd(rng))
    alone = graded({"page": rows}, np.random.default_rng(0), settings=Null(rounds=0))
    both = graded(
        {"page": rows, "tag": shares(crowd(rng, posts=4000))}, np.random.default_rng(0), settings=Null(rounds=0)
    )
    assert both.kinds["page"].strong.sum() <= alone.kinds["page"].strong.sum()


def test_four_rounds_show_in_no_pair_and_in_the_group_as_a_whole():
    rng = np.random.default_rng(8)
    rows = crowd(rng, 200, 5000) + together(rng, range(200, 206), 4, 30, first=5000)
    said = graded({"page": shares(rows)}, np.random.default_rng(0))
    (held,) = said.kinds["page"].gatherings
    assert held.accounts == tuple(range(200, 206))
    assert said.groups == (held.accounts,)


def test_the_same_rounds_without_haste_are_no_gathering():
    rng = np.random.default_rng(8)
    rows = crowd(rng, 200, 5000) + together(rng, range(200, 206), 4, 3600, first=5000)
    said = graded({"page": shares(rows)}, np.random.default_rng(0))
    assert (said.kinds["page"].gatherings, said.groups) == ((), ())
