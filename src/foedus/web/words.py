"""The words of the pages in their languages: by key, never put together from pieces."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib import resources
from typing import Any

LANGUAGES: Mapping[str, str] = {"en": "English", "ja": "日本語"}
"""Languages of the pages, each by its own name."""


class Words:
    """Texts of one language.

    Args:
        language: one of ``LANGUAGES``.

    >>> Words("en").count("unit.finding", 1), Words("en").count("unit.finding", 2)
    ('1 finding', '2 findings')
    """

    def __init__(self, language: str) -> None:
        self.language = language
        self._texts = texts(language)

    def __call__(self, key: str, **values: object) -> str:
        """Return the text of a key with values put in; a key that nobody wrote is a mistake of this program."""
        return self._texts[key].format(**values) if values else self._texts[key]

    def count(self, key: str, number: int, **values: object) -> str:
        """Return the text of a key for a number of things."""
        form = "one" if number == 1 else "other"
        return self._texts[f"{key}.{form}"].format(n=f"{number:,}", **values)

    def known(self, key: str, otherwise: str) -> str:
        """Return the text of a key that code elsewhere may have made, or something else where nobody wrote it yet."""
        return self._texts.get(key, otherwise)


@cache
def texts(language: str) -> Mapping[str, str]:
    """Return all texts of a language, by dotted key."""
    text = resources.files(__package__).joinpath("i18n", f"{language}.toml").read_text(encoding="utf-8")
    return dict(_flat(tomllib.loads(text), ()))


def preferred(accepted: str) -> str:
    """Return the language of ours that an Accept-Language header names first.

    >>> preferred("fr, ja-JP;q=0.9, en;q=0.8"), preferred("")
    ('ja', 'en')
    """
    ranked = sorted(map(_ranked, accepted.split(",")), reverse=True)
    return next((name for _, name in ranked if name in LANGUAGES), "en")


def _ranked(part: str) -> tuple[float, str]:
    name, _, weight = part.partition(";q=")
    try:
        return float(weight or 1), name.strip().lower().partition("-")[0]
    except ValueError:
        return 0.0, ""


def _flat(held: Mapping[str, Any], path: Sequence[str]) -> Iterator[tuple[str, str]]:
    for name, value in held.items():
        here = (*path, name)
        if isinstance(value, dict):
            yield from _flat(value, here)
        else:
            yield ".".join(here), value
