"""Amounts: numbers with a unit, of money, people, machines, distance, share."""

from __future__ import annotations

import re
from collections.abc import Iterator

from foedus.areas.information.facts.lexicon import either
from foedus.areas.information.facts.told import Amount, Span

_SCALE = {"thousand": 1e3, "million": 1e6, "billion": 1e9, "trillion": 1e12, "万": 1e4, "億": 1e8, "兆": 1e12}
_WORDS = {
    "two": 2,
    "three": 3,
    "four": 4,
    "five": 5,
    "six": 6,
    "seven": 7,
    "eight": 8,
    "nine": 9,
    "ten": 10,
    "eleven": 11,
    "twelve": 12,
}
_UNITS = either("english", "units")
_NUMBER = r"\d{1,3}(?:,\d{3}){1,5}|\d{1,15}(?:\.\d{1,6})?"
_ENGLISH = re.compile(
    rf"(?<![\w.,])(?:(?P<sign>[$€£¥])(?P<money>{_NUMBER})(?: (?P<scale1>thousand|million|billion|trillion))?"
    rf"|(?P<number>{_NUMBER}|{'|'.join(_WORDS)})(?:[ -](?P<scale2>thousand|million|billion|trillion))?[ -]?"
    rf"(?P<unit>(?:(?!of |the |and |or |to |in |more |by )[A-Za-z]+ )?(?:{_UNITS})))(?!\w)"
)
_JAPANESE = re.compile(
    r"(?<![\d.])(?P<number>\d{1,3}(?:,\d{3}){1,5}|\d{1,15}(?:\.\d{1,6})?)(?P<scale>万|億|兆)?"
    r"(?P<unit>円|ドル|ユーロ|人|隻|機|発|両|キロ|メートル|カ国|か国|ヵ国|％|%|パーセント)"
)


def english(text: str, start: int) -> Iterator[Amount]:
    """Yield the amounts of a sentence."""
    for found in _ENGLISH.finditer(text):
        written = found["money"] or found["number"]
        scale = _SCALE.get(found["scale1"] or found["scale2"] or "", 1.0)
        unit = found["sign"] or found["unit"]
        yield Amount(found[0], Span(start + found.start(), start + found.end()), _value(written) * scale, unit)


def japanese(text: str, start: int) -> Iterator[Amount]:
    """Yield the amounts of a sentence in Japanese."""
    for found in _JAPANESE.finditer(text):
        value = _value(found["number"]) * _SCALE.get(found["scale"] or "", 1.0)
        yield Amount(found[0], Span(start + found.start(), start + found.end()), value, found["unit"])


def _value(written: str) -> float:
    return float(_WORDS.get(written, 0) or written.replace(",", ""))
