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
from foedus.model.events import RecallReason, RecallResult
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


class ReleaseSent(Placed, frozen=True, kw_only=True, omit_defaults=True):
    """One object went to one party.

    ``commitment`` is the root that a view of it with parts torn off verifies against; empty: all of it went.
    """

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
    commitment: str = ""


class ReleaseExpired(Placed, frozen=True, kw_only=True):
    """An object is no longer shown to a party, or, by its recipient, no longer held; ``cause`` says why."""

    kind_of_entry: ClassVar[str] = "release.expired"

    object_id: str
    cause: str


class OfGrant(Placed, frozen=True, kw_only=True):
    """What is said of one grant, by its id: about which object."""

    grant: str
    object_id: str


class GrantGiven(OfGrant, frozen=True, kw_only=True):
    """The originator consents that a party passes an object on, or that it goes out itself; parties: originator, holder.

    Empty ``versions``, ``purposes``, ``clause``: every one.
    """

    kind_of_entry: ClassVar[str] = "grant.given"

    versions: tuple[str, ...]
    recipients: tuple[str, ...]
    purposes: tuple[str, ...]
    until: str
    clause: str


class GrantWithdrawn(OfGrant, frozen=True, kw_only=True):
    """The originator withdraws a grant: nothing moves on under it from here on."""

    kind_of_entry: ClassVar[str] = "grant.withdrawn"


class GrantAsked(OfGrant, frozen=True, kw_only=True):
    """A party that holds an object asks its originator for a grant."""

    kind_of_entry: ClassVar[str] = "grant.asked"

    recipients: tuple[str, ...]
    purposes: tuple[str, ...]


class GrantRefused(Body, frozen=True, kw_only=True):
    """A partner's entry about a grant counts for nothing, and why (stable code); ``log`` and ``seq`` are its place."""

    kind_of_entry: ClassVar[str] = "grant.refused"

    programme: str
    log: str
    seq: int
    code: str


class BreakGlass(Placed, frozen=True, kw_only=True):
    """Two persons lifted a hold in need: ``hash`` is of the object's bytes, ``persons`` who asked and who agreed."""

    kind_of_entry: ClassVar[str] = "break-glass"

    use: str
    object_id: str
    modified: str
    hash: str
    persons: tuple[str, str]
    role: str
    reason: str
    until: str


class BreakGlassReviewed(Body, frozen=True, kw_only=True):
    """An auditor said what is to be thought of a use."""

    kind_of_entry: ClassVar[str] = "break-glass.reviewed"

    use: str
    person: str
    finding: Literal["ok", "not-ok"]


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


class Act(Placed, frozen=True, kw_only=True):
    """What a person did about one object version on its way to one party, and in which role.

    ``hash`` binds what exactly would go; the hashes after it are its parts.
    """

    object_id: str
    modified: str = ""
    person: str = ""
    role: str = ""
    hash: str = ""
    bytes_hash: str = ""
    label_hash: str = ""
    purpose: str = ""
    rules_hash: str = ""
    reason: str = ""


class ApprovalRequested(Act, frozen=True, kw_only=True):
    """The first half of two: a releaser asks for exactly this to go."""

    kind_of_entry: ClassVar[str] = "approval.requested"


class ApprovalGiven(Act, frozen=True, kw_only=True):
    """An approver lets exactly this go, once, after a countdown."""

    kind_of_entry: ClassVar[str] = "approval.given"


class ApprovalDenied(Act, frozen=True, kw_only=True):
    """An approver denies it."""

    kind_of_entry: ClassVar[str] = "approval.denied"


class ApprovalCancelled(Act, frozen=True, kw_only=True):
    """A person took back what stood: an approval, a request, a denial or a hold, as ``reason`` says."""

    kind_of_entry: ClassVar[str] = "approval.cancelled"


class ApprovalVoided(Act, frozen=True, kw_only=True):
    """What was requested or approved is not what would go any more: ``reason`` names what changed; no person did it."""

    kind_of_entry: ClassVar[str] = "approval.voided"


class DecisionHeld(Act, frozen=True, kw_only=True):
    """A person holds an object back, every version of it; or asked about one that is on hold (``reasons``)."""

    kind_of_entry: ClassVar[str] = "decision.held"

    reasons: tuple[str, ...] = ()
    policy_hash: str = ""


class IndicatorAttested(Placed, frozen=True, kw_only=True):
    """A party states an indicator's value for a year; it counts when every party's newest statement says the same."""

    kind_of_entry: ClassVar[str] = "indicator.attested"

    indicator: str
    period: str
    value: int | float | str


class PersonAdded(Body, frozen=True, kw_only=True):
    """A person of the own party was added; ``by`` is the administrator, empty for the owner of the node's directory."""

    kind_of_entry: ClassVar[str] = "person.added"

    person: str
    roles: tuple[str, ...]
    party: str
    by: str


class PersonChanged(PersonAdded, frozen=True, kw_only=True):
    """What is known of a person changed; roles and party as they are after it."""

    kind_of_entry: ClassVar[str] = "person.changed"

    change: Literal["roles", "password", "disabled", "enabled", "replaced"]


class SessionOpened(Body, frozen=True, kw_only=True):
    """A person signed in; ``session`` is a public id, nothing of the token."""

    kind_of_entry: ClassVar[str] = "session.opened"

    person: str
    session: str
    method: Literal["password", "passkey"]


class SessionEnded(SessionOpened, frozen=True, kw_only=True):
    """A session ended, and why."""

    kind_of_entry: ClassVar[str] = "session.ended"

    reason: Literal["signed-out", "idle", "limit", "person-changed"]


class SignInRefused(Body, frozen=True, kw_only=True):
    """Signing in was refused ``count`` times since the last such entry; ``person`` is empty for names nobody here has."""

    kind_of_entry: ClassVar[str] = "sign-in.refused"

    person: str
    reason: Literal["password", "passkey", "throttled", "cloned"]
    count: int


class CredentialAdded(Body, frozen=True, kw_only=True):
    """A person's passkey was added; ``credential`` is the hash of its id."""

    kind_of_entry: ClassVar[str] = "credential.added"

    person: str
    credential: str
    by: str


class CredentialRemoved(CredentialAdded, frozen=True, kw_only=True):
    """A person's passkey was removed."""

    kind_of_entry: ClassVar[str] = "credential.removed"


class Origin(Shared, frozen=True, kw_only=True):
    """A body about a log as such, in the private log: ``parties`` are the own and the peer, ``log`` is the origin."""

    log: str


class LedgerForked(Origin, frozen=True, kw_only=True):
    """``signer`` signed two histories of a log; ``statements`` are the SHA-256 of the two that show it. The pair is frozen."""

    kind_of_entry: ClassVar[str] = "ledger.forked"

    signer: str
    statements: tuple[str, str]


class LedgerDisputed(Origin, frozen=True, kw_only=True):
    """Something that a peer said of a log was refused (stable code) and proves nothing; ``came`` says what it was."""

    kind_of_entry: ClassVar[str] = "ledger.disputed"

    came: Literal["checkpoint", "receipt", "submission", "cosignature"]
    code: str


class EntryRefused(Origin, frozen=True, kw_only=True):
    """An entry of a partner's log counts for nothing (stable code); of more alike that came with it there is their number."""

    kind_of_entry: ClassVar[str] = "entry.refused"

    entry: int
    code: str
    count: int


class LedgerThawed(Origin, frozen=True, kw_only=True):
    """Two people let a frozen pair go on."""

    kind_of_entry: ClassVar[str] = "ledger.thawed"

    people: tuple[str, str]


class NodeRestored(Origin, frozen=True, kw_only=True):
    """An own log was found to be older than what was signed; ``range`` (half-open) came back from the peer."""

    kind_of_entry: ClassVar[str] = "node.restored"

    reason: Literal["fetched-back", "never-taken"]
    range: tuple[int, int]


BODIES: Mapping[str, type[Body]] = MappingProxyType(
    {
        body.kind_of_entry: body
        for body in (
            *(ReleaseSent, ReleaseRun, Received, Accepted, Refused, Acknowledged, CheckpointExchanged),
            *(IngestDone, SourceLabelled, ProgrammeAgreed, FindingCreated, FindingCorroborated, IndicatorAttested),
            *(ProgrammeLoosened, KeyChanged, KeyDenied),
            *(AskMade, AskAnswered, AskLearnt, AskRefused),
            *(
                PersonAdded,
                PersonChanged,
                SessionOpened,
                SessionEnded,
                SignInRefused,
                CredentialAdded,
                CredentialRemoved,
            ),
            *(LedgerForked, LedgerDisputed, LedgerThawed, NodeRestored, EntryRefused),
            *(ApprovalRequested, ApprovalGiven, ApprovalDenied, ApprovalCancelled, ApprovalVoided, DecisionHeld),
            *(RecallRequested, RecallCompleted, RecallMade, RecallLifted, RecallRefused),
            *(ReleaseExpired, GrantGiven, GrantWithdrawn, GrantAsked, GrantRefused),
            *(BreakGlass, BreakGlassReviewed),
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
