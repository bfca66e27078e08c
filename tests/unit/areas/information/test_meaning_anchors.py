"""Anchors: dates, numbers and countries in eight languages; they corroborate, they contradict, they never decide alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foedus.areas.information.meaning.anchors import LANGUAGES, Anchors, find, weigh


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "On 12 May 2026 Japan and Australia moved 25,000 tonnes, 8% more."),
        ("en", "On May 12th, 2026 Japan and Australia moved 25 thousand tonnes, 8 per cent more."),
        ("ja", "2026年5月12日、日豪は２万５０００トンを運び、8%増えた。"),
        ("ja", "令和8年5月12日、日本とオーストラリアは25,000トンを運び、8パーセント増えた。"),
        (
            "ko",
            "2026년 5월 12일 한국이 아니라 일본과 호주가 2만5000톤을 옮겨 8퍼센트 늘었다.".replace(
                "한국이 아니라 ", ""
            ),
        ),
        ("ru", "12 мая 2026 года Япония и Австралия перевезли 25 тысяч тонн, на 8 процентов больше."),
        ("zh", "2026年5月12日，日本与澳大利亚运送了2.5万吨，增长百分之8。"),
        ("uk", "12 травня 2026 року Японія та Австралія перевезли 25 000 тонн, на 8% більше."),
        ("de", "Am 12. Mai 2026 bewegten Japan und Australien 25.000 Tonnen, 8 Prozent mehr."),
        ("fr", "Le 12 mai 2026, le Japon et l'Australie ont transporté 25 000 tonnes, 8 % de plus."),
    ],
)
def test_one_sentence_has_the_same_anchors_in_every_language(language, text):
    assert find(text, language).said() == ("country:AU", "country:JP", "date:2026-05-12", "number:25000", "number:8%")


@pytest.mark.parametrize(
    ("language", "text", "numbers"),
    [
        ("en", "three billion dollars", ["3000000000"]),
        ("zh", "三十亿美元和两万人", ["20000", "3000000000"]),
        ("ja", "1億2000万円", ["120000000"]),
        ("ko", "3조 원", ["3000000000000"]),
        ("ru", "2,5 млрд рублей", ["2500000000"]),
        ("de", "1,5 Milliarden Euro", ["1500000000"]),
        ("en", "an F-35 and COVID-19 at 10:30", []),
        ("ja", "午後3時30分に", []),
        ("xx", "12 things", ["12"]),
    ],
)
def test_numbers_are_read_with_their_scale_and_names_are_none(language, text, numbers):
    assert sorted(str(one) for one in find(text, language).numbers) == numbers


@pytest.mark.parametrize(
    ("language", "text", "countries"),
    [
        ("en", "Tokyo and Washington agreed", {"JP", "US"}),
        ("en", "give us a turkey", set()),
        ("en", "Papua New Guinea", {"PG"}),
        ("ja", "米中首脳会談がソウルで開かれた", {"US", "CN", "KR"}),
        ("ja", "マリタイムの話", set()),
        ("ko", "북한이 러시아와", {"KP", "RU"}),
        ("ko", "그런 수단이란 말", set()),
        ("ru", "с российскими и южнокорейскими коллегами в Ираке", {"RU", "KR", "IQ"}),
        ("zh", "巴布亚新几内亚与中方", {"PG", "CN"}),
        ("xx", "Japan", set()),
    ],
)
def test_countries_are_found_by_name_adjective_and_seat(language, text, countries):
    assert find(text, language).countries == countries


def test_marks_corroborate_and_never_contradict():
    a = find("See https://www.example.org/a/ on #Cable, says NATO", "en")
    b = find("https://example.org/a の#cable、IAEA", "ja")
    held = weigh(a, b)
    assert held.corroborating == ("mark:#cable", "mark:example.org/a")
    assert held.contradicting == ()


@pytest.mark.parametrize(
    ("a", "b", "against"),
    [
        ("Launched on 12 May 2026", "Launched on 19 June 2026", ("date:2026-05-12|2026-06-19",)),
        ("Launched on 12 May", "Launched on 12 May 2026", ()),
        ("Australia and Japan signed", "New Zealand and Japan signed", ("country:AU|NZ",)),
        ("Australia and Japan signed", "Japan signed", ()),
        ("It cost 3 billion", "It cost 30 million", ("number:3000000000|30000000",)),
        ("It cost 25,000", "It cost 24,800", ()),
        ("It grew by 8", "It grew by 8%", ("number:8|8%",)),
    ],
)
def test_what_differs_on_both_sides_contradicts_and_an_omission_does_not(a, b, against):
    assert weigh(find(a, "en"), find(b, "en")).contradicting == against


def test_long_lists_contradict_only_where_nothing_is_shared():
    a, b = find("1 2 3 4 5 6", "en"), find("1 2 3 4 5 7", "en")
    assert weigh(a, b).contradicting == ()
    assert weigh(a, find("10 20 30 40 50", "en")).contradicting


@given(st.text(max_size=80), st.sampled_from(LANGUAGES), st.text(max_size=80))
def test_any_text_has_anchors_that_agree_with_themselves(text, language, other):
    held = find(text, language)
    assert weigh(held, held).contradicting == ()
    there, back = weigh(held, find(other, language)), weigh(find(other, language), held)
    assert bool(there.contradicting) == bool(back.contradicting)
    assert weigh(held, Anchors()).contradicting == ()
