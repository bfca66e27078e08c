"""Three things that are not one another: coordination, inauthenticity, foreignness; and attribution, which is a fourth.

Coordination is measured, against chance. That accounts or sites are not what they say, that they act from abroad, and for
whom they act are judgements of a named person with sources; nothing here makes one, and none follows from another: four types,
no conversion (each carries its name when it is written). There is no type for truth.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Literal

import msgspec

from foedus.areas.information.few import K
from foedus.areas.information.meaning import disarm
from foedus.errors import MalformedRecord

# Names that are nobody's.
_NOBODY = frozenset(
    (
        "ai", "analysis", "analyst", "anonymous", "auto", "automatic", "bot", "foedus", "machine", "model", "n/a", "nobody",
        "node", "none", "system", "unknown",
    )
)  # fmt: skip


class Coordination(msgspec.Struct, frozen=True, tag_field="what", tag="coordination"):
    """A group that shared the same objects together, more than chance explains; measured, nothing more.

    Attributes:
        accounts: distinct accounts, at least ``K``.
        objects: distinct objects they shared.
        window_s: how close in time.
        chances: p values by null model, ``activity`` and ``timing``.
        method: name and version.
        parameters: settings, by name.
        evidence_sha256: hash of the pairs it rests on.

    Raises:
        MalformedRecord: fewer than ``K`` accounts, or a null model is missing.
    """

    accounts: int
    objects: int
    window_s: int
    chances: dict[str, float]
    method: str
    parameters: dict[str, float]
    evidence_sha256: str

    def __post_init__(self) -> None:
        """Refuse small groups and what was not held against chance."""
        if self.accounts < K:
            raise _unsupported("a group of too few accounts", "accounts", f"groups below {K} are not told of")
        if not {"activity", "timing"} <= set(self.chances):
            raise _unsupported("not held against both null models", "chances", "a community of fans is no campaign")


class _Judged(msgspec.Struct, frozen=True, kw_only=True):
    """What a person concluded: who, when, on what sources, why."""

    by: str
    at: datetime
    sources: tuple[str, ...]
    reason: str


class Inauthenticity(_Judged, frozen=True, kw_only=True, tag_field="what", tag="inauthenticity"):
    """Accounts or sites are not what they say they are: a person's judgement, with at least one source."""

    def __post_init__(self) -> None:
        """Refuse a judgement that nobody made."""
        _check(self, 1)


class Foreignness(_Judged, frozen=True, kw_only=True, tag_field="what", tag="foreignness"):
    """It is directed from another country: a person's judgement, with at least one source."""

    country: str

    def __post_init__(self) -> None:
        """Refuse a judgement that nobody made."""
        _check(self, 1)


class Attribution(_Judged, frozen=True, kw_only=True, tag_field="what", tag="attribution"):
    """Who is behind it: a person's judgement, with at least two sources."""

    actor: str

    def __post_init__(self) -> None:
        """Refuse an attribution that nobody made, or that rests on one source."""
        _check(self, 2)


class Campaign(_Judged, frozen=True, kw_only=True, tag_field="what", tag="campaign"):
    """That several incidents belong together as one campaign: a person's judgement, with at least one source."""

    name: str

    def __post_init__(self) -> None:
        """Refuse a judgement that nobody made."""
        _check(self, 1)


class ByHand(_Judged, frozen=True, kw_only=True, tag_field="what", tag="technique-by-hand"):
    """A DISARM technique that a person sets: any of the framework, those too that no measurement can support."""

    technique: str

    def __post_init__(self) -> None:
        """Refuse a judgement that nobody made, or a technique that the framework does not have."""
        _check(self, 1)
        disarm.technique(self.technique)


class Listing(msgspec.Struct, frozen=True):
    """The row of the programme's list of channels that gives one its tier.

    Linked and aligned channels need technical and behavioural indicators.
    """

    source: str
    on: str
    assessor: str
    technical: tuple[str, ...] = ()
    behavioural: tuple[str, ...] = ()


Tier = Literal["official", "controlled", "linked", "aligned", "media", "organisation", "private", "unknown"]
PUBLIC: frozenset[str] = frozenset({"official", "controlled", "linked", "aligned", "media", "organisation"})


class Channel(msgspec.Struct, frozen=True):
    """A public channel: an outlet, an office, an organisation; its tier comes from a list, never from what it says.

    Source of the tiers: FIMI Exposure Matrix, EEAS, third report on FIMI threats, 2025.

    Raises:
        MalformedRecord: a tier without its listing, or linked and aligned without indicators of both sorts.
    """

    name: str
    url: str
    tier: Tier = "unknown"
    listing: Listing | None = None

    def __post_init__(self) -> None:
        """Refuse a tier that no list gives."""
        held = self.listing
        if self.tier not in {"unknown", "private"} and held is None:
            raise _unsupported("a tier without its listing", "tier", "name the list, its date and its assessor")
        if held and self.tier in {"linked", "aligned"} and not (held.technical and held.behavioural):
            raise _unsupported("a tier without indicators", "listing", "give technical and behavioural indicators")

    @property
    def public(self) -> bool:
        """Whether it may stand in what is released."""
        return self.tier in PUBLIC


def _check(held: _Judged, sources: int) -> None:
    if not re.search(r"\w\w", held.by) or held.by.strip().casefold() in _NOBODY:
        raise _unsupported("a judgement without a named person", "by", "name who judged")
    if held.at.tzinfo is None:
        raise _unsupported("a judgement without an instant", "at", "give the instant with its zone")
    if len(_distinct(held.sources)) < sources:
        raise _unsupported(f"a judgement with fewer than {sources} sources", "sources", "name the sources")
    if not held.reason.strip():
        raise _unsupported("a judgement without a reason", "reason", "say why")


def _distinct(sources: Sequence[str]) -> set[str]:
    return {source.strip() for source in sources if source.strip()}


def _unsupported(message: str, where: str, hint: str) -> MalformedRecord:
    return MalformedRecord(message, code="judgement-unsupported", where=where, hint=hint)
