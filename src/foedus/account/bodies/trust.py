"""Bodies about what trust rests on: versions, keys, and logs that are not what they were."""

from __future__ import annotations

from typing import ClassVar, Literal

from foedus.account.bodies.body import Body, Shared


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
