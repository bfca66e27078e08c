"""What a review says beside the scoreboard: flows, troubles, objectives."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from foedus.account.measure import Period
from foedus.account.review import flows, objectives, troubles
from foedus.account.score import score
from foedus.model.entry import Event
from foedus.model.instant import parse
from foedus.programme import read, read_shipped

JAPAN = read(read_shipped("nato-japan-2023")).programme
DAY = date(2026, 6, 1)
SPAN = Period.of(2026, DAY)
KINDS = ("release.sent", "exchange.accepted", "exchange.refused", "recall.requested", "recall.completed")


def event(kind, seq, object_id="x--1", at="2026-03-01T00:00:00Z", **more):
    facts = {"programme": JAPAN.id, "parties": ["nato", "jpn"], "area": "cyber", "object_id": object_id}
    return Event(kind, parse(at), facts | more, "pair", seq)


def counts(found):
    [flow] = found
    return [getattr(flow, stage).n for stage in ("sent", "accepted", "refused", "recalled", "answered")]


def test_an_object_counts_once_a_column_with_its_first_entry():
    found = flows([event("release.sent", 5), event("release.sent", 2), event("recall.requested", 7)], JAPAN.id, SPAN)
    assert counts(found) == [1, 0, 0, 1, 0]
    assert found[0].sent.entries == (("pair", 2),)


def test_what_is_outside_the_year_or_of_another_programme_or_kind_is_no_flow():
    others = [
        event("release.sent", 1, at="2025-12-31T23:59:59Z"), event("release.sent", 2, at="2026-06-02T00:00:00Z"),
        event("release.sent", 3, programme="urn:foedus:programme:other"), event("finding.created", 4),
        event("release.sent", 5, parties=["nato"]),
    ]  # fmt: skip
    assert flows(others, JAPAN.id, SPAN) == ()


@given(st.lists(st.tuples(st.sampled_from(KINDS), st.integers(0, 5), st.sampled_from(["cyber", "space"])), max_size=30))
def test_columns_count_distinct_objects_whatever_the_order(drawn):
    made = [event(kind, seq, f"x--{number}", area=area) for seq, (kind, number, area) in enumerate(drawn)]
    found = flows(made, JAPAN.id, SPAN)
    assert found == flows(reversed(made), JAPAN.id, SPAN)
    for flow in found:
        sent = {number for kind, number, area in drawn if (kind, area) == ("release.sent", flow.area)}
        assert flow.sent.n == len(sent) == len(flow.sent.entries)


def test_troubles_are_the_entries_that_tell_of_them_with_their_code():
    found = troubles([event("ledger.disputed", 3, code="receipt-old"), event("release.sent", 4)], JAPAN.id, SPAN)
    assert [(one.kind, one.code, one.entry) for one in found] == [("ledger.disputed", "receipt-old", ("pair", 3))]


def test_an_objective_is_the_weighted_mean_of_the_indicators_of_its_areas():
    sent = [event("release.sent", n, f"x--{n}", decision="permit", latency_hours=1.0) for n in range(60)]
    board = score(JAPAN, sent, DAY)
    figures = {one.id: one for one in board.indicators}
    for found in objectives(JAPAN, board):
        areas = {area.id for area in JAPAN.areas if found.id in area.supports}
        due = [one for one in figures.values() if one.area in areas]
        scored = [one for one in due if one.score is not None]
        weights = [Fraction(str(one.weight)) for one in scored]
        mean = sum(w * Fraction(str(one.score)) for w, one in zip(weights, scored, strict=True)) / sum(weights)
        assert abs(found.score - mean) < 1e-12
        assert abs(found.coverage - sum(weights) / sum(Fraction(str(one.weight)) for one in due)) < 1e-12


def test_an_objective_that_nothing_serves_says_nothing():
    bare = msgspec.structs.replace(JAPAN, areas=tuple(msgspec.structs.replace(a, supports=()) for a in JAPAN.areas))
    assert {(one.score, one.coverage, one.status) for one in objectives(bare, score(bare, [], DAY))} == {
        (None, None, "not-scored")
    }
