"""Break-glass: two persons lift a hold of their own node for a short time; every use waits for an auditor's word."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

from foedus.account.bodies import BreakGlass, BreakGlassReviewed, draft
from foedus.account.ledger import append
from foedus.errors import InputError, NotReleasable, TrustError
from foedus.model import instant
from foedus.model.decision import Reason
from foedus.model.duration import shift_us
from foedus.model.entry import MASTER
from foedus.model.people import Person, Role
from foedus.node.agreements import Agreement
from foedus.node.facts import facts_of
from foedus.node.home import Node
from foedus.node.signing import sign_log
from foedus.node.subject import subject_of
from foedus.node.view import rooms_of
from foedus.release.decide import LIFTED, decide
from foedus.store import breakglass, findings, people
from foedus.store.breakglass import Broken
from foedus.store.engine import Read, Tx
from foedus.store.findings import Held

LONGEST = "PT24H"


class Wanted(msgspec.Struct, frozen=True):
    """What one person asks for: which object, to whom, why, for how long."""

    object_id: str
    party: str
    reason: str
    lasts: str
    programme: str = ""


class Used(msgspec.Struct, frozen=True):
    """A use as people read it; ``state`` is asked, lifted, to review, over, ok or not-ok."""

    id: str
    state: str
    programme: str
    party: str
    object_id: str
    version: str
    persons: str
    reason: str
    until: str


def ask(node: Node, wanted: Wanted, person: Person) -> Used:
    """Ask that holds on the current version of an object be lifted; nothing is lifted before a second person agrees.

    Raises:
        InputError: an object, party or duration that does not fit, or no reason.
        NotReleasable: it does not go, and not for want of what a person of this node may lift.
        TrustError: the person is no releaser.
    """
    _may(person, "releaser")
    at = node.clock.now()
    if not wanted.reason.strip():
        raise InputError("a reason is needed", code="break-glass-reason", hint="--reason says why it cannot wait")
    agreement = _agreement(node, wanted, at)
    with node.store.write() as tx:
        held = next(iter(findings.versions_of(tx, wanted.object_id)), None)
        areas = [area.id for area in agreement.programme.areas if held and held.room in rooms_of(node, area)]
        if held is None or not areas:
            raise InputError("this node holds no such object", code="object-unknown", where=wanted.object_id)
        _liftable(node, tx, (agreement, wanted.party, areas[0]), held)
        one = Broken(
            node.entropy(8).hex(),
            agreement.programme.id,
            wanted.party,
            areas[0],
            held.object_id,
            held.version,
            held.sha256.hex(),
            wanted.reason,
            person.name,
            "",
            instant.to_us(at),
            _until(wanted.lasts, at),
        )
        breakglass.keep(tx, one)
    return _told(one, at)


def agree(node: Node, id_: str, person: Person) -> Used:
    """Agree as the second person: from now on, until the time is over, the hold is lifted; entered as break-glass.

    Raises:
        InputError: there is no such question, or it was answered or is over.
        NotReleasable: it would not go any more, or the object's current version is another.
        TrustError: the person is no approver, or the one who asked; one of both may not act any more.
    """
    _may(person, "approver")
    at = node.clock.now()
    with node.store.write() as tx:
        one = _one(tx, id_)
        if one.second or one.until_us <= instant.to_us(at):
            raise InputError(
                "it was answered, or its time is over", code="break-glass-over", where=id_, hint="ask anew"
            )
        if one.by == person.name:
            raise TrustError("it takes two persons", code="four-eyes-same-person", hint="another approver agrees")
        if not {(one.by, "releaser"), (person.name, "approver")} <= people.able(tx):
            raise TrustError("who asked, or who agrees, may not any more", code="person-gone", hint="ask anew")
        held = findings.versions_of(tx, one.object_id)[:1]
        if not held or (held[0].version, held[0].sha256.hex()) != (one.version, one.sha256):
            raise NotReleasable("the object is another one by now", code="break-glass-changed", where=one.object_id)
        _liftable(node, tx, (node.agreements.required(one.programme, at), one.party, one.area), held[0])
        done = one._replace(second=person.name)
        breakglass.keep(tx, done)
        body = BreakGlass(
            at=instant.text(instant.to_us(at)),
            programme=one.programme,
            parties=(node.party, one.party),
            area=one.area,
            use=one.id,
            object_id=one.object_id,
            modified=one.version,
            hash=one.sha256,
            persons=(one.by, person.name),
            role="releaser, approver",
            reason=one.reason,
            until=instant.text(one.until_us),
        )
        append(tx.logs, MASTER, [draft(body)], at=at, entropy=node.entropy)
        sign_log(node, tx, MASTER)
    return _told(done, at)


def review(node: Node, id_: str, verdict: Literal["ok", "not-ok"], person: Person) -> Used:
    """Say as an auditor what is to be thought of a use; entered as break-glass.reviewed.

    Raises:
        InputError: there is no such use, or it was reviewed.
        TrustError: the person is no auditor, or took part.
    """
    _may(person, "auditor")
    at = node.clock.now()
    with node.store.write() as tx:
        one = _one(tx, id_)
        if not one.second or one.verdict:
            raise InputError("nothing of it waits for review", code="break-glass-over", where=id_)
        if person.name in (one.by, one.second):
            raise TrustError("who took part does not review", code="four-eyes-same-person", hint="another auditor")
        done = one._replace(reviewer=person.name, verdict=verdict)
        breakglass.keep(tx, done)
        body = BreakGlassReviewed(at=instant.text(instant.to_us(at)), use=one.id, person=person.name, finding=verdict)
        append(tx.logs, MASTER, [draft(body)], at=at, entropy=node.entropy)
        sign_log(node, tx, MASTER)
    return _told(done, at)


def uses(node: Node, *, all_: bool = False) -> list[Used]:
    """Return the uses that wait for a second person or for review, or all."""
    at = node.clock.now()
    with node.store.read() as read:
        held = [_told(one, at) for one in breakglass.all_broken(read)]
    return [one for one in held if all_ or one.state in ("asked", "lifted", "to review")]


def _told(one: Broken, at: datetime) -> Used:
    over = one.until_us <= instant.to_us(at)
    waits = ("to review" if over else "lifted") if one.second else ("over" if over else "asked")
    who = " and ".join(filter(None, (one.by, one.second)))
    what = (one.programme, one.party, one.object_id, one.version)
    return Used(one.id, one.verdict or waits, *what, who, one.reason, instant.text(one.until_us))


def _liftable(node: Node, read: Read, to: tuple[Agreement, str, str], held: Held) -> None:
    agreement, party, area = to
    at = node.clock.now()
    facts = facts_of(node, read, agreement, party, area, at)
    policy = node.agreements.policy(agreement, at)
    decision = decide(subject_of(held, area, held.kind), party, policy, at, "", facts)
    if decision.outcome == "hold" and all(reason.code in LIFTED for reason in decision.reasons):
        return
    first: Reason | None = next((one for one in decision.reasons if one.code not in LIFTED), None)
    raise NotReleasable(
        f"break-glass does not lift {first.code}" if first else "nothing holds it",
        code="break-glass-refused",
        where=held.object_id,
        hint=f"foedus why {held.object_id} --to {party}",
    )


def _agreement(node: Node, wanted: Wanted, at: datetime) -> Agreement:
    held = [node.agreements.required(wanted.programme, at)] if wanted.programme else node.agreements.in_force(at)
    fit = [one for one in held if wanted.party != node.party and one.programme.party(wanted.party) is not None]
    if len(fit) != 1:
        hint = "--programme names one that has the party"
        raise InputError(
            "no programme, or several, for that party", code="party-unknown", where=wanted.party, hint=hint
        )
    return fit[0]


def _until(lasts: str, at: datetime) -> int:
    at_us = instant.to_us(at)
    try:
        until_us = shift_us(at_us, lasts)
    except ValueError as error:
        raise InputError("not a duration", code="break-glass-time", where=lasts, hint="PT1H") from error
    if not at_us < until_us <= shift_us(at_us, LONGEST):
        raise InputError("too long, or no time at all", code="break-glass-time", where=lasts, hint=f"at most {LONGEST}")
    return until_us


def _one(tx: Tx, id_: str) -> Broken:
    found = next((one for one in breakglass.all_broken(tx) if one.id == id_), None)
    if found is None:
        raise InputError("no such use", code="break-glass-unknown", where=id_, hint="foedus break-glass list")
    return found


def _may(person: Person, role: Role) -> None:
    if not person.has(role):
        raise TrustError(f"{person.name} may not do that", code="role-missing", hint=f"role: {role}")
