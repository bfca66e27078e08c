"""The node as the peer server sees it: the logs of a pair, and which values both hold, for the pair's partner alone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import partial

from foedus.account import merkle
from foedus.account.ledger import accept as accept_receipt
from foedus.model.entry import LogCopy, StoredEntry
from foedus.model.ports import Answered, Asking, Caller, Credentials, LogSide
from foedus.node.agreements import peer_of
from foedus.node.ask import Answers
from foedus.node.backend import Backend
from foedus.node.copies import Copies
from foedus.node.home import Node


class Pairs:
    """What a partner is answered about the logs of the pair with it (model.ports.PeerLogs).

    Args:
        node: the node.
        backend: who says which caller may know of which programmes.
    """

    def __init__(self, node: Node, backend: Backend) -> None:
        self._node = node
        self._backend = backend
        self._copies = Copies(node.store)
        self._answers = Answers(node)

    def identify(self, credentials: Credentials) -> Caller | None:
        """Return who asks, or None."""
        return self._backend.identify(credentials)

    def _pair(self, caller: Caller, programme: str, side: LogSide = "sent") -> str | None:
        own, other = self._node.party, caller.party
        for agreement in self._backend.answering(caller):
            if agreement.word == programme:
                sender, recipient = (own, other) if side == "sent" else (other, own)
                return f"{agreement.programme.id}|{sender}|{recipient}"
        return None

    def checkpoint(self, caller: Caller, programme: str) -> str | None:
        """Return the newest signed checkpoint of the log this node keeps for the caller, or None."""
        name = self._pair(caller, programme)
        if name is None:
            return None
        with self._node.store.read() as read:
            held = read.logs.checkpoint(name) if read.logs.log(name) is not None else None
        return held.note if held is not None else None

    def entries(self, caller: Caller, programme: str, start: int, limit: int) -> Sequence[StoredEntry] | None:
        """Return entries of that log from ``start``, as far as it is signed."""
        name = self._pair(caller, programme)
        if name is None:
            return None
        with self._node.store.read() as read:
            held = read.logs.checkpoint(name) if read.logs.log(name) is not None else None
            end = min(start + limit, held.size) if held is not None else 0
            return list(read.logs.entries(name, start, end)) if start < end else []

    def consistency(self, caller: Caller, programme: str, old: int, new: int) -> Sequence[bytes] | None:
        """Return the consistency proof between two sizes of that log."""
        name = self._pair(caller, programme)
        if name is None:
            return None
        with self._node.store.read() as read:
            held = read.logs.checkpoint(name) if read.logs.log(name) is not None else None
            if held is None or not 0 < old <= new <= held.size:
                return None
            return merkle.consistency(old, new, partial(read.logs.nodes, name))

    def holds(self, caller: Caller, programme: str, side: LogSide) -> bool:
        """Say whether this node holds that log of the pair with the caller, signed at least once."""
        name = self._pair(caller, programme, side)
        return name is not None and self._copies.holds(name)

    def copy(self, caller: Caller, programme: str, side: LogSide) -> LogCopy | None:
        """Return the state of a log of the pair as its rows say now, or None."""
        name = self._pair(caller, programme, side)
        return None if name is None else self._copies.state(name)

    def subtrees(
        self, caller: Caller, programme: str, side: LogSide, wanted: Sequence[tuple[int, int]]
    ) -> Sequence[bytes] | None:
        """Return hashes of complete subtrees of that copy; None where one is not within its size."""
        name = self._pair(caller, programme, side)
        return None if name is None else self._copies.subtrees(name, wanted)

    def accept(self, caller: Caller, programme: str, note: str) -> str:
        """Take the caller's cosigned checkpoint of that log as its receipt."""
        name = self._pair(caller, programme)
        assert name is not None, "the server asked for the checkpoint first"
        at: datetime = self._node.clock.now()
        agreement = next(one for one in self._backend.answering(caller) if one.word == programme)
        keys = [*self._node.keys.known("log"), *peer_of(agreement, caller.party).cosign_keys]
        with self._node.store.write() as tx:
            said = accept_receipt(tx.logs, name, note, keys, at=at)
        return f"receipt for {said.size} entries"

    # Which values both hold.

    def ask(self, caller: Caller, programme: str, asking: Asking) -> Answered | None:
        """Answer which values both hold; None for a programme or area the caller has no part in."""
        for agreement in self._backend.agreements(caller):
            if agreement.word == programme:
                return self._answers.answer(agreement, caller.party, asking)
        return None

    def ask_back(self, caller: Caller, programme: str, session: bytes, twice: Sequence[bytes]) -> bool:
        """Take what ends a session of the caller's; False where none is open."""
        held = [one for one in self._backend.agreements(caller) if one.word == programme]
        return bool(held) and self._answers.end(held[0], caller.party, session, twice)
