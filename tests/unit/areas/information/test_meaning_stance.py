"""Stance: a denial is never counted as support, nor is a question or what is unclear."""

from __future__ import annotations

import pytest

from foedus.areas.information.meaning.stance import LEAD_CHARACTERS, Stance, read, supports, towards

PLAIN = {
    "en": "The pact allows bases.", "ja": "協定は基地を認める。", "ko": "협정은 기지를 허용한다.", "ru": "Договор разрешает базы.",
    "zh": "该协定允许建立基地。", "uk": "Угода дозволяє бази.", "de": "Der Pakt erlaubt Stützpunkte.", "fr": "Le pacte autorise des bases.",
}  # fmt: skip
DENIED = {
    "en": "It is false that the pact allows bases.", "ja": "協定が基地を認めるという話はデマだ。", "ko": "협정이 기지를 허용한다는 말은 거짓이다.",
    "ru": "Ложь, что договор разрешает базы.", "zh": "该协定允许建立基地是谣言。", "uk": "Уряд спростував, що угода дозволяє бази.",
    "de": "Falsch: Der Pakt erlaubt Stützpunkte.", "fr": "Il est faux que le pacte autorise des bases.",
}  # fmt: skip
ASKED = {
    "en": "Does the pact allow bases?", "ja": "協定は基地を認めるのか。", "ko": "협정은 기지를 허용하는가?", "ru": "Разрешает ли договор базы?",
    "zh": "该协定是否允许建立基地", "uk": "Чи дозволяє угода бази?", "de": "Erlaubt der Pakt Stützpunkte?", "fr": "Le pacte autorise-t-il des bases ?",
}  # fmt: skip
TOLD = {
    "en": "According to a blog, the pact allows bases.", "ja": "ブログによると、協定は基地を認める。", "ko": "블로그에 따르면 협정은 기지를 허용한다.",
    "ru": "По словам блогера, договор разрешает базы.", "zh": "据某博客报道，该协定允许建立基地。", "uk": "За словами блогера, угода дозволяє бази.",
    "de": "Laut einem Blog erlaubt der Pakt Stützpunkte.", "fr": "Selon un blog, le pacte autorise des bases.",
}  # fmt: skip


@pytest.mark.parametrize("language", PLAIN)
def test_each_language_tells_claim_denial_question_and_report_apart(language):
    said = [read(texts[language], language).kind for texts in (PLAIN, DENIED, ASKED, TOLD)]
    assert said == ["asserts", "contests", "asks", "reports"]


@pytest.mark.parametrize("claim", PLAIN)
@pytest.mark.parametrize("language", PLAIN)
def test_a_denial_in_any_language_is_no_support_for_a_claim_in_any_other(claim, language):
    held = read(PLAIN[claim], claim)
    assert towards(held, read(DENIED[language], language)) == "contests"
    assert not supports(towards(held, read(ASKED[language], language)))
    assert supports(towards(held, read(TOLD[language], language)))


def test_a_claim_that_denies_is_contested_by_what_it_denies():
    line = read(DENIED["en"], "en")
    assert towards(line, read(PLAIN["ja"], "ja")) == "contests"
    assert towards(line, read(DENIED["zh"], "zh")) == "unknown"


def test_a_negation_on_one_side_is_unknown_and_on_both_is_no_difference():
    plain, negated = read(PLAIN["en"], "en"), read("The pact does not allow bases.", "en")
    assert towards(plain, negated) == "unknown"
    assert towards(negated, read("Договор не разрешает базы.", "ru")) == "asserts"


def test_a_denial_further_down_is_unknown():
    text = PLAIN["en"] + " More words here." * 40 + " The ministry called the report false."
    assert len(text) > LEAD_CHARACTERS
    assert read(text, "en").kind == towards(read(PLAIN["en"], "en"), read(text, "en")) == "unknown"


def test_a_quotation_is_a_report_and_a_name_in_quotes_is_not():
    assert read("「協定は外国の基地を認める」", "ja").kind == "reports"
    assert read('The "Echo" sailed.', "en").kind == "asserts"


def test_a_language_without_cues_is_unknown_never_support():
    assert read("Pakt", "pl") == Stance("unknown")
    assert not supports(towards(read(PLAIN["en"], "en"), read("Pakt", "pl")))


def test_cues_say_where_they_stand():
    cue = read("Berlin denied it.", "en").cues[0]
    assert (cue.sort, cue.text, cue.start) == ("denial", "denied", 7)
