"""Bodies about the watch: who acknowledged, took or dismissed a finding; who had the watch, and to whom it went.

What people write is kept beside the log; here stands its hash, so that it can be shown to be what was written.
"""

from __future__ import annotations

from typing import ClassVar

from foedus.account.bodies.body import Body
from foedus.model.events import DismissReason


class Watched(Body, frozen=True, kw_only=True):
    """What a person did about a finding, in which role; ``hash`` is of the bytes they saw, ``note_hash`` of what they wrote."""

    object_id: str
    modified: str
    hash: str
    area: str
    kind: str
    person: str
    role: str
    note_hash: str = ""


class WatchAcknowledged(Watched, frozen=True, kw_only=True):
    """A person has seen it and answers for it."""

    kind_of_entry: ClassVar[str] = "watch.acknowledged"


class WatchAssigned(Watched, frozen=True, kw_only=True):
    """A person gave it to somebody to follow up; ``to`` empty: to nobody any more."""

    kind_of_entry: ClassVar[str] = "watch.assigned"

    to: str


class WatchDismissed(Watched, frozen=True, kw_only=True):
    """A person says that it is false, and why; it counts against ``method``, which concluded it."""

    kind_of_entry: ClassVar[str] = "watch.dismissed"

    reason: DismissReason
    method: str


class WatchUndone(Watched, frozen=True, kw_only=True):
    """A person took back what an earlier entry says; the entry itself stays."""

    kind_of_entry: ClassVar[str] = "watch.undone"

    entry: int


class OfShift(Body, frozen=True, kw_only=True):
    """Something of a shift: whose word it is, and the hash of what they wrote."""

    shift: str
    person: str
    role: str
    note_hash: str = ""


class ShiftOpened(OfShift, frozen=True, kw_only=True):
    """A person took the watch; ``after`` is the shift before, empty: there was none."""

    kind_of_entry: ClassVar[str] = "shift.opened"

    after: str


class ShiftNoted(OfShift, frozen=True, kw_only=True):
    """A person wrote something down for whoever comes next."""

    kind_of_entry: ClassVar[str] = "shift.noted"


class ShiftClosed(OfShift, frozen=True, kw_only=True):
    """A shift ended; ``to`` is who is to take over, empty: nobody was named."""

    kind_of_entry: ClassVar[str] = "shift.closed"

    to: str
