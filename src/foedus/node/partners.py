"""How it stands with each partner: what was sent and signed, what they signed for, what is still open."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from foedus.account.bodies import CheckpointExchanged
from foedus.account.bodies import read as read_body
from foedus.errors import MalformedRecord
from foedus.node.agreements import Agreement
from foedus.node.home import Node
from foedus.node.signing import all_halted
from foedus.store.engine import Read

_LATE = 200
_EXCHANGED = f'"kind":"{CheckpointExchanged.kind_of_entry}"'.encode()
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
    pairs = [
        (agreement, party.id)
        for agreement in node.agreements.all(at)
        for party in agreement.programme.parties
        if party.id != node.party
    ]
    with node.store.read() as read:
        known = _Known(node, read, pairs)
        return [known.partner(agreement, party) for agreement, party in pairs]


class _Known:
    """The logs with all partners, read in one go."""

    def __init__(self, node: Node, read: Read, pairs: Sequence[tuple[Agreement, str]]) -> None:
        self._node = node
        self._read = read
        names = [name for agreement, party in pairs for name in self._names(agreement, party)]
        self._last = read.logs.last_with(names)
        self._exchanged = read.logs.last_with(names[::2], _EXCHANGED)
        self._newest = read.logs.newest()
        self._receipted = read.logs.receipted(_STATES)
        in_force = [(agreement.programme.id, party) for agreement, party in pairs if agreement.in_force]
        self._halted = all_halted(node, read, in_force)

    def _names(self, agreement: Agreement, party: str) -> tuple[str, str]:
        programme, own = agreement.programme.id, self._node.party
        return f"{programme}|{own}|{party}", f"{programme}|{party}|{own}"

    def partner(self, agreement: Agreement, party: str) -> Partner:
        """Return how it stands with a partner under a programme."""
        programme = agreement.programme.id
        sent, received = self._names(agreement, party)
        cards = agreement.cards(party)
        return Partner(
            party,
            programme,
            agreement.in_force,
            cards[-1].endpoint if cards else "",
            self._log(sent),
            self._log(received),
            self._last_exchange(sent),
            self._halted.get((programme, party), ""),
            self._node.freezes.of(programme, party) is not None,
        )

    def _log(self, name: str) -> Log | None:
        info = self._read.logs.log(name)
        if info is None:
            return None
        newest, last = self._newest.get(name), self._last.get(name)
        size = self._read.logs.size(name)
        signed = newest.size if newest is not None else 0
        at = last[1].entry().at if last is not None else ""
        return Log(name, info.origin, size, signed, self._receipted.get(name, 0), at)

    def _last_exchange(self, sent: str) -> str:
        """Return when this node last entered that it read the partner's log, where that is not long ago."""
        seq, stored = self._exchanged.get(sent, (0, None))
        if stored is None or seq < self._read.logs.size(sent) - _LATE:
            return ""
        try:
            body = read_body(stored)
        except MalformedRecord:
            return ""
        return body.at if isinstance(body, CheckpointExchanged) else ""
