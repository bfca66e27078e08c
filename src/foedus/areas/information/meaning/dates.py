"""Dates that a text writes out, in eight languages, as far as they are written: a day, a month, a year.

Nothing is resolved: "Friday" and "yesterday" give no date, and a date without year stays without.
"""

from __future__ import annotations

import re
from functools import cache
from typing import NamedTuple

_MONTHS = {
    "en": r"Jan(?:uary|\.)? Feb(?:ruary|\.)? Mar(?:ch|\.)? Apr(?:il|\.)? May June? July? Aug(?:ust|\.)? Sept?(?:ember|\.)? "
    r"Oct(?:ober|\.)? Nov(?:ember|\.)? Dec(?:ember|\.)?",
    "ru": r"январ[яеьюё]м? феврал[яеью]м? март[аеу]? апрел[яеью]м? ма[яйюе]м? июн[яеью]м? июл[яеью]м? август[аеу]? "
    r"сентябр[яеью]м? октябр[яеью]м? ноябр[яеью]м? декабр[яеью]м?",
    "uk": r"січ(?:ень|ня|ні) лют(?:ий|ого|ому) берез(?:ень|ня|ні) квіт(?:ень|ня|ні) трав(?:ень|ня|ні) черв(?:ень|ня|ні) "
    r"лип(?:ень|ня|ні) серп(?:ень|ня|ні) верес(?:ень|ня|ні) жовт(?:ень|ня|ні) листопад[аі]? груд(?:ень|ня|ні)",
    "de": "Jan(?:uar|\\.)? Feb(?:ruar|\\.)? März Apr(?:il|\\.)? Mai Juni Juli Aug(?:ust|\\.)? Sept?(?:ember|\\.)? "
    "Okt(?:ober|\\.)? Nov(?:ember|\\.)? Dez(?:ember|\\.)?",
    "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
}
# A month that is a word or a name besides needs a preposition to be one when it stands alone.
_ALONE = {
    "en": r"(?:in|since|until|till|by|from|during|early|late|mid|last|next|this|of)[ -]",
    "de": r"(?:im|seit|bis|ab|Anfang|Mitte|Ende) ",
    "fr": r"(?:en|dès|depuis|fin|début|mi)[ -]",
    "ru": r"(?:[ВвСс]о?|до|к|на|от) ",
    "uk": r"(?:[УуВвЗз]|до|від|на) ",
}
_YEAR = r"(?:19|20)\d\d"
_ISO = re.compile(rf"(?<!\d)(?P<y>{_YEAR})-(?P<m>0[1-9]|1[0-2])-(?P<d>0[1-9]|[12]\d|3[01])(?!\d)")
_DOTTED = re.compile(rf"(?<![\d.])(?P<d>0?[1-9]|[12]\d|3[01])\.(?P<m>0?[1-9]|1[0-2])\.(?P<y>{_YEAR})(?!\d)")
_EASTERN = re.compile(
    rf"(?:(?P<y>{_YEAR})\s?[年년]\s?|令和(?P<reiwa>\d{{1,2}})年)?(?<!\d)(?P<m>1[0-2]|0?[1-9])\s?[月월](?!間|间|期)"
    r"(?:\s?(?P<d>[12]\d|3[01]|0?[1-9])\s?[日号號일])?"
    rf"|(?P<y2>{_YEAR})\s?[年년]|令和(?P<reiwa2>\d{{1,2}})年"
)
_YEAR_ALONE = re.compile(rf"(?<![\w.,-])(?P<y>{_YEAR})(?![\w%-]|[.,]\d)")


class Date(NamedTuple):
    """A date as far as it is written; 0 is not written."""

    year: int
    month: int
    day: int

    def __str__(self) -> str:
        """The written parts, as ISO 8601 has them: ``2026-05-12``, ``--05-12``, ``2026``."""
        year = f"{self.year}" if self.year else "-"
        return year + (f"-{self.month:02d}" if self.month else "") + (f"-{self.day:02d}" if self.day else "")


def written(text: str, language: str) -> tuple[frozenset[Date], str]:
    """Return the dates of a text, and the text with them blanked, so that nobody takes their digits for numbers.

    >>> dates, rest = written("Launched on 12 May 2026 with 3 aboard.", "en")
    >>> [str(one) for one in dates], rest
    (['2026-05-12'], 'Launched on  with 3 aboard.')
    """
    found: set[Date] = set()

    def take(match: re.Match[str]) -> str:
        found.add(_date(match, language))
        return ""

    for pattern in _patterns(language):
        text = pattern.sub(take, text)
    return frozenset(found), text


def agree(a: Date, b: Date) -> bool | None:
    """Say whether two dates can be one; None where they have no part in common.

    >>> day = Date(2026, 5, 12)
    >>> agree(day, Date(0, 5, 12)), agree(day, Date(2026, 6, 0)), agree(Date(2026, 0, 0), Date(0, 5, 0))
    (True, False, None)
    """
    parts = [(x, y) for x, y in zip(a, b, strict=True) if x and y]
    return all(x == y for x, y in parts) if parts else None


def _date(match: re.Match[str], language: str) -> Date:
    held = {name: value for name, value in match.groupdict().items() if value}
    year = held.get("y") or held.get("y2")
    reiwa = held.get("reiwa") or held.get("reiwa2")
    month = held.get("m", "0")
    number = int(month) if month.isdigit() else _number(month, language)
    return Date(int(year) if year else 2018 + int(reiwa) if reiwa else 0, number, int(held.get("d", "0")))


def _number(month: str, language: str) -> int:
    for number, pattern in enumerate(_MONTHS[language].split(), start=1):
        if re.fullmatch(pattern, month, re.IGNORECASE):
            return number
    return 0


@cache
def _patterns(language: str) -> tuple[re.Pattern[str], ...]:
    if language in {"ja", "ko", "zh"}:
        return (_ISO, _EASTERN)
    if language not in _MONTHS:
        return (_ISO, _YEAR_ALONE)
    flags = re.IGNORECASE if language in {"ru", "uk", "fr"} else re.NOFLAG
    month = f"(?P<m>{'|'.join(_MONTHS[language].split())})"
    day = r"(?<!\d)(?P<d>[12]\d|3[01]|0?[1-9])(?:\.|er|st|nd|rd|th|-?го)?(?: of| de)?"
    year = rf"(?:,? (?:de )?(?P<y>{_YEAR})(?:\s?(?:года?|году|року|р\.|г\.))?)"
    texts = [rf"{day}\s{month}\b{year}?"]
    if language == "en":
        texts.append(rf"\b{month} (?P<d>[12]\d|3[01]|0?[1-9])(?:st|nd|rd|th)?\b(?!\d|[.,]\d|:){year}?")
    texts += [rf"\b{month}{year}", rf"(?<=\b){_ALONE[language]}{month}\b"]
    written_out = tuple(re.compile(text, flags) for text in texts)
    return (_ISO, _DOTTED, *written_out, _YEAR_ALONE)
