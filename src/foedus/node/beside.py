"""The programmes of a node side by side: how each stands, and what is late and comes next under it."""

from __future__ import annotations

import msgspec

from foedus.account.review import ObjectiveScore, objectives
from foedus.account.score import Scoreboard
from foedus.model.programme import Programme
from foedus.node import account, agenda, programmes
from foedus.node.home import Node
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
    held = [one for one in programmes.held(node) if node.party in one.parties]
    return [_one(node, one, language) for one in sorted(held, key=lambda one: one.id)]


def _one(node: Node, held: Held, language: str) -> Beside:
    _, document = programmes.document_of(node, held.id)
    [board] = account.score(node, held.id)
    today = node.clock.now().date().isoformat()
    found = agenda.agenda(node, held.id, language, board)
    late = tuple(one for one in found if one.kind == "milestone" and not one.done and one.day < today)
    coming = tuple(one for one in found if one.day >= today and not one.done)[:NEXT]
    return Beside(held, document, board, objectives(document, board), late, coming)
