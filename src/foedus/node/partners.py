"""How it stands with each partner: what was sent and signed, what they signed for, what is still open."""

from __future__ import annotations

import msgspec

from foedus.account.bodies import CheckpointExchanged
from foedus.account.bodies import read as read_body
from foedus.errors import MalformedRecord
from foedus.model.entry import LogInfo
from foedus.node.agreements import Agreement
from foedus.node.home import Node
from foedus.node.signing import why_halted
from foedus.store.engine import Read

_LATE = 200
_STATES = 5_000


class Log(msgspec.Struct, frozen=True):
    """One log of a pair: entries, how far its keeper signed it, how far the other side signed for it, its last entry."""

    name: str
    origin: str
    entries: int
    signed: int
    receipted: int
    last_at: str

    @property
    def pending(self) -> int:
        """How many entries the other side has not signed for yet."""
        return self.entries - self.receipted


class Partner(msgspec.Struct, frozen=True):
    """Another party under one programme; a log is None while nothing ever stood in it. ``halted`` says why nothing is signed."""

    party: str
    programme: str
    in_force: bool
    endpoint: str
    sent: Log | None
    received: Log | None
    last_exchange: str
    halted: str
    frozen: bool


def partners(node: Node) -> list[Partner]:
    """Return how it stands with every partner under every programme held."""
    at = node.clock.now()
    with node.store.read() as read:
        return [
            _partner(node, read, agreement, party.id)
            for agreement in node.agreements.all(at)
            for party in agreement.programme.parties
            if party.id != node.party
        ]


def _partner(node: Node, read: Read, agreement: Agreement, party: str) -> Partner:
    programme = agreement.programme.id
    sent, received = f"{programme}|{node.party}|{party}", f"{programme}|{party}|{node.party}"
    cards = agreement.cards(party)
    return Partner(
        party,
        programme,
        agreement.in_force,
        cards[-1].endpoint if cards else "",
        _log(read, sent),
        _log(read, received),
        _last_exchange(read, sent),
        why_halted(node, read, programme, party) if agreement.in_force else "",
        node.freezes.of(programme, party) is not None,
    )


def _log(read: Read, name: str) -> Log | None:
    info = read.logs.log(name)
    if info is None:
        return None
    size, newest = read.logs.size(name), read.logs.checkpoint(name)
    last = next(iter(read.logs.entries(name, size - 1, size)), None) if size else None
    signed = newest.size if newest is not None else 0
    return Log(
        name, info.origin, size, signed, _receipted(read, info, size), last.entry().at if last is not None else ""
    )


def _receipted(read: Read, info: LogInfo, size: int) -> int:
    """Return up to where both sides signed a log: of its states the largest with two signatures."""
    states = read.logs.checkpoints(info.name, max(0, size - _STATES))
    return max((one.size for one in states if one.note.count("\n— ") > 1), default=0)


def _last_exchange(read: Read, sent: str) -> str:
    """Return when this node last entered that it read the partner's log."""
    if read.logs.log(sent) is None:
        return ""
    size = read.logs.size(sent)
    late = list(read.logs.entries(sent, max(0, size - _LATE), size))
    for stored in reversed(late):
        if b'"checkpoint.exchanged"' not in stored.leaf:
            continue
        try:
            body = read_body(stored)
        except MalformedRecord:
            continue
        if isinstance(body, CheckpointExchanged):
            return body.at
    return ""
