"""Bodies about what came in and what was made of it."""

from __future__ import annotations

from typing import Any, ClassVar

from foedus.account.bodies.body import Body, Placed


class IngestDone(Body, frozen=True, kw_only=True):
    """A source was read to its end; ``area`` is the room, ``label`` what a person gave the source."""

    kind_of_entry: ClassVar[str] = "ingest.done"

    area: str
    source: str
    sha256: str
    label: dict[str, Any] | None


class SourceLabelled(Body, frozen=True, kw_only=True):
    """A person gave a source its label."""

    kind_of_entry: ClassVar[str] = "source.labelled"

    area: str
    source: str
    role: str
    label: dict[str, Any]


class FindingCreated(Placed, frozen=True, kw_only=True):
    """A finding was made; ``because`` are the hashes of what it rests on, ``event_id`` the story it belongs to."""

    kind_of_entry: ClassVar[str] = "finding.created"

    object_id: str
    event_id: str
    kind: str
    because: tuple[str, ...]


class FindingCorroborated(FindingCreated, frozen=True, kw_only=True):
    """Findings of two parties tell one story; ``object_id`` is the partner's finding."""

    kind_of_entry: ClassVar[str] = "finding.corroborated"


class IndicatorAttested(Placed, frozen=True, kw_only=True):
    """A party states an indicator's value for a year; it counts when every party's newest statement says the same."""

    kind_of_entry: ClassVar[str] = "indicator.attested"

    indicator: str
    period: str
    value: int | float | str
