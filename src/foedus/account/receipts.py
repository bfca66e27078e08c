"""Bodies of the entries that node and partner write: built, and read back.

Each kind has one type; its fields are the body's. Readers ignore fields they do not know, so that a newer partner can
say more. Nothing here holds content of findings: ids, hashes, labels and clause ids only.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, ClassVar, Literal

import msgspec

from foedus.errors import MalformedRecord
from foedus.model.entry import Draft, StoredEntry
from foedus.model.instant import parse


class Body(msgspec.Struct, frozen=True, kw_only=True):
    """What every body begins with: when it happened (RFC 3339, six digits)."""

    kind_of_entry: ClassVar[str] = ""

    at: str


class Shared(Body, frozen=True, kw_only=True):
    """A body between parties under a programme; ``parties`` are sender and recipient, or all who took part."""

    programme: str
    parties: tuple[str, ...]


class Placed(Shared, frozen=True, kw_only=True):
    """A body that belongs to one area of the programme."""

    area: str


class ReleaseSent(Placed, frozen=True, kw_only=True):
    """One object went to one party."""

    kind_of_entry: ClassVar[str] = "release.sent"

    object_id: str
    modified: str
    object_type: str
    kind: str
    decision: Literal["permit", "permit-redacted"]
    label: dict[str, Any]
    label_hash: str
    clauses: tuple[str, ...]
    rules_hash: str
    bytes_hash: str
    originator: str
    purpose: str
    duties: dict[str, Any]
    latency_hours: float | None
    latency_minutes: float | None
    expires_at: str | None


class ReleaseRun(Body, frozen=True, kw_only=True):
    """One run of release to one party, in the master log: how many, and hashes that pin what was decided."""

    kind_of_entry: ClassVar[str] = "release.run"

    programme: str
    party: str
    policy_hash: str
    counts: dict[str, int]
    inputs_hash: str
    decisions_root: str


class State(msgspec.Struct, frozen=True):
    """Size and root (hex) of a log, as its checkpoint said them."""

    size: int
    root: str


class Refusal(msgspec.Struct, frozen=True):
    """An object that was not taken, and why (stable code)."""

    object_id: str
    code: str


class Batch(Placed, frozen=True, kw_only=True):
    """A receipt for every release.sent of one area in a range of the sender's log.

    ``log`` is the origin of that log, ``range`` half-open, ``checkpoint`` the state it was read under. ``refused`` were
    received and not taken; the label of ``unlabelled`` was missing or not valid.
    """

    log: str
    range: tuple[int, int]
    checkpoint: State
    refused: tuple[Refusal, ...] = ()
    unlabelled: tuple[str, ...] = ()


class Received(Batch, frozen=True, kw_only=True):
    """The objects came, those refused among them."""

    kind_of_entry: ClassVar[str] = "exchange.received"


class Accepted(Batch, frozen=True, kw_only=True):
    """The objects were taken, all but those refused."""

    kind_of_entry: ClassVar[str] = "exchange.accepted"


class Refused(Batch, frozen=True, kw_only=True):
    """The objects listed as refused were not taken."""

    kind_of_entry: ClassVar[str] = "exchange.refused"


class Acknowledged(Batch, frozen=True, kw_only=True):
    """The recipient answers for the objects, all but those refused."""

    kind_of_entry: ClassVar[str] = "release.acknowledged"


class CheckpointExchanged(Shared, frozen=True, kw_only=True):
    """The other side's checkpoint was read: origin, size and hash of its three lines."""

    kind_of_entry: ClassVar[str] = "checkpoint.exchanged"

    log: str
    size: int
    checkpoint_hash: str


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


class ProgrammeAgreed(Shared, frozen=True, kw_only=True):
    """A version of the programme is in force; ``supersedes`` is the digest or the programme before it, or empty."""

    kind_of_entry: ClassVar[str] = "programme.agreed"

    digest: str
    version: str
    supersedes: str


class ProgrammeLoosened(Body, frozen=True, kw_only=True):
    """Two persons let more go by accepting a version; in the private log, for it names them."""

    kind_of_entry: ClassVar[str] = "programme.loosened"

    programme: str
    digest: str
    version: str
    supersedes: str
    persons: tuple[str, ...]
    changes: int


class KeyChanged(Shared, frozen=True, kw_only=True):
    """A key of the writer follows another: both as verifier keys; ``signature`` is the one's that goes, over all the rest."""

    kind_of_entry: ClassVar[str] = "key.changed"

    digest: str
    version: str
    role: str
    supersedes: str
    key: str
    signature: str = ""


class KeyDenied(Body, frozen=True, kw_only=True):
    """A person denied a partner's key on this node; in the private log, for the partner need not know why."""

    kind_of_entry: ClassVar[str] = "key.denied"

    party: str
    role: str
    key: str
    reason: str


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


class Ask(Placed, frozen=True, kw_only=True):
    """A step of a question which values two parties both hold: the asking party first, the session's id (hex), never a value.

    ``points`` and ``peer_points`` are the sizes the two lists were filled up to, the writer's own first.
    """

    session: str
    points: int


class AskMade(Ask, frozen=True, kw_only=True):
    """The question was made; entered before it leaves."""

    kind_of_entry: ClassVar[str] = "ask.made"


class AskAnswered(Ask, frozen=True, kw_only=True):
    """A partner's question was answered; entered before the answer leaves."""

    kind_of_entry: ClassVar[str] = "ask.answered"

    peer_points: int


class AskLearnt(AskAnswered, frozen=True, kw_only=True):
    """The writer learnt how many values both hold, and which; only the number stands here."""

    kind_of_entry: ClassVar[str] = "ask.learnt"

    matches: int


class AskRefused(Placed, frozen=True, kw_only=True):
    """A partner asked more often, or for more, than this node answers; the first time in an hour is entered."""

    kind_of_entry: ClassVar[str] = "ask.refused"

    limit: str


class IndicatorAttested(Placed, frozen=True, kw_only=True):
    """A party states an indicator's value for a year; it counts when every party's newest statement says the same."""

    kind_of_entry: ClassVar[str] = "indicator.attested"

    indicator: str
    period: str
    value: int | float | str


BODIES: Mapping[str, type[Body]] = MappingProxyType(
    {
        body.kind_of_entry: body
        for body in (
            *(ReleaseSent, ReleaseRun, Received, Accepted, Refused, Acknowledged, CheckpointExchanged),
            *(IngestDone, SourceLabelled, ProgrammeAgreed, FindingCreated, FindingCorroborated, IndicatorAttested),
            *(ProgrammeLoosened, KeyChanged, KeyDenied),
            *(AskMade, AskAnswered, AskLearnt, AskRefused),
        )
    }
)


class _Other(msgspec.Struct, frozen=True):
    """What a body of any other kind may hold that figures rest on."""

    at: str | None = None
    parties: tuple[str, ...] = ()
    object_id: str | None = None
    event_id: str | None = None


def draft(body: Body) -> Draft:
    """Return the draft of an entry with this body."""
    return Draft(kind=body.kind_of_entry, body=msgspec.to_builtins(body))


def read(stored: StoredEntry) -> Body | None:
    """Return the typed body of an entry, or None for a kind without one.

    Raises:
        MalformedRecord: the body is not that of its kind.
    """
    entry = stored.entry()
    kind: type[Body | _Other] = BODIES.get(entry.kind, _Other)
    try:
        body: Body | _Other = msgspec.json.decode(stored.body, type=kind)
        parse(body.at or entry.at)
    except (msgspec.ValidationError, MalformedRecord, OverflowError) as error:
        where = f"{entry.log} entry {entry.seq}"
        raise MalformedRecord(f"not the body of {entry.kind}", code="entry-body", where=where) from error
    return body if isinstance(body, Body) else None


def exchange_due(last_at: datetime | None, at: datetime, *, other_entries: bool) -> bool:
    """Say whether a checkpoint.exchanged entry is due for a peer.

    Two logs that answer each other's growth would never come to rest: without other entries there is at most one a UTC
    day.

    Args:
        last_at: instant of the last such entry for the peer.
        at: the present.
        other_entries: whether anything else was exchanged since.
    """
    return other_entries or last_at is None or last_at.date() < at.date()
