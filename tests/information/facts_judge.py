"""How much of marked articles is found, and how much of what is found is marked; per slot."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

from foedus.areas.information.facts.article import facts_of
from foedus.areas.information.facts.told import Facts

ARTICLES = Path(__file__).parent / "data" / "articles.json"
SLOTS = ("who is named", "places", "days", "amounts", "who is quoted", "facts (what, who)")
OF_FACTS = ("with regard to", "when", "certainty")


class Score(NamedTuple):
    """Hits, what was found, what is marked."""

    hit: int = 0
    found: int = 0
    marked: int = 0

    def plus(self, found: Counter[Any], marked: Counter[Any]) -> Score:
        """Add one article."""
        hit = sum((found & marked).values())
        return Score(self.hit + hit, self.found + sum(found.values()), self.marked + sum(marked.values()))

    @property
    def precision(self) -> float:
        """The share of what was found that is marked."""
        return self.hit / self.found if self.found else 1.0

    @property
    def recall(self) -> float:
        """The share of what is marked that was found."""
        return self.hit / self.marked if self.marked else 1.0


def articles(part: str = "", language: str = "") -> list[dict[str, Any]]:
    """Return marked articles: of a part (seen, unseen), in a language."""
    held = json.loads(ARTICLES.read_text(encoding="utf-8"))
    return [one for one in held if part in ("", one["part"]) and language in ("", one["language"])]


def scores(marked: Iterable[Mapping[str, Any]]) -> dict[str, Score]:
    """Return the score of each slot; those of ``OF_FACTS`` over facts that were found with the right sort and actors."""
    made = {name: Score() for name in (*SLOTS, *OF_FACTS)}
    for one in marked:
        told = facts_of(one["text"], one["language"], date.fromisoformat(one["published"]))
        for name, (found, right) in _slots(told, one).items():
            made[name] = made[name].plus(found, right)
    return made


def _slots(told: Facts, one: Mapping[str, Any]) -> dict[str, tuple[Counter[Any], Counter[Any]]]:
    found = {(fact.what, frozenset(who.name for who in fact.who)): fact for fact in told.facts}
    right = {(fact["what"], frozenset(fact["who"])): fact for fact in one["facts"]}
    both = [(found[key], right[key]) for key in found.keys() & right.keys()]
    return {
        "who is named": (Counter({name.name for name in told.actors}), Counter(set(one["actors"]))),
        "places": (Counter({name.name for name in told.places}), Counter(set(one["places"]))),
        "days": (Counter({day.resolved or day.text for day in told.days}), Counter(set(one["days"]))),
        "amounts": (Counter(amount.text for amount in told.amounts), Counter(one["amounts"])),
        "who is quoted": (Counter(q.speaker.name for q in told.quotations if q.speaker), Counter(one["speakers"])),
        "facts (what, who)": (Counter(list(found)), Counter(list(right))),
        "with regard to": _pairs((frozenset(a.name for a in f.target), frozenset(r["target"])) for f, r in both),
        "when": _pairs((f.when.resolved if f.when else "", r["when"]) for f, r in both),
        "certainty": _pairs((f.certainty, r["certainty"]) for f, r in both),
    }


def _pairs(pairs: Iterable[tuple[Any, Any]]) -> tuple[Counter[Any], Counter[Any]]:
    """Each fact by itself: what was said of it, what is marked."""
    held = list(enumerate(pairs))
    return Counter((n, a) for n, (a, _) in held if a), Counter((n, b) for n, (_, b) in held if b)


def table(part: str = "unseen") -> list[str]:
    """Return the scores as the docs print them: a slot a line, precision and recall in English and in Japanese."""
    lines = ["| slot | English: precision, recall (marked) | Japanese |", "|---|---|---|"]
    by = {language: scores(articles(part, language)) for language in ("en", "ja")}
    for name in (*SLOTS, *OF_FACTS):
        cells = [f"{s.precision:.2f}, {s.recall:.2f} ({s.marked})" for s in (by["en"][name], by["ja"][name])]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return lines
