"""Consent of the originator: given, withdrawn, asked for; nothing of another party moves on without it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import datetime

import msgspec

from foedus.account.bodies import GrantAsked, GrantGiven, GrantWithdrawn, ReleaseExpired, draft
from foedus.account.ledger import append
from foedus.errors import InputError, MalformedRecord, TrustError
from foedus.model import instant
from foedus.model.duration import FOREVER_US
from foedus.model.entry import MASTER
from foedus.model.people import Person, Role
from foedus.model.programme import Programme
from foedus.node.agreements import Agreement
from foedus.node.facts import facts_of
from foedus.node.home import Node
from foedus.node.recall import Order, Target, make
from foedus.node.signing import may_sign, sign_log
from foedus.node.subject import subject_of
from foedus.node.view import pair_log, rooms_of, view_name
from foedus.programme.dates import period
from foedus.release.decide import decide
from foedus.store import findings, grants, lookups, views
from foedus.store.engine import Read, Tx
from foedus.store.findings import Held
from foedus.store.grants import Asked, Given

ID_BYTES = 8
WITHDRAWN = "grant.withdrawn"
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


class Wanted(msgspec.Struct, frozen=True):
    """What a person wants granted: which objects, to whom, narrowed to versions, purposes, a clause, until when.

    ``holder`` passes it on; empty: this node sends it itself. ``until`` is a day, which counts, or an instant; empty: the
    end of the programme.
    """

    objects: tuple[str, ...]
    to: tuple[str, ...]
    holder: str = ""
    purposes: tuple[str, ...] = ()
    versions: tuple[str, ...] = ()
    until: str = ""
    clause: str = ""
    programme: str = ""


class Told(msgspec.Struct, frozen=True):
    """A grant, or a question for one, as people read it; ``state`` is in force, over, withdrawn or pending."""

    id: str
    state: str
    programme: str
    owner: str
    holder: str
    object_id: str
    to: tuple[str, ...]
    versions: tuple[str, ...] = ()
    purposes: tuple[str, ...] = ()
    clause: str = ""
    until: str = ""


def give(node: Node, wanted: Wanted, person: Person) -> list[Told]:
    """Consent that own objects go to parties: by a holder that was sent them, or by this node where they are marked ORCON.

    Raises:
        InputError: an object, party, purpose, clause or instant that does not fit; nothing is entered then.
        TrustError: the person may not grant.
    """
    _may(person, ("releaser",))
    at = node.clock.now()
    holder = wanted.holder or node.party
    agreement = _agreement(node, wanted.programme, {node.party, holder, *wanted.to}, at)
    _fits(agreement.programme, wanted, {node.party, holder})
    until_us = _until(wanted.until, agreement.programme, at)
    with node.store.write() as tx:
        log = MASTER if holder == node.party else pair_log(node, tx, agreement.programme.id, holder)
        made: list[Given] = []
        bodies: list[GrantGiven] = []
        for object_id in dict.fromkeys(wanted.objects):
            held = _own(node, tx, object_id, wanted.versions)
            if holder != node.party and not was_sent(tx, object_id, holder):
                raise InputError(f"{holder} was never sent it", code="grant-not-held", where=object_id)
            one = Given(
                node.party,
                agreement.programme.id,
                node.entropy(ID_BYTES).hex(),
                holder,
                object_id,
                wanted.versions,
                wanted.to,
                wanted.purposes,
                wanted.clause,
                until_us,
                instant.to_us(at),
            )
            made.append(one)
            bodies.append(_body(one, _area(node, agreement.programme, held)))
            grants.keep_given(tx, one)
        append(tx.logs, log, [draft(body) for body in bodies], at=at, entropy=node.entropy)
        sign_log(node, tx, log)
    return [_told(one, instant.to_us(at)) for one in made]


def withdraw(node: Node, id_: str, person: Person) -> Told:
    """Withdraw a grant of this node's party: from now on nothing moves under it.

    Raises:
        InputError: there is no such grant of our own in force.
        TrustError: the person may not withdraw it.
    """
    _may(person, ("releaser",))
    at = node.clock.now()
    with node.store.write() as tx:
        own = [one for one in grants.all_given(tx) if one.owner == node.party and one.id == id_]
        if not own or own[0].withdrawn_us is not None:
            what = "it is withdrawn already" if own else "no grant of this party has that id"
            raise InputError(what, code="grant-unknown", where=id_, hint="foedus grant list")
        one = own[0]
        programme = node.agreements.of(one.programme, at).programme
        held = next(iter(findings.versions_of(tx, one.object_id, node.party)), None)
        body = GrantWithdrawn(
            at=instant.text(instant.to_us(at)),
            programme=one.programme,
            parties=tuple(dict.fromkeys((node.party, one.holder))),
            area=_area(node, programme, held) if held else "",
            grant=one.id,
            object_id=one.object_id,
        )
        log = MASTER if one.holder == node.party else pair_log(node, tx, one.programme, one.holder)
        append(tx.logs, log, [draft(body)], at=at, entropy=node.entropy)
        sign_log(node, tx, log)
        grants.close(tx, one, instant.to_us(at))
        if one.holder == node.party:
            withdrawn(tx, node, one, at)
    return _told(one._replace(withdrawn_us=instant.to_us(at)), instant.to_us(at))


def ask(node: Node, wanted: Wanted, person: Person) -> list[Told]:
    """Ask the originator of received objects for grants to pass them on.

    Raises:
        InputError: an object that this node does not hold or that is its own, a party or purpose that does not fit.
        TrustError: the person may not ask.
    """
    _may(person, ("releaser", "analyst"))
    at = node.clock.now()
    asked: list[Told] = []
    with node.store.write() as tx:
        for object_id in dict.fromkeys(wanted.objects):
            held = next((one for one in findings.versions_of(tx, object_id) if one.owner != node.party), None)
            if held is None:
                raise InputError("no object of another party is held", code="grant-not-received", where=object_id)
            agreement = _agreement(node, wanted.programme, {node.party, held.owner, *wanted.to}, at)
            _fits(agreement.programme, wanted, {node.party, held.owner})
            body = GrantAsked(
                at=instant.text(instant.to_us(at)),
                programme=agreement.programme.id,
                parties=(node.party, held.owner),
                area=_area(node, agreement.programme, held),
                grant=node.entropy(ID_BYTES).hex(),
                object_id=object_id,
                recipients=wanted.to,
                purposes=wanted.purposes,
            )
            log = pair_log(node, tx, agreement.programme.id, held.owner)
            append(tx.logs, log, [draft(body)], at=at, entropy=node.entropy)
            sign_log(node, tx, log)
            one = Asked(
                node.party, body.programme, body.grant, object_id, wanted.to, wanted.purposes, instant.to_us(at)
            )
            grants.keep_asked(tx, one)
            asked.append(_question(one, held.owner))
    return asked


def listed(node: Node) -> list[Told]:
    """Return all grants that this node gave or was given, the newest first, then what was asked for and is pending."""
    at_us = instant.to_us(node.clock.now())
    with node.store.read() as read:
        given = grants.all_given(read)
        questions = [(one, _owner(node, read, one)) for one in grants.asked(read)]
    told = [_told(one, at_us) for one in given]
    pending = [(one, owner) for one, owner in questions if not any(_answers(each, one) for each in given)]
    return told + [_question(one, owner) for one, owner in pending]


def withdrawn(tx: Tx, node: Node, grant: Given, at: datetime) -> int:
    """Call back what went out under a grant that its originator withdrew; return how many objects and parties that are.

    What would go without it, under another grant or a clause, leaves the views for now: with the next release it comes
    back, with the end that it has then.
    """
    gone = 0
    for recipient in grant.recipients:
        stays = _stays(tx, node, grant, recipient, at)
        _expire(tx, node, (grant, recipient), stays, at)
        kept = {one.version for one in stays}
        held = {one.version for one in findings.versions_of(tx, grant.object_id, grant.owner)}
        versions: Iterable[str | None] = set(grant.versions) or (held if kept else [None])
        targets = [Target(grant.object_id, one, grant.owner) for one in versions if one not in kept]
        order = Order("consent-withdrawn", WITHDRAWN, parties=(recipient,), programme=grant.programme)
        gone += len(make(node, tx, targets, order))
    return gone


def _stays(tx: Tx, node: Node, grant: Given, recipient: str, at: datetime) -> list[Held]:
    """Return the versions a grant was about that a recipient may have without it."""
    agreement = node.agreements.of(grant.programme, at)
    policy, stays = node.agreements.policy(agreement, at), []
    for held in findings.versions_of(tx, grant.object_id, grant.owner):
        area = _area(node, agreement.programme, held)
        facts = facts_of(node, tx, agreement, recipient, area, at)
        said = decide(subject_of(held, area, held.kind), recipient, policy, at, "", facts)
        lacks = said.outcome == "withhold" or any("consent" in reason.code for reason in said.reasons)
        if not lacks and (not grant.versions or held.version in grant.versions):
            stays.append(held)
    return stays


def _expire(tx: Tx, node: Node, whose: tuple[Given, str], stays: Sequence[Held], at: datetime) -> None:
    grant, recipient = whose
    for name in lookups.views_named(tx, view_name(grant.programme, recipient, "")):
        rows = [row.added_us for row in views.shown(tx, name, [one.seq for one in stays])]
        if rows:
            views.withdraw_rows(tx, name, rows, instant.to_us(at))
            body = ReleaseExpired(
                at=instant.text(instant.to_us(at)),
                programme=grant.programme,
                parties=(node.party, recipient),
                area=name.rsplit("|", 1)[1],
                object_id=grant.object_id,
                cause="grant-withdrawn",
            )
            log = pair_log(node, tx, grant.programme, recipient)
            log = log if may_sign(node, tx, log) else MASTER
            append(tx.logs, log, [draft(body)], at=at, entropy=node.entropy)
            sign_log(node, tx, log)


def was_sent(read: Read, object_id: str, party: str) -> bool:
    """Say whether a party is or was shown an object, under whatever programme."""
    names = [name for name in lookups.views_named(read, "released|") if name.split("|")[2] == party]
    if any(views.shown_before(read, name, object_id) for name in names):
        return True
    seqs = lookups.resolve_all(read, [object_id])
    return any(next(views.shown(read, name, seqs), None) is not None for name in names)


def misfit(programme: Programme, recipients: Sequence[str], purposes: Sequence[str], clause: str) -> str:
    """Return the code of what a grant names that the programme does not know, or nothing."""
    known = {party.id for party in programme.parties}
    clauses = programme.release.clauses
    if not recipients or not known.issuperset(recipients):
        return "grant-recipient"
    if not {purpose for one in clauses for purpose in one.purposes}.issuperset(purposes):
        return "grant-purpose"
    return "grant-clause" if clause and clause not in {one.id for one in clauses} else ""


_SAYS = {
    "grant-recipient": "a recipient that is no other party of the programme",
    "grant-purpose": "a purpose that no clause names",
    "grant-clause": "a clause that the programme does not have",
}


def _fits(programme: Programme, wanted: Wanted, not_to: set[str]) -> None:
    code = misfit(programme, wanted.to, wanted.purposes, wanted.clause)
    if not code and not_to.intersection(wanted.to):
        code = "grant-recipient"
    if code:
        raise InputError(_SAYS[code], code=code, where=programme.id, hint="foedus programme show")


def _agreement(node: Node, programme: str, parties: set[str], at: datetime) -> Agreement:
    if programme:
        return node.agreements.required(programme, at)
    fit = [
        held
        for held in node.agreements.in_force(at)
        if parties.issubset({party.id for party in held.programme.parties})
    ]
    if len(fit) == 1:
        return fit[0]
    what = "no programme in force has all of" if not fit else "several programmes have all of"
    hint = f"--programme {' | '.join(one.word for one in fit)}" if fit else "foedus programme list"
    raise InputError(f"{what} {', '.join(sorted(parties))}", code="grant-programme", hint=hint)


def _until(text: str, programme: Programme, at: datetime) -> int:
    try:
        if not text:
            end = period(programme.term.start, programme.term.until)[1]
            return FOREVER_US if end is None else instant.to_us(end)
        end = period(text, text)[1] if _DAY.fullmatch(text) else instant.parse(text)
    except (MalformedRecord, ValueError) as error:
        raise InputError("not a day or an instant", code="grant-until", where=text, hint="2026-12-31") from error
    assert end is not None, "a day has an end"
    if end <= at:
        raise InputError("that is past", code="grant-until", where=text, hint="a grant is for what is to come")
    return instant.to_us(end)


def _own(node: Node, read: Read, object_id: str, versions: Sequence[str]) -> Held:
    held = findings.versions_of(read, object_id, node.party)
    if not held:
        raise InputError(
            "this party is not its originator, or does not hold it",
            code="grant-not-originator",
            where=object_id,
            hint="the originator grants: foedus grant ask",
        )
    unknown = set(versions) - {one.version for one in held}
    if unknown:
        raise InputError(
            f"no version {', '.join(sorted(unknown))}", code="grant-version", where=object_id, hint="foedus show OBJECT"
        )
    return held[0]


def _area(node: Node, programme: Programme, held: Held) -> str:
    return next((area.id for area in programme.areas if held.room in rooms_of(node, area)), "")


def _may(person: Person, roles: Sequence[Role]) -> None:
    if not any(person.has(role) for role in roles):
        raise TrustError(f"{person.name} may not do that", code="role-missing", hint=f"role: {' or '.join(roles)}")


def _body(one: Given, area: str) -> GrantGiven:
    return GrantGiven(
        at=instant.text(one.given_us),
        programme=one.programme,
        parties=tuple(dict.fromkeys((one.owner, one.holder))),
        area=area,
        grant=one.id,
        object_id=one.object_id,
        versions=one.versions,
        recipients=one.recipients,
        purposes=one.purposes,
        until=instant.text(one.until_us),
        clause=one.clause,
    )


def _answers(given: Given, asked: Asked) -> bool:
    return (
        (given.object_id, given.holder, given.programme) == (asked.object_id, asked.asker, asked.programme)
        and set(asked.recipients) <= set(given.recipients)
        and given.given_us >= asked.at_us
    )


def _owner(node: Node, read: Read, asked: Asked) -> str:
    if asked.asker != node.party:
        return node.party
    return next((one.owner for one in findings.versions_of(read, asked.object_id) if one.owner != node.party), "")


def _state(one: Given, at_us: int) -> str:
    if one.withdrawn_us is not None and one.withdrawn_us <= at_us:
        return "withdrawn"
    return "in force" if at_us < one.until_us else "over"


def _told(one: Given, at_us: int) -> Told:
    until = "" if one.until_us >= FOREVER_US else instant.text(one.until_us)
    who = (one.owner, one.holder, one.object_id, one.recipients)
    return Told(one.id, _state(one, at_us), one.programme, *who, one.versions, one.purposes, one.clause, until)


def _question(one: Asked, owner: str) -> Told:
    return Told(
        one.id, "pending", one.programme, owner, one.asker, one.object_id, one.recipients, purposes=one.purposes
    )
