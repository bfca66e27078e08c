"""A partner's recall, acted on in the transaction that takes it; and its answer to one of ours."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from foedus.account import recall as rules
from foedus.account.bodies import (
    RecallCompleted,
    RecallRefused,
    RecallRequested,
    ReleaseSent,
    draft,
    read,
)
from foedus.account.ledger import append
from foedus.model import instant
from foedus.model.entry import MASTER, LogInfo, StoredEntry
from foedus.model.events import RecallResult
from foedus.model.label import Label
from foedus.node import vault
from foedus.node.home import Node
from foedus.node.label import Given, Labeller, finding_of
from foedus.node.recall import PASSED_ON, Order, Target, make
from foedus.node.signing import sign_log
from foedus.node.view import pair_log
from foedus.store import erase, findings, lookups, objects, recalls
from foedus.store.engine import Tx
from foedus.store.erase import Copy
from foedus.store.recalls import Answer, Recall, Sending

OTHER_SOURCE = "other-source"


class _Outcome(NamedTuple):
    """What became of what the sender sent; ``code`` is for people here alone."""

    result: RecallResult
    code: str
    passed_on_to: tuple[str, ...]


def requested(tx: Tx, node: Node, log: LogInfo, came: Sequence[tuple[int, StoredEntry]]) -> None:
    """Forget what a partner calls back, pass the recall on, and answer; what counts for nothing is entered as refused.

    A sending is called back once: the same recall again changes nothing and is not answered again.
    """
    for seq, _ in came:
        body, code = rules.request_of(tx.logs, log.name, seq)
        if body is None:
            _refuse(tx, node, log, seq, code)
            continue
        back = recalls.called_back(tx, log.name, body.sendings)
        sendings = [_sending(tx, log.name, one) for one in body.sendings if one not in back]
        if sendings:
            _take(tx, node, log, (seq, body), sendings)


def completed(tx: Tx, node: Node, log: LogInfo, came: Sequence[tuple[int, StoredEntry]]) -> None:
    """Keep what a partner answers to a recall; the first answer stands."""
    for seq, stored in came:
        body, asked, code = rules.completion_of(tx.logs, log, seq)
        kept = None if body is None or asked is None else recalls.recall_at(tx, asked.name, body.entry)
        if body is None or kept is None:
            _refuse(tx, node, log, seq, code or rules.UNKNOWN)
        elif kept.result and (kept.result, kept.code, kept.passed_on) != (body.result, body.code, body.passed_on_to):
            _refuse(tx, node, log, seq, "recall-answered")
        elif not set(body.passed_on_to) <= _parties(node, log.programme):
            _refuse(tx, node, log, seq, "recall-passed-on")
        elif not kept.result:
            at_us = instant.to_us(instant.parse(stored.entry().at))
            recalls.answer(tx, kept.log, kept.seq, Answer(seq, at_us, body.result, body.code, body.passed_on_to))


def _take(
    tx: Tx, node: Node, log: LogInfo, asked: tuple[int, RecallRequested], sendings: Sequence[tuple[Sending, str]]
) -> None:
    seq, body = asked
    at = node.clock.now()
    pair = (log.name, log.programme, log.sender, log.recipient, log.own, seq)
    times = (instant.to_us(instant.parse(body.at)), instant.to_us(instant.parse(body.deadline)))
    kept = Recall(*pair, body.area, body.object_id, body.versions, body.reason, *times)
    recalls.keep(tx, kept, [one for one, _ in sendings])
    outcome = _forget(tx, node, log, body, sendings)
    answer = RecallCompleted(
        at=instant.text(instant.to_us(at)),
        programme=log.programme,
        parties=(log.sender, log.recipient),
        area=body.area,
        object_id=body.object_id,
        versions=body.versions,
        log=log.origin,
        entry=seq,
        result=outcome.result,
        code="",
        passed_on_to=outcome.passed_on_to,
    )
    own = pair_log(node, tx, log.programme, log.sender)
    [place] = append(tx.logs, own, [draft(answer)], at=at, entropy=node.entropy)
    sign_log(node, tx, own)
    recalls.answer(tx, log.name, seq, Answer(place, instant.to_us(at), *outcome))


def _forget(
    tx: Tx, node: Node, log: LogInfo, body: RecallRequested, sendings: Sequence[tuple[Sending, str]]
) -> _Outcome:
    """Erase what came from the sender, and what was concluded from it; first call it back from whoever was sent it here.

    The result hangs on what the sender sent alone: who sends what it guesses and calls it back must not learn who else has it.
    """
    hashes = [one.bytes_sha256 for one, _ in sendings]
    theirs = (f"peer:{log.sender}", f"submit:{log.sender}")
    copies = _copies(tx, body.object_id, sendings, theirs)
    came = [one.seq for one in copies if one.source in theirs]
    later = any(erase.later_version(tx, one, theirs, came) for one in copies if one.source in theirs)
    going = [one for one in copies if one.source in theirs and not _kept(tx, node, log, one, copies)]
    gone = [one.seq for one in going]
    stays = [one for one in copies if one.seq not in gone]
    left = {one.sha256 for one in stays}
    same = {(one.sha256, one.owner) for one in stays}
    derived = erase.copies_of(tx, erase.resting_on(tx, sorted({one.sha256 for one in going} - left)))
    onward = [(one, origin) for one, origin in sendings if (one.bytes_sha256, origin) not in same]
    targets = [Target(one.object_id, one.version, origin) for one, origin in onward]
    targets += [Target(one.object_id, one.version, one.owner) for one in derived]
    told = make(node, tx, targets, Order(body.reason, PASSED_ON)) if targets else []
    erase.erase(tx, [*gone, *(one.seq for one in derived if one.seq not in gone)], instant.to_us(node.clock.now()))
    vault.forget_refused(node, tx, theirs[0], [body.object_id], hashes)
    # Who else was sent it is named only where the recall's own programme made it known that they are partners.
    named = {one.party for one in told if one.programme == log.programme} - {log.sender}
    return _Outcome("superseded" if later else "deleted", OTHER_SOURCE if left else "", tuple(sorted(named)))


def _copies(tx: Tx, object_id: str, sendings: Sequence[tuple[Sending, str]], theirs: tuple[str, ...]) -> list[Copy]:
    """Return the rows that hold the bytes called back, and what the sender handed in of the same versions in other words."""
    found = {one.seq: one for one in erase.copies(tx, [one.bytes_sha256 for one, _ in sendings])}
    meant = {(one.version, origin) for one, origin in sendings}
    for one in erase.copies_named(tx, object_id):
        if one.source in theirs and (one.version, one.owner) in meant:
            found[one.seq] = one
    return list(found.values())


def _kept(tx: Tx, node: Node, log: LogInfo, copy: Copy, copies: Sequence[Copy]) -> bool:
    """Say whether another log vouches for the same bytes of the same originator; if so, the copy is from there now.

    Where its sender's own copy is held beside, that one stays, and this one goes.
    """
    beside = {one.source for one in copies if (one.sha256, one.owner) == (copy.sha256, copy.owner)}
    for name, seq in recalls.vouching(tx, copy.sha256, log.name):
        stored = rules.entry_at(tx.logs, name, seq)
        body = None if stored is None else read(stored)
        if f"peer:{name.split('|')[1]}" in beside:
            return False
        if isinstance(body, ReleaseSent) and body.originator == copy.owner:
            _move(tx, node, copy, name.split("|")[1], body)
            return True
    return False


def _move(tx: Tx, node: Node, copy: Copy, sender: str, body: ReleaseSent) -> None:
    """Give a copy the source and label that another sender's ledger says of the same bytes."""
    held = findings.finding_of(tx, copy.seq)
    assert held is not None, "it was found in this transaction"
    source = f"peer:{sender}"
    because = tuple(f"source:{source}" if one == f"source:{copy.source}" else one for one in held.because)
    erase.move_source(tx, copy.seq, source, because)
    at = node.clock.now()
    given = {copy.sha256.hex(): Given(msgspec.convert(body.label, Label), body.originator)}
    label = Labeller(node, at, given).label(tx, finding_of(held._replace(because=because))).label
    if label is None:
        lookups.unlabel(tx, [copy.seq])
    else:
        objects.relabel(tx, [copy.seq], label, instant.to_us(at))


def _sending(tx: Tx, name: str, seq: int) -> tuple[Sending, str]:
    """Return what an entry sent, and whose it is."""
    stored = rules.entry_at(tx.logs, name, seq)
    body = None if stored is None else read(stored)
    assert isinstance(body, ReleaseSent), "a recall that counts names sendings"
    return Sending(seq, body.object_id, body.modified, bytes.fromhex(body.bytes_hash)), body.originator


def _parties(node: Node, programme: str) -> set[str]:
    return {one.id for one in node.agreements.of(programme, node.clock.now()).programme.parties}


def _refuse(tx: Tx, node: Node, log: LogInfo, seq: int, code: str) -> None:
    at = node.clock.now()
    body = RecallRefused(
        at=instant.text(instant.to_us(at)),
        programme=log.programme,
        parties=(log.sender, log.recipient),
        log=log.origin,
        entry=seq,
        code=code,
    )
    append(tx.logs, MASTER, [draft(body)], at=at, entropy=node.entropy)
