"""Near-duplicates: normalisation, signatures, clusters over days."""

from __future__ import annotations

import random

import msgspec
import numpy as np
import pytest
from tests.information.words import SCRIPTS, Language, disguised, replaced

from foedus.areas.information.methods import near
from foedus.areas.information.methods.carried import dump, restore
from foedus.areas.information.methods.components import components
from foedus.areas.information.methods.minhash import SIZE, agreement, meetings, signatures
from foedus.areas.information.methods.near import EMPTY, Near, fold
from foedus.areas.information.methods.shingles import normal, shingles
from foedus.errors import MalformedRecord

DAY = 86_400_000_000
BASE = "the ministry said on monday that no vessel had entered the harbour since the storm passed over the coast"


def folded(texts, state=EMPTY, *, first=0, settings=near.SETTINGS, prefix="r"):
    ids = [f"{prefix}{first + n:03d}" for n in range(len(texts))]
    return fold(state, ids, np.arange(first, first + len(texts)) * DAY, texts, settings)


def jaccard(one: str, other: str) -> float:
    sets = [{one_text[n : n + 5] for n in range(len(one_text) - 4)} for one_text in (one, other)]
    return len(sets[0] & sets[1]) / len(sets[0] | sets[1])


@pytest.mark.parametrize(
    "variant",
    [
        BASE.upper(),
        "".join(chr(ord(letter) + 0xFEE0) if letter != " " else "\u3000" for letter in BASE),
        BASE.replace("o", "o\u200b").replace(" the", "\u202e the\u202c"),
        f"🔥 {BASE}\n 👍🏽 ❤️ 🇯🇵",
        f"@someone {BASE} https://t.example/Ab?c=1 www.example.org/x",
        BASE.replace(" ", "  \t"),
        "\ufeff" + BASE,
    ],
)
def test_what_a_reader_does_not_see_makes_no_other_text(variant):
    _, said = folded([BASE, variant])
    assert said.relation == ("exact", "exact")
    assert said.text[0] == said.text[1]


def test_quotes_and_dashes_of_every_shape_are_one():
    assert normal(["“a” – ‘b’ … c"]).raw() == normal(["\"a\" - 'b' ... c"]).raw()


def test_space_between_dense_characters_is_none():
    one, other = normal(["日 本 政 府 は 声明", "日本政府は声明"]).raw()
    assert one == other
    assert normal(["a 日本 b"]).raw()[0].decode("utf-32-le") == "a 日本 b"


@pytest.mark.parametrize("text", [None, "", "   ", "🙂🙂", "https://a.example @b", "\x1e\u200b"])
def test_a_text_of_nothing_belongs_to_nothing(text):
    _, said = folded([text, BASE, text])
    assert (said.cluster[0], said.relation[0], said.text[2]) == (None, None, None)
    assert np.isnan(said.agreement[0])
    assert said.cluster[1] == "r001"


def test_the_mark_between_texts_in_a_text_moves_nothing():
    assert len(normal(["a\x1eb", "c", None]).size) == 3


def test_signatures_estimate_jaccard_like_independent_functions():
    rng = np.random.default_rng(5)
    shared = rng.integers(0, 2**32, (400, 60), dtype=np.uint32)
    own = rng.integers(0, 2**32, (2, 400, 30), dtype=np.uint32)
    one, other = (signatures(np.concatenate((shared, part), axis=1).ravel(), np.full(400, 90)) for part in own)
    share = agreement(np.concatenate((one, other)), np.arange(400), np.arange(400) + 400)
    expected, scatter = 0.5, np.sqrt(0.25 / SIZE)
    assert abs(share.mean() - expected) < 4 * scatter / 20
    assert 0.8 * scatter < share.std() < 1.2 * scatter


def test_a_shingle_has_five_code_points_and_three_where_writing_is_dense():
    hashed, count = shingles(normal(["abcdefg", "日本政府は", "ab"]))
    assert count.tolist() == [3, 3, 0]
    assert len(hashed) == 6


def test_agreement_follows_the_jaccard_similarity_of_texts():
    rng = random.Random(2)
    language = Language(rng)
    words = [language.sentence() for _ in range(150)]
    pairs = [(language.text(one), language.text(replaced(language, one, 0.1))) for one in words]
    hashed, count = shingles(normal([text for pair in pairs for text in pair]))
    signed = signatures(hashed, count)
    share = agreement(signed, np.arange(0, 300, 2), np.arange(1, 300, 2))
    true = np.array([jaccard(*pair) for pair in pairs])
    assert abs(np.mean(share - true)) < 0.02
    assert np.std(share - true) < 0.05


@pytest.mark.parametrize("script", sorted(SCRIPTS))
def test_variants_of_a_text_meet_in_every_script(script):
    rng = random.Random(7)
    language = Language(rng, script)
    seeds = [language.sentence(40 if script in ("han", "kana") else 18) for _ in range(40)]
    texts = [
        change(language.text(replaced(language, words, 0.08)))
        for words in seeds
        for change in (str, str, lambda text: disguised(rng, text))
    ]
    _, said = folded([language.text(words) for words in seeds] + texts)
    hits = sum(said.cluster[40 + n] == said.cluster[n // 3] for n in range(len(texts)))
    assert hits >= 0.95 * len(texts)
    assert len(set(said.cluster[:40])) == 40


def test_copy_near_copy_and_rewording_are_told_apart():
    words = BASE.split()
    near_copy = " ".join([*words[:8], "ship", *words[9:]])
    reworded = " ".join(words[:13]) + " in three days"
    _, said = folded(
        [BASE, BASE.title(), near_copy, reworded, "quite another matter that nobody has written of before"]
    )
    assert said.relation == ("exact", "exact", "near", "reworded", "exact")
    assert said.cluster == ("r000", "r000", "r000", "r000", "r004")
    assert said.agreement[2] > said.agreement[3]


def test_a_negation_is_near_what_it_denies():
    _, said = folded([BASE, BASE.replace("no vessel", "a vessel")])
    assert said.relation[1] == "near"


def test_short_texts_are_compared_for_equality_only():
    _, said = folded(["good morning", "Good  Morning!", "good morning", "good morning"])
    assert said.cluster == ("r000", "r001", "r000", "r000")


def test_a_new_day_joins_old_clusters():
    state, first = folded([BASE, "something else that was said at some length that day"])
    state, second = folded([BASE.replace("storm", "flood"), BASE], state, first=2)
    assert first.cluster == ("r000", "r001")
    assert second.cluster == ("r000", "r000")
    assert state.ids == ("r000", "r001")
    assert state.seen_us.tolist() == [3 * DAY, DAY]


def test_a_text_between_two_clusters_merges_them_into_the_older():
    words = BASE.split()
    ends = [
        " ".join([*words[:15], "alpha beta gamma delta"]),
        " ".join(["one two three four five six", *words[5:]]),
    ]
    settings = Near(link=0.45, keep=0.1)
    state, first = folded(ends, settings=settings)
    assert len(set(first.cluster)) == 2
    state, second = folded([BASE], state, first=2, settings=settings)
    assert second.revoked == (("r001", "r000"),)
    assert second.cluster == ("r000",)
    assert folded([ends[1]], state, first=3, settings=settings)[1].cluster == ("r000",)


def test_a_chain_of_small_changes_is_split_where_it_has_gone_too_far():
    language = Language(random.Random(1))
    words = language.sentence(24)
    chain = [language.text(words := [*words[2:], language.word(), language.word()]) for _ in range(14)]
    _, said = folded(chain)
    assert 1 < len(set(said.cluster)) < 10
    assert said.cluster[0] == said.cluster[1] != said.cluster[-1]
    assert np.nanmin(said.agreement) >= near.SETTINGS.keep


def test_the_state_is_bounded_and_says_what_it_forgot():
    language = Language(random.Random(3))
    settings = Near(held=10, exemplars=2)
    state, said = folded([language.text(language.sentence()) for _ in range(25)], settings=settings)
    assert (len(state.digest), said.forgotten) == (10, 15)
    assert state.ids == tuple(f"r{n:03d}" for n in range(15, 25))


def test_a_cluster_keeps_its_first_text_and_few_more():
    language = Language(random.Random(4))
    words = language.sentence()
    texts = [language.text(replaced(language, words, 0.03)) for _ in range(30)]
    state, _ = folded([language.text(words), *texts], settings=Near(exemplars=3))
    assert len(state.digest) == 3
    assert folded([language.text(words)], state, first=40)[1].agreement[0] == 1.0


def test_an_overfull_bucket_is_reported():
    language = Language(random.Random(6))
    words = language.sentence(30)
    texts = [language.text(replaced(language, words, 0.01)) + f" {n:04d}" for n in range(60)]
    _, said = folded(texts, settings=Near(before=4))
    assert said.capped > 0
    assert len(set(said.cluster)) == 1


def test_a_row_meets_the_first_of_its_bucket_and_those_before_it():
    met = meetings(np.array([7, 7, 9, 7, 7], dtype=np.uint64), np.arange(5), 1)
    assert sorted(zip(met.one.tolist(), met.other.tolist(), strict=True)) == [(0, 1), (0, 3), (0, 4), (1, 3), (3, 4)]
    assert met.capped == 2


def test_components_are_named_by_their_smallest_member():
    assert components(6, np.array([5, 4]), np.array([4, 2])).tolist() == [0, 1, 2, 3, 2, 2]


def test_a_state_survives_as_bytes():
    state, _ = folded([BASE, "good morning", "something else that was said at some length that day"])
    raw = dump(state)
    assert dump(restore(raw)) == raw
    texts = [BASE.replace("storm", "flood"), "good morning"]
    assert (
        folded(texts, restore(raw), first=3)[1].cluster == folded(texts, state, first=3)[1].cluster == ("r000", "r001")
    )
    assert restore(b"") is EMPTY


@pytest.mark.parametrize("change", [(6, b""), (2, b"x" * 15), (0, 99), (5, b"\x07" + b"\x00" * 15)])
def test_bytes_that_are_no_state_are_refused(change):
    state, _ = folded([BASE, "good morning"])
    held = msgspec.msgpack.decode(dump(state))
    held[change[0]] = change[1]
    with pytest.raises(MalformedRecord) as refused:
        restore(msgspec.msgpack.encode(held))
    assert refused.value.hint
    with pytest.raises(MalformedRecord):
        restore(b"\xc1nonsense")
