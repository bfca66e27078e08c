"""Numbers that a text writes in digits, with their scale (万, 억, million, тысяч), in eight languages; per cents apart.

Number words count only before a scale ("three billion", "三十亿"). What belongs to a name (F-35, G7, COVID-19), times and
dates are no numbers; dates are taken out before (``dates.written``).
"""

from __future__ import annotations

import re
from decimal import Decimal
from functools import cache
from typing import NamedTuple

_EASTERN = frozenset({"ja", "ko", "zh"})
_HAN_SCALES = {
    "十": 10, "百": 100, "千": 1_000, "萬": 10**4, "万": 10**4, "億": 10**8, "亿": 10**8, "兆": 10**12,
    "백": 100, "천": 1_000, "만": 10**4, "억": 10**8, "조": 10**12,
}  # fmt: skip
_HAN_DIGITS = {digit: number for number, digit in enumerate("〇一二三四五六七八九")} | {"两": 2, "兩": 2, "零": 0}
_SCALES = {
    "en": {"thousand": 3, "million": 6, "mn": 6, "billion": 9, "bn": 9, "trillion": 12},
    "ru": {"тыс": 3, "тысяч": 3, "миллион": 6, "млн": 6, "миллиард": 9, "млрд": 9, "триллион": 12, "трлн": 12},
    "uk": {"тис": 3, "тисяч": 3, "мільйон": 6, "млн": 6, "мільярд": 9, "млрд": 9, "трильйон": 12, "трлн": 12},
    "de": {"Tausend": 3, "Million": 6, "Mio": 6, "Milliarde": 9, "Mrd": 9, "Billion": 12},
    "fr": {"mille": 3, "million": 6, "milliard": 9, "billion": 12},
}
_WORDS = {
    "en": ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"],
    "ru": ["один", "два", "три", "четыре", "пять", "шесть", "семь", "восемь", "девять", "десять"],
    "uk": ["один", "два", "три", "чотири", "п'ять", "шість", "сім", "вісім", "дев'ять", "десять"],
    "de": ["eine", "zwei", "drei", "vier", "fünf", "sechs", "sieben", "acht", "neun", "zehn"],
    "fr": ["un", "deux", "trois", "quatre", "cinq", "six", "sept", "huit", "neuf", "dix"],
}
_PERCENT = r"%|per ?cent|パーセント|퍼센트|프로(?!젝|그)|процент|відсот|Prozent|pour cent"
# No digit of a name, a path or a time before; none of a name after.
_BEFORE, _AFTER = r"(?<![A-Za-z\d_/#@:])(?<![A-Za-z]-)(?<!\d[.,])", r"(?![A-Za-z_/]|:\d|-[A-Za-z])"
_TIME = re.compile(r"\d{1,2}:\d\d(?::\d\d)?|\d{1,2}\s?[時时点시](?:\s?\d{1,2}\s?[分분])?")


class Number(NamedTuple):
    """A value as it was meant, and whether it is per cent."""

    value: Decimal
    percent: bool = False

    def __str__(self) -> str:
        """The value without exponent, with % where it is per cent."""
        whole = self.value == self.value.to_integral_value()
        return f"{self.value.to_integral_value() if whole else self.value.normalize():f}" + "%" * self.percent


def counted(text: str, language: str) -> frozenset[Number]:
    """Return the numbers of a text from which dates were taken out.

    >>> sorted(str(one) for one in counted("2万5000トン、30億ドル、8%", "ja"))
    ['25000', '3000000000', '8%']
    >>> sorted(str(one) for one in counted("три миллиарда и 2,5 тысячи", "ru"))
    ['2500', '3000000000']
    """
    bare = _TIME.sub(" ", text)
    return frozenset(_eastern(bare) if language in _EASTERN else _western(bare, language))


def alike(a: Number, b: Number) -> bool:
    """Say whether two numbers can be one figure, rounded by one of two writers: within 2 per cent.

    >>> alike(Number(Decimal(25000)), Number(Decimal(24800))), alike(Number(Decimal(8)), Number(Decimal(8), percent=True))
    (True, False)
    """
    return a.percent == b.percent and abs(a.value - b.value) <= max(a.value, b.value) * Decimal("0.02")


@cache
def _eastern_pattern() -> re.Pattern[str]:
    digits, scales = r"\d[\d,]*(?:\.\d+)?", f"[{''.join(_HAN_SCALES)}]"
    numerals = f"[{''.join(_HAN_DIGITS)}十百千]{{1,7}}[万萬億亿兆]"
    arabic = rf"(?:{digits}\s?{scales}{{1,2}})+(?:{digits})?|{digits}"
    per_cent = r"(?P<share>百分之(?P<of>\d+(?:\.\d+)?))"
    return re.compile(
        rf"{_BEFORE}(?:{per_cent}|(?P<arabic>{arabic}){_AFTER}(?P<percent>\s?(?:{_PERCENT}))?)|(?P<han>{numerals})"
    )


def _eastern(text: str) -> list[Number]:
    found = []
    for match in _eastern_pattern().finditer(text):
        if match["share"]:
            found.append(Number(Decimal(match["of"]), percent=True))
        elif match["han"]:
            found.append(Number(Decimal(_han(match["han"]))))
        else:
            found.append(Number(_scaled(match["arabic"]), percent=match["percent"] is not None))
    return found


def _scaled(text: str) -> Decimal:
    """Value of digits with scales: ``2万5000``."""
    total = Decimal(0)
    for digits, scales in re.findall(r"([\d,.]+)\s?([^\d,.\s]*)", text):
        value = Decimal(digits.replace(",", ""))
        for scale in scales:
            value *= _HAN_SCALES[scale]
        total += value
    return total


def _han(text: str) -> int:
    """Value of Chinese numerals that end with a scale: ``三十亿``."""
    total, below, digit = 0, 0, 0
    for character in text[:-1]:
        if character in _HAN_DIGITS:
            digit = _HAN_DIGITS[character]
        else:
            below += max(digit, 1) * _HAN_SCALES[character]
            digit = 0
    total += below + digit
    return total * _HAN_SCALES[text[-1]]


@cache
def _western_pattern(language: str) -> re.Pattern[str]:
    group, point = (
        (r"[ \u00a0\u202f]", ",")
        if language in {"ru", "uk", "fr"}
        else (r"\.", ",")
        if language == "de"
        else (",", r"\.")
    )
    digits = rf"\d{{1,3}}(?:{group}\d{{3}})+(?!\d)(?:{point}\d+)?|\d+(?:{point}\d+)?"
    scales = "|".join(sorted(_SCALES.get(language, {"million": 6}), key=len, reverse=True))
    words = "|".join(_WORDS.get(language, ["one"]))
    ending = r"[а-яіїє]{0,3}\.?" if language in {"ru", "uk"} else r"[es]?n?\b\.?"
    return re.compile(
        rf"{_BEFORE}(?P<digits>{digits}){_AFTER}(?:[\s-]?(?P<scale>{scales}){ending})?(?P<percent>\s?(?:{_PERCENT}))?"
        rf"|\b(?P<word>{words})[\s-](?P<after>{scales}){ending}",
        re.IGNORECASE if language != "de" else re.NOFLAG,
    )


def _western(text: str, language: str) -> list[Number]:
    found = []
    for match in _western_pattern(language).finditer(text):
        scale = Decimal(10) ** _power(match["scale"] or match["after"], language)
        if match["word"]:
            value = Decimal(_WORDS.get(language, ["one"]).index(match["word"].lower()) + 1)
        else:
            value = Decimal(_plain(match["digits"], language))
        found.append(Number(value * scale, percent=match["percent"] is not None))
    return found


def _power(scale: str | None, language: str) -> int:
    held = {name.lower(): power for name, power in _SCALES.get(language, {"million": 6}).items()}
    return held[scale.lower()] if scale else 0


def _plain(digits: str, language: str) -> str:
    if language in {"ru", "uk", "fr"}:
        return re.sub(r"\s", "", digits).replace(",", ".")
    return digits.replace(".", "").replace(",", ".") if language == "de" else digits.replace(",", "")
