"""Links across languages: what links, what only shares a topic, and that each link carries its reasons."""

from __future__ import annotations

import pytest
from tests.information.texts import rows
from tests.information.weighed import calibrated, carried, judged_links, judged_stances, representatives, stories_found

from foedus.areas.information.meaning import across, embed, stance
from foedus.areas.information.meaning.across import Text
from foedus.areas.information.meaning.limits import SHORT

# Denials without a word of denial: two state a fact that excludes the claim, one is irony.
KNOWN_MISSES = ["All 312 samples ", "Sure, and the mo", "Проверка показал"]
LAUNCH = [
    Text("en", "en", "Japan launched a reconnaissance satellite on 12 May 2026."),
    Text("ja", "ja", "日本は2026年5月12日に偵察衛星を打ち上げた。"),
    Text("zh", "zh", "日本于2026年6月19日发射了一颗侦察卫星。"),
    Text("ru", "ru", "Власти отрицают, что Япония 12 мая запустила разведывательный спутник."),
    Text("uk", "uk", "Японія 12 травня 2026 року запустила розвідувальний супутник."),
    Text("ko", "ko", "도서관은 일요일에도 문을 연다."),
    Text("none", "en", "  "),
]


@pytest.fixture(scope="module")
def encoder():
    if not embed.installed():
        pytest.skip("the extra 'language' is not installed")
    return embed.load()


@pytest.fixture(scope="module")
def links(encoder):
    return {(one.first, one.second): one for one in across.link(LAUNCH, encoder)}


def test_a_translation_carries_method_score_threshold_and_anchors(links, encoder):
    held = links["en", "ja"]
    assert (held.kind, held.route, held.stance) == ("translation", "mutual", "asserts")
    assert held.score >= held.threshold == SHORT.across.mutual
    assert held.anchors.corroborating == ("country:JP", "date:2026-05-12")
    assert held.method == f"{across.METHOD}, {encoder.name}"
    assert held.model == encoder.model == SHORT.model


def test_another_date_makes_it_the_same_topic_only(links):
    held = links["en", "zh"]
    assert (held.kind, held.anchors.contradicting) == ("same-topic", ("date:2026-05-12|2026-06-19",))


def test_a_denial_is_linked_and_contests(links):
    assert links["en", "ru"].stance == "contests"


def test_languages_the_encoder_lacks_and_empty_texts_are_not_linked(links):
    assert {"uk", "none", "ko"}.isdisjoint(id_ for pair in links for id_ in pair)


def test_stories_leave_out_what_shares_a_topic_only(links):
    groups = across.stories(LAUNCH, list(links.values()))
    assert groups == [{"en", "ja", "ru"}]


def test_two_orders_of_one_input_give_the_same_links(encoder):
    def said(texts):
        return {(frozenset((one.first, one.second)), one.kind, one.score) for one in across.link(texts, encoder)}

    assert said(LAUNCH[::-1]) == said(LAUNCH)


def test_blocks_and_ties_change_nothing(encoder, monkeypatch):
    texts = [Text(f"{at}", "en" if at % 2 else "ja", LAUNCH[at % 3].text) for at in range(80)]
    whole = across.link(texts, encoder)
    monkeypatch.setattr(across, "_BLOCK", 7)
    assert across.link(texts, encoder) == whole


def test_the_thresholds_in_force_are_those_of_the_calibration_half(encoder):
    assert calibrated(encoder) == SHORT


def test_links_on_texts_not_used_for_calibration_are_right(encoder):
    found = [one.truth for one, _ in judged_links(rows("test"), encoder, SHORT)]
    assert len(found) > 140
    assert sum(found) / len(found) > 0.95


def test_translations_are_found_among_near_misses(encoder):
    right, reported, known = stories_found(representatives(rows("test")), encoder, SHORT)
    assert known > 100
    assert right / known > 0.95
    assert right / reported > 0.95


def test_no_text_is_in_both_halves():
    assert not {one.text for one in rows("test")} & {one.text for one in rows("calibration")}
    assert not {one.topic for one in rows("test")} & {one.topic for one in rows("calibration")} - {"none"}


def test_no_denial_counts_as_support_of_its_claim(encoder):
    support = carried(rows("test"), encoder)
    assert len(support) > 45
    assert [row.text for row in support if row.stance == "contests"] == []


def test_few_denials_pass_the_cues_and_those_are_the_known_ones():
    wrong = [
        row.text for row, kind in judged_stances(rows("test")) if row.stance == "contests" and stance.supports(kind)
    ]
    assert sorted(text[:16] for text in wrong) == KNOWN_MISSES
