"""Programme, Party, Area: the agreed document as frozen types, field for field as it is written."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct, field

Id = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9-]{1,47}$")]
Day = Annotated[str, Meta(pattern=r"^\d{4}-\d\d-\d\d$")]
Duration = Annotated[str, Meta(pattern=r"^P(\d+[YMWD]|T\d+[HM])$")]
Country = Annotated[str, Meta(pattern=r"^[A-Z]{3}$")]
Language = Annotated[str, Meta(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]+)*$")]
Version = Annotated[str, Meta(pattern=r"^\d+\.\d+\.\d+$")]
Sha256 = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}$")]
Instant = Annotated[str, Meta(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z$")]
Text = str | dict[Language, str]
Number = int | float
Tlp = Literal["clear", "green", "amber", "amber+strict", "red"]
Status = Literal["draft", "negotiation", "agreed", "in-force", "expired", "terminated", "superseded"]
Action = Literal[
    "none", "contact-for-instruction", "internally-visible", "externally-visible-indirect", "externally-visible-direct"
]


class _Part(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Base of every part: immutable, and a field nobody knows is an error."""


class Provenance(_Part, frozen=True):
    """Where a statement comes from."""

    status: Literal["attested", "inferred", "illustrative"]
    sources: tuple[str, ...] = ()
    note: str | None = None


class Term(_Part, frozen=True):
    """Inclusive days from and until."""

    start: Day = field(name="from")
    until: Day
    notice_before_end: Duration | None = None


class Agreed(_Part, frozen=True):
    """Day, place and occasion of the agreement."""

    date: Day
    at: str | None = None
    occasion: str | None = None


class AuthenticText(_Part, frozen=True):
    """The legal text this document never overrides."""

    language: Language
    uri: str
    sha256: Sha256 | None = None
    note: str | None = None


class Source(_Part, frozen=True):
    """A citable source of provenance."""

    title: str
    date: Day | None = None
    uri: str | None = None


class Members(_Part, frozen=True):
    """Countries that are members from a day on."""

    start: Day = field(name="from")
    countries: tuple[Country, ...]
    until: Day | None = None


class Contact(_Part, frozen=True):
    """An office that speaks for a party."""

    role: str
    office: str
    country: Country | None = None
    start: Day | None = field(name="from", default=None)
    until: Day | None = None
    note: str | None = None
    provenance: Provenance | None = None


class Card(_Part, frozen=True):
    """Public keys and endpoint of one node of a party; written by ``node init``, enrolled into the programme.

    ``id`` is the name in the SAN URI ``urn:foedus:node:<party>:<id>``. Keys are C2SP verifier keys (vkeys) or base64.
    ``ca_certificate`` is the certificate (base64 DER) whose public key ``ca_spki_sha256`` pins.
    """

    id: Id
    endpoint: str
    ca_spki_sha256: Sha256
    sign_key: str
    log_key: str
    cosign_key: str
    seal_key: str
    ca_certificate: str = ""
    start: Day | None = field(name="from", default=None)
    until: Day | None = None


class Party(_Part, frozen=True):
    """A signatory."""

    id: Id
    kind: Literal["alliance", "state", "organisation"]
    name: Text
    country: Country | None = None
    members: tuple[Members, ...] = ()
    contacts: tuple[Contact, ...] = ()
    key: str | None = None
    clearance: str = "unclassified"
    tlp_max: Tlp = "clear"
    misp_orgs: tuple[str, ...] = ()
    nodes: tuple[Card, ...] = ()


class Group(_Part, frozen=True):
    """A named list of states."""

    id: Id
    name: Text
    countries: tuple[Country, ...]


class Instrument(_Part, frozen=True):
    """A legal or political text the programme rests on."""

    id: Id
    kind: str
    title: str
    date: Day
    relation: Literal["governs-release", "basis", "superseded", "follow-up", "implements"]
    at: str | None = None
    revised: tuple[Day, ...] = ()
    legal_effect: Literal["political", "binding"] | None = None
    areas_count: int | None = None
    max_classification: str | None = None
    provenance: Provenance | None = None


class Titled(_Part, frozen=True):
    """A strategic objective or a priority."""

    id: Id
    title: Text
    provenance: Provenance | None = None


class Activity(_Part, frozen=True):
    """A supporting activity of an area."""

    id: Id
    kind: Literal["exercise", "exchange", "consultation", "staffing", "project", "standard", "training", "publication"]
    text: Text
    recurs: Duration | None = None
    due: Day | None = None
    lead: Id | None = None
    provenance: Provenance | None = None


class Area(_Part, frozen=True):
    """One field of cooperation, served by one or more rooms."""

    id: Id
    number: int
    title: Text
    priority: Id
    supports: tuple[Id, ...]
    aim: Text
    activities: tuple[Activity, ...]
    measurable: Literal["auto", "assisted", "attested"]
    indicators: tuple[Id, ...]
    rooms: tuple[str, ...] | None = None
    default_purpose: str | None = None
    status: Literal["open", "complete", "merged", "carried-over", "dropped"] = "open"
    merged_into: Id | None = None
    provenance: Provenance | None = None


class Selection(_Part, frozen=True):
    """Events of one kind, filtered."""

    source: str
    where: dict[str, Any] = {}
    field: str | None = None


class Compute(_Part, frozen=True):
    """How an indicator is computed from ledger events."""

    fn: Literal["count", "distinct", "sum", "median", "p90", "max", "ratio", "active_days"]
    source: str
    where: dict[str, Any] = {}
    field: str | None = None
    numerator: Selection | None = None
    min_n: int = 1


class Baseline(_Part, frozen=True):
    """Value on the day the count starts."""

    date: Day
    value: Number | str


class Indicator(_Part, frozen=True):
    """One measured goal with its targets by year."""

    id: Id
    title: Text
    measure: Literal["unit", "percentage", "nominal", "ordinal", "qualitative"]
    direction: Literal["up", "down"]
    method: Literal["computed", "attested"]
    baseline: Baseline
    targets: dict[str, Number | str]
    unit: str | None = None
    weight: Number = 1
    compute: Compute | None = None
    scale: Id | None = None


class ScaleStep(_Part, frozen=True):
    """One step of an ordinal scale; score null = no evidence, not scored."""

    value: str
    score: Number | None


class Done(_Part, frozen=True):
    """A milestone reached."""

    date: Day


class Milestone(_Part, frozen=True):
    """A dated aim of an area, done or proven by an event."""

    id: Id
    area: Id
    title: Text
    due: Day
    done: Done | None = None
    evidence: Selection | None = None
    provenance: Provenance | None = None


class Obligations(_Part, frozen=True):
    """What binds whoever receives, unless a clause is stricter."""

    attribute: Literal["must", "may", "must-not"]
    encrypt_in_transit: Literal["must", "may"]
    onward: Literal["originator-consent", "clause-only"]
    notify_recall_within: Duration


class What(_Part, frozen=True):
    """What a clause is about."""

    object_types: tuple[str, ...] = ()
    max_classification: str | None = None
    tlp_max: Tlp | None = None
    caveats_any: tuple[str, ...] = ()
    contains: tuple[str, ...] = ()
    unless: str | None = None
    max_age: Duration | None = None


class Retention(_Part, frozen=True):
    """How long a recipient may keep it."""

    delete_after: Duration
    review_every: Duration | None = None


class Limit(_Part, frozen=True):
    """Aggregation limit: the first beyond ``count`` in ``window`` is held."""

    count: int
    window: Duration
    level: str | None = None


class ClauseBasis(_Part, frozen=True):
    """Article of an instrument that a clause rests on."""

    instrument: Id
    article: str | None = None


class Clause(_Part, frozen=True):
    """One release clause."""

    id: Id
    effect: Literal["permit", "forbid"]
    owners: tuple[Id, ...] = field(name="from")
    to: tuple[Id, ...]
    areas: tuple[str, ...]
    what: What
    purposes: tuple[str, ...] = ()
    actions: Action | None = None
    caveats: tuple[str, ...] = ()
    redact: tuple[str, ...] = ()
    retention: Retention | None = None
    valid: Term | None = None
    limit: Limit | None = None
    four_eyes: str | None = None
    basis: ClauseBasis | None = None
    provenance: Provenance | None = None


class Release(_Part, frozen=True):
    """The release rules: default deny, forbid overrides.

    ``classification_map`` holds ``order`` (the common ladder, lowest first) and per party a map from its own level names
    (policy and classification joined by a blank, or either alone) to the ladder.
    """

    default: Literal["deny"]
    combining: Literal["forbid-overrides"]
    obligations_default: Obligations
    classification_map: dict[str, Any]
    clauses: tuple[Clause, ...]
    markings: dict[str, Any] = {}


class Report(_Part, frozen=True):
    """Shape of the review report."""

    sections: tuple[str, ...]
    due_within: Duration
    public_version: bool


class Body(_Part, frozen=True):
    """Who reviews."""

    name: str
    note: str | None = None
    provenance: Provenance | None = None


class Review(_Part, frozen=True):
    """When and how progress is reviewed."""

    body: Body
    every: Duration
    first: Day
    report: Report
    thresholds: dict[str, Number]
    missing: Literal["not-scored"]


class Amendment(_Part, frozen=True):
    """What a version changed."""

    version: Version
    date: Day
    text: Text
    provenance: Provenance | None = None


class Related(_Part, frozen=True):
    """An equivalent programme of somebody else."""

    party: str
    kind: str
    term: str | None = None
    date: Day | None = None
    areas_count: int | None = None
    note: str | None = None


class Previous(_Part, frozen=True):
    """The version this one follows: versions form a chain of digests."""

    version: Version
    digest: Sha256


class Signature(_Part, frozen=True):
    r"""A party's detached Ed25519 signature over ``foedus/programme/1\n`` + digest hex."""

    party: Id
    key_id: str
    role: str
    at: Instant
    value: str


class Programme(_Part, frozen=True):
    """The agreed, versioned, signed document; the only source of policy."""

    spec: Literal["foedus/programme/1"]
    id: Annotated[str, Meta(pattern=r"^urn:foedus:programme:[a-z0-9][a-z0-9.-]{1,79}$")]
    version: Version
    status: Status
    title: Text
    kind: str
    legal_effect: Literal["political", "binding"]
    language: Language
    term: Term
    parties: tuple[Party, ...]
    areas: tuple[Area, ...]
    release: Release
    review: Review
    agreed: Agreed | None = None
    authentic_text: tuple[AuthenticText, ...] = ()
    sources: dict[str, Source] = {}
    groups: tuple[Group, ...] = ()
    instruments: tuple[Instrument, ...] = ()
    strategic_objectives: tuple[Titled, ...] = ()
    priorities: tuple[Titled, ...] = ()
    indicators: tuple[Indicator, ...] = ()
    scales: dict[str, tuple[ScaleStep, ...]] = {}
    milestones: tuple[Milestone, ...] = ()
    amendments: tuple[Amendment, ...] = ()
    related: tuple[Related, ...] = ()
    previous: Previous | None = None
    signatures: tuple[Signature, ...] = ()

    def party(self, party_id: str) -> Party | None:
        """Return the party of an id, or None."""
        return next((party for party in self.parties if party.id == party_id), None)

    def areas_of(self, room: str) -> tuple[Area, ...]:
        """Return the areas a room serves: those that name it, or the area of the same id that names none."""
        return tuple(a for a in self.areas if (room in a.rooms if a.rooms is not None else room == a.id))


def in_language(value: Text, language: str = "en") -> str:
    """Return a text in a language, in English or in whatever there is."""
    if isinstance(value, str):
        return value
    return value.get(language) or value.get("en") or next(iter(value.values()), "")


def to_builtins(programme: Programme) -> Any:
    """Return the programme as JSON values, spelled as in the document."""
    return msgspec.to_builtins(programme)
