"""Bodies of the entries that node and partner write: built, and read back.

Each kind has one type; its fields are the body's. Readers ignore fields they do not know, so that a newer partner can
say more. Nothing here holds content of findings: ids, hashes, labels and clause ids only.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import msgspec

from foedus.account.bodies.approvals import (
    Act,
    ApprovalCancelled,
    ApprovalDenied,
    ApprovalGiven,
    ApprovalRequested,
    ApprovalVoided,
    BreakGlass,
    BreakGlassReviewed,
    DecisionHeld,
)
from foedus.account.bodies.asks import Ask, AskAnswered, AskLearnt, AskMade, AskRefused
from foedus.account.bodies.body import Body, Placed, Shared
from foedus.account.bodies.exchanges import (
    Accepted,
    Acknowledged,
    Batch,
    CheckpointExchanged,
    Received,
    Refusal,
    Refused,
    State,
    exchange_due,
)
from foedus.account.bodies.findings import (
    FindingCorroborated,
    FindingCreated,
    IndicatorAttested,
    IngestDone,
    SourceLabelled,
)
from foedus.account.bodies.grants import GrantAsked, GrantGiven, GrantRefused, GrantWithdrawn, OfGrant
from foedus.account.bodies.people import (
    CredentialAdded,
    CredentialRemoved,
    PersonAdded,
    PersonChanged,
    SessionEnded,
    SessionOpened,
    SignInRefused,
)
from foedus.account.bodies.recalls import RecallCompleted, RecallLifted, RecallMade, RecallRefused, RecallRequested
from foedus.account.bodies.releases import ReleaseExpired, ReleaseRun, ReleaseSent
from foedus.account.bodies.reviews import ReviewNoted, ReviewPublished, StatementMade
from foedus.account.bodies.sources import QuarantineSettled, SourceAdded, SourceOutage, SourceRemoved
from foedus.account.bodies.trust import (
    EntryRefused,
    KeyChanged,
    KeyDenied,
    LedgerDisputed,
    LedgerForked,
    LedgerThawed,
    NodeRestored,
    Origin,
    ProgrammeAgreed,
    ProgrammeLoosened,
)
from foedus.account.bodies.vault import VaultExpired, VaultOpened
from foedus.account.bodies.watch import (
    OfShift,
    ShiftClosed,
    ShiftNoted,
    ShiftOpened,
    WatchAcknowledged,
    WatchAssigned,
    WatchDismissed,
    Watched,
    WatchUndone,
)
from foedus.errors import MalformedRecord
from foedus.model.entry import Draft, StoredEntry
from foedus.model.instant import parse

__all__ = [
    "BODIES", "Accepted", "Acknowledged", "Act", "ApprovalCancelled", "ApprovalDenied", "ApprovalGiven",
    "ApprovalRequested", "ApprovalVoided", "Ask", "AskAnswered", "AskLearnt", "AskMade", "AskRefused", "Batch",
    "Body", "BreakGlass", "BreakGlassReviewed", "CheckpointExchanged", "CredentialAdded", "CredentialRemoved",
    "DecisionHeld", "EntryRefused", "FindingCorroborated", "FindingCreated", "GrantAsked", "GrantGiven",
    "GrantRefused", "GrantWithdrawn", "IndicatorAttested", "IngestDone", "KeyChanged", "KeyDenied", "LedgerDisputed",
    "LedgerForked", "LedgerThawed", "NodeRestored", "OfGrant", "OfShift", "Origin", "PersonAdded", "PersonChanged",
    "Placed", "ProgrammeAgreed", "ProgrammeLoosened", "QuarantineSettled", "RecallCompleted", "RecallLifted", "RecallMade",
    "RecallRefused", "RecallRequested", "Received", "Refusal", "Refused", "ReleaseExpired", "ReleaseRun",
    "ReleaseSent", "ReviewNoted", "ReviewPublished", "SessionEnded", "SessionOpened", "Shared", "ShiftClosed",
    "ShiftNoted", "ShiftOpened", "SignInRefused", "SourceAdded", "SourceLabelled", "SourceOutage", "SourceRemoved",
    "State", "StatementMade",
    "VaultExpired", "VaultOpened", "WatchAcknowledged", "WatchAssigned", "WatchDismissed", "WatchUndone", "Watched",
    "draft", "exchange_due", "read",
]  # fmt: skip

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
            *(VaultOpened, VaultExpired),
            *(WatchAcknowledged, WatchAssigned, WatchDismissed, WatchUndone, ShiftOpened, ShiftNoted, ShiftClosed),
            *(SourceAdded, SourceRemoved, SourceOutage, QuarantineSettled),
            *(ReviewNoted, ReviewPublished, StatementMade),
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
