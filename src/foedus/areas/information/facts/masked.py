"""Masked: words of a quotation without what may be a person's name; what is not known to be none is left out."""

from __future__ import annotations

import re
from collections.abc import Collection

from foedus.areas.information.facts.lexicon import words
from foedus.areas.information.facts.names import english

MASK = "[…]"
_WORD = re.compile(r"[A-ZÀ-ÖØ-Þ][\w'’\-]*")
_ACRONYM = re.compile(r"[A-Z]{2,6}s?")
_BEGINS = re.compile(r"(?:\A|[.!?:…—–(\"“”‘']\s?|\n)\s*$")
_COMMON = frozenset(words("english", "common"))


def masked(text: str, language: str, known: Collection[str] = ()) -> str:
    """Return words as they may go along with a finding; "" in a language whose names cannot be told from other words.

    Args:
        text: the words.
        language: their language.
        known: names of those who hold a public office, which may stay.

    >>> masked("We thank John Privat and Japan. Smith knows it.", "en")
    'We thank […] and Japan. […] knows it.'
    """
    if language != "en":
        return ""
    spans = [(hit.start, hit.end) for hit in english().find(text)]
    spans += [found.span() for name in known if name for found in re.finditer(rf"(?<!\w){re.escape(name)}(?!\w)", text)]

    def replace(found: re.Match[str]) -> str:
        kept = any(start <= found.start() and found.end() <= end + 2 for start, end in spans)
        common = found[0].lower() in _COMMON and (
            found[0] == "I" or _BEGINS.search(text[: found.start()][-4:]) is not None
        )
        weekday = found[0].lower() in _COMMON and found[0].endswith(
            ("day", "ber", "ary", "ly", "ust", "ril", "May", "ne")
        )
        return (
            found[0] if kept or common or weekday or found[0] in ("I", "May") or _ACRONYM.fullmatch(found[0]) else MASK
        )

    return re.sub(rf"{re.escape(MASK)}(?: {re.escape(MASK)})+", MASK, _WORD.sub(replace, text))
