"""Recall: what was released is called back; it leaves the views at once, and stays away until a person lifts it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

import msgspec

from foedus.account import bodies
from foedus.account.bodies import RecallLifted, RecallMade, RecallRequested, draft
from foedus.account.ledger import append
from foedus.errors import InputError, TrustError
from foedus.model import instant
from foedus.model.decision import Duties
from foedus.model.duration import shift_us, shortest
from foedus.model.entry import MASTER, LogInfo
from foedus.model.events import RecallReason
from foedus.model.people import Person
from foedus.node.home import Node
from foedus.node.signing import may_sign, sign_log
from foedus.store import evidence, lookups, recalls, views
from foedus.store.engine import Read, Tx
from foedus.store.recalls import Recall, Sending

NOT_YET = -1
"""The entry of a recall that waits until something may be signed for the party."""
BY_PERSON, PASSED_ON = "person", "passed-on"


class Target(NamedTuple):
    """What to call back: an object, one version of it or (None) every one, of one originator or (empty) whoever's."""

    object_id: str
    version: str | None = None
    originator: str = ""


class Order(NamedTuple):
    """Why, at whose word, and from whom: ``cause`` names what asked for it; no parties or programme named: all of them."""

    reason: RecallReason
    cause: str = BY_PERSON
    person: str = ""
    parties: tuple[str, ...] = ()
    programme: str = ""


class Made(msgspec.Struct, frozen=True):
    """One object called back from one party under one programme: the entry that says so, and until when to answer.

    While nothing may be signed for the party ``entry`` is ``NOT_YET``, and there is no deadline.
    """

    object_id: str
    versions: tuple[str, ...]
    programme: str
    party: str
    area: str
    reason: str
    log: str
    entry: int
    deadline: str


class Lifted(msgspec.Struct, frozen=True):
    """What may be released to a party again."""

    object_id: str
    versions: tuple[str, ...]
    programme: str
    party: str


class _Said(msgspec.Struct, frozen=True):
    """What a release.sent says that a recall needs."""

    object_id: str
    modified: str
    area: str
    bytes_hash: str
    originator: str
    duties: dict[str, object] | None = None


def make(node: Node, tx: Tx, targets: Sequence[Target], order: Order) -> list[Made]:
    """Call objects back from every party that was sent them, in the caller's transaction; nobody needs to have asked.

    What was called back before is not called back twice. Each pair's log gets one entry an object and is signed; the
    object leaves that party's views; the private log says who asked, and why. Where the pair is frozen, or its log must be
    compared first, all but the entry is done, and the entry follows once it may be signed: ``make_waiting``.
    """
    at = node.clock.now()
    made = [
        one
        for info in tx.logs.logs()
        if info.own and info.recipient and _meant(info, order)
        for one in _from(node, tx, info, (targets, order), at)
    ]
    if made:
        append(tx.logs, MASTER, [draft(one) for one in _told(made, order, at)], at=at, entropy=node.entropy)
        sign_log(node, tx, MASTER)
    return made


def recall(node: Node, person: Person, target: Target, order: Order) -> list[Made]:
    """Call an object back at a person's word.

    Raises:
        TrustError: the person is no releaser.
        InputError: it was sent to nobody named, or called back before.
    """
    _releaser(person)
    with node.store.write() as tx:
        made = make(node, tx, [target], order._replace(person=person.name))
        before = any(one.own for one in recalls.recalls(tx, target.object_id))
        before |= any(one.object_id == target.object_id for one in recalls.waiting(tx))
    if made:
        return made
    if before:
        raise InputError(
            "it was called back before", code="recall-made", where=target.object_id, hint="foedus recall list"
        )
    raise InputError(
        "nobody was sent it", code="recall-not-sent", where=target.object_id, hint="foedus show OBJECT: who sees it"
    )


def lift(node: Node, person: Person, object_id: str, party: str = "") -> list[Lifted]:
    """Allow what was called back to be released again, to a party or to all; a release run decides then.

    Raises:
        TrustError: the person is no releaser.
        InputError: nothing of it is called back.
    """
    _releaser(person)
    at = node.clock.now()
    with node.store.write() as tx:
        held = [one for one in recalls.recalls(tx, object_id) if one.own and one.lifted_us is None]
        chosen = [one for one in held if party in ("", one.recipient)]
        unsaid = [one for one in recalls.waiting(tx) if one.object_id == object_id and party in ("", one.recipient)]
        lifted = [Lifted(one.object_id, one.versions, one.programme, one.recipient) for one in chosen]
        lifted += [Lifted(one.object_id, (one.version,), one.programme, one.recipient) for one in unsaid]
        if not lifted:
            raise InputError("no recall keeps it back", code="recall-none", where=object_id, hint="foedus recall list")
        for one in chosen:
            recalls.lift(tx, one.log, [one.seq], instant.to_us(at))
        recalls.wait_no_more(tx, unsaid)
        drafts = [draft(_lifted(node, one, person, at)) for one in lifted]
        append(tx.logs, MASTER, drafts, at=at, entropy=node.entropy)
        sign_log(node, tx, MASTER)
    return lifted


def make_waiting(node: Node, name: str) -> None:
    """Enter the recalls of a log that could not be signed when they were made, if it may be now."""
    with node.store.read() as read:
        if not recalls.waiting(read, name):
            return
    with node.store.write() as tx:
        info, held = tx.logs.log(name), recalls.waiting(tx, name)
        assert info is not None, "something was sent by it"
        if not held or not may_sign(node, tx, name):
            return
        recalls.wait_no_more(tx, held)
        grouped: dict[tuple[str, str, RecallReason], list[tuple[int, _Said]]] = {}
        for one in held:
            said = _said(tx, one.log, one.seq)
            reason = msgspec.convert(one.reason, RecallReason)
            grouped.setdefault((said.object_id, said.area, reason), []).append((one.seq, said))
        for (_, _, reason), found in grouped.items():
            _one(node, tx, info, (found, Order(reason)), node.clock.now())
        sign_log(node, tx, name)


def take_back(tx: Tx, info: LogInfo, start: int) -> None:
    """Take up the recalls among the entries of an own log that came back: they hold as if they had never been away.

    Args:
        tx: the transaction in which the entries came back.
        info: the log.
        start: its first entry that came back.
    """
    for seq, stored in enumerate(tx.logs.entries(info.name, start, tx.logs.size(info.name)), start):
        body = bodies.read(stored) if stored.entry().kind == RecallRequested.kind_of_entry else None
        if isinstance(body, RecallRequested):
            unsaid = [one for one in recalls.waiting(tx, info.name) if one.seq in body.sendings]
            recalls.wait_no_more(tx, unsaid)
            _keep(tx, info, (seq, body), [(one, _said(tx, info.name, one)) for one in body.sendings])


def _keep(tx: Tx, info: LogInfo, entered: tuple[int, RecallRequested], found: Sequence[tuple[int, _Said]]) -> None:
    """Keep a recall that stands in the log, and take what it calls back out of the views."""
    seq, body = entered
    at_us, deadline_us = (instant.to_us(instant.parse(one)) for one in (body.at, body.deadline))
    sendings = _sendings(found)
    kept = Recall(*_pair(info), seq, body.area, body.object_id, body.versions, body.reason, at_us, deadline_us)
    recalls.keep(tx, kept, sendings)
    _withdraw(tx, info, sendings, at_us)


def _said(read: Read, name: str, seq: int) -> _Said:
    [stored] = read.logs.entries(name, seq, seq + 1)
    return msgspec.json.decode(stored.body, type=_Said)


def _releaser(person: Person) -> None:
    if not person.has("releaser"):
        raise TrustError("only a releaser may", code="role-missing", where=person.name, hint="ask one who is")


def _meant(info: LogInfo, order: Order) -> bool:
    return (not order.parties or info.recipient in order.parties) and order.programme in ("", info.programme)


def _from(node: Node, tx: Tx, info: LogInfo, what: tuple[Sequence[Target], Order], at: datetime) -> list[Made]:
    """Call objects back from the recipient of one log."""
    targets, order = what
    grouped: dict[tuple[str, str], list[tuple[int, _Said]]] = {}
    sent = list(_sent(tx, info.name, targets))
    before = recalls.called_back(tx, info.name, [seq for seq, _ in sent])
    for seq, said in sent:
        if seq not in before:
            grouped.setdefault((said.object_id, said.area), []).append((seq, said))
    if grouped and not may_sign(node, tx, info.name):
        return [_wait(tx, info, (found, order), at) for found in grouped.values()]
    made = [_one(node, tx, info, (found, order), at) for found in grouped.values()]
    if made:
        sign_log(node, tx, info.name)
    return made


def _sent(read: Read, name: str, targets: Sequence[Target]) -> Iterator[tuple[int, _Said]]:
    """Yield the sendings of a log that any of the targets means: as much work as there are sendings of those objects."""
    wanted: dict[str, list[Target]] = {}
    for target in targets:
        wanted.setdefault(target.object_id, []).append(target)
    for seq in evidence.sendings(read, name, wanted):
        said = _said(read, name, seq)
        for target in wanted[said.object_id]:
            if target.version in (None, said.modified) and target.originator in ("", said.originator):
                yield seq, said
                break


def _one(node: Node, tx: Tx, info: LogInfo, what: tuple[Sequence[tuple[int, _Said]], Order], at: datetime) -> Made:
    found, order = what
    at_us = instant.to_us(at)
    deadline_us = shift_us(at_us, shortest(tuple(_within(said) for _, said in found), at_us))
    first = found[0][1]
    body = RecallRequested(
        at=instant.text(at_us),
        programme=info.programme,
        parties=(info.sender, info.recipient),
        area=first.area,
        object_id=first.object_id,
        versions=tuple(dict.fromkeys(said.modified for _, said in found)),
        sendings=tuple(seq for seq, _ in found),
        reason=order.reason,
        deadline=instant.text(deadline_us),
    )
    [seq] = append(tx.logs, info.name, [draft(body)], at=at, entropy=node.entropy)
    _keep(tx, info, (seq, body), found)
    return Made(
        body.object_id, body.versions, info.programme, info.recipient, body.area, body.reason, info.name, seq, body.deadline
    )  # fmt: skip


def _wait(tx: Tx, info: LogInfo, what: tuple[Sequence[tuple[int, _Said]], Order], at: datetime) -> Made:
    found, order = what
    first, sendings, at_us = found[0][1], _sendings(found), instant.to_us(at)
    recalls.wait(tx, info.name, sendings, order.reason, at_us)
    _withdraw(tx, info, sendings, at_us)
    versions = tuple(dict.fromkeys(one.version for one in sendings))
    place = (info.programme, info.recipient, first.area, order.reason, info.name)
    return Made(first.object_id, versions, *place, NOT_YET, "")


def _sendings(found: Sequence[tuple[int, _Said]]) -> list[Sending]:
    return [Sending(one, said.object_id, said.modified, bytes.fromhex(said.bytes_hash)) for one, said in found]


def _pair(info: LogInfo) -> tuple[str, str, str, str, bool]:
    return info.name, info.programme, info.sender, info.recipient, info.own


def _within(said: _Said) -> str:
    """How long the recipient took on to take to answer, when it was sent the object."""
    return str((said.duties or {}).get("notify_recall_within") or Duties().notify_recall_within)


def _withdraw(tx: Tx, info: LogInfo, sendings: Sequence[Sending], at_us: int) -> None:
    """Take the bytes called back out of every view of the recipient under the programme."""
    hashes = {one.bytes_sha256 for one in sendings}
    rows = lookups.resolve_all(tx, {one.object_id for one in sendings})
    for name in lookups.views_named(tx, f"released|{info.programme}|{info.recipient}|"):
        shown = [row.added_us for row in views.shown(tx, name, rows) if row.sha256 in hashes]
        if shown:
            views.withdraw_rows(tx, name, shown, at_us)


def _told(made: Sequence[Made], order: Order, at: datetime) -> Iterator[RecallMade]:
    for object_id in dict.fromkeys(one.object_id for one in made):
        own = [one for one in made if one.object_id == object_id]
        yield RecallMade(
            at=instant.text(instant.to_us(at)),
            object_id=object_id,
            versions=tuple(dict.fromkeys(version for one in own for version in one.versions)),
            parties=tuple(sorted({one.party for one in own})),
            reason=order.reason,
            cause=order.cause,
            person=order.person,
        )


def _lifted(node: Node, one: Lifted, person: Person, at: datetime) -> RecallLifted:
    return RecallLifted(
        at=instant.text(instant.to_us(at)),
        programme=one.programme,
        parties=(node.party, one.party),
        object_id=one.object_id,
        versions=one.versions,
        person=person.name,
    )
