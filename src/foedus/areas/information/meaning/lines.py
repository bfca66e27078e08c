"""Own lines and adverse narratives, heard in what is said: copies, rewordings, translations, and what only shares the topic.

A *line to take* is an own message with its wordings by language, its audience (languages, outlets, country of the outlets: never
persons) and its term. A *narrative* is a claim that works against it. A record is heard with each subject it is close
to; what counts as carrying it on is for ``figures.py``.

Method: a copy holds at least ``COPIED`` of the wording's shingles; else similarity in the encoder, threshold of claims; a
contradicting anchor makes it ``same-topic``. Where the encoder lacks a language, only copies are heard there.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

import msgspec

from foedus.areas.information.meaning import anchors, stance
from foedus.areas.information.meaning.across import Kind
from foedus.areas.information.meaning.embed import Encoder, covered, similarity
from foedus.areas.information.meaning.judgement import Tier
from foedus.areas.information.meaning.limits import SHORT, Limits
from foedus.errors import MalformedRecord

COPIED = 0.8


class Audience(msgspec.Struct, frozen=True):
    """Who is to be reached: languages, outlets by name (empty: all), countries of outlets (empty: all)."""

    languages: tuple[str, ...]
    outlets: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()


class Subject(msgspec.Struct, frozen=True):
    """A line to take, or a narrative that works against one.

    Attributes:
        id: of the line or narrative.
        topic: what both are about, an identifier.
        own: a line to take.
        wordings: language -> text.
        audience: of a line.
        valid_from, valid_until: term of a line; when a narrative was first written down.

    Raises:
        MalformedRecord: no wording, or a line whose term ends before it begins.
    """

    id: str
    topic: str
    own: bool
    wordings: dict[str, str]
    audience: Audience
    valid_from: datetime
    valid_until: datetime

    def __post_init__(self) -> None:
        """Refuse a subject that says nothing, or never."""
        if not self.wordings or not all(text.strip() for text in self.wordings.values()):
            raise MalformedRecord("a line without words", code="line-malformed", where=self.id, hint="give a wording")
        if self.valid_until <= self.valid_from:
            raise MalformedRecord(
                "a line without a term", code="line-malformed", where=self.id, hint="give from and until"
            )


class Said(NamedTuple):
    """One record, as far as it matters here.

    Attributes:
        id: of the record.
        at: when it was published.
        language: BCP 47 tag.
        text: title and opening.
        channel: public name, or the pseudonym of an account.
        tier: of the channel.
        country: of the channel, empty unknown.
        owned: posted by an own channel.
        amplified: pushed by a group graded strong.
    """

    id: str
    at: datetime
    language: str
    text: str
    channel: str
    tier: Tier = "unknown"
    country: str = ""
    owned: bool = False
    amplified: bool = False


class Heard(NamedTuple):
    """A record with a subject it is close to.

    Attributes:
        said: the record.
        subject: id of the line or narrative.
        kind: how it carries it.
        stance: towards it; ``contests`` is never support.
        score: similarity, or share of shingles for a copy.
        lost: anchors of the wording that the record lacks.
    """

    said: Said
    subject: str
    kind: Kind
    stance: stance.Kind
    score: float
    lost: tuple[str, ...]


class _Wording(NamedTuple):
    """One wording of a subject, read once."""

    subject: Subject
    language: str
    shingles: frozenset[str]
    anchors: anchors.Anchors
    stance: stance.Stance


def hear(
    subjects: Sequence[Subject], said: Sequence[Said], encoder: Encoder | None = None, limits: Limits = SHORT
) -> list[Heard]:
    """Return every record with every subject it is close to, in the order of records, then of subjects."""
    wordings = [_read(subject, language) for subject in subjects for language in sorted(subject.wordings)]
    scores = _scores(wordings, said, encoder)
    found = []
    for row, record in enumerate(said):
        marks = anchors.find(record.text, record.language)
        read = stance.read(record.text, record.language)
        shingles = _shingles(record.text)
        for subject in subjects:
            mine = [at for at, wording in enumerate(wordings) if wording.subject is subject]
            best = max(mine, key=lambda at: (_share(wordings[at], shingles) >= COPIED, scores[row][at], -at))
            wording, share = wordings[best], _share(wordings[best], shingles)
            if share < COPIED and scores[row][best] < limits.claim:
                continue
            weighed = anchors.weigh(wording.anchors, marks)
            kind = _kind(wording.language, record.language, share, bool(weighed.contradicting))
            lost = _lost(wording.anchors, weighed.corroborating)
            score = round(share, 3) if kind == "copy" else scores[row][best]
            found.append(Heard(record, subject.id, kind, stance.towards(wording.stance, read), score, lost))
    return found


def about(said: Sequence[Said], names: Mapping[str, Sequence[str]]) -> list[Said]:
    """Return the records that name something, such as the partnership itself, by its names in their language.

    >>> at = datetime.fromisoformat("2026-06-01T00:00:00Z")
    >>> said = [Said("1", at, "ja", "フォエドゥスの協定は高い。", "a"), Said("2", at, "ja", "雨が降る。", "b")]
    >>> [one.id for one in about(said, {"ja": ["フォエドゥス"]})]
    ['1']
    """
    folded = {language: [_fold(name) for name in held] for language, held in names.items()}
    return [
        one for one in said if any(name in _fold(one.text) for name in folded.get(one.language.partition("-")[0], ()))
    ]


def reaches(audience: Audience, said: Said) -> bool:
    """Say whether a record is before an audience; own channels are not: they are owned, not earned."""
    languages = {language.partition("-")[0] for language in audience.languages}
    return (
        not said.owned
        and said.language.partition("-")[0] in languages
        and (not audience.outlets or said.channel in audience.outlets)
        and (not audience.countries or said.country in audience.countries)
    )


def _read(subject: Subject, language: str) -> _Wording:
    text = subject.wordings[language]
    return _Wording(subject, language, _shingles(text), anchors.find(text, language), stance.read(text, language))


def _scores(wordings: Sequence[_Wording], said: Sequence[Said], encoder: Encoder | None) -> list[list[float]]:
    """Similarity of each record to each wording; -1 where the encoder is missing or lacks a language."""
    if encoder is None or not said or not wordings:
        return [[-1.0] * len(wordings) for _ in said]
    known = covered([*(one.language for one in said), *(one.language for one in wordings)], encoder)
    texts = [wording.subject.wordings[wording.language] for wording in wordings]
    held = similarity(encoder.encode([one.text for one in said]), encoder.encode(texts)).tolist()
    return [
        [
            score if {one.language, wording.language} <= known else -1.0
            for score, wording in zip(row, wordings, strict=True)
        ]
        for one, row in zip(said, held, strict=True)
    ]


def _kind(wording: str, record: str, share: float, contradicted: bool) -> Kind:
    if contradicted:
        return "same-topic"
    if share >= COPIED:
        return "copy"
    return "rewording" if wording.partition("-")[0] == record.partition("-")[0] else "translation"


def _lost(mine: anchors.Anchors, corroborating: Sequence[str]) -> tuple[str, ...]:
    return tuple(one for one in mine.said() if one not in corroborating and not one.startswith("mark:"))


def _share(wording: _Wording, shingles: frozenset[str]) -> float:
    return len(wording.shingles & shingles) / len(wording.shingles) if wording.shingles else 0.0


def _shingles(text: str) -> frozenset[str]:
    """Five code points each, three where the script is wide (Han, kana, hangul); white space and case do not count."""
    folded = _fold(text)
    # Kana, Han and hangul lie behind the alphabets.
    letters = [character for character in folded if character.isalpha()]
    wide = sum(character >= "\u2e80" for character in letters)
    width = 3 if 2 * wide > len(letters) else 5
    return frozenset(folded[at : at + width] for at in range(len(folded) - width + 1))


def _fold(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())
