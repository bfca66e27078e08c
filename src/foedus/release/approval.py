"""What people's approvals amount to: pure; an approval counts for exactly what it was given for, once, and for a time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal

import msgspec

from foedus.model.canonical import digest
from foedus.model.decision import Reason

Kind = Literal["requested", "given", "denied", "cancelled", "voided", "held"]
Word = Literal["waiting", "requested", "counting", "due", "denied"]

BY_TWO = "four-eyes-missing"
BY_ONE = frozenset({"limit-reached", "held-by-person"})


class Bound(msgspec.Struct, frozen=True):
    """All that an approval is bound to: what would go, exactly, to whom, under what."""

    bytes_hash: str
    label_hash: str
    party: str
    programme: str
    area: str
    purpose: str
    rules_hash: str

    def hash(self) -> str:
        """Return the SHA-256 over the canonical form of all of it."""
        return digest(list(msgspec.structs.astuple(self)))

    def changed(self, other: Bound) -> tuple[str, ...]:
        """Return the names of the parts that differ."""
        pairs = zip(_PARTS, msgspec.structs.astuple(self), msgspec.structs.astuple(other), strict=True)
        return tuple(name for name, mine, theirs in pairs if mine != theirs)


_PARTS = ("bytes", "label", "recipient", "programme", "area", "purpose", "rules")


class Act(msgspec.Struct, frozen=True):
    """What a person did, as its entry says: in which role, about exactly what (empty hash: nothing exact), when, where."""

    kind: Kind
    person: str
    role: str
    hash: str
    at_us: int
    seq: int
    bound: Bound | None = None


class Asked(msgspec.Struct, frozen=True):
    """What an approval must meet: how many persons, the hash of what would go now, and the times of the settings.

    ``staff`` are the (name, role) of those who may act now: whoever may no more, or in another role, counts for nothing.
    """

    persons: int
    hash: str
    at_us: int
    lasts_us: int
    countdown_us: int
    staff: frozenset[tuple[str, str]]


class Standing(msgspec.Struct, frozen=True):
    """What acts amount to: a word, the acts that count, when the countdown ends, and what is void of them, and why."""

    word: Word
    request: Act | None = None
    approval: Act | None = None
    denial: Act | None = None
    ends_us: int | None = None
    void: tuple[Act, ...] = ()
    why_void: str = ""


def persons_for(reasons: Sequence[Reason]) -> int:
    """Return how many persons can let go what is on hold for these reasons; 0: no approval can.

    >>> persons_for([Reason("limit-reached", "count", "2", "a later window")])
    1
    """
    codes = {reason.code for reason in reasons}
    if not codes or codes - BY_ONE - {BY_TWO}:
        return 0
    return 2 if BY_TWO in codes else 1


def standing(acts: Iterable[Act], asked: Asked) -> Standing:
    """Return what a history of acts about one object version amounts to now.

    Two halves count where two persons gave them in two roles, the request before the approval, both for the hash of
    what would go now, neither is too old, and both persons may still act in those roles. Whatever else there is counts as
    nothing.
    """
    request: Act | None = None
    given: Act | None = None
    denial: Act | None = None
    for act in sorted(acts, key=lambda one: one.seq):
        if act.kind == "requested":
            request, given, denial = act, None, None
        elif act.kind == "given":
            given, denial = act, None
        else:
            request, given, denial = None, None, act if act.kind == "denied" else None
    if denial is not None:
        return Standing("denied", denial=denial)
    halves = tuple(act for act in (request, given) if act is not None)
    why_void = _why_void(halves, asked)
    if why_void:
        return Standing("waiting", void=halves, why_void=why_void)
    if given is not None and _suffices(request, given, asked.persons):
        ends_us = given.at_us + asked.countdown_us
        return Standing("due" if asked.at_us >= ends_us else "counting", request, given, ends_us=ends_us)
    return Standing("requested" if request is not None else "waiting", request)


def _suffices(request: Act | None, given: Act, persons: int) -> bool:
    if given.role != "approver" or persons not in (1, 2):
        return False
    if persons == 1:
        return True
    return request is not None and request.role == "releaser" and request.person != given.person


def _why_void(halves: Sequence[Act], asked: Asked) -> str:
    """Return why halves count as nothing: one of them is for something else, too old, or of one who may not any more."""
    if any(act.hash != asked.hash for act in halves):
        return "changed"
    if any(asked.at_us >= act.at_us + asked.lasts_us for act in halves):
        return "expired"
    if any((act.person, act.role) not in asked.staff for act in halves):
        return "person"
    return ""
