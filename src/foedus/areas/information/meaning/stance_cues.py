"""Words by which texts deny, doubt, attribute and ask, in eight languages (``data/stance_cues.tsv``).

They are cues, no grammar: written by hand, measured in docs/areas/information-languages.md, misses included. ``denial`` are
words about a claim ("false", "denies", "谣言"); ``negation`` is plain grammar ("not", "没有"), which may belong to anything.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from importlib import resources

# At least eight characters between marks: a statement, not a name in quotes.
QUOTATION = re.compile(
    r"“[^“”]{8,}”|「[^「」]{8,}」|«[^«»]{8,}»|„[^„“”]{8,}[“”]|《[^《》]{20,}》|\"[^\"]{8,}\"|『[^『』]{8,}』"
)


@cache
def cues() -> Mapping[str, Mapping[str, str]]:
    """Return the expressions: language -> sort of cue -> expression."""
    table = resources.files(__package__).joinpath("data", "stance_cues.tsv").read_text(encoding="utf-8").splitlines()
    held: dict[str, dict[str, list[str]]] = {}
    for line in table[2:]:
        language, sort, expression = line.split("\t")
        held.setdefault(language, {}).setdefault(sort, []).append(expression)
    return {
        language: {sort: "|".join(expressions) for sort, expressions in sorts.items()}
        for language, sorts in held.items()
    }


@cache
def pattern(language: str) -> re.Pattern[str] | None:
    """Return one expression with a group a sort of cue, None for a language without cues."""
    sorts = cues().get(language)
    if sorts is None:
        return None
    return re.compile("|".join(f"(?P<{sort}>{held})" for sort, held in sorts.items()), re.IGNORECASE)
