"""Anchors: what two texts about one event share whatever their language: countries, numbers, dates, addresses, acronyms.

An anchor that both texts have corroborates a link. Where each text has one of a sort that the other lacks, they contradict
each other: two launches that differ only in their date lie as close in an embedding as translations do, and are two launches.
What one text merely leaves out says nothing.

Settings: a text with more than ``LISTED`` anchors of a sort is a list; it contradicts only where nothing is shared. Innocent
explanations of a contradiction: a figure that was updated, a day that is another one in another time zone, a country
named for other reasons. Therefore a contradiction makes a link ``same-topic`` and never says that a text is wrong.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable
from typing import NamedTuple, TypeVar

from foedus.areas.information.meaning import countries, dates, numbers
from foedus.areas.information.meaning.dates import Date
from foedus.areas.information.meaning.numbers import Number

LANGUAGES = countries.LANGUAGES
LISTED = 4
_URL = re.compile(r"https?://([^\s/?#]+)([^\s?#]*)")
_HASHTAG = re.compile(r"(?<![A-Za-z\d&/])#(\w{2,})")
_ACRONYM = re.compile(r"(?<![A-Za-z\d])[A-Z][A-Z\d]{2,7}(?![A-Za-z])")

T = TypeVar("T")


class Anchors(NamedTuple):
    """The anchors of one text; ``marks`` are addresses, hashtags and Latin acronyms, which corroborate only."""

    countries: frozenset[str] = frozenset()
    numbers: frozenset[Number] = frozenset()
    dates: frozenset[Date] = frozenset()
    marks: frozenset[str] = frozenset()

    def said(self) -> tuple[str, ...]:
        """Return the anchors as texts, sorted: ``country:JP``."""
        parts = (("country", self.countries), ("number", self.numbers), ("date", self.dates), ("mark", self.marks))
        return tuple(sorted(f"{sort}:{one}" for sort, held in parts for one in held))


class Weighed(NamedTuple):
    """What speaks for two texts being about one event, and what against it."""

    corroborating: tuple[str, ...]
    contradicting: tuple[str, ...]


def find(text: str, language: str) -> Anchors:
    """Return the anchors of a text in a language (BCP 47); of a language without tables only digits and marks.

    >>> find("日本は2026年5月12日に25,000トンを運んだ。", "ja").said()
    ('country:JP', 'date:2026-05-12', 'number:25000')
    """
    plain = unicodedata.normalize("NFKC", text)
    primary = language.partition("-")[0]
    marks = frozenset(
        (*_addresses(plain), *(f"#{tag.lower()}" for tag in _HASHTAG.findall(plain)), *_ACRONYM.findall(plain))
    )
    bare = _HASHTAG.sub(" ", _URL.sub(" ", plain))
    written, rest = dates.written(bare, primary)
    return Anchors(countries.named(bare, primary), numbers.counted(rest, primary), written, marks)


def weigh(a: Anchors, b: Anchors) -> Weighed:
    """Compare the anchors of two texts.

    >>> japan, oz, nz = frozenset(["JP"]), frozenset(["AU"]), frozenset(["NZ"])
    >>> weigh(Anchors(japan | oz), Anchors(japan | nz))
    Weighed(corroborating=('country:JP',), contradicting=('country:AU|NZ',))
    """
    compared = (
        _compare("country", a.countries, b.countries, lambda x, y: x == y),
        _compare("number", a.numbers, b.numbers, numbers.alike),
        _compare("date", a.dates, b.dates, lambda x, y: dates.agree(x, y) is not False),
        _compare("mark", a.marks, b.marks, lambda x, y: x == y),
    )
    corroborating = [one for held, _ in compared for one in held]
    return Weighed(tuple(corroborating), tuple(one for _, held in compared for one in held if held[0][:4] != "mark"))


def _compare(sort: str, a: Iterable[T], b: Iterable[T], one: Callable[[T, T], bool]) -> tuple[list[str], list[str]]:
    first, second = sorted(a, key=str), sorted(b, key=str)
    shared = [x for x in first if any(one(x, y) for y in second)]
    only_a = [x for x in first if not any(one(x, y) for y in second)]
    only_b = [y for y in second if not any(one(x, y) for x in first)]
    listed = max(len(first), len(second)) > LISTED
    against = only_a and only_b and not (listed and shared)
    said = [f"{sort}:{_said(only_a)}|{_said(only_b)}"] if against else []
    return [f"{sort}:{x}" for x in shared], said


def _said(held: Iterable[object]) -> str:
    return ",".join(str(one) for one in held)


def _addresses(text: str) -> list[str]:
    return [f"{host.lower().removeprefix('www.')}{path.rstrip('/.,')}" for host, path in _URL.findall(text)]
