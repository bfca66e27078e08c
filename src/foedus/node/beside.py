"""The programmes of a node side by side: how each stands, and what is late and comes next under it."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from foedus.account.review import ObjectiveScore, objectives
from foedus.account.score import Scoreboard
from foedus.model.programme import Programme
from foedus.node import account, agenda, programmes
from foedus.node.agreements import Agreement
from foedus.node.home import Node
from foedus.node.owed import owed
from foedus.node.programmes import Held
from foedus.programme.agenda import Dated

NEXT = 3
"""How many things to come are said of each programme."""


class Beside(msgspec.Struct, frozen=True):
    """One programme beside the others: its scoreboard and objectives today, milestones that are late, and what comes next."""

    held: Held
    document: Programme
    board: Scoreboard
    objectives: tuple[ObjectiveScore, ...]
    late: tuple[Dated, ...]
    coming: tuple[Dated, ...]


def beside(node: Node, language: str) -> list[Beside]:
    """Return the programmes of the node's own party, in the order of their ids; titles of what is due in a language."""
    at = node.clock.now()
    held = [one for one in node.agreements.all(at) if one.programme.party(node.party) is not None]
    held.sort(key=lambda one: one.programme.id)
    boards, owing = account.scores(node, held, at.date()), owed(node)
    return [
        _one(node, one, board, agenda.of(node, one, language, board, owing))
        for one, board in zip(held, boards, strict=True)
    ]


def _one(node: Node, agreement: Agreement, board: Scoreboard, found: Sequence[Dated]) -> Beside:
    held, document = programmes.described(agreement), agreement.programme
    today = node.clock.now().date().isoformat()
    late = tuple(one for one in found if one.kind == "milestone" and not one.done and one.day < today)
    coming = tuple(one for one in found if one.day >= today and not one.done)[:NEXT]
    return Beside(held, document, board, objectives(document, board), late, coming)
