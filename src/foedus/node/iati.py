"""A programme and its results for IATI: the figures of every year of the term up to today."""

from __future__ import annotations

from foedus.account import iati
from foedus.account.iati import Exported
from foedus.node.home import Node
from foedus.node.review import review


def export(node: Node, programme: str) -> Exported:
    """Return a programme as an IATI 2.03 file reported by the node's party, and what it could not say.

    Raises:
        InputError: the programme is not known here, or its term has not begun.
    """
    found = review(node, programme)
    return iati.export(found.document, found.boards, node.party, node.clock.now().date())
