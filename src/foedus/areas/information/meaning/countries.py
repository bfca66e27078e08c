"""Countries that a text names, in eight languages: names, adjectives, inhabitants, seats of government.

Names are those of the Unicode CLDR (through babel), others stand in ``data/countries.tsv``. A seat of government names the
government. Bound words and homographs are left out rather than guessed.
"""

from __future__ import annotations

import re
from functools import cache
from importlib import resources
from typing import NamedTuple

from babel import Locale

LANGUAGES = ("en", "ja", "ko", "ru", "zh", "uk", "de", "fr")
_INFLECTED = frozenset({"ru", "uk"})
_UNSPACED = frozenset({"ja", "zh"})
# Territories of CLDR that are no country, and names that are common words (ko: means, arrogance, family; zh: a part of others).
_NONE = frozenset({"UN", "EZ", "ZZ", "QO", "XA", "XB"})
_HOMOGRAPHS = {
    "en": {"Chad", "Jordan", "Georgia", "Mali"},
    "ko": {"수단", "오만", "가나", "이란", "말리", "기니", "차드", "통가", "니제르", "페루", "모나코"},
    "zh": {"马里", "乍得", "多哥"},
    "ru": {"Мали", "Чад", "Того", "Куба", "Гана"},
    "uk": {"Малі", "Чад", "Того", "Куба", "Гана"},
    "fr": {"Mali", "Tchad"},
    "de": {"Mali", "Tschad"},
    "ja": set[str](),
}


class Lexicon(NamedTuple):
    """A pattern with one group a name, and the country of each group."""

    pattern: re.Pattern[str]
    countries: tuple[str, ...]


def named(text: str, language: str) -> frozenset[str]:
    """Return the ISO 3166 codes of the countries that a text names; nothing for a language without a lexicon.

    >>> sorted(named("The leaders of Australia and Japan met in Wellington.", "en"))
    ['AU', 'JP', 'NZ']
    >>> sorted(named("Лидеры Австралии и Японии", "ru")), sorted(named("日豪首脳会談", "ja"))
    (['AU', 'JP'], ['AU', 'JP'])
    """
    held = lexicon(language)
    if held is None:
        return frozenset()
    found: set[str] = set()
    for match in held.pattern.finditer(text):
        found.update(held.countries[(match.lastindex or 1) - 1].split())
    return frozenset(found)


@cache
def lexicon(language: str) -> Lexicon | None:
    """Return the lexicon of a language, None where there is none."""
    if language not in LANGUAGES:
        return None
    names: dict[str, set[str]] = {}
    for code, name in (*_cldr(language), *_others(language)):
        names.setdefault(name, set()).add(code)
    # The longest name first: "Papua New Guinea" before "Guinea".
    ordered = sorted(names, key=lambda name: (-len(name), name))
    # Few characters begin a name: looked at first, the rest of the text costs nothing.
    first = "".join(sorted({letter for name in names for letter in (name[0], name[0].upper())}))
    groups = f"(?=[{re.escape(first)}])(?:{'|'.join(f'({_pattern(name, language)})' for name in ordered)})"
    if language in _UNSPACED:
        bounded = groups
    elif language == "ko":
        bounded = f"(?<![가-힣]){groups}"  # particles follow a name, nothing precedes it
    else:
        bounded = rf"(?<!\w){groups}(?!\w)"
    return Lexicon(re.compile(bounded), tuple(" ".join(sorted(names[name])) for name in ordered))


def _cldr(language: str) -> list[tuple[str, str]]:
    held = list(Locale(language).territories.items())
    if language == "zh":
        held += Locale("zh", script="Hant").territories.items()
    return [
        (code, _inflected(name) if language in _INFLECTED else name)
        for code, name in held
        if code.isalpha() and code not in _NONE and "(" not in name and "（" not in name
        if name not in _HOMOGRAPHS[language]
    ]


def _others(language: str) -> list[tuple[str, str]]:
    table = resources.files(__package__).joinpath("data", "countries.tsv").read_text(encoding="utf-8").splitlines()
    rows = [line.split("\t") for line in table if not line.startswith("#")]
    column = rows[0].index(language)
    return [(row[0], name) for row in rows[1:] for name in row[column].split("|")]


def _inflected(name: str) -> str:
    """Take a vowel off the end of a Russian or Ukrainian name, so that its cases match; short names stay as they are."""
    if " " in name or name.isupper():
        return name
    vowel = name[-1] in "аяийьеоыіїєв"
    short = 5 if vowel else 4
    return name if len(name) < short else f"{name[:-1]}*" if vowel else f"{name}*"


def _pattern(name: str, language: str) -> str:
    """A name as an expression; ``*`` stands for an ending, of at most three letters after a name that begins with a capital."""
    if language in _UNSPACED and re.fullmatch(r"[ァ-ヶー・]+", name):
        return f"(?<![ァ-ヶー]){re.escape(name)}(?![ァ-ヶー])"
    ending = r"\\w{0,3}" if name[:1].isupper() else r"\\w*"
    first = f"[{name[0]}{name[0].upper()}]" if name[0].islower() else re.escape(name[0])
    return first + re.sub(r"\\\*", ending, re.escape(name[1:]))
