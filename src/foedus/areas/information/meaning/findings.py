"""A case as STIX 2.1: in OpenCTI's profile (incident, narrative, channel), or in plain STIX (grouping, note, identity).

Coordination, inauthenticity, foreignness and attribution stand in four fields, each with its own evidence, none derived from
another. Only public channels are named. There is no field for truth. Techniques say "consistent with" and carry their
measurement; they are referred to by STIX id, never copied in.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Literal, NamedTuple

import msgspec

from foedus.areas.information.meaning import disarm, extensions, opencti_ids
from foedus.areas.information.meaning.claims import Claim
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
from foedus.areas.information.meaning.packs import rounded
from foedus.model import stix
from foedus.model.canonical import canonical
from foedus.model.stix import NAME_CHARACTERS, StixObject

NAMESPACE = uuid.UUID("7b1d6a52-93f4-5f0e-8a6c-61c2f2b90a00")
Profile = Literal["opencti", "plain"]
Stage = Literal["monitoring", "triage", "analysis", "shared"]


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """One incident: what was measured, and what people judged.

    Attributes:
        name: what it is called; no account, no person.
        from_at, to_at: first and last record.
        stage: of the analysis cycle.
        coordination: the measured group.
        claims: what was said, in words.
        channels: who carried it; those that are not public are left out of every object.
        tags: techniques that measurements are consistent with.
        by_hand: techniques a person set.
        inauthenticity, foreignness, attribution: judgements of people; absent means that nobody judged.
        coverage: sources, gaps, what was skipped, in figures and names of sources.
        pack_sha256: of the released evidence pack.
    """

    name: str
    from_at: datetime
    to_at: datetime
    stage: Stage
    coordination: Coordination
    claims: tuple[Claim, ...] = ()
    channels: tuple[Channel, ...] = ()
    tags: tuple[Tag, ...] = ()
    by_hand: tuple[ByHand, ...] = ()
    inauthenticity: Inauthenticity | None = None
    foreignness: Foreignness | None = None
    attribution: Attribution | None = None
    coverage: dict[str, str | int] = {}
    pack_sha256: str = ""


class Encoded(NamedTuple):
    """The head object of a case and those that support it."""

    head: StixObject
    supports: tuple[StixObject, ...]


def encode(case: Case, created_at: datetime, profile: Profile) -> Encoded:
    """Return a case as STIX objects; the same case and instant give the same bytes.

    Args:
        case: what is told.
        created_at: when the case was first concluded; part of its id.
        profile: whose object types.
    """
    created = text_of(created_at)
    dated = {"spec_version": "2.1", "created": created, "modified": created}
    public = [channel for channel in case.channels if channel.public]
    extension = {extensions.CASE: _case(case)}
    if profile == "plain":
        parts = [*(_note(claim, dated) for claim in case.claims), *_identities(public, dated), *_actor(case, dated)]
        return Encoded(_grouping(case, parts, dated, extension), (*parts, *extensions.definitions()))
    parts = [*(_narrative(claim, dated) for claim in case.claims), *(_channel(one, dated) for one in public)]
    head = _made(
        dated | {"type": "incident", "id": opencti_ids.incident(case.name, created), "name": case.name},
        {"description": _description(case), "extensions": extension},
    )
    techniques = sorted(
        {tag.stix_id for tag in case.tags} | {disarm.technique(one.technique).stix_id for one in case.by_hand}
    )
    links = [*_links("uses", head.id, (*(one.id for one in parts), *techniques), dated)]
    actor = _actor(case, dated)
    links += _links("attributed-to", head.id, [one.id for one in actor], dated)
    return Encoded(head, (*parts, *actor, *links, *extensions.definitions()))


def campaign(judged: Campaign, cases: Sequence[Encoded], created_at: datetime) -> Encoded:
    """Return a campaign that a person put together from cases; nothing here finds one."""
    created = text_of(created_at)
    dated = {"spec_version": "2.1", "created": created, "modified": created}
    said = f"{judged.reason} (judged by {judged.by}, {text_of(judged.at)}; sources: {'; '.join(judged.sources)})"
    head = _made(
        dated | {"type": "campaign", "id": opencti_ids.named("campaign", judged.name), "name": judged.name},
        {"description": said},
    )
    return Encoded(head, tuple(_links("related-to", head.id, [case.head.id for case in cases], dated)))


def text_of(at: datetime) -> str:
    """Return an instant as STIX writes it, with milliseconds."""
    held = at.astimezone(UTC)
    return f"{held:%Y-%m-%dT%H:%M:%S}.{held.microsecond // 1_000:03d}Z"


def _made(head: Mapping[str, Any], rest: Mapping[str, Any]) -> StixObject:
    return stix.read(canonical({**head, **{name: value for name, value in rest.items() if value}}))


def _case(case: Case) -> dict[str, Any]:
    """The properties of the case's extension; each judgement apart."""
    techniques = [_builtins(tag) for tag in case.tags] + [{"by_hand": _builtins(one)} for one in case.by_hand]
    return {
        "extension_type": "property-extension",
        "stage": case.stage,
        "from": text_of(case.from_at),
        "to": text_of(case.to_at),
        "languages": sorted({language for claim in case.claims for language in (claim.language, *claim.variants)}),
        "coordination": _builtins(
            msgspec.structs.replace(case.coordination, accounts=rounded(case.coordination.accounts))
        ),
        "inauthenticity": _builtins(case.inauthenticity),
        "foreignness": _builtins(case.foreignness),
        "attribution": _builtins(case.attribution),
        "techniques": techniques,
        "coverage": dict(case.coverage),
        "pack_sha256": case.pack_sha256,
    }


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


def _note(claim: Claim, dated: dict[str, Any]) -> StixObject:
    id_ = f"note--{uuid.uuid5(NAMESPACE, canonical(['claim', claim.text]).decode())}"
    held = {"type": "note", "id": id_, "abstract": "Narrative", "content": claim.text, "labels": ["narrative"]}
    # A note needs what it is about; the grouping holds both, so it is about whoever made the definitions.
    about = {"object_refs": [extensions.definitions()[0].id], "lang": claim.language}
    return _made(dated | held, about | {"extensions": {extensions.CLAIM: _claim(claim)}})


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
            address = {"type": "url", "spec_version": "2.1", "value": channel.url}
            yield stix.read(canonical(address | {"id": stix.sco_id(address)}))


def _tier(channel: Channel) -> dict[str, Any]:
    return {"extension_type": "property-extension", "tier": channel.tier, "listing": _builtins(channel.listing)}


def _actor(case: Case, dated: dict[str, Any]) -> list[StixObject]:
    """The actor that a person named, with who named it and on what."""
    held = case.attribution
    if held is None:
        return []
    said = f"Attributed by {held.by}, {text_of(held.at)}: {held.reason}"
    sources = [{"source_name": "judgement", "description": source} for source in held.sources]
    head = dated | {"type": "intrusion-set", "id": opencti_ids.named("intrusion-set", held.actor), "name": held.actor}
    return [_made(head, {"description": said, "external_references": sources})]


def _grouping(case: Case, parts: Sequence[StixObject], dated: dict[str, Any], extension: dict[str, Any]) -> StixObject:
    context = "suspicious-activity"
    refs = [one.id for one in parts] or [extensions.definitions()[0].id]
    id_ = opencti_ids.grouping(case.name, context, dated["created"])
    held = {"type": "grouping", "id": id_, "name": case.name, "context": context, "object_refs": refs}
    return _made(dated | held, {"description": _description(case), "extensions": extension})


def _links(verb: str, source: str, targets: Iterable[str], dated: dict[str, Any]) -> Iterable[StixObject]:
    for target in targets:
        id_ = opencti_ids.relationship(verb, source, target)
        held = {
            "type": "relationship",
            "id": id_,
            "relationship_type": verb,
            "source_ref": source,
            "target_ref": target,
        }
        yield _made(dated | held, {})
