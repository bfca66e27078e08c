"""This node's own log of a pair, in every exchange turn: compared with what the peer cosigned, mended, and handed in.

A directory that was copied or restored holds an old state of its logs. Before anything is signed for a peer the peer is
asked; what is missing comes back from it, under our own signature.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Literal

from foedus.account import checkpoint, merkle
from foedus.account.bodies import NodeRestored, ReleaseSent, draft
from foedus.account.ledger import accept, append, take
from foedus.errors import BrokenChain, ExchangeError, ForkedLedger
from foedus.exchange.peer.client import PeerClient
from foedus.exchange.session import Session
from foedus.exchange.witness import Ahead, Submission, WitnessClient
from foedus.model import instant
from foedus.model.entry import MASTER, Checkpoint, LogInfo, StoredEntry
from foedus.node import recall
from foedus.node.agreements import Agreement
from foedus.node.compare import pair_logs
from foedus.node.forks import Pair, watched
from foedus.node.home import Node
from foedus.node.logkeys import cosign_keys, log_keys
from foedus.node.peers import Peer
from foedus.node.signing import compared, doubt, is_doubtful, sign_log
from foedus.node.spool import spooled
from foedus.store import evidence
from foedus.store.engine import Read, Tx

_PAGE = 1_000
# A witness that always says another size is asked no further.
_TRIES = 3


class OwnLog:
    """The log of what this node sends one peer under one programme.

    Args:
        node: the node.
        agreement: the programme.
        peer: the peer.
        session: to the peer.
    """

    def __init__(self, node: Node, agreement: Agreement, peer: Peer, session: Session) -> None:
        self._node = node
        self._programme = agreement.programme.id
        self._party = peer.party
        self._log, _ = pair_logs(node, agreement, peer.party)
        self._own_keys = log_keys(node, agreement, node.party)
        self._past = cosign_keys(node, agreement, peer.party)
        self._today = list(peer.cosign_keys)
        self._client = PeerClient(session, peer.card.endpoint, agreement.word)
        self._witness = WitnessClient(session, peer.card.endpoint, agreement.word)
        self._pair = Pair(self._programme, peer.party, node.party, self._log.name)

    def compare(self) -> int:
        """Compare with what the peer last cosigned; return how many entries came back from it.

        Raises:
            TrustError: the peer shows a history of our log that is not ours, or our entries are lost; nothing is signed.
            ExchangeError: the peer cannot be reached or does not answer as it must.
        """
        with watched(self._node, self._pair, "cosignature", (self._client, self._log)):
            return self._compare()

    def _compare(self) -> int:
        with self._node.store.read() as read:
            info, before = read.logs.log(self._log.name), self._size(read)
        if info is None:
            return self._fetch_all()
        note = self._witness.last(info.origin)
        if note is None:
            self._settle(info)
            return 0
        # Whether it counts as a receipt is asked below; that our log went through it, our own signature says.
        seen = checkpoint.open_cosigned(note, info.origin, [*self._own_keys, *self._past], self._node.clock.now())
        if seen.size > before:
            with self._node.store.write() as tx:
                doubt(tx, info.name)
            return self._fetch_back(info, seen, before)
        with self._node.store.read() as read:
            self._same(read, seen)
            kept = self._last_cosigned(read, seen.size - 1) > 0
        if not kept and checkpoint.cosigned_by(seen.note, self._today):
            self._accept(seen.note)
        self._settle(info)
        return 0

    def _size(self, read: Read) -> int:
        """Return how far our log is signed."""
        held = read.logs.checkpoint(self._log.name) if read.logs.log(self._log.name) is not None else None
        return 0 if held is None else held.size

    def _fetch_all(self) -> int:
        """Take back a log that the peer holds and we do not know of: it was opened after the copy that was restored."""
        held = self._client.state("received")
        if held is None:
            return 0
        seen = checkpoint.open_checkpoint(held.note, held.origin, self._own_keys)
        info = LogInfo(self._log.name, held.origin, self._programme, self._node.party, self._party, own=True)
        return self._fetch_back(info, seen, 0)

    def _same(self, read: Read, seen: Checkpoint) -> None:
        """Check that a state which our key signed is one that our log went through."""
        if merkle.root(seen.size, partial(read.logs.nodes, self._log.name)) != seen.root:
            held = read.logs.checkpoint(self._log.name)
            raise ForkedLedger(
                "our own log was signed twice",
                notes=(held.note if held is not None else "", seen.note),
                where=f"{seen.origin} size {seen.size}",
                hint="is the node's directory in use in two places?",
            )

    def _settle(self, info: LogInfo) -> None:
        """Note that our log is the newest there is; what was signed here beyond it, the peer never took."""
        with self._node.store.read() as read:
            if not is_doubtful(self._node, read, info):
                return
        with self._node.store.write() as tx:
            size, signed = self._size(tx), self._node.lease.signed(info.origin)
            if signed > size:
                self._enter(tx, info, "never-taken", (size, signed))
            compared(self._node, tx, info)

    def _accept(self, note: str) -> None:
        """Keep a state of our log that a cosigner key of the day vouches for."""
        keys, at = [*self._own_keys, *self._today], self._node.clock.now()
        with self._node.store.write() as tx:
            accept(tx.logs, self._log.name, note, keys, at=at, past=self._past)

    def _fetch_back(self, info: LogInfo, seen: Checkpoint, before: int) -> int:
        held = self._client.state("received")
        if held is None or held.size < seen.size:
            raise BrokenChain(
                f"entries of our own log are lost: {self._party} cosigned {seen.size} and holds "
                f"{0 if held is None else held.size}",
                code="own-log-lost",
                where=info.origin,
                hint=f"restore a newer copy of the node's directory; nothing is signed for {self._party} before",
            )
        fetched = spooled(self._node.directory, self._entries(before, held.size), before)
        with fetched as entries, self._node.store.write() as tx:
            tx.logs.open_log(info)
            signed = take(tx.logs, info, entries, held.note, self._own_keys)
            tx.logs.intend(info.name, signed.size, signed.root)
            self._same(tx, seen)
            evidence.index_sendings(tx, info.name, _sendings(tx, info.name, before))
            recall.take_back(tx, info, before)
            self._enter(tx, info, "fetched-back", (before, signed.size))
            compared(self._node, tx, info)
        return signed.size - before

    def _entries(self, start: int, end: int) -> Iterator[StoredEntry]:
        while start < end:
            page = self._client.returned(start, min(_PAGE, end - start))
            if not page:
                return
            yield from page
            start += len(page)

    def _enter(
        self, tx: Tx, info: LogInfo, reason: Literal["fetched-back", "never-taken"], entries: tuple[int, int]
    ) -> None:
        at = self._node.clock.now()
        body = NodeRestored(
            at=instant.text(instant.to_us(at)),
            programme=self._programme,
            parties=(self._node.party, self._party),
            log=info.origin,
            reason=reason,
            range=entries,
        )
        append(tx.logs, MASTER, [draft(body)], at=at, entropy=self._node.entropy)
        sign_log(self._node, tx, MASTER)

    def hand_in(self) -> None:
        """Have the peer cosign our newest checkpoint, and keep the cosignature with it.

        Raises:
            TrustError: the cosignature does not hold.
            ExchangeError: the peer cannot be reached, refuses, or does not answer as it must.
        """
        with self._node.store.read() as read:
            newest = read.logs.checkpoint(self._log.name) if read.logs.log(self._log.name) is not None else None
            last = self._last_cosigned(read)
        if newest is None or newest.size == last:
            return
        lines = self._lines(newest, last)
        if lines is not None:
            with watched(self._node, self._pair, "cosignature"):
                self._accept(newest.note + lines)

    def _last_cosigned(self, read: Read, after: int = 0) -> int:
        """Return the largest size beyond another with a receipt, whichever key of the peer made it; 0: there is none."""
        if read.logs.log(self._log.name) is None:
            return 0
        kept = read.logs.checkpoints(self._log.name, after)
        return max((one.size for one in kept if checkpoint.cosigned_by(one.note, self._past)), default=0)

    def _lines(self, newest: Checkpoint, old: int) -> str | None:
        """Return signature lines; with each conflict the proof is made again, from the size the witness names."""
        for _ in range(_TRIES):
            answered = self._witness.add(Submission(old, self._proof(old, newest.size), newest.note))
            if not isinstance(answered, Ahead):
                return answered
            if answered.size > newest.size:
                # Another process went on meanwhile, or another directory: the next turn compares first.
                return None
            old = answered.size
        raise ExchangeError("the peer names another size each time", code="peer-malformed", hint="compare versions")

    def _proof(self, old: int, new: int) -> list[bytes]:
        if not 0 < old < new:
            return []
        with self._node.store.read() as read:
            return merkle.consistency(old, new, partial(read.logs.nodes, self._log.name))


def _sendings(read: Read, name: str, start: int) -> Iterator[tuple[str, int]]:
    for seq, stored in enumerate(read.logs.entries(name, start, read.logs.size(name)), start):
        if stored.entry().kind == ReleaseSent.kind_of_entry:
            yield stored.facts()["object_id"], seq
