"""What people decide about what waits: request, approve, deny, hold back, take back; each entered in the private log."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

import msgspec

from foedus.account.bodies import Act as Body
from foedus.account.bodies import ApprovalCancelled, ApprovalDenied, ApprovalGiven, ApprovalRequested, DecisionHeld
from foedus.errors import FoedusError, InputError, NotReleasable, ProgrammeError, ReleaseError
from foedus.model import instant
from foedus.model.entry import MASTER
from foedus.model.people import Person, Role
from foedus.node.acts import enter
from foedus.node.home import Node
from foedus.node.pending import desks, not_held, one_of
from foedus.node.queue import Desk, Item, changes
from foedus.node.signing import sign_log
from foedus.node.view import keep_facets
from foedus.store import approvals, findings, released
from foedus.store.approvals import Row
from foedus.store.engine import Tx


class Wish(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a person means: an object for a party; ``hash`` only if exactly that would go."""

    object_id: str
    party: str
    programme: str = ""
    hash: str = ""


class Told(msgspec.Struct, frozen=True):
    """What came of a wish: done (requested, approved, …) or refused, by which hash, until when it can be taken back."""

    object_id: str
    party: str
    done: str
    hash: str = ""
    until: str = ""
    code: str = ""
    message: str = ""
    hint: str = ""


class _Hand(msgspec.Struct, frozen=True):
    """A person at a desk with one item."""

    person: Person
    desk: Desk
    item: Item

    def refused(self, code: str, message: str, hint: str = "") -> NotReleasable:
        """Return a refusal with its place."""
        where = f"{self.item.held.object_id} to {self.desk.party}"
        return NotReleasable(message, code=code, where=where, hint=hint)

    def must_be_held(self) -> None:
        """Refuse an act about what is not on hold.

        Raises:
            NotReleasable: it would go as it is.
        """
        if not self.item.missing:
            raise not_held(self.item.held.object_id, self.desk.party)

    def needs(self, *roles: Role) -> Role:
        """Return the first of some roles that the person has.

        Raises:
            NotReleasable: the person has none of them.
        """
        for role in roles:
            if self.person.has(role):
                return role
        asked = " or ".join(roles)
        raise self.refused("approval-role", f"{self.person.name} is no {asked}", "foedus release pending says who can")


_Act = Callable[[_Hand], tuple[type[Body], Role]]
_DONE: Mapping[type[Body], str] = MappingProxyType(
    {ApprovalRequested: "requested", ApprovalGiven: "approved", ApprovalDenied: "denied", DecisionHeld: "held back"}
)

_KEPT = frozenset(kind.kind_of_entry for kind in _DONE)


def approve(node: Node, person: Person, wish: Wish, reason: str = "") -> Told:
    """Approve what is on hold, or give the first half of two: a releaser requests, another person who is approver approves.

    Args:
        node: the node.
        person: who acts.
        wish: what is meant.
        reason: what the ledger shall say of why.

    Raises:
        NotReleasable: not on hold, changed, nothing an approval lets go, or not this person's to give.
        ProgrammeError: no programme with the party is in force.
    """
    return _one(_acted(node, person, [wish], _half, reason))


def _half(hand: _Hand, *, alone: bool = False) -> tuple[type[Body], Role]:
    """Return which half a person's approval is; ``alone``: refuse what takes two."""
    item, found = hand.item, hand.item.standing
    hand.must_be_held()
    if alone and item.persons == 2:
        raise hand.refused("approval-two-persons", "it needs two persons", "approve it by its id")
    if not item.persons:
        needed = "; ".join(dict.fromkeys(reason.required for reason in item.missing if "consent" in reason.code))
        raise hand.refused("approval-cannot", f"no approval can let it go; needed: {needed}", "ask the originator")
    if not item.outs:
        raise hand.refused(
            "approval-waits", "it refers to what the party does not see", "release what it refers to first"
        )
    role = hand.needs("approver", "releaser")
    if found.word in ("counting", "due"):
        raise hand.refused("approval-given", "it is approved already", "foedus release cancel takes it back")
    if item.persons == 1 and role == "approver":
        return ApprovalGiven, "approver"
    if found.request is None:
        if not hand.person.has("releaser"):
            raise hand.refused(
                "approval-request-missing", "nobody requested it yet", "a releaser requests, then an approver approves"
            )
        return ApprovalRequested, "releaser"
    if found.request.person == hand.person.name:
        raise hand.refused("approval-same-person", "the same person requested it", "another person approves it")
    return ApprovalGiven, hand.needs("approver")


def deny(node: Node, person: Person, wish: Wish, reason: str = "") -> Told:
    """Deny what is on hold, whatever was approved of it; it stays on hold until an approver decides otherwise.

    Raises:
        NotReleasable: not on hold, changed, or the person is no approver.
    """
    return _one(_acted(node, person, [wish], _denied, reason))


def _denied(hand: _Hand) -> tuple[type[Body], Role]:
    role = hand.needs("approver")
    hand.must_be_held()
    return ApprovalDenied, role


def hold(node: Node, person: Person, wish: Wish, reason: str) -> Told:
    """Hold an object back that would go, every version of it, until a person takes the hold back or approves a version.

    Raises:
        InputError: no reason.
        NotReleasable: it would not go anyhow, or the person is neither releaser nor approver.
    """
    if not reason.strip():
        raise InputError("a hold needs a reason", code="reason-missing", where=wish.object_id, hint="--reason TEXT")
    act: _Act = lambda hand: (DecisionHeld, hand.needs("approver", "releaser"))  # noqa: E731
    return _one(_acted(node, person, [wish], act, reason))


def cancel(node: Node, person: Person, wish: Wish) -> Told:
    """Take back what stands: an approval before it acts, a request; else a denial; else a hold.

    Raises:
        NotReleasable: nothing stands, or the person may not take it back.
    """
    return _one(_acted(node, person, [wish], _taken_back, ""))


def _taken_back(hand: _Hand) -> tuple[type[Body], Role]:
    found = hand.item.standing
    if found.approval is None and found.request is None:
        if found.denial is not None:
            return ApprovalCancelled, hand.needs("approver")
        if not any(reason.code == "held-by-person" for reason in hand.item.missing):
            raise hand.refused("approval-nothing", "there is nothing to take back", "foedus release pending")
    return ApprovalCancelled, hand.needs("approver", "releaser")


def _stood(item: Item) -> str:
    """Return what a taking back takes back, as the entry's reason says it."""
    found = item.standing
    if found.approval is not None:
        return "approval"
    return "request" if found.request is not None else "denial" if found.denial is not None else "hold"


class _Room:
    """Desks in one write transaction, one a programme and party: whatever others did before it is before its instant."""

    def __init__(self, node: Node, tx: Tx) -> None:
        self.node = node
        self.tx = tx
        self.at = node.clock.now()
        self.desks: dict[tuple[str, str], list[Desk]] = {}
        self.bodies: list[Body] = []
        self.ended: list[int] = []

    def act(self, person: Person, wish: Wish, act: _Act, reason: str) -> Told:
        """Do one act; what is found void on the way is entered, though the act may be refused."""
        key = (wish.party, wish.programme)
        if key not in self.desks:
            self.desks[key] = desks(self.node, *key, self.at)
        versions, showings = findings.versions_of(self.tx, wish.object_id), released.showings(self.tx, wish.object_id)
        desk, item = one_of(self.tx, self.desks[key], (wish.object_id, wish.hash), versions, showings)
        if item.standing.void:
            self._void(desk, item)
        hand = _Hand(person, desk, item)
        kind, role = act(hand)
        self.bodies.append(_body(hand, kind, role, reason))
        self.ended += [row.seq for row in _ended(self.tx, desk, item, kind)]
        ends_us = desk.at_us + round(desk.node.config.approve_countdown_s * 1_000_000)
        done = f"{_stood(item)} taken back" if kind is ApprovalCancelled else _DONE[kind]
        until = instant.text(ends_us) if kind is ApprovalGiven else ""
        return Told(wish.object_id, desk.party, done, item.hash, until)

    def enter(self) -> None:
        """Enter what was done."""
        rows = enter(self.node, self.tx, self.bodies, self.at)
        approvals.close(self.tx, self.ended)
        approvals.keep(self.tx, [row for row in rows if row.kind in _KEPT])
        sign_log(self.node, self.tx, MASTER)

    def _void(self, desk: Desk, item: Item) -> None:
        seqs = {act.seq for act in item.standing.void}
        rows = [row for row in approvals.standing(self.tx, desk.programme, desk.party) if row.seq in seqs]
        if rows:
            desk.void(self.tx, rows, changes(item))


def _acted(node: Node, person: Person, wishes: Sequence[Wish], act: _Act, reason: str) -> list[Told | FoedusError]:
    """Return what came of each wish, a refusal too, so that the wishes after it are still heard."""
    at = node.clock.now()
    keep_facets(node, *(node.agreements.policy(one, at) for one in node.agreements.in_force(at)))
    told: list[Told | FoedusError] = []
    with node.store.write() as tx:
        room = _Room(node, tx)
        for wish in wishes:
            try:
                told.append(room.act(person, wish, act, reason))
            except (InputError, ProgrammeError, ReleaseError) as error:
                told.append(error)
        room.enter()
    return told


def _one(told: list[Told | FoedusError]) -> Told:
    [found] = told
    if isinstance(found, FoedusError):
        raise found
    return found


def _body(hand: _Hand, kind: type[Body], role: Role, reason: str) -> Body:
    item = hand.item
    held, bound = item.held, item.bound
    return hand.desk.body(
        kind,
        item.area.id,
        held.object_id,
        modified="" if kind is DecisionHeld else held.version,
        person=hand.person.name,
        role=role,
        hash=item.hash,
        bytes_hash=bound.bytes_hash,
        label_hash=bound.label_hash,
        purpose=bound.purpose,
        rules_hash=bound.rules_hash,
        reason=_stood(item) if kind is ApprovalCancelled else reason,
    )


def _ended(tx: Tx, desk: Desk, item: Item, kind: type[Body]) -> list[Row]:
    """Return what counts no more once an act is done."""
    held, stood = item.held, _stood(item)
    about = (item.area.id, held.object_id, held.version)
    if kind is ApprovalCancelled and stood in ("denial", "hold"):
        rows = approvals.held_back(tx, desk.programme, desk.party)
        if stood == "hold":
            return [row for row in rows if row.kind == approvals.HELD and row.object_id == held.object_id]
        return [row for row in rows if row.kind == approvals.DENIED and row[3:6] == about]
    if kind in (ApprovalDenied, ApprovalCancelled, DecisionHeld):
        return [row for row in approvals.standing(tx, desk.programme, desk.party) if row[3:6] == about]
    return []


def approve_set(node: Node, person: Person, wishes: Sequence[Wish], reason: str = "") -> list[Told]:
    """Approve one listed set of (object, recipient, hash); what changed or needs two persons drops out, and is named."""
    wishes = list(dict.fromkeys(wishes))
    told = _acted(node, person, wishes, lambda hand: _half(hand, alone=True), reason)
    return [_told(one, wish) for one, wish in zip(told, wishes, strict=True)]


def each(act: Callable[[Wish], Told], wishes: Sequence[Wish]) -> list[Told]:
    """Return what came of each of some wishes; a single one that is refused is raised."""
    if len(wishes) == 1:
        return [act(wishes[0])]
    found: list[Told] = []
    for wish in wishes:
        try:
            found.append(act(wish))
        except FoedusError as error:
            found.append(_told(error, wish))
    return found


def _told(found: Told | FoedusError, wish: Wish) -> Told:
    if isinstance(found, Told):
        return found
    return Told(wish.object_id, wish.party, "refused", wish.hash, "", found.code, found.message, found.hint)
