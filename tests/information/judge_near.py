"""Precision and recall of near-duplicates over made-up texts, by script and by how a text was changed."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from tests.information.words import DENSE, SCRIPTS, Language, disguised, replaced

from foedus.areas.information.methods import near

Change = Callable[[Language, list[str]], str]


def _shuffled(language: Language, words: list[str]) -> str:
    third = len(words) // 3
    return language.text([*words[2 * third :], *words[third : 2 * third], *words[:third]])


CHANGES: dict[str, Change] = {
    "copy": lambda language, words: language.text(words),
    "disguised copy": lambda language, words: disguised(language.rng, language.text(words)),
    "8 % of words replaced": lambda language, words: language.text(replaced(language, words, 0.08)),
    "15 % of words replaced": lambda language, words: language.text(replaced(language, words, 0.15)),
    "25 % of words replaced": lambda language, words: language.text(replaced(language, words, 0.25)),
    "parts in another order": _shuffled,
    "a sentence added": lambda language, words: language.text([*words, *language.sentence(len(words) // 2)]),
    "a word inserted, one left out": lambda language, words: language.text([language.word(), *words[:-1]]),
}


class Found(NamedTuple):
    """Of one script and change: texts made, found in the cluster of their origin, by relation; found in another's."""

    made: int
    found: int
    relations: Counter
    wrong: int


def judge_near(seeds: range, script: str, origins: int = 60) -> dict[str, Found]:
    """Score texts of one script: an origin and each of its changes, in one fold with all others."""
    counts: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    relations: dict[str, Counter] = defaultdict(Counter)
    for seed in seeds:
        language = Language(random.Random(f"{seed} {script}"), script)
        size = 40 if script in DENSE else 18
        first = [language.sentence(language.rng.randint(size - 4, size + 6)) for _ in range(origins)]
        texts = [language.text(words) for words in first]
        made = [
            (number, name, change(language, words))
            for number, words in enumerate(first)
            for name, change in CHANGES.items()
        ]
        names = [f"{n:06d}" for n in range(len(texts) + len(made))]
        _, said = near.fold(near.EMPTY, names, np.arange(len(names)), [*texts, *(text for _, _, text in made)])
        for at, (number, name, _) in enumerate(made, len(texts)):
            tally = counts[name]
            tally[0] += 1
            tally[1] += said.cluster[at] == names[number]
            tally[2] += said.cluster[at] in names[:origins] and said.cluster[at] != names[number]
            relations[name][said.relation[at] if said.cluster[at] == names[number] else "missed"] += 1
    return {name: Found(counts[name][0], counts[name][1], relations[name], counts[name][2]) for name in CHANGES}


def all_scripts(seeds: range) -> dict[str, dict[str, Found]]:
    return {script: judge_near(seeds, script) for script in SCRIPTS}
