"""Language of a text: by its script where that is enough, else by a model that may answer only with configured languages."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from foedus.areas.information.record import UNDETERMINED
from foedus.model.room import Settings

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier

LANGUAGES = ("ar", "de", "en", "es", "fr", "it", "ja", "ko", "nl", "pl", "pt", "ru", "tr", "uk", "zh")
MIN_SCORE = 0.6
_LONGEST = 2_000
_NOISE = re.compile(r"https?://\S{1,2048}|[@＠#＃]\w{1,100}")
_KANA = re.compile(r"[\u3041-\u30ff\uff66-\uff9f]")
_HANGUL = re.compile(r"[\uac00-\ud7a3\u1100-\u11ff]")
_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")
_LETTER = re.compile(r"[^\W\d_]")


class Told(NamedTuple):
    """A BCP 47 tag, and what told it: source, script, model, prior or none."""

    tag: str
    by: str


class Languages:
    """Tells the language of texts.

    Args:
        configured: the languages that may be answered.
        prior: language of the source, for texts too short to tell.
    """

    def __init__(self, configured: Sequence[str] = LANGUAGES, prior: str = "") -> None:
        self._configured = tuple(configured)
        self._prior = prior

    def tell(self, text: str, said: str = "") -> Told:
        """Return the language of a text.

        Args:
            text: the text.
            said: what its source says of it; believed where it is a configured language.
        """
        base = said.partition("-")[0].partition("_")[0].lower()
        if base in self._configured:
            return Told(base, "source")
        text = _NOISE.sub(" ", text[:_LONGEST])
        letters = _LETTER.findall(text)
        han = sum(1 for one in letters if _HAN.match(one))
        script = self._by_script(text, letters, han)
        if script is not None:
            return script
        if len(letters) < 20:
            return self._unknown()
        return self._by_model(text)

    def _by_script(self, text: str, letters: list[str], han: int) -> Told | None:
        """Kana and hangul are one language's; Han alone is two's, and short Han is anybody's."""
        kana, hangul = len(_KANA.findall(text)), len(_HANGUL.findall(text))
        if not 2 * (han + kana + hangul) > len(letters):
            return None
        if len(letters) < 8:
            return self._unknown()
        if hangul > kana:
            return self._configured_or_none("ko")
        if kana:
            return self._configured_or_none("ja")
        if han < 12 or self._prior == "ja":
            return Told("und-Hani", "script")
        return self._configured_or_none("zh")

    def _configured_or_none(self, tag: str) -> Told:
        return Told(tag, "script") if tag in self._configured else Told(UNDETERMINED, "none")

    def _unknown(self) -> Told:
        return Told(self._prior, "prior") if self._prior else Told(UNDETERMINED, "none")

    def _by_model(self, text: str) -> Told:
        tag, score = _model(self._configured).classify(text)
        return Told(str(tag), "model") if tag and score >= MIN_SCORE else Told(UNDETERMINED, "none")


def languages_of(settings: Settings) -> Languages:
    """Return what tells languages, as a person set it: ``languages``, ``language`` (of the source)."""
    held = settings.get("languages", LANGUAGES)
    configured = tuple(str(one) for one in held) if isinstance(held, (list, tuple)) and held else LANGUAGES
    return Languages(configured, str(settings.get("language", "")))


@lru_cache(maxsize=4)
def _model(configured: tuple[str, ...]) -> LanguageIdentifier:
    """The model, which lies in its package, restricted: unrestricted it takes short Russian for Kyrgyz.

    Source: py3langid 0.4.0; Lui and Baldwin, "langid.py: An Off-the-shelf Language Identification Tool", ACL 2012.
    """
    from py3langid.langid import MODEL_FILE, LanguageIdentifier  # noqa: PLC0415  (a second to load)

    found = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    found.set_languages([one for one in configured if one in found.labels])
    return found
