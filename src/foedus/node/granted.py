"""Entries about grants that came with a partner's log: kept where the partner may say so, else refused, and that is entered."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from foedus.account.bodies import GrantAsked, GrantGiven, GrantRefused, GrantWithdrawn, OfGrant, draft
from foedus.account.bodies import read as read_body
from foedus.account.ledger import append
from foedus.errors import MalformedRecord
from foedus.model import instant
from foedus.model.entry import MASTER, LogInfo, StoredEntry
from foedus.node import grants as granting
from foedus.node.home import Node
from foedus.store import findings, grants
from foedus.store.engine import Tx
from foedus.store.grants import Asked, Given


class _Came(NamedTuple):
    """An entry, where it came."""

    tx: Tx
    node: Node
    log: LogInfo


def take(tx: Tx, node: Node, log: LogInfo, came: tuple[int, StoredEntry]) -> None:
    """Act on one entry about a grant; what counts for nothing is entered in the private log and stops nothing else."""
    seq, stored = came
    code = _taken(_Came(tx, node, log), stored)
    if code:
        at = node.clock.now()
        body = GrantRefused(
            at=instant.text(instant.to_us(at)), programme=log.programme, log=log.origin, seq=seq, code=code
        )
        append(tx.logs, MASTER, [draft(body)], at=at, entropy=node.entropy)


def _taken(where: _Came, stored: StoredEntry) -> str:
    try:
        body = read_body(stored)
        if not isinstance(body, OfGrant):
            return "grant-malformed"
        if (body.programme, body.parties) != (where.log.programme, (where.log.sender, where.log.recipient)):
            return "grant-misplaced"
        return _ACTS[type(body)](where, body)
    except MalformedRecord:
        return "grant-malformed"


def _given(where: _Came, body: OfGrant) -> str:
    assert isinstance(body, GrantGiven)
    tx, node, log = where
    until_us, given_us = (instant.to_us(instant.parse(text)) for text in (body.until, body.at))
    before = grants.given(tx, log.sender, log.programme, body.grant)
    if before is not None:
        return "grant-replayed" if before.object_id else "grant-withdrawn"
    owners = {held.owner for held in findings.versions_of(tx, body.object_id)}
    if owners and log.sender not in owners:
        return "grant-not-originator"
    if until_us <= given_us:
        return "grant-until"
    programme = node.agreements.of(log.programme, node.clock.now()).programme
    code = granting.misfit(programme, body.recipients, body.purposes, body.clause)
    if code or {log.sender, log.recipient}.intersection(body.recipients):
        return code or "grant-recipient"
    who = (log.sender, log.programme, body.grant, log.recipient, body.object_id)
    grants.keep_given(tx, Given(*who, body.versions, body.recipients, body.purposes, body.clause, until_us, given_us))
    return ""


def _withdrawn(where: _Came, body: OfGrant) -> str:
    tx, node, log = where
    at = node.clock.now()
    before = grants.given(tx, log.sender, log.programme, body.grant)
    if before is None:
        # Whoever takes back what is still to come does not want it: the grant counts for nothing when it comes.
        at_us = instant.to_us(at)
        who = (log.sender, log.programme, body.grant, log.recipient)
        grants.keep_given(tx, Given(*who, "", (), (), (), "", at_us, at_us, at_us))
        return "grant-unknown"
    if before.withdrawn_us is not None or before.object_id != body.object_id:
        return "grant-replayed" if before.withdrawn_us is not None else "grant-contradicted"
    grants.close(tx, before, instant.to_us(at))
    granting.withdrawn(tx, node, before, at)
    return ""


def _asked(where: _Came, body: OfGrant) -> str:
    assert isinstance(body, GrantAsked)
    tx, node, log = where
    if grants.asked_one(tx, log.sender, log.programme, body.grant) is not None:
        return "grant-replayed"
    own = findings.versions_of(tx, body.object_id, node.party)
    if not own or not granting.was_sent(tx, body.object_id, log.sender):
        return "grant-not-originator"
    programme = node.agreements.of(log.programme, node.clock.now()).programme
    code = granting.misfit(programme, body.recipients, body.purposes, "")
    if code:
        return code
    at_us = instant.to_us(instant.parse(body.at))
    grants.keep_asked(
        tx, Asked(log.sender, log.programme, body.grant, body.object_id, body.recipients, body.purposes, at_us)
    )
    return ""


_ACTS: dict[type[OfGrant], Callable[[_Came, OfGrant], str]] = {
    GrantGiven: _given,
    GrantWithdrawn: _withdrawn,
    GrantAsked: _asked,
}
