"""A case as STIX 2.1: in OpenCTI's profile (incident, narrative, channel), or in plain STIX (grouping, note, identity).

Coordination, inauthenticity, foreignness and attribution stand in four fields, each with its own evidence, none derived from
another. Only public channels are named. There is no field for truth. Techniques say "consistent with" and carry their
measurement; they are referred to by STIX id, never copied in.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, NamedTuple

import msgspec

from foedus.areas.information.few import rounded
from foedus.areas.information.meaning import disarm, extensions, opencti_ids
from foedus.areas.information.meaning.claims import Claim, personal
from foedus.areas.information.meaning.disarm import Tag
from foedus.areas.information.meaning.judgement import (
    Attribution,
    ByHand,
    Campaign,
    Channel,
    Coordination,
    Foreignness,
    Inauthenticity,
)
from foedus.areas.information.meaning.network import Between, Community, Seen
from foedus.errors import MalformedRecord
from foedus.model import instant, stix
from foedus.model.canonical import canonical
from foedus.model.stix import NAME_CHARACTERS, StixObject

NAMESPACE = uuid.UUID("7b1d6a52-93f4-5f0e-8a6c-61c2f2b90a00")
_LISTS = ("shared", "timeline", "communities", "ties", "first_seen")
Profile = Literal["opencti", "plain"]
Stage = Literal["monitoring", "triage", "analysis", "shared"]


class Article(msgspec.Struct, frozen=True):
    """A public article or post that carried a claim: where and when it stood, never what it says."""

    url: str
    title: str
    published_at: datetime
    channel: str


class Shared(msgspec.Struct, frozen=True):
    """What a group shared of one object, whose name stays home: counts rounded down, instants cut to the hour."""

    kind: str
    number: int
    accounts: int
    records: int
    first: str
    last: str


class Hour(msgspec.Struct, frozen=True):
    """How many records of a group fall into an hour, rounded down."""

    at: str
    records: int


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """One incident: what was measured, and what people judged.

    Attributes:
        name: what it is called; no account, no person.
        from_at, to_at: first and last record.
        stage: of the analysis cycle.
        coordination: the measured group.
        claims: what was said, in words.
        channels: who carried it; those that are not public are left out of every object.
        articles: where it stood; those of channels that are not public are left out too.
        tags: techniques that measurements are consistent with.
        by_hand: techniques a person set.
        inauthenticity, foreignness, attribution: judgements of people; absent means that nobody judged.
        coverage: sources, gaps, what was skipped, in figures and names of sources.
        pack_sha256: of the released evidence pack.
        shared: objects the group shared, by kind and number.
        timeline: its records by hour.
        communities, ties: communities within the group, and what joins them.
        first_seen: where posts of it were first seen.
        unseen: what was not tested.

    Raises:
        MalformedRecord: the name holds an address or an account.
    """

    name: str
    from_at: datetime
    to_at: datetime
    stage: Stage
    coordination: Coordination
    claims: tuple[Claim, ...] = ()
    channels: tuple[Channel, ...] = ()
    articles: tuple[Article, ...] = ()
    tags: tuple[Tag, ...] = ()
    by_hand: tuple[ByHand, ...] = ()
    inauthenticity: Inauthenticity | None = None
    foreignness: Foreignness | None = None
    attribution: Attribution | None = None
    coverage: dict[str, str | int] = {}
    pack_sha256: str = ""
    shared: tuple[Shared, ...] = ()
    timeline: tuple[Hour, ...] = ()
    communities: tuple[Community, ...] = ()
    ties: tuple[Between, ...] = ()
    first_seen: tuple[Seen, ...] = ()
    unseen: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse a name that names somebody."""
        if not self.name.strip() or personal(self.name):
            raise MalformedRecord(
                "the name of a case holds an address or an account, or nothing", code="case-malformed", where="name",
                hint="name the claim",
            )  # fmt: skip

    @property
    def public(self) -> dict[str, Channel]:
        """The channels that may be named, by name."""
        return {channel.name: channel for channel in self.channels if channel.public}


class Encoded(NamedTuple):
    """The head object of a case and those that support it."""

    head: StixObject
    supports: tuple[StixObject, ...]


def encode(case: Case, profile: Profile, created_at: datetime, modified_at: datetime) -> Encoded:
    """Return a case as STIX objects; the same case and instants give the same bytes.

    Args:
        case: what is told.
        profile: whose object types.
        created_at: when the case was first concluded; part of its id.
        modified_at: when this version of it was.
    """
    dated = {
        "spec_version": "2.1",
        "created": instant.stix_text(created_at),
        "modified": instant.stix_text(modified_at),
    }
    made = _plain(case, dated) if profile == "plain" else _opencti(case, dated)
    return made._replace(supports=(*made.supports, *extensions.definitions()))


def campaign(judged: Campaign, cases: Sequence[Encoded], created_at: datetime) -> Encoded:
    """Return a campaign that a person put together from cases; nothing here finds one."""
    created = instant.stix_text(created_at)
    dated = {"spec_version": "2.1", "created": created, "modified": created}
    said = (
        f"{judged.reason} (judged by {judged.by}, {instant.stix_text(judged.at)}; sources: {'; '.join(judged.sources)})"
    )
    known = {"type": "campaign", "id": opencti_ids.named("campaign", judged.name), "name": judged.name}
    head = _made(dated | known, {"description": said})
    return Encoded(head, tuple(_links("related-to", head.id, [case.head.id for case in cases], dated)))


def _opencti(case: Case, dated: dict[str, Any]) -> Encoded:
    head = _made(
        dated | {"type": "incident", "id": opencti_ids.incident(case.name, dated["created"]), "name": case.name},
        {"description": _description(case), "extensions": {extensions.CASE: _case(case)}},
    )
    parts = [
        *(_narrative(claim, dated) for claim in case.claims),
        *(_channel(one, dated) for one in case.public.values()),
    ]
    techniques = {tag.stix_id for tag in case.tags} | {disarm.technique(one.technique).stix_id for one in case.by_hand}
    links = [*_links("uses", head.id, (*(one.id for one in parts), *sorted(techniques)), dated)]
    actor = _actor(case, dated)
    links += _links("attributed-to", head.id, [one.id for one in actor], dated)
    for article in case.articles:
        if article.channel in case.public:
            parts.append(_media(article))
            links += _links("publishes", opencti_ids.named("channel", article.channel), [parts[-1].id], dated)
    return Encoded(head, (*parts, *actor, *links))


def _plain(case: Case, dated: dict[str, Any]) -> Encoded:
    context = "suspicious-activity"
    id_ = opencti_ids.grouping(case.name, context, dated["created"])
    parts = [*(note(claim, id_, dated) for claim in case.claims), *_identities(case.public.values(), dated)]
    parts += [*_observed(case, id_, dated), *_actor(case, dated)]
    # A grouping must hold something.
    refs = sorted({one.id for one in parts}) or [extensions.definitions()[0].id]
    held = {"type": "grouping", "id": id_, "name": case.name, "context": context, "object_refs": refs}
    head = _made(dated | held, {"description": _description(case), "extensions": {extensions.CASE: _case(case)}})
    return Encoded(head, tuple({one.id: one for one in parts}.values()))


def _media(article: Article) -> StixObject:
    held = {
        "type": "media-content",
        "spec_version": "2.1",
        "id": opencti_ids.media_content(article.url),
        "title": article.title,
        "url": article.url,
        "publication_date": instant.stix_text(article.published_at),
        "extensions": {extensions.NEW_SCO: {"extension_type": "new-sco"}},
    }
    return stix.read(canonical(held))


def _observed(case: Case, grouping: str, dated: dict[str, Any]) -> list[StixObject]:
    """The addresses of the articles, and that they were seen."""
    public = [article for article in case.articles if article.channel in case.public]
    if not public:
        return []
    seen = [instant.stix_text(article.published_at) for article in public]
    addresses = {one.id: one for one in (_url(article.url) for article in public)}
    held = {
        "type": "observed-data",
        "id": f"observed-data--{uuid.uuid5(NAMESPACE, canonical(['articles', grouping]).decode())}",
        "first_observed": min(seen),
        "last_observed": max(seen),
        "number_observed": len(public),
        "object_refs": sorted(addresses),
    }
    return [_made(dated | held, {}), *addresses.values()]


def _url(value: str) -> StixObject:
    held = {"type": "url", "spec_version": "2.1", "value": value}
    return stix.read(canonical(held | {"id": stix.sco_id(held)}))


def _made(head: Mapping[str, Any], rest: Mapping[str, Any]) -> StixObject:
    return stix.read(canonical({**head, **{name: value for name, value in rest.items() if value}}))


def _case(case: Case) -> dict[str, Any]:
    """The properties of the case's extension; each judgement apart."""
    techniques = [_tag(tag) for tag in case.tags] + [{"by_hand": _builtins(one)} for one in case.by_hand]
    return {
        "extension_type": "property-extension",
        "stage": case.stage,
        "from": instant.stix_text(case.from_at),
        "to": instant.stix_text(case.to_at),
        "languages": sorted({language for claim in case.claims for language in (claim.language, *claim.variants)}),
        "coordination": _builtins(
            msgspec.structs.replace(case.coordination, accounts=rounded(case.coordination.accounts))
        ),
        **{name: _builtins(getattr(case, name)) for name in ("inauthenticity", "foreignness", "attribution")},
        "techniques": techniques,
        "coverage": dict(case.coverage),
        "pack_sha256": case.pack_sha256,
        "claims": [_claim(one) for one in case.claims],
        **{name: [_builtins(one) for one in getattr(case, name)] for name in _LISTS},
        "unseen": list(case.unseen),
    }


def _tag(tag: Tag) -> dict[str, Any]:
    """A tag with its measurement; of the records only how many, since a post's hash can be found by trying posts."""
    held: dict[str, Any] = _builtins(tag)
    return held | {"measured": held["measured"] | {"records": rounded(len(tag.measured.records))}}


def _builtins(held: msgspec.Struct | None) -> Any:
    return None if held is None else msgspec.to_builtins(held)


def _description(case: Case) -> str:
    held = case.coordination
    judged = [name for name in ("inauthenticity", "foreignness", "attribution") if getattr(case, name)]
    least = (
        f"At least {rounded(held.accounts)} accounts shared {held.objects} objects together within {held.window_s} s"
    )
    said = f"{least}, more than chance explains. Judged by people: {', '.join(judged) or 'nothing'}."
    return f"{said} Nothing is said about what is true."


def _narrative(claim: Claim, dated: dict[str, Any]) -> StixObject:
    return _made(
        dated
        | {"type": "narrative", "id": opencti_ids.named("narrative", claim.text), "name": claim.text[:NAME_CHARACTERS]},
        {"extensions": {extensions.NEW_SDO: {"extension_type": "new-sdo"}, extensions.CLAIM: _claim(claim)}},
    )


def note(claim: Claim, grouping: str, dated: dict[str, Any], sort: str = "narrative") -> StixObject:
    """Return a claim or a line to take as a note."""
    id_ = f"note--{uuid.uuid5(NAMESPACE, canonical(['claim', grouping, claim.text]).decode())}"
    held = {"type": "note", "id": id_, "abstract": sort.capitalize(), "content": claim.text, "labels": [sort]}
    held |= {"object_refs": [grouping], "lang": claim.language}
    return _made(dated | held, {"extensions": {extensions.CLAIM: _claim(claim)}})


def _claim(claim: Claim) -> dict[str, Any]:
    return {
        "extension_type": "property-extension",
        "claim": claim.text,
        "language": claim.language,
        "variants": dict(claim.variants),
        "anchors": list(claim.anchors),
    }


def _channel(channel: Channel, dated: dict[str, Any]) -> StixObject:
    return _made(
        dated | {"type": "channel", "id": opencti_ids.named("channel", channel.name), "name": channel.name},
        {
            "channel_types": ["website"] if channel.url else [],
            "external_references": [{"source_name": "channel", "url": channel.url}] if channel.url else [],
            "extensions": {extensions.NEW_SDO: {"extension_type": "new-sdo"}, extensions.CHANNEL: _tier(channel)},
        },
    )


def _identities(channels: Iterable[Channel], dated: dict[str, Any]) -> Iterable[StixObject]:
    for channel in channels:
        id_ = f"identity--{uuid.uuid5(NAMESPACE, canonical(['channel', channel.name]).decode())}"
        held = {"type": "identity", "id": id_, "name": channel.name, "identity_class": "organization"}
        yield _made(dated | held, {"extensions": {extensions.CHANNEL: _tier(channel)}})
        if channel.url:
            yield _url(channel.url)


def _tier(channel: Channel) -> dict[str, Any]:
    return {"extension_type": "property-extension", "tier": channel.tier, "listing": _builtins(channel.listing)}


def _actor(case: Case, dated: dict[str, Any]) -> list[StixObject]:
    """The actor that a person named, with who named it and on what."""
    held = case.attribution
    if held is None:
        return []
    said = f"Attributed by {held.by}, {instant.stix_text(held.at)}: {held.reason}"
    sources = [{"source_name": "judgement", "description": source} for source in held.sources]
    head = dated | {"type": "intrusion-set", "id": opencti_ids.named("intrusion-set", held.actor), "name": held.actor}
    return [_made(head, {"description": said, "external_references": sources})]


def _links(verb: str, source: str, targets: Iterable[str], dated: dict[str, Any]) -> Iterable[StixObject]:
    for target in targets:
        known = {
            "type": "relationship",
            "id": opencti_ids.relationship(verb, source, target),
            "relationship_type": verb,
        }
        yield _made(dated | known | {"source_ref": source, "target_ref": target}, {})
