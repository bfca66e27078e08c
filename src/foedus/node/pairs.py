"""The node as the peer server sees it: the logs of a pair, and which values both hold, for the pair's partner alone."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from foedus.account import merkle
from foedus.account.ledger import accept as accept_receipt
from foedus.errors import FoedusError, ForkedLedger, InputError, TrustError
from foedus.exchange.buckets import Buckets, Rate
from foedus.exchange.witness import Submission
from foedus.model import instant
from foedus.model.entry import LogCopy, StoredEntry
from foedus.model.ports import Answered, Asking, Caller, Credentials, LogSide, NotWitnessed
from foedus.node.agreements import Agreement
from foedus.node.ask import Answers
from foedus.node.backend import Backend
from foedus.node.copies import Copies
from foedus.node.forks import Pair, dispute
from foedus.node.home import Node
from foedus.node.logkeys import cosign_keys, log_keys
from foedus.node.signing import doubt
from foedus.node.witness import Witness

# Far beyond what a node asks for in its turns; a comparison of long logs asks for many subtrees.
RATES = {
    "state": Rate(60, 1.0),
    "subtrees": Rate(2_000, 100.0),
    "entries": Rate(2_000, 100.0),
    "returned": Rate(2_000, 100.0),
    "receipt": Rate(120, 5.0),
    "add-checkpoint": Rate(120, 5.0),
    "witnessed": Rate(120, 5.0),
}


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
        self._witness = Witness(node)
        self._buckets = Buckets(RATES)

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

    def spend(self, caller: Caller, what: str) -> int:
        """Count a request of a caller's; return 0, or after how many seconds it may ask again."""
        return self._buckets.spend(caller.party, what, instant.to_us(self._node.clock.now()))

    def returned(self, caller: Caller, programme: str, start: int, limit: int) -> Sequence[StoredEntry] | None:
        """Return entries of the caller's own log as this node took them."""
        name = self._pair(caller, programme, "received")
        if name is None or not self._copies.holds(name):
            return None
        with self._node.store.read() as read:
            return list(read.logs.entries(name, start, start + limit))

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
        """Take the caller's cosigned checkpoint of that log as its receipt; what is refused is entered.

        Raises:
            TrustError: it does not verify, is older than the newest, or of a state that the log does not have.
            InputError: it is no checkpoint.
        """
        agreement, name = self._agreement(caller, programme), self._pair(caller, programme)
        assert agreement is not None, "the server asked for the checkpoint first"
        assert name is not None, "the server asked for the checkpoint first"
        at, party = self._node.clock.now(), caller.party
        keys = [*log_keys(self._node, agreement, self._node.party), *agreement.keys(party, "cosign_key")]
        past = cosign_keys(self._node, agreement, party)
        try:
            with self._node.store.write() as tx:
                said = accept_receipt(tx.logs, name, note, keys, at=at, past=past)
        except (TrustError, InputError) as error:
            self._refused(Pair(agreement.programme.id, party, self._node.party, name), error)
            raise
        return f"receipt for {said.size} entries"

    def _refused(self, pair: Pair, error: FoedusError) -> None:
        """Enter a receipt that was refused; where the caller holds what we have not, nothing is signed before it is compared."""
        if isinstance(error, ForkedLedger):
            with self._node.store.write() as tx:
                doubt(tx, pair.log)
        dispute(self._node, pair, "receipt", error.code)

    # Witness of the caller's log.

    def witness(self, caller: Caller, programme: str, old: int, proof: Sequence[bytes], note: str) -> str:
        """Cosign a checkpoint of the caller's log; return the signature line."""
        agreement = self._agreement(caller, programme)
        if agreement is None:
            raise NotWitnessed(404, "origin-unknown")
        return self._witness.add(agreement, caller.party, Submission(old, proof, note))

    def witnessed(self, caller: Caller, programme: str, origin_hash: str) -> str | None:
        """Return what was last cosigned of the caller's log with that origin, or None."""
        agreement = self._agreement(caller, programme)
        return None if agreement is None else self._witness.last(agreement, caller.party, origin_hash)

    def _agreement(self, caller: Caller, programme: str) -> Agreement | None:
        return next((one for one in self._backend.answering(caller) if one.word == programme), None)

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
