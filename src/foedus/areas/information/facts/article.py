"""Facts of an article: its sentences read one by one, days told from its dateline or its publication.

Patterns and gazetteers only: no model, nothing learnt, nothing that is not in the text. What it finds and misses is measured
in ``docs/areas/information.md``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date

import msgspec

from foedus.areas.information.facts import amounts, days, japanese, names, quotes, sentence
from foedus.areas.information.facts.sentences import Sentence, sentences
from foedus.areas.information.facts.told import PERSON, PLACE, Amount, Day, Fact, Facts, Name, Quotation, Span

LANGUAGES = ("en", "ja")
MAX_CHARACTERS = 20_000
_DATELINE = re.compile(
    r"\A(?P<place>[A-Z][A-Z.'\-]{1,20}(?: [A-Z][A-Z.'\-]{1,20}){0,2}|[A-Z][a-z]{2,20}(?: [A-Z][a-z]{2,20})?)"
    r"(?:, [A-Z][A-Za-z.]{1,20})?"
    r"(?:, (?:(?P<month>[A-Z][a-z]{2,8})\.? (?P<day>\d{1,2})))?(?:,? \((?:[A-Z][\w. ]{1,30})\))? ?(?:--|[-–—]) "
)
_DATELINE_JA = re.compile(r"\A【(?P<place>[^】\d]{1,12}?)(?:[・ 　]?(?:共同|時事|ロイター|AFP))?】")
_SURNAME = re.compile(r"(?<![\w'’\-])[A-ZÀ-ÖØ-Þ][\w'’\-]{2,30}(?![\w\-])")


def facts_of(text: str, language: str, published: date | None = None) -> Facts:
    """Return what an article says.

    Args:
        text: its text; the first 20,000 characters are read.
        language: its language; one that is not read gives no facts.
        published: the day it was published, where it was.

    >>> told = facts_of("TOKYO, May 20 (Wire) - Japan and NATO signed a plan on Wednesday.", "en", date(2026, 5, 20))
    >>> [(one.what, [who.name for who in one.who], one.when.resolved) for one in told.facts]
    [('agree', ['Japan', 'NATO'], '2026-05-20')]
    """
    text = text[:MAX_CHARACTERS]
    if language not in LANGUAGES:
        return Facts(language)
    reading = _English(text, published) if language == "en" else _Japanese(text, published)
    return reading.facts()


class _Reading:
    """Reads one article; what differs by language is in the two below."""

    language = ""

    def __init__(self, text: str, published: date | None) -> None:
        self.text = text
        self.head = self.dateline()
        self.day = self.dateline_day(published)
        self.base = date.fromisoformat(self.day) if self.day else published
        self.by = "dateline" if self.day else "published"

    def facts(self) -> Facts:
        """Return what it says."""
        body = self.head.end() if self.head else 0
        parts = [Sentence(one.text, one.start + body) for one in sentences(self.text[body:])]
        named = self.people(parts, [self.names(one) for one in parts])
        every = [name for of in named for name in of]
        quoted = list(self.quotations(every))
        spans = tuple(one.span for one in quoted)
        seen = [
            sentence.Seen(one.text, one.start, of, tuple(self.days(one)), tuple(self.amounts(one)), spans)
            for one, of in zip(parts, named, strict=True)
        ]
        place = self.dateline_place()
        return Facts(
            self.language,
            place,
            self.day,
            tuple(one for one in every if one.kind != PLACE),
            tuple(one for one in every if one.kind == PLACE),
            tuple(day for one in seen for day in one.days),
            tuple(amount for one in seen for amount in _undated(one)),
            tuple(quoted),
            tuple(fact for one in seen for fact in self.told(one)),
        )

    def dateline(self) -> re.Match[str] | None:
        """Return the head of a report that names place and day."""
        raise NotImplementedError

    def dateline_day(self, published: date | None) -> str:
        """Return the day of the dateline."""
        raise NotImplementedError

    def dateline_place(self) -> Name | None:
        """Return the place of the dateline."""
        raise NotImplementedError

    def names(self, one: Sentence) -> tuple[Name, ...]:
        """Return who is named in a sentence."""
        raise NotImplementedError

    def people(self, parts: Sequence[Sentence], named: list[tuple[Name, ...]]) -> list[tuple[Name, ...]]:
        """Return the names of each sentence, with those who are named again in short."""
        del parts
        return named

    def days(self, one: Sentence) -> Iterator[Day]:
        """Yield the dates of a sentence."""
        raise NotImplementedError

    def amounts(self, one: Sentence) -> Iterator[Amount]:
        """Yield the amounts of a sentence."""
        raise NotImplementedError

    def quotations(self, every: Sequence[Name]) -> Iterator[Quotation]:
        """Yield the quotations of the text."""
        raise NotImplementedError

    def told(self, seen: sentence.Seen) -> Iterator[Fact]:
        """Yield what a sentence says happened."""
        raise NotImplementedError


class _English(_Reading):
    language = "en"

    def dateline(self) -> re.Match[str] | None:
        head = _DATELINE.match(self.text)
        # "Japan - a member ..." is no dateline: it needs a day, an agency in brackets, or capitals throughout.
        return head if head and (head["month"] or "(" in head[0] or head["place"].isupper()) else None

    def dateline_day(self, published: date | None) -> str:
        if self.head is None or not self.head["month"]:
            return ""
        try:
            return days.month_and_day(self.head["month"], self.head["day"], published)
        except KeyError:
            return ""

    def dateline_place(self) -> Name | None:
        if self.head is None:
            return None
        written = self.head["place"]
        hit = next(names.english().find(written.title()), None)
        span = Span(self.head.start("place"), self.head.end("place"))
        return Name(
            written, span, PLACE, written.title() if hit is None else hit.known.name, hit.known.country if hit else ""
        )

    def names(self, one: Sentence) -> tuple[Name, ...]:
        return sentence.names_in(one.text, one.start, names.english())

    def people(self, parts: Sequence[Sentence], named: list[tuple[Name, ...]]) -> list[tuple[Name, ...]]:
        """Whoever was named with an office is meant again by the last word of the name."""
        known: dict[str, Name] = {}
        made: list[tuple[Name, ...]] = []
        for one, of in zip(parts, named, strict=True):
            again = []
            for word in _SURNAME.finditer(one.text):
                span = Span(one.start + word.start(), one.start + word.end())
                held = known.get(word[0].removesuffix("'s").removesuffix("’s"))
                if held is not None and not any(
                    name.span.start < span.end and span.start < name.span.end for name in of
                ):
                    again.append(Name(word[0], span, PERSON, held.name, held.country, held.role))
            known |= {name.name.rpartition(" ")[2]: name for name in of if name.kind == PERSON}
            made.append(tuple(sorted((*of, *again), key=lambda name: name.span)))
        return made

    def days(self, one: Sentence) -> Iterator[Day]:
        return days.english(one.text, one.start, self.base, self.by)

    def amounts(self, one: Sentence) -> Iterator[Amount]:
        return amounts.english(one.text, one.start)

    def quotations(self, every: Sequence[Name]) -> Iterator[Quotation]:
        return quotes.english(self.text, every)

    def told(self, seen: sentence.Seen) -> Iterator[Fact]:
        return sentence.facts_in(seen)


class _Japanese(_Reading):
    language = "ja"

    def dateline(self) -> re.Match[str] | None:
        return _DATELINE_JA.match(self.text)

    def dateline_day(self, published: date | None) -> str:
        del published
        return ""

    def dateline_place(self) -> Name | None:
        if self.head is None:
            return None
        hit = next(names.japanese().find(self.head["place"]), None)
        span = Span(self.head.start("place"), self.head.end("place"))
        known = hit.known if hit else None
        return Name(
            self.head["place"], span, PLACE, known.name if known else self.head["place"], known.country if known else ""
        )

    def names(self, one: Sentence) -> tuple[Name, ...]:
        return japanese.names_in(one.text, one.start, names.japanese())

    def people(self, parts: Sequence[Sentence], named: list[tuple[Name, ...]]) -> list[tuple[Name, ...]]:
        """Whoever was named with an office is meant again by the office alone, or by the beginning of the name."""
        known: list[Name] = []
        made: list[tuple[Name, ...]] = []
        for one, of in zip(parts, named, strict=True):
            whole = [_in_full(name, known) for name in of]
            known += [name for name in whole if name.kind == PERSON]
            again = japanese.named_again(one.text, one.start, known)
            made.append(tuple(sorted((*whole, *again), key=lambda name: name.span)))
        return made

    def days(self, one: Sentence) -> Iterator[Day]:
        return days.japanese(one.text, one.start, self.base, self.by)

    def amounts(self, one: Sentence) -> Iterator[Amount]:
        return amounts.japanese(one.text, one.start)

    def quotations(self, every: Sequence[Name]) -> Iterator[Quotation]:
        return quotes.japanese(self.text, every)

    def told(self, seen: sentence.Seen) -> Iterator[Fact]:
        return japanese.facts_in(seen)


def _in_full(name: Name, known: Sequence[Name]) -> Name:
    """A person by the whole name, where an earlier one with the same office begins with this one."""
    longer = (one for one in known if one.role == name.role and one.name.startswith(name.name))
    held = next(longer, None) if name.kind == PERSON else None
    return name if held is None else msgspec.structs.replace(name, name=held.name, country=name.country or held.country)


def _undated(seen: sentence.Seen) -> Iterator[Amount]:
    """The amounts that are no part of a date."""
    for one in seen.amounts:
        if not any(day.span.start < one.span.end and one.span.start < day.span.end for day in seen.days):
            yield one
