"""The node as witness of its partners' logs: one history of each is cosigned, whoever asks and however often.

There is one record a log. What is taken with its entries and what is handed in as a checkpoint both go through it, so that
nothing is ever cosigned that contradicts what was.
"""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

from foedus.account import checkpoint, merkle, witness
from foedus.errors import ForkedLedger
from foedus.exchange.witness import Submission, origin_hash
from foedus.model.entry import Checkpoint, LogInfo
from foedus.model.ports import NotWitnessed
from foedus.model.vkey import VerifierKey
from foedus.node.agreements import Agreement
from foedus.node.forks import Pair, dispute, freeze
from foedus.node.home import Node
from foedus.store import witnessed
from foedus.store.engine import Read, Tx


def vouch(node: Node, tx: Tx, name: str, keys: list[VerifierKey]) -> Checkpoint | None:
    """Cosign the state of a partner's log up to which entries were taken; None where a later one was cosigned already.

    Args:
        node: the node.
        tx: the transaction.
        name: the log.
        keys: every key it may have been signed with: it was judged when it was taken.

    Raises:
        ForkedLedger: what was cosigned before is not the beginning of what was taken.
    """
    kept, last = tx.logs.checkpoint(name), witnessed.witnessed_of(tx, name)
    assert kept is not None, "entries were taken up to a checkpoint"
    if last is not None and last.size > kept.size:
        return None
    if last is not None and merkle.root(last.size, partial(tx.logs.nodes, name)) != last.root:
        raise ForkedLedger(
            "the entries are not those of the state that was cosigned",
            notes=(last.note, kept.note),
            where=f"{kept.origin} size {last.size}",
            hint="keep both notes and tell people",
        )
    if last is not None and last.size == kept.size and checkpoint.cosigned_by(last.note, [node.keys.public("cosign")]):
        return last
    # What a cosigner key of ours that is no more has cosigned, the present one cosigns again.
    return _cosigned(node, tx, name, kept, keys)


def _cosigned(node: Node, tx: Tx, name: str, said: Checkpoint, keys: list[VerifierKey]) -> Checkpoint:
    """Cosign a state and keep it as the newest, in one transaction: the cosignature leaves after it."""
    own, at = node.keys.public("cosign"), node.clock.now()
    note = checkpoint.cosign(said.note, own.name, node.keys.private("cosign"), at)
    seen = checkpoint.open_cosigned(note, said.origin, [*keys, own], at)
    witnessed.keep_witnessed(tx, name, seen)
    return seen


class _Log(NamedTuple):
    """A partner's log that a checkpoint was handed in for, and the keys of the day that sign it."""

    programme: str
    party: str
    name: str
    keys: list[VerifierKey]


class Witness:
    """What a partner is answered that hands in checkpoints of its log.

    Args:
        node: the node.
    """

    def __init__(self, node: Node) -> None:
        self._node = node

    def add(self, agreement: Agreement, party: str, handed: Submission) -> str:
        """Cosign a checkpoint; return the signature line.

        Raises:
            NotWitnessed: it is not cosigned, and why.
        """
        programme = agreement.programme.id
        name, keys = f"{programme}|{party}|{self._node.party}", list(agreement.keys(party, "log_key"))
        log = _Log(programme, party, name, keys)
        try:
            with self._node.store.write() as tx:
                return self._add(tx, log, handed)
        except NotWitnessed as refused:
            self._evidence(log, handed.note, refused)
            raise

    def _add(self, tx: Tx, log: _Log, handed: Submission) -> str:
        info, origin = tx.logs.log(log.name), witness.origin_of(handed.note)
        if info is not None and info.origin != origin:
            raise NotWitnessed(404, "origin-unknown")
        try:
            said = witness.signed(handed.note, origin, log.keys)
        except NotWitnessed as refused:
            # An origin becomes known by what the sender's key signed.
            raise (refused if info is not None else NotWitnessed(404, "origin-unknown")) from refused
        witness.judge(said, handed.old, handed.proof, _last(tx, log.name))
        if info is None:
            tx.logs.open_log(LogInfo(log.name, origin, log.programme, log.party, self._node.party, own=False))
        return checkpoint.lines_of(_cosigned(self._node, tx, log.name, said, log.keys).note).splitlines()[-1] + "\n"

    def _evidence(self, log: _Log, note: str, refused: NotWitnessed) -> None:
        """Keep what a refused checkpoint proves; enter what proves nothing. The answer is the protocol's either way."""
        pair = Pair(log.programme, log.party, log.party, log.name)
        with self._node.store.read() as read:
            statements = _contradiction(read, log, note)
        if statements is not None:
            freeze(self._node, pair, statements)
        elif refused.status in (403, 422):
            dispute(self._node, pair, "submission", refused.code)

    def last(self, agreement: Agreement, party: str, hashed: str) -> str | None:
        """Return what was last cosigned of a party's log with that origin, or None."""
        with self._node.store.read() as read:
            held = witnessed.witnessed_of(read, f"{agreement.programme.id}|{party}|{self._node.party}")
        return None if held is None or origin_hash(held.origin) != hashed else held.note


def _last(read: Read, name: str) -> Checkpoint | None:
    held = witnessed.witnessed_of(read, name)
    return held or (read.logs.checkpoint(name) if read.logs.log(name) is not None else None)


def _contradiction(read: Read, log: _Log, note: str) -> tuple[str, str] | None:
    """Return two statements of a log's signer that exclude each other: what is held, and a note that was refused."""
    last = _last(read, log.name)
    if last is None:
        return None
    try:
        said = witness.signed(note, last.origin, log.keys)
    except NotWitnessed:
        return None
    if said.size == last.size:
        return (last.note, note) if said.root != last.root else None
    kept = read.logs.checkpoint(log.name)
    if kept is None or said.size > kept.size:
        return None
    differs = merkle.root(said.size, partial(read.logs.nodes, log.name)) != said.root
    return (kept.note, note) if differs else None
