"""What becomes of a log that is not what its signer signed: proof freezes the pair, the rest is entered and refused."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal, NamedTuple

from foedus.account.bodies import Body, LedgerDisputed, LedgerForked, LedgerThawed, draft
from foedus.account.ledger import append
from foedus.errors import BrokenChain, FoedusError, ForkedLedger, InputError, TrustError
from foedus.exchange.peer.client import PeerClient
from foedus.model import instant
from foedus.model.entry import MASTER
from foedus.model.people import Person
from foedus.node.compare import PairLog, compared
from foedus.node.copies import Copies
from foedus.node.home import Node
from foedus.node.recall import make_waiting
from foedus.node.signing import sign_log
from foedus.store import freezes, witnessed
from foedus.store.engine import Read, Tx
from foedus.store.freezes import Freeze

Came = Literal["checkpoint", "receipt", "submission", "cosignature"]
_LOOKED_BACK = 200


class Pair(NamedTuple):
    """One log of a pair as entries name it; ``party`` is the peer, ``signer`` whoever signs the log."""

    programme: str
    party: str
    signer: str
    log: str


@contextmanager
def watched(node: Node, pair: Pair, came: Came, proof_of: tuple[PeerClient, PairLog] | None = None) -> Iterator[None]:
    """Within it what a peer says of a log is taken; what does not hold is entered, and freezes the pair where it is proven.

    Args:
        node: the node.
        pair: which log.
        came: what is being taken.
        proof_of: whom to ask for the leaves when a chain does not join: alone that proves nothing.

    Raises:
        TrustError: the pair is frozen now.
    """
    try:
        yield
    except ForkedLedger as error:
        if len(error.notes) != 2:
            raise
        freeze(node, pair, (error.notes[0], error.notes[1]))
        node.freezes.refuse(pair.programme, pair.party)
        raise
    except (TrustError, InputError) as error:
        statements = _proven(node, *proof_of) if proof_of is not None and isinstance(error, BrokenChain) else ()
        if len(statements) == 2:
            freeze(node, pair, (statements[0], statements[1]))
            node.freezes.refuse(pair.programme, pair.party)
        dispute(node, pair, came, error.code)
        raise


def _proven(node: Node, client: PeerClient, log: PairLog) -> tuple[str, ...]:
    """Ask for the leaf proofs; return two statements that exclude each other, or none."""
    try:
        return compared(Copies(node.store), client, log).statements
    except FoedusError:
        # It does not prove it: then nothing is proven.
        return ()


def freeze(node: Node, pair: Pair, statements: tuple[str, str]) -> None:
    """Freeze a pair; the statements are kept, as they came."""
    at = node.clock.now()
    with node.store.write() as tx:
        known = {(one.log, one.first, one.second) for one in freezes.freezes(tx)}
        if (pair.log, *statements) not in known:
            origin = _origin(tx, pair)
            at_us = instant.to_us(at)
            freezes.keep_freeze(tx, Freeze(pair.programme, pair.party, pair.log, origin, at_us, *statements))
            first, second = (hashlib.sha256(text.encode()).hexdigest() for text in statements)
            _enter(
                node, tx, LedgerForked(**_common(node, pair, origin), signer=pair.signer, statements=(first, second))
            )
    node.freezes.forget()


def dispute(node: Node, pair: Pair, came: Came, code: str) -> None:
    """Enter that something a peer said was refused; the same again on one day is entered once."""
    day = instant.text(instant.to_us(node.clock.now()))[:10]
    with node.store.write() as tx:
        origin = _origin(tx, pair)
        body = LedgerDisputed(**_common(node, pair, origin), came=came, code=code)
        size = tx.logs.size(MASTER)
        for stored in tx.logs.entries(MASTER, max(0, size - _LOOKED_BACK), size):
            facts = stored.facts() if stored.entry().kind == body.kind_of_entry else {}
            same = (facts.get("log"), facts.get("came"), facts.get("code")) == (origin, came, code)
            if same and facts["at"].startswith(day) and pair.party in facts["parties"]:
                return
        _enter(node, tx, body)


class Thawed(NamedTuple):
    """A pair that goes on: whether it was frozen, and of which state of the peer's log the cosignature was given up (0: none)."""

    programme: str
    peer: str
    frozen: bool
    given_up: int


def thaw(node: Node, party: str, people: tuple[Person, Person], programme: str = "") -> list[Thawed]:
    """Let the pairs with a party go on, from what this node holds of its logs.

    Where this node cosigned a state whose entries never came, that cosignature is given up: the peer lost them.

    Raises:
        TrustError: not two people, or one who may not approve.
        InputError: nothing is frozen, and nothing was cosigned that is not held.
    """
    if people[0].name == people[1].name or not all(one.has("approver") for one in people):
        raise TrustError(
            "two approvers thaw a pair, not one", code="thaw-four-eyes", hint="--as NAME --with ANOTHER, both approvers"
        )
    with node.store.write() as tx:
        found = [one for one in _halted(tx, party) if _is(one.programme, programme)]
        for one in found:
            log = f"{one.programme}|{party}|{node.party}"
            freezes.thaw(tx, one.programme, party, instant.to_us(node.clock.now()))
            if one.given_up:
                witnessed.forget_witnessed(tx, log)
            pair = Pair(one.programme, party, party, log)
            names = (people[0].name, people[1].name)
            _enter(node, tx, LedgerThawed(**_common(node, pair, _origin(tx, pair)), people=names))
    if not found:
        raise InputError(
            f"nothing is frozen with {party!r}", code="not-frozen", hint="foedus node status lists what is"
        )
    node.freezes.forget()
    for one in found:
        make_waiting(node, f"{one.programme}|{node.party}|{party}")
    return found


def _halted(read: Read, party: str) -> list[Thawed]:
    """Return the pairs with a party that are frozen, or of whose log more was cosigned than came."""
    frozen = {one.programme for one in freezes.freezes(read) if one.peer == party}
    ahead: dict[str, int] = {}
    for info in read.logs.logs():
        seen = witnessed.witnessed_of(read, info.name)
        if info.sender == party and seen is not None and seen.size > read.logs.size(info.name):
            ahead[info.programme] = seen.size
    return [Thawed(one, party, one in frozen, ahead.get(one, 0)) for one in sorted({*frozen, *ahead})]


def _is(programme: str, word: str) -> bool:
    return word in ("", programme, programme.rsplit(":", 1)[-1])


def _origin(tx: Read, pair: Pair) -> str:
    info = tx.logs.log(pair.log)
    return "" if info is None else info.origin


def _common(node: Node, pair: Pair, origin: str) -> dict[str, Any]:
    at = instant.text(instant.to_us(node.clock.now()))
    return {"at": at, "programme": pair.programme, "parties": (node.party, pair.party), "log": origin}


def _enter(node: Node, tx: Tx, body: Body) -> None:
    append(tx.logs, MASTER, [draft(body)], at=node.clock.now(), entropy=node.entropy)
    sign_log(node, tx, MASTER)
