"""Claims: words without posts, matched by who receives them."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from foedus.areas.information.meaning import embed
from foedus.areas.information.meaning.claims import MAX_CHARACTERS, Claim, claim, match
from foedus.errors import MalformedRecord

SINKING = claim("A ship carrying 25,000 tonnes of Ukrainian grain sank in the Black Sea.", "en")
OTHERS = [
    claim("ウクライナ産の穀物2万5000トンを積んだ船が黒海で沈没した。", "ja"),
    claim("Міністерство заперечило, що судно з 25 тисячами тонн українського зерна затонуло.", "uk"),
    claim("图书馆延长了周末的开放时间。", "zh"),
    claim("Судно с 60 тысячами тонн украинского зерна затонуло в Чёрном море.", "ru"),
    claim("Zboże z Ukrainy", "pl"),
]


@pytest.fixture(scope="module")
def encoder():
    if not embed.installed():
        pytest.skip("the extra 'language' is not installed")
    return embed.load()


def test_a_claim_carries_its_anchors():
    assert SINKING.anchors == ("country:UA", "number:25000")


def test_the_receiver_matches_across_languages(encoder):
    found = {held.place: held for held in match(SINKING, OTHERS, encoder)}
    assert (found[0].kind, found[0].stance) == ("same-claim", "asserts")
    assert found[0].score >= found[0].threshold > 0
    assert 2 not in found


def test_another_figure_is_the_same_topic_only(encoder):
    held = next(held for held in match(SINKING, OTHERS, encoder) if held.place == 3)
    assert (held.kind, held.anchors.contradicting) == ("same-topic", ("number:25000|60000",))


def test_a_language_the_encoder_lacks_is_matched_by_anchors_and_says_so(encoder):
    held = next(held for held in match(SINKING, OTHERS, encoder) if held.place == 1)
    assert (held.score, held.stance) == (0.0, "contests")
    assert held.method.endswith("anchors alone")


def test_without_an_encoder_anchors_alone_find_fewer():
    assert [held.place for held in match(SINKING, OTHERS)] == [0, 1]
    assert match(SINKING, []) == ()


def test_what_is_matched_does_not_rest_on_the_anchors_that_were_sent(encoder):
    forged = msgspec.structs.replace(OTHERS[2], anchors=SINKING.anchors)
    assert match(SINKING, [forged], encoder) == match(SINKING, [forged]) == ()


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("x" * (MAX_CHARACTERS + 1), "en"),
        ("  ", "en"),
        ("two\nlines", "en"),
        ("see https://example.org/1", "en"),
        ("as @somebody wrote", "en"),
        ("write to a@example.org", "en"),
        ("a claim", "English!"),
    ],
)
def test_what_is_no_claim_is_refused(text, language):
    with pytest.raises(MalformedRecord) as caught:
        claim(text, language)
    assert caught.value.code == "claim-malformed"
    assert text not in str(caught.value)


def test_variants_are_held_to_the_same(encoder):
    with pytest.raises(MalformedRecord):
        claim("A ship sank.", "en", {"ja": "@誰か が書いた https://example.org"})


@given(st.text(max_size=400), st.sampled_from(["en", "ja", "zh-TW"]))
def test_a_claim_survives_the_wire_or_is_refused(text, language):
    try:
        held = claim(text, language)
    except MalformedRecord:
        return
    assert msgspec.json.decode(msgspec.json.encode(held), type=Claim) == held
    assert len(held.text) <= MAX_CHARACTERS
