"""The watch: a named person acknowledges a finding, gives it to somebody, dismisses it as false, or takes that back.

Each is an entry of the private log, which holds no word of it; none of it is a release rule, and no partner learns of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any, NamedTuple, get_args

import msgspec

from foedus.account import bodies
from foedus.account.bodies import WatchAcknowledged, WatchAssigned, WatchDismissed, Watched, WatchUndone, draft
from foedus.account.ledger import append
from foedus.errors import InputError, MalformedRecord, TrustError
from foedus.model import ijson, instant
from foedus.model.entry import MASTER
from foedus.model.events import DismissReason
from foedus.model.people import Person, Role
from foedus.node.home import Node
from foedus.node.show import versions
from foedus.node.signing import sign_log
from foedus.store import people as kept_people
from foedus.store import watch
from foedus.store.engine import Read, Tx
from foedus.store.findings import Held

WATCHERS: tuple[Role, ...] = ("analyst", "releaser", "approver")
"""Who may have the watch: whoever sees findings and may act; an auditor reads, and changes nothing."""
REASONS: tuple[DismissReason, ...] = get_args(DismissReason)
NOTE_CHARS = 2_000
_DEPTH = 3


class Meant(NamedTuple):
    """What an act is about: a finding, and what its person saw of it (empty: whatever is there now)."""

    object_id: str
    seen: str = ""


class Done(msgspec.Struct, frozen=True):
    """An act as its entry says it; ``note`` is empty where nothing was written, or where it is not what was written."""

    entry: int
    at: str
    act: str
    person: str
    version: str
    object_id: str
    to: str = ""
    reason: str = ""
    note: str = ""
    altered: bool = False
    undoes: int | None = None
    undone: bool = False


class Standing(msgspec.Struct, frozen=True):
    """How a finding stands on the watch, by whose acts; ``changed``: its bytes are others than those of the last act."""

    object_id: str
    state: str
    acknowledged: Done | None
    assigned: Done | None
    dismissed: Done | None
    changed: bool
    seen: str
    history: tuple[Done, ...]


def standing(node: Node, object_id: str) -> Standing:
    """Return how a finding stands.

    Raises:
        InputError: the node does not hold it.
    """
    with node.store.read() as read:
        return standing_of(read, versions(read, object_id)[0])


def acknowledge(node: Node, person: Person, meant: Meant) -> Standing:
    """Say that somebody has seen a finding and answers for it.

    Raises:
        TrustError: the person may not have the watch.
        InputError: the node does not hold it, it changed since they looked, or somebody acknowledged or dismissed it already.
    """
    return _act(node, person, meant, WatchAcknowledged)


def assign(node: Node, person: Person, meant: Meant, to: str) -> Standing:
    """Give a finding to somebody to follow up, or (empty) to nobody any more.

    Raises:
        TrustError: the person may not have the watch.
        InputError: the node does not hold it, it changed since they looked or was dismissed, or nobody of that name may have
            the watch.
    """
    if to and to not in watchers(node):
        raise InputError("nobody of that name may have the watch", code="watch-person", hint="foedus people list")
    return _act(node, person, meant, WatchAssigned, to=to)


def dismiss(node: Node, person: Person, meant: Meant, reason: str, note: str = "") -> Standing:
    """Say that a finding is false, and why; it counts against the method that concluded it.

    Raises:
        TrustError: the person may not have the watch.
        InputError: the node does not hold it, it changed since they looked or was dismissed already, or not a reason.
    """
    if reason not in REASONS:
        raise InputError("not a reason", code="watch-reason", hint=f"one of {', '.join(REASONS)}")
    return _act(node, person, meant, WatchDismissed, note, reason=reason)


def undo(node: Node, person: Person, meant: Meant) -> Standing:
    """Take back the newest act that stands, whoever's it was; its entry stays.

    Raises:
        TrustError: the person may not have the watch.
        InputError: the node does not hold it, it changed since they looked, or nothing stands.
    """
    return _act(node, person, meant, WatchUndone)


def watchers(node: Node) -> list[str]:
    """Return who may have the watch, by name."""
    with node.store.read() as read:
        return able(read)


def able(read: Read) -> list[str]:
    """Return the same in a transaction."""
    return sorted({name for name, role in kept_people.able(read) if role in WATCHERS})


def may_watch(person: Person) -> Role:
    """Return the role in which a person has the watch.

    Raises:
        TrustError: they may not.
    """
    role = next((one for one in WATCHERS if person.has(one)), None)
    if role is None:
        raise TrustError("this takes another role", code="role-missing", hint=f"one of {', '.join(WATCHERS)}")
    return role


def written(note: str) -> tuple[str, str]:
    """Return what a person wrote as it is kept, and its hash (empty: nothing was written).

    Raises:
        InputError: it is too long.
    """
    text = note.strip()
    if len(text) > NOTE_CHARS:
        raise InputError("the note is too long", code="note-too-long", hint=f"at most {NOTE_CHARS} characters")
    return text, sha256(text.encode()).hexdigest() if text else ""


def done_of(acts: Sequence[watch.Acted]) -> list[Done]:
    """Return acts as the private log says them, with what was written where the log holds the hash of it."""
    said = [(one, _body(one.stored)) for one in acts if one.stored is not None]
    return [_done(one.seq, body, one.note) for one, body in said if body is not None]


def method_of(held: Held) -> str:
    """Return the method that an object says concluded it, with its version; of a document that came as it is ``document``."""
    if held.document:
        return "document"
    said = _named(ijson.decode(held.raw).get("extensions"), _DEPTH)
    return f"{said.get('method')} {said.get('version', '')}".strip()[:80] if said else held.kind


def _named(value: Any, depth: int) -> Mapping[str, Any]:
    if not isinstance(value, dict) or not depth:
        return {}
    if isinstance(value.get("method"), str):
        return value
    return next((found for one in value.values() if (found := _named(one, depth - 1))), {})


def _act(node: Node, person: Person, meant: Meant, kind: type[Watched], note: str = "", **facts: str) -> Standing:
    role = may_watch(person)
    text, note_hash = written(note)
    with node.store.write() as tx:
        held = versions(tx, meant.object_id)[0]
        before = standing_of(tx, held)
        if _is_again(before, kind, person, facts):
            return before
        if meant.seen not in ("", before.seen):
            raise InputError("it changed since you looked", code="watch-changed", where=meant.object_id)
        told: dict[str, Any] = {**facts, **_more(kind, before, held)}
        body = kind(
            at=instant.text(instant.to_us(node.clock.now())),
            object_id=held.object_id,
            modified=held.version,
            hash=held.sha256.hex(),
            area=held.room,
            kind=held.kind,
            person=person.name,
            role=role,
            note_hash=note_hash,
            **told,
        )
        return _enter(node, tx, held, body, text)


def _is_again(before: Standing, kind: type[Watched], person: Person, facts: Mapping[str, str]) -> bool:
    """Say that the newest act is this one by the same person: a form sent twice does one thing."""
    last = before.history[-1] if before.history else None
    same = last is not None and (last.act, last.person) == (_word(kind), person.name) and not last.undone
    return (
        same and last is not None and kind is not WatchUndone and all(getattr(last, n) == v for n, v in facts.items())
    )


def _more(kind: type[Watched], before: Standing, held: Held) -> dict[str, Any]:
    """Return what an entry of a kind says beside; an act that makes no sense as it stands is refused."""
    where = held.object_id
    if kind is WatchUndone:
        stands = [one for one in before.history if not one.undone and one.undoes is None]
        if not stands:
            raise InputError("there is nothing to take back", code="watch-nothing", where=where)
        return {"entry": stands[-1].entry}
    if before.state == watch.DISMISSED:
        raise InputError("it was dismissed", code="watch-dismissed", where=where, hint="foedus watch undo OBJECT")
    if kind is WatchAcknowledged and before.state == watch.ACKNOWLEDGED and not before.changed:
        raise InputError("somebody acknowledged it already", code="watch-acknowledged", where=where)
    return {"method": method_of(held)} if kind is WatchDismissed else {}


def _enter(node: Node, tx: Tx, held: Held, body: Watched, note: str) -> Standing:
    entry = tx.logs.size(MASTER)
    append(tx.logs, MASTER, [draft(body)], at=node.clock.now(), entropy=node.entropy)
    sign_log(node, tx, MASTER)
    watch.keep_act(tx, entry, held.object_id, note)
    after = standing_of(tx, held)
    dismissed = after.dismissed
    method = method_of(held) if dismissed else ""
    said = (held.room, held.kind, held.owner, method, dismissed.reason if dismissed else "")
    assigned = after.assigned.to if after.assigned else ""
    watch.keep_state(tx, watch.State(held.object_id, after.state, assigned, *said, held.sha256, entry))
    return standing_of(tx, held)


def standing_of(read: Read, held: Held) -> Standing:
    """Return how a finding at hand stands."""
    kept, acted = watch.state_and_acts(read, held.object_id)
    acts = done_of(acted)
    undone = {one.undoes for one in acts}
    history = tuple(msgspec.structs.replace(one, undone=one.entry in undone) for one in acts)
    stands = {one.act: one for one in history if not one.undone}
    dismissed, assigned = stands.get("dismissed"), stands.get("assigned")
    seen = dismissed or stands.get("acknowledged")
    state = watch.DISMISSED if dismissed else watch.ACKNOWLEDGED if seen else watch.OPEN
    changed = kept is not None and bool(history) and kept.sha256 != held.sha256
    given = assigned if assigned and assigned.to else None
    now = watch.seen(held.sha256, kept)
    return Standing(held.object_id, state, stands.get("acknowledged"), given, dismissed, changed, now, history)


def _body(stored: Any) -> Watched | None:
    try:
        found = bodies.read(stored)
    except MalformedRecord:
        return None
    return found if isinstance(found, Watched) else None


def _done(entry: int, body: Watched, note: str) -> Done:
    altered = written(note)[1] != body.note_hash
    return Done(
        entry,
        body.at,
        _word(type(body)),
        body.person,
        body.modified,
        body.object_id,
        to=getattr(body, "to", ""),
        reason=getattr(body, "reason", ""),
        note="" if altered else note,
        altered=altered,
        undoes=getattr(body, "entry", None),
    )


def _word(kind: type[Watched]) -> str:
    return kind.kind_of_entry.partition(".")[2]
