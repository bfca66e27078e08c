"""Languages: script first, then a model that may answer with configured languages only, else nothing."""

from __future__ import annotations

import pytest

from foedus.areas.information.language import Languages

TOLD = Languages()


@pytest.mark.parametrize(("text", "tag", "by"), [
    ("日本政府は新たな協力計画に署名した。", "ja", "script"),
    ("한국 정부는 새로운 협력 계획에 서명했다", "ko", "script"),
    ("日本政府", "und", "none"),
    ("東京 首脳会談 開催 決定", "und-Hani", "script"),
    ("中国外交部发言人周三表示坚决反对阵营对抗", "zh", "script"),
    ("президент заявил о новом соглашении с союзниками", "ru", "model"),
    ("Die Bundesregierung hat am Mittwoch ein Abkommen unterzeichnet", "de", "model"),
    ("The government signed an agreement on Wednesday", "en", "model"),
    ("NATO", "und", "none"), ("", "und", "none"), ("🚀🚀🚀 😀", "und", "none"),
    ("https://example.org/the/government/signed/an/agreement @thegovernmentsigned #agreementsigned", "und", "none"),
    ("ოფიციალური განცხადება გამოქვეყნდა დღეს საღამოს", "und", "none"),
])  # fmt: skip
def test_a_text_has_the_language_that_can_be_told(text, tag, by):
    told = TOLD.tell(text)
    assert (told.tag, told.by) == (tag, by) or (told.tag.startswith("und") and tag == "und")


def test_what_the_source_says_is_believed_where_it_is_configured():
    assert TOLD.tell("x", "en-GB") == ("en", "source")
    assert TOLD.tell("x", "tlh") == ("und", "none")


def test_too_short_a_text_has_the_language_of_its_source():
    assert Languages(prior="ja").tell("東京") == ("ja", "prior")
    assert Languages(prior="ja").tell("東京 首脳会談 開催 決定 共同声明 発表").tag == "und-Hani"


def test_only_configured_languages_are_answered():
    assert Languages(("de", "fr")).tell("президент заявил о новом соглашении").tag in ("und", "de", "fr")
    assert Languages(("en",)).tell("日本政府は新たな協力計画に署名した。").tag == "und"
