"""The methods against seeded traffic: what is planted is found, and little else is said."""

from __future__ import annotations

import pytest
from tests.maritime.judge import judge, judge_silences, observed


@pytest.fixture(scope="module")
def scores():
    return judge(range(100, 122), observed)


@pytest.mark.parametrize(
    ("kind", "recall", "precision"),
    [
        ("rendezvous", 0.85, 0.97),
        ("loitering", 0.97, 0.75),
        ("jump", 0.98, 0.99),
        ("identity-twin", 0.98, 0.98),
        ("circle", 0.97, 0.97),
        ("area-interference", 0.97, 0.97),
        ("zone-entry", 0.97, 0.97),
        ("corridor-passage", 0.75, 0.97),
    ],
)
def test_what_is_planted_is_found(scores, kind, recall, precision):
    score = scores[kind]
    assert score.planted >= 40
    assert score.found >= recall * score.planted
    assert score.hits >= precision * score.reported


def test_silences_are_found_and_nothing_that_only_looks_like_one():
    scores = judge_silences(range(100, 108))
    assert scores.keys() == {"gap", "combination"}
    for score in scores.values():
        assert score.planted >= 24
        assert score.found >= 0.98 * score.planted
        assert score.hits == score.reported


def test_a_meeting_under_good_reception_and_off_the_thresholds_is_never_missed(scores):
    assert set(scores["rendezvous"].missed) <= {"sparse/thin", "near threshold", "satellite/satellite"}
