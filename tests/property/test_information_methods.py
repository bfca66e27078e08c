"""What must not matter to the information methods: the order of rows, and how they are spread over machines or days."""

from __future__ import annotations

import random
from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from tests.information.words import Language, replaced

from foedus.areas.information.methods import cosharing, directed, near
from foedus.areas.information.methods.components import components
from foedus.areas.information.methods.minhash import bands, signatures
from foedus.areas.information.methods.pairs import Shares
from foedus.areas.information.methods.shingles import normal, shingles

share = st.tuples(st.integers(0, 5), st.integers(0, 7), st.integers(0, 60), st.integers(0, 90))
rows = st.lists(share, max_size=60, unique_by=lambda row: (row[0], row[2]))


def shares(drawn) -> Shares:
    columns = np.array(drawn, dtype=np.int64).reshape(-1, 4).T
    return Shares(columns[0], columns[2] % 8, columns[2], columns[3])


def same(one, other) -> bool:
    return all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


@given(rows, st.integers(0, 30), st.randoms())
def test_edges_are_the_same_in_any_order_of_rows(drawn, window, rng):
    held = shares(drawn)
    order = np.array(rng.sample(range(len(drawn)), len(drawn)), dtype=np.int64)
    turned = held.take(order)
    assert same(cosharing.network(held, window).edges, cosharing.network(turned, window).edges)
    assert same(directed.network(held, window)[:3], directed.network(turned, window)[:3])


@given(rows, st.integers(0, 30), st.lists(st.integers(0, 3), min_size=6, max_size=6))
def test_edges_are_the_same_however_objects_are_spread(drawn, window, place):
    held = shares(drawn)
    part = np.array(place)[held.object]
    found = [cosharing.network(held.take(part == n), window).edges for n in range(4)]
    assert same(cosharing.added(found), cosharing.network(held, window).edges)


@given(rows, st.integers(0, 30), st.integers(-10_000, 10_000))
def test_edges_move_with_time(drawn, window, later):
    held = shares(drawn)
    moved = cosharing.network(held._replace(t_s=held.t_s + later), window).edges
    found = cosharing.network(held, window).edges
    assert same(moved[:5], found[:5])
    assert np.array_equal(moved.first_s, found.first_s + later)


def texts(seed: int, origins: int = 8, each: int = 4) -> list[str]:
    language = Language(random.Random(seed))
    words = [language.sentence() for _ in range(origins)]
    made = [language.text(replaced(language, words[n % origins], 0.04)) for n in range(origins * each)]
    return [language.text(one) for one in words] + made


def parted(clusters) -> set:
    held: dict = {}
    for n, cluster in enumerate(clusters):
        held.setdefault(cluster, set()).add(n)
    return {frozenset(group) for group in held.values()}


@given(st.integers(0, 10**6), st.randoms())
def test_clusters_are_the_same_in_any_order_of_records(seed, rng):
    held = texts(seed)
    names, instants = [f"{n:03d}" for n in range(len(held))], np.arange(len(held)) // 3
    order = rng.sample(range(len(held)), len(held))
    _, said = near.fold(near.EMPTY, names, instants, held)
    _, turned = near.fold(near.EMPTY, [names[n] for n in order], instants[order], [held[n] for n in order])
    assert [said.cluster[n] for n in order] == list(turned.cluster)
    assert [said.relation[n] for n in order] == list(turned.relation)


@given(st.integers(0, 10**6), st.lists(st.integers(1, 39), max_size=5))
def test_clusters_are_the_same_however_days_are_cut(seed, cuts):
    held = texts(seed)
    whole = near.fold(near.EMPTY, [str(n) for n in range(len(held))], np.arange(len(held)), held)[1].cluster
    state, clusters = near.EMPTY, []
    ends = [0, *sorted(set(cuts)), len(held)]
    for start, end in pairwise(ends):
        day = range(start, end)
        state, said = near.fold(state, [str(n) for n in day], np.array(day), held[start:end])
        gone = dict(said.revoked)
        clusters = [gone.get(cluster, cluster) for cluster in clusters] + list(said.cluster)
    assert tuple(clusters) == whole


@given(st.integers(0, 10**6), st.integers(1, 5))
def test_ties_are_the_same_however_buckets_are_spread(seed, machines):
    held = texts(seed)
    signed = signatures(*shingles(normal(held)))
    keys, row = bands(signed), np.arange(len(held))
    rng = np.random.default_rng(seed)
    one, other = [np.zeros(0, dtype=np.int64)], [np.zeros(0, dtype=np.int64)]
    for band in range(keys.shape[1]):
        _, bucket = np.unique(keys[:, band], return_inverse=True)
        place = rng.integers(0, machines, len(held))[bucket]
        for machine in range(machines):
            at = np.flatnonzero(place == machine)
            tied = near.tied(keys[at, band], row[at], signed)
            one.append(tied[0])
            other.append(tied[1])
    spread = components(len(held), np.concatenate(one), np.concatenate(other))
    said = near.fold(near.EMPTY, [f"{n:03d}" for n in row], row, held, near.Near(keep=0.0))[1].cluster
    assert parted(spread.tolist()) == parted(said)
