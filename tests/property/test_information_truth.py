"""The methods against seeded posts: planted campaigns are found, bursts and fans are not called one."""

from __future__ import annotations

import pytest
from tests.information.judge import judge
from tests.information.judge_near import judge_near


@pytest.fixture(scope="module")
def told():
    return judge(range(200, 206))


def test_planted_campaigns_are_found(told):
    short = told.scores["mutated-short"]
    assert short.found * 2 >= short.planted == 6
    assert {kind for kind, score in told.scores.items() if score.found < score.planted} <= {"mutated-short"}
    assert sum(score.named for score in told.scores.values()) >= 0.9 * sum(
        score.accounts for score in told.scores.values()
    )


def test_nothing_else_is_called_one(told):
    assert set(told.groups) == set(told.scores)
    assert all(not said["strong"] for said in told.innocent.values())
    assert told.stranger <= 2


@pytest.mark.parametrize("script", ["latin", "han"])
def test_variants_are_found_and_unrelated_texts_are_not_mixed_up(script):
    found = judge_near(range(200, 202), script, 40)
    assert sum(one.wrong for one in found.values()) == 0
    assert found["disguised copy"].relations["exact"] == found["disguised copy"].made
    assert found["8 % of words replaced"].found >= 0.97 * found["8 % of words replaced"].made
    assert found["parts in another order"].relations["near"] == found["parts in another order"].made
