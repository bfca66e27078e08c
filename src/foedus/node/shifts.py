"""Shifts of the watch: taken, written in, handed over; what came in, what was done and what is open, for whoever comes next."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from foedus.account import bodies
from foedus.account.bodies import OfShift, ShiftClosed, ShiftNoted, ShiftOpened, draft
from foedus.account.ledger import append
from foedus.errors import InputError
from foedus.label.text import marking
from foedus.model import instant
from foedus.model.entry import MASTER
from foedus.model.people import Person
from foedus.node.home import Node
from foedus.node.signing import sign_log
from foedus.node.situation import Seen, listed
from foedus.node.watch import Done, done_of, may_watch, watchers, written
from foedus.store import findings, shifts, watch
from foedus.store.engine import Read, Tx
from foedus.store.findings import FindingQuery, Held
from foedus.store.shifts import Shift
from foedus.store.watch import Acted

MOST = 100
MOST_SHIFTS = 30
_ID_BYTES = 8
_OPEN = FindingQuery(MOST + 1, watch=watch.OPEN, min_urgency=1, stories=True)


class Wrote(msgspec.Struct, frozen=True):
    """What somebody wrote in a shift, and when; ``act`` is ``opened``, ``noted`` or ``closed``."""

    entry: int
    at: str
    act: str
    person: str
    note: str
    altered: bool


class ShiftRow(msgspec.Struct, frozen=True):
    """A shift in a list; ``closed_at`` empty: it goes on. ``to`` is who was to take over, ``taken_by`` who did."""

    name: str
    person: str
    opened_at: str
    closed_at: str
    closed_by: str
    to: str
    taken_by: str


class ShiftReport(msgspec.Struct, frozen=True):
    """What a shift hands over: what came in since the one before ended, what was done, what is open now, what was written.

    ``titles`` and ``labels`` are those of what was done something about, as far as it is held; ``more`` names the lists of
    which only the newest are here.
    """

    shift: ShiftRow
    came: tuple[Seen, ...]
    acts: tuple[Done, ...]
    open: tuple[Seen, ...]
    wrote: tuple[Wrote, ...]
    titles: Mapping[str, str]
    labels: tuple[str, ...]
    more: tuple[str, ...]


def open_shift(node: Node, person: Person, note: str = "") -> ShiftRow:
    """Take the watch.

    Raises:
        TrustError: the person may not have it.
        InputError: somebody else has it, or the note is too long.
    """
    role = may_watch(person)
    text, note_hash = written(note)
    with node.store.write() as tx:
        last = _current(tx)
        if last is not None and last.closed_us is None:
            if last.person == person.name:
                return _row(tx, last)
            raise InputError("somebody has the watch", code="shift-open", where=last.name, hint="foedus watch close")
        name, after = node.entropy(_ID_BYTES).hex(), last.name if last else ""
        came = last.last_finding if last and last.last_finding is not None else findings.newest_seq(tx)
        said = {"shift": name, "person": person.name, "role": role, "note_hash": note_hash}
        entry = _enter(node, tx, ShiftOpened(at=_now(node), after=after, **said), text)
        taken = Shift(name, person.name, after, instant.to_us(node.clock.now()), entry, came)
        shifts.keep_shift(tx, taken)
        return _row(tx, taken)


def write(node: Node, person: Person, note: str) -> ShiftRow:
    """Write something down for whoever comes next.

    Raises:
        TrustError: the person may not have the watch.
        InputError: nobody has the watch, or nothing or too much is written.
    """
    role = may_watch(person)
    text, note_hash = written(note)
    if not text:
        raise InputError("nothing is written", code="note-missing", hint="say what the next one should know")
    with node.store.write() as tx:
        now = _going_on(tx)
        wrote = _wrote(watch.acts_between(tx, now.first_entry, tx.logs.size(MASTER), MOST))
        if not wrote or (wrote[0].person, wrote[0].note) != (person.name, text):
            said = {"shift": now.name, "person": person.name, "role": role, "note_hash": note_hash}
            _enter(node, tx, ShiftNoted(at=_now(node), **said), text)
        return _row(tx, now)


def close_shift(node: Node, person: Person, note: str = "", to: str = "", name: str = "") -> ShiftRow:
    """End the shift that goes on, whoever's it is, and say who is to take over.

    Args:
        node: the node.
        person: who ends it.
        note: what is to be known.
        to: who is to take over; empty: nobody is named.
        name: which shift is meant; empty: the one that goes on.

    Raises:
        TrustError: the person may not have the watch.
        InputError: nobody has the watch or another shift goes on, nobody of that name may have it, or the note is too long.
    """
    role = may_watch(person)
    text, note_hash = written(note)
    if to and to not in watchers(node):
        raise InputError("nobody of that name may have the watch", code="watch-person", hint="foedus people list")
    with node.store.write() as tx:
        meant = shifts.shift_named(tx, name) if name else None
        if meant is not None and meant.closed_by == person.name:
            return _row(tx, meant)
        now = _going_on(tx)
        if name not in ("", now.name):
            raise InputError("another shift goes on", code="shift-changed", where=now.name)
        said = {"shift": now.name, "person": person.name, "role": role, "note_hash": note_hash}
        entry = _enter(node, tx, ShiftClosed(at=_now(node), to=to, **said), text)
        at_us = instant.to_us(node.clock.now())
        ended = now._replace(closed_by=person.name, closed_us=at_us, last_entry=entry + 1, to=to)
        ended = ended._replace(last_finding=findings.newest_seq(tx))
        shifts.end_shift(tx, ended)
        return _row(tx, ended)


def report(node: Node, name: str = "") -> ShiftReport | None:
    """Return what a shift hands over, or the newest one; None: there was none yet.

    Raises:
        InputError: there is no such shift.
    """
    with node.store.read() as read:
        found = shifts.shift_named(read, name) if name else _current(read)
        if found is None and name:
            raise InputError("no such shift", code="object-unknown", where=name, hint="foedus watch shift")
        return None if found is None else _report(read, found)


def listing(node: Node) -> list[ShiftRow]:
    """Return the shifts, the newest first."""
    with node.store.read() as read:
        held = shifts.newest_shifts(read, MOST_SHIFTS)
        taken = shifts.shifts_after(read, [one.name for one in held if one.closed_us is not None])
        return [_row_of(one, taken.get(one.name)) for one in held]


def _report(read: Read, found: Shift) -> ShiftReport:
    end = found.last_entry if found.last_entry is not None else read.logs.size(MASTER)
    until = None if found.last_finding is None else found.last_finding + 1
    came = FindingQuery(MOST + 1, until, after_seq=found.first_finding, min_urgency=1, stories=True)
    came_in, still = listed(read, came), listed(read, _OPEN)
    acts = watch.acts_between(read, found.first_entry, end, MOST + 1)
    long = {"came": len(came_in), "open": len(still), "acts": len(acts)}
    more = tuple(name for name, rows in long.items() if rows > MOST)
    done, wrote = done_of(acts[:MOST]), _wrote(acts[:MOST])
    about = _held(read, [one.object_id for one in done])
    titles = {one.object_id: one.title or one.object_id for one in about}
    labels = tuple(dict.fromkeys(marking(one.label) for one in about if one.label))
    row, came_in, still = _row(read, found), came_in[:MOST], still[:MOST]
    return ShiftReport(row, tuple(came_in), tuple(done), tuple(still), tuple(wrote), titles, labels, more)


def _held(read: Read, object_ids: list[str]) -> list[Held]:
    rows = findings.resolve(read, dict.fromkeys(object_ids))
    return list(findings.findings_of(read, list(rows.values())))


def _current(read: Read) -> Shift | None:
    return next(iter(shifts.newest_shifts(read, 1)), None)


def _going_on(read: Read) -> Shift:
    found = _current(read)
    if found is None or found.closed_us is not None:
        raise InputError("nobody has the watch", code="shift-none", hint="foedus watch open --as NAME")
    return found


def _row(read: Read, one: Shift) -> ShiftRow:
    return _row_of(one, shifts.shift_after(read, one.name) if one.closed_us is not None else None)


def _row_of(one: Shift, taken: Shift | None) -> ShiftRow:
    closed = instant.text(one.closed_us) if one.closed_us is not None else ""
    opened = instant.text(one.opened_us)
    return ShiftRow(one.name, one.person, opened, closed, one.closed_by, one.to, taken.person if taken else "")


def _wrote(acts: list[Acted]) -> list[Wrote]:
    """Return what was written in a shift, the newest first; what is not what the log holds the hash of is not shown."""
    found = []
    for entry, note, stored in acts:
        body: Any = bodies.read(stored) if stored is not None else None
        if isinstance(body, OfShift):
            altered = written(note)[1] != body.note_hash
            act = body.kind_of_entry.partition(".")[2]
            found.append(Wrote(entry, body.at, act, body.person, "" if altered else note, altered))
    return found


def _enter(node: Node, tx: Tx, body: OfShift, note: str) -> int:
    entry = tx.logs.size(MASTER)
    append(tx.logs, MASTER, [draft(body)], at=node.clock.now(), entropy=node.entropy)
    sign_log(node, tx, MASTER)
    watch.keep_act(tx, entry, "", note)
    return entry


def _now(node: Node) -> str:
    return instant.text(instant.to_us(node.clock.now()))
