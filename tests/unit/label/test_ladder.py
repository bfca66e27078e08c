"""Equivalence is data: the programme's map, never lowered, never guessed."""

from __future__ import annotations

import msgspec
import pytest

from foedus.label.ladder import Ladder
from foedus.model.label import Label
from foedus.model.programme import Party, Programme, Release

ORDER = ("unclassified", "restricted", "confidential", "secret")
NATO = {
    "PUBLIC": "unclassified",
    "UNMARKED": "unclassified",
    "NATO UNCLASSIFIED": "unclassified",
    "NATO RESTRICTED": "restricted",
    "NATO CONFIDENTIAL": "confidential",
    "NATO SECRET": "secret",
}
JAPAN = {"PUBLIC": "unclassified", "取扱注意": "restricted", "秘": "confidential", "特定秘密": "secret"}
LADDER = Ladder(ORDER, {"nato": NATO, "jpn": JAPAN}, {"nato": "NATO", "jpn": "JPN"})


@pytest.mark.parametrize(
    ("label", "party", "rung"),
    [
        (Label("NATO", "RESTRICTED"), "nato", 1),
        (Label("nato", "restricted"), "nato", 1),
        (Label("JPN", "秘"), "jpn", 2),
        (Label("PUBLIC", "UNMARKED"), "jpn", 0),
        (Label("PUBLIC", "UNMARKED"), "nato", 0),
        (Label("NATO", "TOP SECRET"), "nato", None),
        (Label("JPN", "秘"), "nato", None),
        (Label("NATO", "RESTRICTED"), "jpn", None),
        (Label("PUBLIC", "SECRET"), "nato", None),
        (Label("JPN", "Hi"), "jpn", None),
        (Label("NATO", "RESTRICTED"), "nobody", None),
        (Label("NATO", "RESTRICTED"), "", None),
    ],
)
def test_a_level_is_looked_up_in_the_originators_map_alone(label, party, rung):
    assert LADDER.level(label, party) == rung


def test_cosmic_is_how_top_secret_may_be_listed():
    ladder = Ladder(("u", "ts"), {"nato": {"COSMIC TOP SECRET": "ts"}}, {"nato": "NATO"})
    assert ladder.level(Label("NATO", "TOP SECRET"), "nato") == 1
    assert ladder.level(Label("NATO", "SECRET"), "nato") is None
    assert ladder.level(Label("JPN", "TOP SECRET"), "nato") is None
    assert ladder.levels()["NATO TOP SECRET"] == ("NATO", "TOP SECRET")


def test_without_an_originator_the_highest_rung_of_any_map_counts():
    ladder = Ladder(ORDER, {"a": {"X": "restricted"}, "b": {"X": "secret"}}, {})
    assert ladder.level_anywhere(Label("P", "X")) == 3
    assert ladder.level_anywhere(Label("P", "X", originator="a")) == 1
    assert ladder.level_anywhere(Label("P", "Y")) is None


def test_an_equivalent_is_never_lower():
    assert LADDER.equivalent(2, "JPN") == "秘"
    assert LADDER.equivalent(2, "NATO") == "CONFIDENTIAL"
    # Japan has no unclassified level of its own: the next one above stands in.
    assert LADDER.equivalent(0, "JPN") == "取扱注意"
    assert LADDER.equivalent(4, "NATO") is None
    assert LADDER.equivalent(0, "KOR") is None


def test_there_and_back_is_at_least_where_it_started():
    for there, back in (("NATO", "JPN"), ("JPN", "NATO")):
        for name in LADDER.names():
            if name.policy == there:
                over = LADDER.level_anywhere(Label(back, LADDER.equivalent(name.rung, back)))
                assert LADDER.level_anywhere(Label(there, LADDER.equivalent(over, there))) >= name.rung


def test_people_may_write_a_national_level_alone_and_a_nato_one_with_its_policy():
    levels = LADDER.levels()
    assert levels["秘"] == levels["JPN 秘"] == ("JPN", "秘")
    assert levels["NATO SECRET"] == ("NATO", "SECRET")
    assert "SECRET" not in levels
    assert "PUBLIC" not in levels


def test_a_sound_map_has_no_problems():
    assert LADDER.problems() == ()


@pytest.mark.parametrize(
    ("order", "names", "said"),
    [
        ((), {}, "order must list"),
        (("a", "a"), {}, "order must list"),
        (("a",), {"X": "b"}, "not in order"),
        (("a", "b"), {"X": "a", "x ": "b"}, "listed twice"),
        (("a", "b"), {"NATO SECRET": "a", "NATO RESTRICTED": "b"}, "NATO SECRET stands below NATO RESTRICTED"),
    ],
)
def test_an_unsound_map_says_why(order, names, said):
    found = Ladder(order, {"p": names}, {}).problems()
    assert len(found) == 1
    assert said in found[0]


def test_two_spellings_at_odds_count_as_the_higher():
    assert Ladder(("a", "b"), {"p": {"X": "b", "x ": "a"}}, {}).level(Label("P", "X"), "p") == 1


def test_it_is_read_from_a_programme():
    release = msgspec.convert(
        {
            "default": "deny",
            "combining": "forbid-overrides",
            "obligations_default": {
                "attribute": "must",
                "encrypt_in_transit": "must",
                "onward": "originator-consent",
                "notify_recall_within": "PT1H",
            },
            "classification_map": {"order": list(ORDER), "nato": NATO, "jpn": JAPAN},
            "clauses": [],
        },
        Release,
    )
    parties = (Party("nato", "alliance", "NATO"), Party("jpn", "state", "Japan", country="JPN"))
    programme = msgspec.structs.replace(_blank(), parties=parties, release=release)
    ladder = Ladder.of(programme)
    assert ladder.order == ORDER
    assert ladder.policies == {"nato": "NATO", "jpn": "JPN"}
    assert ladder.level(Label("JPN", "特定秘密"), "jpn") == 3


def _blank() -> Programme:
    fields = dict.fromkeys(("spec", "id", "version", "status", "title", "kind", "legal_effect", "language", "term"), "")
    return Programme(**fields, parties=(), areas=(), release=None, review=None)
