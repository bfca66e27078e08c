"""Parties: who signed which programme, the nodes they run, and the keys and certificates these are known by."""

from __future__ import annotations

from foedus.node import parties
from foedus.web.answer import Answer, Shown, Table
from foedus.web.visit import Visit

_COLUMNS = ("programme", "version", "party", "node", "endpoint", "state", "from", "until", "certificate_until", "keys")


def show(visit: Visit) -> Answer:
    """Show every party of every programme held."""
    held = parties.signed(visit.node)
    rows = [
        (
            *(one.programme, one.version, party.party, known.id, known.endpoint, known.state, known.since, known.until),
            *(known.certificate_until, " ".join(key for _, key in known.keys)),
        )
        for one in held
        for party in one.parties
        for known in party.nodes
    ]
    return Shown("parties.html", {"programmes": held, "own": parties.own(visit.node)}, Table(_COLUMNS, rows))
