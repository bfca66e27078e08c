"""Days: dates as an article writes them, told by the day of its dateline or of its publication, else left as written."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta

from foedus.areas.information.facts.told import Day, Span

_MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
_SHORT_MONTHS = {name[:3]: number for number, name in enumerate(_MONTHS, 1)} | {"Sept": 9}
_MONTH = "|".join((*_MONTHS, "Jan", "Feb", "Mar", "Apr", "Jun", "Jul", "Aug", "Sept", "Sep", "Oct", "Nov", "Dec"))
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_ENGLISH = re.compile(
    rf"\b(?:(?P<iso>\d{{4}}-\d\d-\d\d)"
    rf"|(?P<m1>{_MONTH})\.? (?P<d1>\d{{1,2}})(?:st|nd|rd|th)?(?:,? (?P<y1>(?:19|20)\d\d))?(?![\d-])"
    rf"|(?P<d2>\d{{1,2}})(?:st|nd|rd|th)? (?:of )?(?P<m2>{_MONTH})\b\.?(?:,? (?P<y2>(?:19|20)\d\d))?"
    rf"|(?:in |In |since |until |by |early |late |of )(?P<m3>{_MONTH})\b(?:,? (?P<y3>(?:19|20)\d\d))?(?! \d)"
    rf"|(?P<which>last |next |this |Last |Next |This )?(?P<day>{'|'.join(_WEEKDAYS)})\b"
    r"|(?P<near>today|yesterday|tomorrow|Today|Yesterday|Tomorrow)\b"
    r"|(?:in |In |since |until |by |of |during |as early as |as late as )(?P<year>(?:19|20)\d\d)\b(?![-/]\d))"
)
_JAPANESE = re.compile(
    r"(?:(?P<y>(?:19|20)\d\d)年)?(?:(?P<m>1[0-2]|[1-9])月)(?:(?P<d>[12]\d|3[01]|[1-9])日)?"
    r"|(?P<y2>(?:19|20)\d\d)年(?!間)|(?<![\d月])(?P<d2>[12]\d|3[01]|[1-9])日(?![間本])|(?P<near>今日|本日|昨日|明日)"
)
_NEAR = {"today": 0, "yesterday": -1, "tomorrow": 1, "今日": 0, "本日": 0, "昨日": -1, "明日": 1}
_FAR = timedelta(days=200)
_AHEAD = re.compile(r"\b(?:will|would|is to|are to|due to|plans? to|expected to|scheduled to|set to|ahead of)\b")


def english(text: str, start: int, base: date | None, by: str) -> Iterator[Day]:
    """Yield the dates of a sentence.

    Args:
        text: the sentence.
        start: where it begins.
        base: the day it was written, None if nobody knows.
        by: what told that day.
    """
    ahead = _AHEAD.search(text) is not None
    for found in _ENGLISH.finditer(text):
        words = found[0]
        lead = (
            found.start("m3") - found.start()
            if found["m3"]
            else found.start("year") - found.start()
            if found["year"]
            else 0
        )
        span = Span(start + found.start() + lead, start + found.end())
        resolved, whole = _english(found, base, ahead=ahead)
        yield Day(words[lead:], span, resolved, "written" if whole else (by if resolved else ""))


def japanese(text: str, start: int, base: date | None, by: str) -> Iterator[Day]:
    """Yield the dates of a sentence in Japanese."""
    for found in _JAPANESE.finditer(text):
        span = Span(start + found.start(), start + found.end())
        resolved, whole = _japanese(found, base)
        yield Day(found[0], span, resolved, "written" if whole else (by if resolved else ""))


def month_and_day(month: str, day: str, base: date | None) -> str:
    """Return the day of a month in the year nearest to a base; "" without one, or where there is no such day."""
    return _dated("", _month(month), day, base)[0]


def _english(found: re.Match[str], base: date | None, *, ahead: bool) -> tuple[str, bool]:
    if found["iso"]:
        return _dated(found["iso"][:4], int(found["iso"][5:7]), found["iso"][8:], None)
    if found["m1"]:
        return _dated(found["y1"] or "", _month(found["m1"]), found["d1"], base)
    if found["m2"]:
        return _dated(found["y2"] or "", _month(found["m2"]), found["d2"], base)
    if found["m3"]:
        return _dated(found["y3"] or "", _month(found["m3"]), "", base)
    if found["year"]:
        return found["year"], True
    if base is None:
        return "", False
    if found["near"]:
        return (base + timedelta(days=_NEAR[found["near"].lower()])).isoformat(), False
    which = (found["which"] or "").strip().lower()
    return _weekday(_WEEKDAYS.index(found["day"]), which, base, ahead=ahead).isoformat(), False


def _japanese(found: re.Match[str], base: date | None) -> tuple[str, bool]:
    if found["near"]:
        return ((base + timedelta(days=_NEAR[found["near"]])).isoformat(), False) if base else ("", False)
    if found["y2"]:
        return found["y2"], True
    if found["m"]:
        return _dated(found["y"] or "", int(found["m"]), found["d"] or "", base)
    if base is None:
        return "", False
    day = int(found["d2"])
    # A day alone is of this month, or of the last one where it would be ahead.
    month = base.replace(day=1) if day <= base.day + 1 else (base.replace(day=1) - timedelta(days=1)).replace(day=1)
    return _dated(str(month.year), month.month, str(day), None)[0], False


def _dated(year: str, month: int, day: str, base: date | None) -> tuple[str, bool]:
    """A date, and whether it was whole; a year that is not written is the one that brings it nearest to the base."""
    if not year and base is None:
        return "", False
    try:
        made = date(int(year or (base.year if base else 0)), month, int(day or 1))
        if not year and base is not None:
            shift = 1 if base - made > _FAR else -1 if made - base > _FAR else 0
            made = made.replace(year=made.year + shift)
    except ValueError:
        return "", False
    return (made.isoformat() if day else made.isoformat()[:7]), bool(year)


def _weekday(day: int, which: str, base: date, *, ahead: bool) -> date:
    back = (base.weekday() - day) % 7
    if which == "last":
        return base - timedelta(days=back or 7)
    if which == "next" or (ahead and which != "last" and back):
        return base + timedelta(days=7 - back)
    return base - timedelta(days=back)


def _month(name: str) -> int:
    return _SHORT_MONTHS["Sept" if name.startswith("Sept") else name[:3]]
