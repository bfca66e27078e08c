"""The ledger: how it stands with each partner, every log entry by entry, proofs, recalls that nobody confirmed."""

from __future__ import annotations

import msgspec

from foedus.errors import InputError
from foedus.node import account
from foedus.node.due import upcoming
from foedus.node.partners import partners
from foedus.node.recall_state import standings
from foedus.web.answer import Answer, File, Shown, Table
from foedus.web.visit import Visit

PAGE_ROWS = 50


def show(visit: Visit, reports: list[dict[str, object]] | None = None) -> Answer:
    """Show partners, logs and what is open with whom."""
    node = visit.node
    found = partners(node)
    data = {
        "partners": found,
        "logs": account.logs(node),
        "recalls": standings(node, waiting=True),
        "due": tuple(upcoming(node)),
        "reports": reports or [],
    }
    columns = ("party", "programme", "sent", "signed", "receipted", "received", "last exchange", "halted")
    rows = [
        (
            one.party,
            one.programme,
            one.sent.entries if one.sent else 0,
            one.sent.signed if one.sent else 0,
            one.sent.receipted if one.sent else 0,
            one.received.entries if one.received else 0,
            one.last_exchange,
            one.halted,
        )
        for one in found
    ]
    return Shown("ledger.html", data, Table(columns, rows))


def verify(visit: Visit) -> Answer:
    """Recompute every log, from bodies to signed states, and say what was found."""
    found = [
        {"log": one.log, "entries": one.entries, "whole": one.whole, "faults": [str(fault) for fault in one.faults]}
        for one in account.verify(visit.node)
    ]
    return show(visit, found)


def log(visit: Visit) -> Answer:
    """Show entries of a log, the newest first, or around one entry."""
    name, node = visit.value("name"), visit.node
    with node.store.read() as read:
        size = read.logs.size(name) if read.logs.log(name) is not None else 0
    at = _number(visit.value("at")) if visit.value("at") else None
    before = _number(visit.value("before")) if visit.value("before") else size
    end = min(size, at + PAGE_ROWS // 2 if at is not None else before)
    start = max(0, end - PAGE_ROWS)
    lines = list(reversed(account.show(node, name, start, end - start)))
    state = next(one for one in account.logs(node) if one.name == name)
    data = {"log": state, "lines": lines, "at": at, "earlier": start or None, "later": end < size}
    rows = [(one.seq, one.at, one.kind, msgspec.json.encode(one.body).decode()) for one in lines]
    return Shown("ledger-log.html", data, Table(("entry", "at", "kind", "body"), rows))


def proof(visit: Visit) -> Answer:
    """Give the proof of an entry, which anybody verifies with the log's public key."""
    seq = _number(visit.value("at"))
    text = account.prove(visit.node, visit.value("name"), seq)
    return File(text.encode(), f"entry-{seq}.tlog-proof", "text/plain; charset=utf-8")


def _number(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) < 16):
        raise InputError("not the number of an entry", code="page-unknown")
    return int(text)
