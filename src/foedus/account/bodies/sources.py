"""Bodies about live sources, opened or closed by a person or away; and about refused parts that somebody settled."""

from __future__ import annotations

from typing import ClassVar, Literal

from foedus.account.bodies.body import Body


class SourceAdded(Body, frozen=True, kw_only=True):
    """A person put a live source on the node's list; its label is in ``source.labelled`` beside it."""

    kind_of_entry: ClassVar[str] = "source.added"

    area: str
    source: str
    person: str


class SourceRemoved(SourceAdded, frozen=True, kw_only=True):
    """A person took a live source off the list."""

    kind_of_entry: ClassVar[str] = "source.removed"


class SourceOutage(Body, frozen=True, kw_only=True):
    """Nothing came from a live source between two instants: lost, quiet for too long, or the node itself was stopped."""

    kind_of_entry: ClassVar[str] = "source.outage"

    area: str
    source: str
    since: str
    until: str
    cause: Literal["lost", "quiet", "stopped"]


class QuarantineSettled(Body, frozen=True, kw_only=True):
    """A refused part was taken after all, or put aside; ``person`` is empty where the operator of the machine did it."""

    kind_of_entry: ClassVar[str] = "quarantine.settled"

    area: str
    source: str
    number: int
    outcome: Literal["accepted", "discarded"]
    person: str
