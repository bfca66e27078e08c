"""The release queue as people of the own party see it: what waits, for whom it waits, and what exactly would go."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

import msgspec

from foedus.errors import ExpiredProgramme, InputError, NotReleasable, UnknownParty
from foedus.label.text import marking
from foedus.model import instant
from foedus.model.decision import Duties, Reason
from foedus.model.people import Role
from foedus.node.agreements import Agreement, why_not
from foedus.node.home import Node
from foedus.node.queue import Desk, Item, OnHold, Told, Walked, changes, on_hold, places_of
from foedus.node.view import keep_facets
from foedus.release.explain import explain
from foedus.store import findings, people, released
from foedus.store.engine import Read
from foedus.store.findings import Held
from foedus.store.released import Showing

MOST = 100
_HALVES: tuple[Role, ...] = ("releaser", "approver")


class Waiting(msgspec.Struct, frozen=True):
    """One finding that waits for people on its way to one party.

    ``persons`` is how many must let it go (0: no approval can), ``who`` the people of this node that can, by role; ``hash``
    is what an approval would bind; ``state`` is waiting, requested, counting, due or denied, with who and until when.
    ``title`` is content, and for people of the node alone. ``goes`` is False while it refers to what the party does not see;
    ``void`` says what changed since it was approved.
    """

    programme: str
    party: str
    area: str
    object_id: str
    version: str
    kind: str
    label: str
    since: str
    missing: tuple[Reason, ...]
    sentences: tuple[str, ...]
    persons: int
    who: dict[str, tuple[str, ...]]
    hash: str
    goes: bool
    state: str
    by: str = ""
    until: str = ""
    void: str = ""
    title: str = ""
    owner: str = ""


class ClauseText(msgspec.Struct, frozen=True):
    """A clause that bears on a finding: its part in the decision, what it rests on, and its text as it was signed."""

    id: str
    effect: str
    part: str
    basis: str
    provenance: str
    text: str


class Page(msgspec.Struct, frozen=True):
    """Some of the queue; ``next`` asks for what follows, empty at the end."""

    items: tuple[Waiting, ...]
    next: str = ""


class Sent(msgspec.Struct, frozen=True):
    """One object as stored and as it would go, byte for byte (both are UTF-8)."""

    object_id: str
    version: str
    label: str
    changed: bool
    stored: str
    sent: str


class Detail(msgspec.Struct, frozen=True):
    """One finding in the queue and all that an approval of it would let go, to whom, for what, with which duties."""

    waiting: Waiting
    purpose: str
    profiles: tuple[str, ...]
    duties: Duties | None
    objects: tuple[Sent, ...]
    others: tuple[tuple[str, str], ...]
    clauses: tuple[ClauseText, ...] = ()


def desks(node: Node, party: str, programme: str, at: datetime, told: Told | None = None) -> list[Desk]:
    """Return a desk for each programme in force and other party, or those named; all of them know the same (``told``).

    Raises:
        ExpiredProgramme: the programmes that name the party are not in force.
        UnknownParty: none names it.
    """
    held = [node.agreements.required(programme, at)] if programme else node.agreements.in_force(at)
    told = told or Told(node, at)
    found = [
        Desk(node, one, other.id, at, told)
        for one in held
        for other in one.programme.parties
        if other.id != node.party and party in ("", other.id)
    ]
    if not found and party:
        raise _nobody(node, party, [programme] if programme else [], at)
    return found


def _nobody(node: Node, party: str, named: list[str], at: datetime) -> ExpiredProgramme | UnknownParty:
    lapsed: list[Agreement] = [] if named else [a for a in node.agreements.all(at) if a.programme.party(party)]
    if lapsed and party != node.party:
        where = "; ".join(f"{one.word}: {why_not(one)}" for one in lapsed)
        return ExpiredProgramme(
            "no programme with it is in force, so nothing may go", where=where, hint="foedus programme show"
        )
    return UnknownParty(
        f"nothing goes to {party!r}", where=", ".join(named), hint="foedus programme show names the parties"
    )


def pending(node: Node, party: str = "", programme: str = "", *, limit: int = MOST, after: str = "") -> Page:
    """Return what is on hold, in order, a page at a time.

    Raises:
        InputError: ``after`` is not what a page gave.
        ProgrammeError: the party or programme named is not here, or not in force.
    """
    found: list[Waiting] = []
    walk = _walk(node, party, programme, _ended(after))
    for place, waiting in walk:
        found.append(waiting)
        if len(found) == limit:
            return Page(tuple(found), place.text() if next(walk, None) is not None else "")
    return Page(tuple(found))


class Ended(NamedTuple):
    """Where a page ended: programme, party, area, room, row; and how far the walk to there had come."""

    place: tuple[str, ...] = ()
    seq: int = 0
    walked: Walked = Walked()

    def text(self) -> str:
        """Return it as the address of the next page holds it."""
        counts = [f"{clause}={n}" for clause, n in sorted((self.walked.counts or {}).items())]
        return "|".join([*self.place, str(self.seq), str(self.walked.seq), *counts])


def _ended(after: str) -> Ended:
    """Read where a page ended. Whoever writes something else there sees other lines, and lets nothing go by that."""
    parts = after.split("|")
    if not after:
        return Ended()
    counts = dict(part.rpartition("=")[::2] for part in parts[6:])
    if len(parts) < 6 or not all(one.isdecimal() and len(one) < 19 for one in (*parts[4:6], *counts.values())):
        raise InputError(
            "not where a page ended", code="page-unknown", where=after, hint="take it from the page before"
        )
    walked = Walked(int(parts[5]), {clause: int(n) for clause, n in counts.items()})
    return Ended(tuple(parts[:4]), int(parts[4]), walked)


def _walk(node: Node, party: str, programme: str, after: Ended) -> Iterator[tuple[Ended, Waiting]]:
    """Yield where each item stands, and the item."""
    found = desks(node, party, programme, node.clock.now())
    keep_facets(node, *(desk.policy for desk in found))
    places = places_of(found)
    named = [(one.desk.programme, one.desk.party, one.area.id, one.room) for one in places]
    if after.place:
        places = places[named.index(after.place) :] if after.place in named else []
    if not places:
        return
    told = found[0].told
    with node.store.read() as read:
        staff = _staff(told.staff(read))
        for some in on_hold(read, places, after.seq, after.walked):
            for start in range(0, len(some), MOST):
                part = some[start : start + MOST]
                told.look_up(read, [one.held for one in part])
                for (desk, area, room), held, missing, walked in part:
                    item = desk.item(read, area, held, missing)
                    yield (
                        Ended((desk.programme, desk.party, area.id, room), held.seq, walked),
                        _waiting(desk, item, staff),
                    )


def detail(node: Node, object_id: str, party: str, programme: str = "", hash: str = "") -> Detail:
    """Return one finding of the queue with exactly what would be sent.

    Raises:
        NotReleasable: it is not on hold for the party, or several versions or programmes are meant.
    """
    found = desks(node, party, programme, node.clock.now())
    keep_facets(node, *(desk.policy for desk in found))
    with node.store.read() as read:
        versions, showings = findings.versions_of(read, object_id), released.showings(read, object_id)
        return _detail(read, one_of(read, found, (object_id, hash), versions, showings), showings)


def opened(
    node: Node, object_id: str, party: str, programme: str, *, beside: str = "", limit: int = MOST
) -> tuple[Detail, tuple[Waiting, ...]]:
    """Return the same, and beside it the begin of the queue for one party or all, as both are at one moment.

    Raises:
        NotReleasable: it is not on hold for the party, or several versions or programmes are meant.
    """
    at = node.clock.now()
    told = Told(node, at)
    found = desks(node, party, programme, at, told)
    places = places_of(desks(node, beside, "", at, told))
    keep_facets(node, *(desk.policy for desk in (*found, *(place.desk for place in places))))
    with node.store.read() as read:
        versions, showings = findings.versions_of(read, object_id), released.showings(read, object_id)
        rail: list[OnHold] = []
        for some in on_hold(read, places, beside=versions):
            rail += some
            if len(rail) >= limit:
                break
        del rail[limit:]
        told.look_up(read, [*versions, *(one.held for one in rail)])
        shown = _detail(read, one_of(read, found, (object_id, ""), versions, showings), showings)
        staff = _staff(told.staff(read))
        items = [(desk, desk.item(read, area, held, missing)) for (desk, area, _), held, missing, _ in rail]
    return shown, tuple(_waiting(desk, item, staff) for desk, item in items)


def _detail(read: Read, meant: tuple[Desk, Item], showings: list[Showing]) -> Detail:
    desk, item = meant
    if not item.missing:
        raise not_held(item.held.object_id, desk.party)
    objects = tuple(
        Sent(
            one.held.object_id,
            one.held.version,
            marking(one.held.label) if one.held.label else "",
            one.out.changed,
            one.held.raw.decode(),
            one.out.raw.decode(),
        )
        for one in sorted(item.outs, key=lambda one: one.held is not item.held)
    )
    decision = item.decision
    shown = [one for one in showings if one.finding_seq == item.held.seq and one.withdrawn_us is None]
    others = tuple((one.view.split("|")[2], instant.text(one.added_us)) for one in sorted(shown, key=_by_view))
    waiting = _waiting(desk, item, _staff(desk.told.staff(read)))
    clauses = tuple(_clauses(desk, item))
    return Detail(waiting, decision.purpose, decision.profiles, decision.duties, objects, others, clauses)


def _clauses(desk: Desk, item: Item) -> Iterator[ClauseText]:
    """Yield the clauses of a decision with their text as it stands in the signed document."""
    document = desk.agreement.document
    text = document.raw.decode()
    places = {one.id: f"/release/clauses/{i}" for i, one in enumerate(desk.agreement.programme.release.clauses)}
    for view in explain(item.decision, desk.policy, desk.agreement.programme).clauses:
        place = document.positions[places[view.id]]
        begun = text.rfind("\n", 0, place.start) + 1
        written = textwrap.dedent(" " * (place.start - begun) + text[place.start : place.end]).rstrip()
        basis = f"{view.instrument} {view.article}".strip()
        yield ClauseText(view.id, view.effect, view.part, basis, view.provenance, written)


def one_of(
    read: Read, found: list[Desk], meant: tuple[str, str], versions: list[Held], showings: list[Showing]
) -> tuple[Desk, Item]:
    """Return the one item that is meant, by id and hash (empty: whichever is on hold): on hold, or on its way.

    Args:
        read: the transaction.
        found: the desks that it may lie on.
        meant: object id and hash.
        versions: all that are held of it.
        showings: where it is shown, and was.

    Raises:
        NotReleasable: there is none, it changed, or several are meant.
    """
    object_id, wanted = meant
    items = [(desk, item) for desk in found for item in desk.located(read, versions, showings)]
    if not items:
        raise not_held(object_id, ", ".join(dict.fromkeys(desk.party for desk in found)))
    these = (
        [one for one in items if one[1].hash == wanted] if wanted else [one for one in items if one[1].missing] or items
    )
    if not these:
        now = ", ".join(item.hash for _, item in items)
        raise NotReleasable(
            "what would go is not what this hash stands for any more",
            code="approval-changed",
            where=f"{object_id} {wanted}",
            hint=f"look at it again: foedus release pending {object_id} --to {items[0][0].party}; its hash is {now} now",
        )
    if len(these) > 1:
        named = "; ".join(f"{desk.programme} {item.area.id} {item.held.version}: {item.hash}" for desk, item in these)
        raise NotReleasable(
            "several are meant", code="approval-ambiguous", where=object_id, hint=f"name one by --hash: {named}"
        )
    return these[0]


def not_held(object_id: str, party: str) -> NotReleasable:
    """Return the refusal of an act about what is not in the queue."""
    return NotReleasable(
        f"it is not on hold for {party}",
        code="approval-not-held",
        where=object_id,
        hint=f"foedus why {object_id} --to {party}",
    )


def _by_view(one: Showing) -> str:
    return one.view


def _staff(known: list[people.Kept]) -> dict[str, tuple[str, ...]]:
    return {role: tuple(one.name for one in known if role in one.roles.split()) for role in _HALVES}


def _waiting(desk: Desk, item: Item, staff: dict[str, tuple[str, ...]]) -> Waiting:
    held, found = item.held, item.standing
    act = found.denial or found.approval or found.request
    held_decision = msgspec.structs.replace(item.decision, outcome="hold", reasons=item.missing)
    roles = {0: (), 1: _HALVES[1:], 2: _HALVES}[item.persons]
    return Waiting(
        programme=desk.programme,
        party=desk.party,
        area=item.area.id,
        object_id=held.object_id,
        version=held.version,
        kind=held.kind,
        label=marking(held.label) if held.label else "",
        since=instant.text(max(held.stored_us, held.labelled_us)),
        missing=item.missing,
        sentences=explain(held_decision, desk.policy, desk.agreement.programme).sentences,
        persons=item.persons,
        who={role: staff[role] for role in roles},
        hash=item.hash,
        goes=bool(item.outs),
        state=found.word,
        by=f"{act.person} ({act.role})" if act else "",
        until=instant.text(found.ends_us) if found.ends_us is not None else "",
        void=changes(item) if found.void else "",
        title=held.title,
        owner=held.owner,
    )
