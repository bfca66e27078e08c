"""Own lines and adverse narratives: what is heard, what counts as uptake, what is not told."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foedus.areas.information.few import K
from foedus.areas.information.meaning import embed, figures, lines
from foedus.areas.information.meaning.figures import HIDDEN, Figure, cells, figure, lag, uptake, voice, wilson
from foedus.areas.information.meaning.lines import Audience, Said, Subject, about, hear
from foedus.errors import MalformedRecord

AT = datetime(2026, 6, 1, tzinfo=UTC)
LINE = Subject(
    "line-1", "troops", True,
    {"en": "The agreement lets engineers of 3 countries repair the cable.", "ja": "協定により3か国の技術者が海底ケーブルを修理できる。"},
    Audience(("en", "ja", "ko", "uk")), AT, AT + timedelta(days=30),
)  # fmt: skip
ADVERSE = Subject(
    "narrative-1", "troops", False, {"en": "The agreement lets foreign troops stay in the country permanently."},
    Audience(("en", "ja", "ko")), AT - timedelta(days=5), AT + timedelta(days=30),
)  # fmt: skip
TEXTS = [
    ("ja", "本日の要点：協定により3か国の技術者が海底ケーブルを修理できる。"),
    ("en", "Engineers of 3 countries can repair the cable under the agreement."),
    ("ko", "협정에 따라 3개국 기술자가 해저 케이블을 수리할 수 있다."),
    ("ja", "協定により3か国の技術者がケーブルを修理できるという話はデマだ。"),
    ("en", "The agreement lets engineers of 9 countries repair the cable."),
    ("en", "Under the agreement foreign troops will stay in the country for good."),
    ("ko", "주말에는 전국에 비가 내린다."),
]


def said(number: int, language: str, text: str, **changed) -> Said:
    return Said(
        f"record-{number}", AT + timedelta(hours=number), language, text, f"channel-{number}", "media", "JP", **changed
    )


RECORDS = [said(number, language, text) for number, (language, text) in enumerate(TEXTS)]


@pytest.fixture(scope="module")
def encoder():
    if not embed.installed():
        pytest.skip("the extra 'language' is not installed")
    return embed.load()


@pytest.fixture(scope="module")
def heard(encoder):
    return hear([LINE, ADVERSE], RECORDS, encoder)


def test_copies_rewordings_and_translations_of_a_line_are_told_apart(heard):
    kinds = {one.said.id: one.kind for one in heard if one.subject == "line-1"}
    assert kinds["record-0"] == "copy"
    assert kinds["record-1"] == "rewording"
    assert kinds["record-2"] == "translation"
    assert "record-6" not in kinds


def test_a_denial_of_a_line_contests_it(heard):
    one = next(one for one in heard if one.said.id == "record-3" and one.subject == "line-1")
    assert one.stance == "contests"


def test_another_figure_is_the_same_topic_and_no_uptake(heard):
    one = next(one for one in heard if one.said.id == "record-4" and one.subject == "line-1")
    assert (one.kind, one.lost) == ("same-topic", ("number:3",))


def test_without_an_encoder_only_copies_are_heard():
    found = {(one.said.id, one.kind) for one in hear([LINE, ADVERSE], RECORDS)}
    assert found == {("record-0", "copy"), ("record-4", "same-topic")}
    assert hear([LINE], []) == []


def test_a_language_the_encoder_lacks_is_heard_by_copies_only(encoder):
    line = Subject(
        "line-2",
        "troops",
        True,
        LINE.wordings | {"uk": "Кабель ремонтують інженери."},
        LINE.audience,
        AT,
        LINE.valid_until,
    )
    records = [
        said(1, "uk", "Кажуть: кабель ремонтують інженери."),
        said(2, "uk", "Інженери лагодять кабель за угодою."),
    ]
    assert [(one.said.id, one.kind) for one in hear([line], records, encoder)] == [("record-1", "copy")]


def test_uptake_is_a_share_of_the_topic_with_its_interval(heard):
    (day,) = uptake(LINE, [LINE, ADVERSE], heard)
    assert day.day == "2026-06-01"
    assert day.on_topic == Figure(6, 6)
    assert day.cells["taken"] == Figure(3, 3)
    assert (day.share, day.low, day.high) == (0.5, *wilson(3, 6))
    assert day.drifted == 0.0


def test_cells_under_three_channels_are_not_told(heard):
    one_channel = [one._replace(said=one.said._replace(channel="channel-0")) for one in heard]
    (day,) = uptake(LINE, [LINE, ADVERSE], one_channel)
    assert day.on_topic == HIDDEN
    assert set(day.cells.values()) <= {HIDDEN, Figure(0, 0)}
    assert day.share is day.low is day.drifted is None


def test_own_channels_other_audiences_and_other_times_do_not_count(heard):
    for change in ({"owned": True}, {"language": "ru"}, {"at": AT - timedelta(days=1)}, {"at": LINE.valid_until}):
        assert uptake(LINE, [LINE, ADVERSE], [one._replace(said=one.said._replace(**change)) for one in heard]) == []
    narrow = Subject("line-1", "troops", True, LINE.wordings, Audience(("ja",), (), ("KR",)), AT, LINE.valid_until)
    assert uptake(narrow, [narrow, ADVERSE], heard) == []


def test_what_a_graded_group_pushed_is_shown_apart(heard):
    pushed = [one._replace(said=one.said._replace(amplified=True)) for one in heard]
    assert uptake(LINE, [LINE, ADVERSE], pushed)[0].amplified == Figure(3, 3)


def test_voice_counts_lines_narratives_and_neither(heard):
    records = [*RECORDS, *(said(number, "ko", "협정에 관한 이야기") for number in (20, 21, 22))]
    adverse = [
        one._replace(said=one.said._replace(id=f"x{n}", channel=f"y{n}"))
        for n in range(3)
        for one in heard
        if one.subject == "narrative-1" and one.kind != "same-topic" and one.said.id == "record-5"
    ]
    held = voice(
        "troops", LINE.audience, [LINE, ADVERSE], [*heard, *adverse], [*records, *(one.said for one in adverse)]
    )
    day = held["2026-06-01"]
    assert day["lines"] == Figure(3, 3)
    assert day["narratives"] == Figure(4, 4)
    assert day["neither"].records >= 3


def test_lag_goes_from_narrative_over_release_to_uptake(heard):
    held = lag(ADVERSE, LINE, heard)
    assert held.narrative_first == AT + timedelta(hours=5)
    assert held.line_released == AT
    assert held.uptake_first == AT
    assert lag(ADVERSE, LINE, []) == (None, AT, None)


def test_what_is_said_about_the_partnership_itself():
    records = [
        said(1, "en", "The FOEDUS pact costs money."),
        said(2, "ja", "雨が降る。"),
        said(3, "ru", "Договор Foedus"),
    ]
    assert [one.id for one in about(records, {"en": ["Foedus"], "ja": ["フォエドゥス"]})] == ["record-1"]


@pytest.mark.parametrize(
    "wrong", [{"wordings": {}}, {"wordings": {"en": " "}}, {"valid_until": AT}, {"valid_until": AT - timedelta(days=1)}]
)
def test_a_line_without_words_or_term_is_refused(wrong):
    held = {
        "id": "x",
        "topic": "t",
        "own": True,
        "wordings": {"en": "a"},
        "audience": LINE.audience,
        "valid_from": AT,
        "valid_until": AT + timedelta(1),
    }
    with pytest.raises(MalformedRecord) as caught:
        Subject(**(held | wrong))
    assert caught.value.code == "line-malformed"


groups = st.dictionaries(st.sampled_from("abcd"), st.lists(st.integers(0, 6), max_size=8), max_size=4)


@given(groups)
def test_no_cell_is_under_k_channels_and_no_single_one_is_hidden_beside_told_ones(drawn):
    held = {
        name: [
            said(number, "en", "x")._replace(id=f"{name}{number}", channel=f"c{channel}")
            for number, channel in enumerate(channels)
        ]
        for name, channels in drawn.items()
    }
    told = cells(held)
    assert all(one == HIDDEN or one.channels == 0 or one.channels >= K for one in told.values())
    hidden = [name for name, one in told.items() if one == HIDDEN]
    assert len(hidden) != 1 or not any(one.records for one in told.values())


@given(st.integers(0, 500), st.integers(1, 500))
def test_the_interval_holds_the_share(taken, more):
    low, high = wilson(taken, taken + more)
    assert -0.001 <= low <= round(taken / (taken + more), 3) + 0.001
    assert round(taken / (taken + more), 3) - 0.001 <= high <= 1.001


def test_nothing_says_effect_or_counts_people():
    names = {*figures.Uptake._fields, *figures.Lag._fields, *lines.Said._fields}
    assert not [
        name for name in names if any(bad in name for bad in ("effect", "impact", "reach", "person", "follower"))
    ]
    assert figure([]) == Figure(0, 0)
