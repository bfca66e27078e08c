"""Names that are known: states with their peoples and capitals, international bodies, cities and waters.

Source: Unicode CLDR (territory names in English and Japanese, by Babel); the tables beside this module are our own.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from importlib import resources
from typing import NamedTuple

from babel import Locale

from foedus.areas.information.facts.told import BODY, PLACE, STATE

ADJECTIVE, CAPITAL = "adjective", "capital"
"""Sorts beside those of ``told``: a people's name ("Japanese"), and a capital, which may mean its government."""
# Names of CLDR that are more often another word; those of a state are met by its adjective and its capital still.
_NOT = frozenset({"Jersey", "Man", "Jordan", "Chad", "Guinea", "Mali", "Christmas Island", "World", "Georgia"})
_KEPT = {"Georgia": "GE", "Jordan": "JO", "Chad": "TD", "Mali": "ML", "Guinea": "GN"}


class Known(NamedTuple):
    """What a name names: its sort, the one name of it, the country."""

    kind: str
    name: str
    country: str


class Hit(NamedTuple):
    """A known name in a text."""

    start: int
    end: int
    known: Known


class Names:
    """Finds known names; the longest at each place, never inside a word.

    Args:
        known: names and what they name.
        spaced: whether words have spaces between them, so that a name must begin and end with one.
    """

    def __init__(self, known: dict[str, Known], *, spaced: bool) -> None:
        self._known = known
        self._spaced = spaced
        self._by_first: dict[str, list[str]] = {}
        for name in sorted(known, key=len, reverse=True):
            self._by_first.setdefault(name[0], []).append(name)

    def find(self, text: str) -> Iterator[Hit]:
        """Yield what is known in a text, in its order, without overlap."""
        place = 0
        while place < len(text):
            name = self._at(text, place)
            if name:
                yield Hit(place, place + len(name), self._known[name])
                place += len(name)
            else:
                place += 1

    def __contains__(self, text: str) -> bool:
        """Say whether a text is a known name."""
        return text in self._known

    def _at(self, text: str, place: int) -> str:
        if self._spaced and place and text[place - 1].isalnum():
            return ""
        for name in self._by_first.get(text[place], ()):
            end = place + len(name)
            inside = self._spaced and end < len(text) and text[end].isalnum()
            if text.startswith(name, place) and not inside:
                return name
        return ""


@cache
def english() -> Names:
    """Return the names in English."""
    known: dict[str, Known] = {}
    territories = Locale("en").territories
    for code, name in territories.items():
        if (
            len(code) == 2
            and code.isalpha()
            and code not in ("EU", "UN", "QO", "EZ", "ZZ", "XA", "XB")
            and name not in _NOT
        ):
            known[name] = Known(STATE, name, code)
    known |= {name: Known(STATE, name, code) for name, code in _KEPT.items()}
    for code, adjectives, others, _ in _rows("states.tsv"):
        name = str(territories[code])
        known |= {one: Known(ADJECTIVE, name, code) for one in adjectives}
        for number, other in enumerate(others):
            capital = number == 0 and _is_capital(other, code)
            known[other] = Known(
                CAPITAL if capital or other == "The Hague" else STATE, other if capital else name, code
            )
    for place, code, _, _ in _rows("places.tsv"):
        known[place] = Known(PLACE, place, "".join(code))
    for body, others, _, _ in _rows("bodies.tsv"):
        known |= {one: Known(BODY, body, "") for one in (body, *others)}
    return Names(known | {_capitalised(name): held for name, held in known.items()}, spaced=True)


@cache
def japanese() -> Names:
    """Return the names in Japanese; what they name is called as in English."""
    known: dict[str, Known] = {}
    territories, english_names = Locale("ja").territories, Locale("en").territories
    for code, name in territories.items():
        if (
            len(code) == 2
            and code.isalpha()
            and code not in ("EU", "UN", "QO", "EZ", "ZZ", "XA", "XB")
            and len(name) > 1
        ):
            known[name] = Known(STATE, str(english_names[code]), code)
    for code, _, others, names in _rows("states.tsv"):
        state = Known(STATE, str(english_names[code]), code)
        for name in names:
            capital = name in ("東京", "北京", "平壌", "ソウル", "モスクワ", "ワシントン", "カブール", "キーウ")
            known[name] = Known(CAPITAL, others[0] if others else state.name, code) if capital else state
    for place, code, names, _ in _rows("places.tsv"):
        known |= {name: Known(PLACE, place, "".join(code)) for name in names}
    for body, others, names, _ in _rows("bodies.tsv"):
        short = [one for one in (body, *others) if one.isascii() and one.isupper() and len(one) > 2]
        known |= {name: Known(BODY, body, "") for name in (*names, *short)}
    return Names(known, spaced=False)


def _is_capital(name: str, code: str) -> bool:
    """Whether the first of the other names is a capital: it is for all but those whose first is another name of the state."""
    return code != "MM" and " Republic" not in name


def _capitalised(name: str) -> str:
    """A name with its article as it begins a sentence."""
    return f"The{name[3:]}" if name.startswith("the ") else name


def _rows(file: str) -> Iterator[tuple[str, list[str], list[str], list[str]]]:
    text = resources.files(__package__).joinpath(file).read_text(encoding="utf-8")
    for line in text.splitlines():
        if line and not line.startswith("#"):
            cells = (line.split("\t") + [""] * 4)[:4]
            first, second, third = ([one for one in cell.split("|") if one] for cell in cells[1:])
            yield cells[0], first, second, third
