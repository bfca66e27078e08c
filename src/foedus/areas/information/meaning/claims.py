"""A claim in words: what two parties can compare without either showing a post.

A claim is written by a person: at most 300 characters, a language, no address, no account. It carries its anchors for
people; who receives it reads the anchors from its words again, embeds the words with an encoder of its own, and matches. Two
parties need no common encoder: a score is of the receiver's model.

Without an encoder, or in a language it lacks, claims match by anchors alone (``ANCHORS_ALONE``): two sorts shared, none
contradicting. That finds fewer and says so in ``method``.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple

import msgspec

from foedus.areas.information.meaning import anchors, stance
from foedus.areas.information.meaning.anchors import Weighed
from foedus.areas.information.meaning.embed import Encoder, covered, similarity
from foedus.areas.information.meaning.limits import SHORT, Limits
from foedus.errors import MalformedRecord

MAX_CHARACTERS = 300
METHOD = "claim-match-1"
ANCHORS_ALONE = 2
Kind = Literal["same-claim", "same-topic"]
_LANGUAGE = re.compile(r"[a-z]{2,3}(?:-[A-Za-z0-9]{2,8})*")
_PERSONAL = re.compile(r"https?:|www\.|(?<![\w])@\w|\S@\S+\.\w")


class Claim(msgspec.Struct, frozen=True):
    """A claim with its language, the same in other languages where somebody wrote it, and its anchors as texts.

    Raises:
        MalformedRecord: too long, several paragraphs, an address or an account in it, or no language tag.
    """

    text: str
    language: str
    variants: dict[str, str] = {}
    anchors: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what is no claim; what comes from a partner is checked in the same way."""
        for language, text in ((self.language, self.text), *self.variants.items()):
            _check(language, text)


class Matched(NamedTuple):
    """How another claim stands to one.

    Attributes:
        place: which of the others.
        kind: the same claim, or only the same topic since an anchor contradicts.
        score: cosine similarity; 0 where anchors alone decided.
        threshold: what the score had to reach; 0 where anchors alone decided.
        anchors: what speaks for and against.
        stance: of the other towards the claim; ``contests`` is never support.
        method: how it was found.
    """

    place: int
    kind: Kind
    score: float
    threshold: float
    anchors: Weighed
    stance: stance.Kind
    method: str


def claim(text: str, language: str, variants: Mapping[str, str] | None = None) -> Claim:
    """Return a claim with its anchors.

    >>> claim("Japan and Guam lost a cable on 3 March 2026.", "en").anchors
    ('country:GU', 'country:JP', 'date:2026-03-03')
    """
    plain = unicodedata.normalize("NFC", text.strip())
    return Claim(plain, language, dict(variants or {}), anchors.find(plain, language).said())


def match(
    one: Claim, others: Sequence[Claim], encoder: Encoder | None = None, limits: Limits = SHORT
) -> tuple[Matched, ...]:
    """Return those of some claims that say what one says, or contest it, the best first."""
    scores = _scores(one, others, encoder)
    method = f"{METHOD}, {encoder.name}" if encoder else METHOD
    found = []
    for place, (other, score) in enumerate(zip(others, scores, strict=True)):
        weighed = anchors.weigh(anchors.find(one.text, one.language), anchors.find(other.text, other.language))
        if not (_alone(weighed) if score is None else score >= limits.claim):
            continue
        kind: Kind = "same-topic" if weighed.contradicting else "same-claim"
        towards = stance.towards(stance.read(one.text, one.language), stance.read(other.text, other.language))
        how = (0.0, 0.0) if score is None else (score, limits.claim)
        said = f"{METHOD}, anchors alone" if score is None else method
        found.append(Matched(place, kind, *how, weighed, towards, said))
    return tuple(sorted(found, key=lambda held: (-held.score, -len(held.anchors.corroborating), held.place)))


def personal(text: str) -> bool:
    """Say whether a text holds an address or an account.

    >>> personal("as @somebody wrote"), personal("at noon")
    (True, False)
    """
    return _PERSONAL.search(text) is not None


def _scores(one: Claim, others: Sequence[Claim], encoder: Encoder | None) -> list[float | None]:
    """Similarity to each other claim, None where the encoder is missing or lacks one of both languages."""
    known = covered([one.language, *(other.language for other in others)], encoder) if encoder else frozenset()
    if encoder is None or one.language not in known:
        return [None] * len(others)
    scores = similarity(encoder.encode([one.text]), encoder.encode([other.text for other in others]))[0].tolist()
    return [score if other.language in known else None for other, score in zip(others, scores, strict=True)]


def _alone(weighed: Weighed) -> bool:
    sorts = {said.partition(":")[0] for said in weighed.corroborating}
    return len(sorts) >= ANCHORS_ALONE and not weighed.contradicting


def _check(language: str, text: str) -> None:
    if not _LANGUAGE.fullmatch(language):
        raise _bad("not a language tag", "language", "write a BCP 47 tag, such as ja")
    if not text.strip() or len(text) > MAX_CHARACTERS:
        raise _bad(f"a claim has 1 to {MAX_CHARACTERS} characters", "text", "say it in one sentence")
    if any(unicodedata.category(character) in {"Cc", "Cs", "Zl", "Zp"} for character in text):
        raise _bad("a claim is one paragraph without control characters", "text", "say it in one sentence")
    if personal(text):
        raise _bad("a claim holds no address and no account", "text", "say what is claimed, not who posted it")


def _bad(message: str, where: str, hint: str) -> MalformedRecord:
    return MalformedRecord(message, code="claim-malformed", where=where, hint=hint)
