"""The multilingual set: texts of our own writing, each with its topic, language, role and stance, and how methods fare on it.

``same`` states, reports, asks about or denies the topic's claim, which is the topic's first text; ``near`` shares words with it
and says something else (another day, country, number, matter); texts with ``near-a`` of one topic translate each other;
``other`` belongs to no topic.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from itertools import combinations
from pathlib import Path
from typing import NamedTuple

from foedus.areas.information.meaning.across import Text

DATA = Path(__file__).with_name("data")


class Row(NamedTuple):
    """One labelled text."""

    id: str
    topic: str
    lang: str
    role: str
    stance: str
    text: str

    def as_text(self) -> Text:
        return Text(self.id, self.lang, self.text)


def rows(name: str) -> list[Row]:
    """Rows of ``calibration`` or ``test``."""
    with (DATA / f"{name}.tsv").open(encoding="utf-8") as file:
        held = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    return [Row(f"{one['topic']}-{number}", **one) for number, one in enumerate(held)]


def claims(held: Sequence[Row]) -> dict[str, Row]:
    """Topic -> its claim."""
    found: dict[str, Row] = {}
    for row in held:
        if row.topic != "none":
            found.setdefault(row.topic, row)
    return found


def one_story(a: Row, b: Row) -> bool:
    """Whether two texts are about one statement, whatever their stance."""
    return a.topic == b.topic != "none" and a.role == b.role != "near"


def pairs(held: Sequence[Row]) -> Iterator[tuple[Row, Row]]:
    """All pairs of texts, the earlier first."""
    return combinations(held, 2)
