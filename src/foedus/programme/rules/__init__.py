"""Semantic rules P101 to P168: nearly all relate two places of the document, which no schema can.

Each rule is a generator of remarks over a whole programme; a broken reference is the business of one rule only, every
other rule passes over it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from foedus.model.programme import Programme
from foedus.programme.remark import Remark
from foedus.programme.rules import areas, clauses, identity, indicators, levels, nodes

Rule = Callable[[Programme], Iterator[Remark]]

RULES: tuple[Rule, ...] = (
    *identity.RULES,
    *areas.RULES,
    *indicators.RULES,
    *levels.RULES,
    *clauses.RULES,
    *nodes.RULES,
)
"""Every rule that needs nothing but the document."""
