"""Bodies about what is called back."""

from __future__ import annotations

from typing import ClassVar

from foedus.account.bodies.body import Body, Placed, Shared
from foedus.model.events import RecallReason, RecallResult


class RecallRequested(Placed, frozen=True, kw_only=True):
    """One object is called back: ``sendings`` are the release.sent entries of this very log, ``versions`` theirs."""

    kind_of_entry: ClassVar[str] = "recall.requested"

    object_id: str
    versions: tuple[str, ...]
    sendings: tuple[int, ...]
    reason: RecallReason
    deadline: str


class RecallCompleted(Placed, frozen=True, kw_only=True):
    """What became of it: an answer to entry ``entry`` of the log of origin ``log``; ``code`` says why it cannot."""

    kind_of_entry: ClassVar[str] = "recall.completed"

    object_id: str
    versions: tuple[str, ...]
    log: str
    entry: int
    result: RecallResult
    code: str
    passed_on_to: tuple[str, ...]


class RecallMade(Body, frozen=True, kw_only=True):
    """In the master log: which person, or which cause without one, called an object back, and from whom."""

    kind_of_entry: ClassVar[str] = "recall.made"

    object_id: str
    versions: tuple[str, ...]
    parties: tuple[str, ...]
    reason: RecallReason
    cause: str
    person: str


class RecallLifted(Shared, frozen=True, kw_only=True):
    """In the master log: a person allows what was called back from a party to be released to it again."""

    kind_of_entry: ClassVar[str] = "recall.lifted"

    object_id: str
    versions: tuple[str, ...]
    person: str


class RecallRefused(Shared, frozen=True, kw_only=True):
    """In the master log: a partner's recall, or answer to one, that nothing was done about; where it stands, and why."""

    kind_of_entry: ClassVar[str] = "recall.refused"

    log: str
    entry: int
    code: str
