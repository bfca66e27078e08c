"""Any visible base, any hidden additions, in any order with time, releases and pulls: the partner gets the same bytes."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.node_pair import AMBER, OPEN, bundle, indicator, stix, stix_id
from tests.twin import KOREA, RED, SECRETS, SHARED, WORD, Twins, World, one, relation
from tests.twin_acts import ACTS, make_base
from tests.twin_probe import PEER_PROBES, TAXII_PROBES, Probe

ALL = {**SECRETS, **ACTS}
# Slow; and what is approved goes when time passes, and what is called back must have been seen.
_left_out = {"third_partys_pull", "third_partys_question", "common_value", "people_of_the_node"}
_left_out |= {"counting_down", "recalled_from_a_third_party"}
numbers = st.integers(0, 11)
instants = st.sampled_from([f"2026-05-{day:02d}T06:00:00.000Z" for day in (3, 4, 9)])


@st.composite
def objects(draw, first: int) -> bytes:
    """Indicators in versions, relations and reports between them, seen or not; ids of what is hidden begin elsewhere."""
    number = first + draw(numbers)
    kind = draw(st.sampled_from(("indicator", "indicator", "relationship", "report")))
    if kind == "indicator":
        pattern = draw(st.sampled_from((SHARED, f"[domain-name:value = 'host{number}.example']")))
        return indicator(number, modified=draw(instants), pattern=pattern)
    ends = [one(draw(numbers) + draw(st.sampled_from((0, 100)))) for _ in range(2)]
    if kind == "relationship":
        return relation(number, *ends)
    return stix("report", number, name="r", published="2026-05-03T06:00:00Z", object_refs=ends)


seen = st.tuples(st.just("seen"), st.lists(objects(0), min_size=1, max_size=4), st.sampled_from((OPEN, OPEN, AMBER)))
hidden = st.tuples(st.just("hidden"), st.lists(objects(100), min_size=1, max_size=4), st.sampled_from((RED, KOREA, "")))
# A newer version of what is seen; older ones would be the same object under the first label that came.
newer = st.tuples(
    st.just("hidden"),
    st.lists(numbers.map(lambda n: indicator(n, modified="2026-06-01T06:00:00.000Z", name="secret")), max_size=2),
    st.sampled_from((RED, KOREA)),
)
secret = st.tuples(st.just("secret"), st.sampled_from(sorted(ALL.keys() - _left_out)))
passing = st.tuples(st.just("time"), st.sampled_from((1, 61, 25 * 60)))
release = st.tuples(st.just("release"), st.sampled_from(("", "jpn", "kor")))
pulled = st.tuples(st.just("pull"))
steps = st.lists(st.one_of(seen, seen, hidden, newer, secret, passing, release, pulled), min_size=2, max_size=7)


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    return make_base(tmp_path_factory.mktemp("twins")).directory


def do(world: World, step: tuple, *, full: bool) -> None:
    match step:
        case ("seen", found, label):
            world.put(bundle(*found), label)
        case ("hidden", found, label) if full and found:
            world.put(bundle(*found), label)
        case ("secret", name) if full:
            ALL[name](world)
        case ("time", minutes):
            world.pass_(minutes=minutes)
        case ("release", to) if to != "kor" or full:
            world.release(to="jpn" if to == "" and not full else to)
        case ("pull",):
            world.pull()


def answers(world: World) -> list:
    """A shorter walk than the probe of every endpoint: lists, pages, ledger, question."""
    probe = Probe(world.door())
    for kind in ("collections", "collection"):
        TAXII_PROBES[kind](probe, kind)
    shelf = f"/{WORD}/collections/released-cyber/"
    for limit in (1, 3, 1_000):
        for kind in ("objects", "manifest"):
            probe.pages(f"{shelf}{kind}/?limit={limit}&match[version]=all")
            probe.pages(f"{shelf}{kind}/?limit={limit}")
    for type_ in ("indicator", "relationship", "report"):
        for number in (*range(3), *range(100, 103)):
            probe(f"{shelf}objects/{stix_id(type_, number)}/")
            probe(f"{shelf}objects/{stix_id(type_, number)}/versions/")
    for what in ("checkpoint", "entries", "state", "ask"):
        PEER_PROBES[what](probe)
    return probe.answers


# A whole node an example: a handful in everyday runs.
@settings(max_examples=max(4, settings().max_examples // 15))
@given(steps)
def test_no_order_of_hidden_things_changes_a_byte(base, steps):
    with tempfile.TemporaryDirectory() as directory:
        twins = Twins(base, Path(directory))
        try:
            for world, full in ((twins.bare, False), (twins.full, True)):
                for step in (*steps, ("release", ""), ("pull",)):
                    do(world, step, full=full)
            bare, full = map(answers, twins)
            assert [pair for pair in zip(bare, full, strict=False) if pair[0] != pair[1]] == []
            assert len(bare) == len(full)
            assert twins.bare.dump("jpn") == twins.full.dump("jpn")
        finally:
            twins.close()
