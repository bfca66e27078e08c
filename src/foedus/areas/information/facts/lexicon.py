"""Lexicon: the words that the readers of a language know, from the tables beside this module."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any


@cache
def _table(language: str) -> Mapping[str, Any]:
    return tomllib.loads(resources.files(__package__).joinpath(f"{language}.toml").read_text(encoding="utf-8"))


def words(language: str, name: str) -> list[str]:
    """Return a list of words or regular expressions."""
    return [str(one) for one in _table(language)[name]]


def either(language: str, name: str) -> str:
    """Return a list as the alternatives of one regular expression."""
    return "|".join(words(language, name))


def verbs(language: str) -> Mapping[str, str]:
    """Return the forms by which each sort of fact is told, as alternatives of a regular expression."""
    return {what: "|".join(forms) for what, forms in _table(language)["verbs"].items()}
