"""Facts of one article: only what stands there, each part with its characters; nobody without a public office."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.information.facts_judge import articles, scores

from foedus.areas.information.facts.article import facts_of
from foedus.areas.information.facts.masked import masked

DAY = date(2026, 5, 20)  # a Wednesday


def english(text: str, day: date | None = DAY):
    return facts_of(text, "en", day)


def first(text: str, day: date | None = DAY):
    return english(text, day).facts[0]


def names(held) -> list[str]:
    return [one.name for one in held]


def spans(told, text: str):
    """Every part of what was told, with the characters it names."""
    for one in (*told.actors, *told.places, *told.days, *told.amounts, *told.quotations):
        yield one.text, text[one.span.start : one.span.end]
    for fact in told.facts:
        yield fact.verb, text[fact.span.start : fact.span.end]


@pytest.mark.parametrize("one", articles(), ids=lambda one: one["id"])
def test_every_part_stands_where_it_says(one):
    told = facts_of(one["text"], one["language"], DAY)
    for said, there in spans(told, one["text"]):
        assert said == there


@given(st.text(max_size=300) | st.lists(st.sampled_from(
    'NATO Japan said signed on Wednesday Prime Minister Ann Example " “ ” , . by the in Tokyo 5 ships not will — 。 は 日本 署名した 20日 「 」'.split()
), max_size=60).map(" ".join))  # fmt: skip
def test_whatever_is_read_is_read_with_places_that_hold(text):
    for language in ("en", "ja"):
        for said, there in spans(facts_of(text, language, DAY), text):
            assert said == there


def test_a_dateline_says_place_and_day_and_days_are_told_from_it():
    told = english("TOKYO, May 18 (Wire) - Japan met NATO on Monday.", date(2026, 5, 20))
    assert (told.dateline_place.name, told.dateline_day, told.facts[0].when.resolved) == (
        "Tokyo",
        "2026-05-18",
        "2026-05-18",
    )
    assert told.facts[0].when.by == "dateline"


@pytest.mark.parametrize(("written", "resolved"), [
    ("on Wednesday", "2026-05-20"), ("on Tuesday", "2026-05-19"), ("on Thursday", "2026-05-14"), ("last Wednesday", "2026-05-13"),
    ("yesterday", "2026-05-19"), ("on May 2", "2026-05-02"), ("on 2 May 2025", "2025-05-02"), ("on Dec. 30", "2025-12-30"),
    ("in March 2024", "2024-03"), ("in 2019", "2019"), ("on 2026-01-05", "2026-01-05"), ("on February 30", ""),
])  # fmt: skip
def test_a_date_is_what_the_calendar_makes_of_it(written, resolved):
    fact = first(f"Japan signed a treaty {written}.")
    assert fact.when.resolved == resolved


def test_a_day_ahead_is_told_by_the_verb_and_without_a_base_nothing_is():
    assert first("Japan will sign a treaty on Friday.").when.resolved == "2026-05-22"
    assert first("Japan signed a treaty on Friday.", None).when.resolved == ""
    assert first("Japan signed a treaty on May 2, 2026.", None).when.by == "written"


@pytest.mark.parametrize(("text", "what", "who", "target", "certainty"), [
    ("NATO and Japan signed a programme.", "agree", ["NATO", "Japan"], [], "asserted"),
    ("Japan, Norway and Canada condemned the launch.", "condemn", ["Japan", "Norway", "Canada"], [], "asserted"),
    ("The launch was condemned by Japan and NATO.", "condemn", ["Japan", "NATO"], [], "asserted"),
    ("Japan reportedly deployed two ships.", "deploy", ["Japan"], [], "probable"),
    ("Japan may deploy two ships.", "deploy", ["Japan"], [], "probable"),
    ("Japan did not sign the treaty.", "agree", ["Japan"], [], "denied"),
    ("Norway signed a treaty, Japan's Defense Ministry said.", "agree", ["Norway"], [], "reported"),
    ("Russia accused Ukraine of an attack.", "condemn", ["Russia"], ["Ukraine"], "asserted"),
    ("Tokyo rejected the charge.", "deny", ["Japan"], [], "asserted"),
    ("The Kremlin rejected the charge.", "deny", ["Russia"], [], "asserted"),
    ("Japanese troops attended a parade in Norway.", "meet", ["Japan"], [], "asserted"),
    ("Foreign Minister Ann Example of Canada visited Norway.", "meet", ["Ann Example"], ["Norway"], "asserted"),
])  # fmt: skip
def test_who_did_what_to_whom_and_how_sure(text, what, who, target, certainty):
    fact = first(text)
    assert (fact.what, names(fact.who), names(fact.target), fact.certainty) == (what, who, target, certainty)


@pytest.mark.parametrize("text", [
    "Experts met in Japan.", "The launch surprised Japan.", "Japan's harbours are deep.", "He signed it near Tokyo.", "The Turkey sandwich was launched.",
    '"Japan signed it," said a shopkeeper.', "He told us that they met.", "",
])  # fmt: skip
def test_being_mentioned_is_not_taking_part(text):
    assert english(text).facts == ()


def test_a_capital_is_a_place_behind_in_and_a_government_as_the_subject():
    fact = first("Tokyo signed a treaty in Brussels.")
    assert (names(fact.who), fact.where.name) == (["Japan"], "Brussels")
    assert first("Norway signed a treaty in Tokyo.").where.name == "Tokyo"


@pytest.mark.parametrize("text", [
    "John Privat met Japan's foreign minister.", "Former Prime Minister John Privat met NATO.", "A teacher, John Privat, thanked Japan.",
    "Ex-President John Privat signed it with Japan.", "Mr John Privat and Japan signed.", "Japan met John Privat, a former defence minister of Norway.",
])  # fmt: skip
def test_a_person_without_an_office_now_is_nobody_here(text):
    assert "Privat" not in repr(english(text))


def test_an_office_holder_is_meant_again_by_the_last_name_and_speaks():
    text = (
        'Prime Minister Ann Example met NATO. "We agree on it," Example said. "Nobody else does." "I do," said a cook.'
    )
    told = english(text)
    assert [one.speaker.name if one.speaker else "" for one in told.quotations] == ["Ann Example", "Ann Example", ""]


def test_amounts_have_value_and_unit_and_dates_are_none():
    told = english("Japan gave $2.5 million, two destroyers, 1,200 troops and 30 percent on May 5, 2026.")
    assert [(one.value, one.unit) for one in told.amounts] == [
        (2_500_000.0, "$"), (2.0, "destroyers"), (1200.0, "troops"), (30.0, "percent"),
    ]  # fmt: skip


@pytest.mark.parametrize(("text", "what", "who", "target", "certainty"), [
    ("日本政府は20日、NATOと計画に署名した。", "agree", ["Japan"], ["NATO"], "asserted"),
    ("北朝鮮はミサイルを発射したとみられる。", "launch", ["North Korea"], [], "probable"),
    ("中国政府は関与を否定した。", "deny", ["China"], [], "asserted"),
    ("例田五郎首相は英国を訪問した。", "meet", ["例田五郎"], ["United Kingdom"], "asserted"),
    ("防衛省によると、ロシアは艦艇を派遣した。", "deploy", ["Russia"], [], "reported"),
    ("韓国は協定に署名していない。", "agree", ["South Korea"], [], "denied"),
])  # fmt: skip
def test_japanese_particles_say_who_acts(text, what, who, target, certainty):
    fact = facts_of(text, "ja", DAY).facts[0]
    assert (fact.what, names(fact.who), names(fact.target), fact.certainty) == (what, who, target, certainty)


def test_a_former_office_in_japanese_is_none_and_another_language_gives_nothing():
    assert "私田" not in repr(facts_of("前私田一郎首相は日本を訪問した。元私田二郎外相も訪問した。", "ja", DAY))
    assert facts_of("Japan hat unterschrieben.", "de", DAY).facts == ()


@pytest.mark.parametrize(("text", "left"), [
    ("Our friend John Privat knows Japan.", "Our friend […] knows Japan."),
    ("Privat lied to NATO and to Ann Example.", "[…] lied to NATO and to Ann Example."),
    ("I met him in May. The EU did not.", "I met him in May. The EU did not."),
    ("We asked Anna, Berta and O'Neill-Smith!", "We asked […], […] and […]!"),
])  # fmt: skip
def test_a_quotation_goes_along_without_names_that_nobody_knows(text, left):
    assert masked(text, "en", ("Ann Example", "Example")) == left


def test_words_of_another_language_stay_home():
    assert masked("田中さんは言った", "ja") == ""


def test_marked_articles_that_were_not_read_before_are_read_as_well_as_the_docs_say(root):
    text = (root / "docs" / "areas" / "information.md").read_text(encoding="utf-8")
    from tests.information.facts_judge import table

    assert [line for line in table() if line not in text] == []
    by = scores(articles("unseen", "en"))["facts (what, who)"]
    assert (by.precision > 0.9, by.recall > 0.8) == (True, True)
