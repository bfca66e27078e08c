"""Names as labels compare them, and short names of states both ways."""

from __future__ import annotations

import unicodedata

from foedus.label.countries import NAMES


def fold(name: str) -> str:
    """Return the form in which names are compared: NFC, any case, blanks folded; never transliterated.

    >>> fold(" Releasable  TO ") == fold("releasable to")
    True
    """
    return unicodedata.normalize("NFC", " ".join(unicodedata.normalize("NFC", name).split()).casefold())


_CODES = {fold(name): code for code, names in NAMES.items() for name in (code, *names)} | {
    fold(name): code
    for name, code in (
        ("United Kingdom", "GBR"),
        ("United States", "USA"),
        ("Republic of Korea", "KOR"),
        ("ROK", "KOR"),
        ("Turkey", "TUR"),
        ("Czech Republic", "CZE"),
        ("The Netherlands", "NLD"),
    )
}


def country_name(code: str, language: str = "en") -> str:
    """Return the short name of a state in a language, or the value itself where it is no state.

    >>> country_name("JPN"), country_name("JPN", "fr"), country_name("KFOR")
    ('Japan', 'Japon', 'KFOR')
    """
    names = NAMES.get(code.upper())
    if names is None:
        return code
    return names[1] if language == "fr" else names[0]


def country_code(name: str) -> str | None:
    """Return the alpha-3 code of a state's code or short name, or None.

    >>> country_code("switzerland"), country_code("Atlantis")
    ('CHE', None)
    """
    return _CODES.get(fold(name))
