"""Facts of an article as a finding: a STIX note about identities and locations, all that it says in an extension.

The text and the title of the article do not go along, nor its address: a title or a path names people. What goes is what
states, bodies and holders of a public office are said to have done, with the places in the text that say so.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterable, Mapping
from typing import Any

from foedus.areas.information.extensions import FACTS, LAYER, definitions
from foedus.areas.information.facts.article import LANGUAGES, facts_of
from foedus.areas.information.facts.masked import masked
from foedus.areas.information.facts.told import (
    BODY,
    PERSON,
    PLACE,
    STATE,
    Amount,
    Day,
    Fact,
    Facts,
    Name,
    Quotation,
    Span,
)
from foedus.areas.information.times import local_day
from foedus.model import instant, stix
from foedus.model.canonical import canonical
from foedus.model.extension import DATED
from foedus.model.finding import Finding, Support
from foedus.model.stix import SCO_NAMESPACE

KIND = "article-facts"
METHOD = "patterns and gazetteers, version 1"
MAX_FACTS = 100
MAX_QUOTATION = 600
NAMESPACE = uuid.UUID("6b1d0a52-7c0e-5c0b-9a54-3f6b2c7d9e00")
UNSEEN = (
    "whether any of it is true",
    "people without a public office, and what they said",
    "facts told by other verbs, or over several sentences",
)


def finding(row: Mapping[str, Any], owner: str, source: str) -> Finding | None:
    """Return what an article says as a finding; None where it says nothing that can be told.

    Args:
        row: a record, by column.
        owner: whose node it is.
        source: id of the record's source.
    """
    if row["language"] not in LANGUAGES:
        return None
    told = facts_of(row["text"], row["language"], local_day(row["published_raw"], row["published_at"]))
    if not told.facts and not any(one.speaker for one in told.quotations):
        return None
    because = (f"source:{source}",)
    at = _text(row["captured_at"])
    refs = _References(owner, row["record_id"], {"spec_version": "2.1", "created": at, "modified": at})
    said = _said(row, told, refs)
    object_refs = refs.ids()
    head = refs.dated | {
        "type": "note",
        "id": f"note--{uuid.uuid5(NAMESPACE, canonical([owner, row['record_id']]).decode())}",
        "abstract": title(said),
        "content": "\n".join(sentence(one) for one in said["facts"]) or title(said),
        "object_refs": object_refs,
        "extensions": {FACTS: {"extension_type": "property-extension", **said}},
    }
    supports = (*definitions(), *refs.supports(because))
    return Finding("information", KIND, stix.read(canonical(head)), because, supports, pointer=f"line {row['line']}")


def title(said: Mapping[str, Any]) -> str:
    """Return what a finding is called: its first fact, and where it stood."""
    first = next(iter(said["facts"]), None)
    words = sentence(first) if first else f"Words of {said['quotations'][0]['speaker']['name']}"
    return f"{words} ({said['channel']})" if said.get("channel") else words


def sentence(fact: Mapping[str, Any]) -> str:
    """Return a fact in words."""
    parts = [f"{_listed(fact['who'])}: {fact['what']}"]
    if fact.get("target"):
        parts.append(f"with regard to {_listed(fact['target'])}")
    if fact.get("where"):
        parts.append(f"at {fact['where']['name']}")
    if fact.get("when"):
        parts.append(f"on {fact['when'].get('resolved') or fact['when']['written']}")
    source = f" by {fact['according_to']['name']}" if fact.get("according_to") else ""
    return f"{', '.join(parts)} [{fact['certainty']}{source}]"


def _listed(names: Iterable[Mapping[str, Any]]) -> str:
    return ", ".join(dict.fromkeys(str(one["name"]) for one in names))


class _References:
    """The objects a finding is about, each once."""

    def __init__(self, owner: str, record: str, dated: dict[str, str]) -> None:
        self._seed = [owner, record]
        self.dated = dated
        self._made: dict[str, tuple[dict[str, Any], bool]] = {}

    def of(self, name: Name) -> str:
        """Return the id of what a name names."""
        made = self._location(name) if name.kind == PLACE else self._identity(name)
        self._made.setdefault(made["id"], (made, name.kind == PERSON))
        return str(made["id"])

    def ids(self) -> list[str]:
        """Return all ids, in order."""
        return sorted(self._made)

    def supports(self, because: tuple[str, ...]) -> list[Support]:
        """Return the objects; a person rests on the article, a name of our tables on these alone."""
        return [
            Support(stix.read(canonical(made)), because if person else (LAYER,))
            for _, (made, person) in sorted(self._made.items())
        ]

    def _identity(self, name: Name) -> dict[str, Any]:
        kind = {PERSON: "individual", STATE: "organization", BODY: "organization"}[name.kind]
        if name.kind == PERSON:
            seed: list[Any] = ["identity", *self._seed, name.name]
            return self.dated | {
                "type": "identity",
                "id": f"identity--{uuid.uuid5(NAMESPACE, canonical(seed).decode())}",
                "name": name.name,
                "identity_class": kind,
                "roles": [name.role.lower()],
            }
        told = canonical({"name": name.name.lower(), "identity_class": kind}).decode()
        held = {
            "type": "identity",
            "id": f"identity--{uuid.uuid5(SCO_NAMESPACE, told)}",
            "name": name.name,
            "identity_class": kind,
        }
        return {**DATED, **held} | ({"sectors": ["government-national"]} if name.kind == STATE else {})

    def _location(self, name: Name) -> dict[str, Any]:
        told = canonical({"name": name.name.lower(), "country": name.country}).decode()
        held = {"type": "location", "id": f"location--{uuid.uuid5(NAMESPACE, told)}", "name": name.name}
        # A location of STIX needs a country, a region or a position; what lies in none of ours is said to be of the world.
        return {**DATED, **held} | ({"country": name.country} if name.country else {"region": "world"})


def _said(row: Mapping[str, Any], told: Facts, refs: _References) -> dict[str, Any]:
    officials = {word for one in told.actors if one.kind == PERSON for word in (one.name, one.name.rpartition(" ")[2])}
    spoken = [one for one in told.quotations if one.speaker is not None]
    acting = {one for fact in told.facts for one in (*fact.who, *fact.target)}
    mentioned = {one.name: one for one in told.actors if one not in acting}
    return {
        "record": row["record_id"],
        "line": row["line"],
        "channel": row["channel"],
        "language": told.language,
        "method": METHOD,
        "facts": [_fact(one, refs) for one in told.facts[:MAX_FACTS]],
        "quotations": [_quotation(one, told.language, officials, refs) for one in spoken[:MAX_FACTS]],
        "mentioned": [_name(one, refs) for one in mentioned.values()][:MAX_FACTS],
        "withheld": len(told.quotations) - len(spoken),
        "unseen": list(UNSEEN),
    } | {name: value for name, value in _beside(row, told).items() if value}


def _beside(row: Mapping[str, Any], told: Facts) -> dict[str, str]:
    published = row["published_at"]
    return {
        "capture_sha256": row["capture_sha256"],
        "url_sha256": hashlib.sha256(row["url"].encode()).hexdigest() if row["url"] else "",
        "published": _text(published) if published is not None else "",
        "dateline": told.dateline_day,
    }


def _fact(one: Fact, refs: _References) -> dict[str, Any]:
    made: dict[str, Any] = {
        "what": one.what,
        "verb": one.verb,
        "span": _span(one.span),
        "who": [_name(each, refs) for each in one.who],
        "certainty": one.certainty,
    }
    if one.target:
        made["target"] = [_name(each, refs) for each in one.target]
    if one.where is not None:
        made["where"] = _name(one.where, refs)
    if one.when is not None:
        made["when"] = _when(one.when)
    if one.according_to is not None:
        made["according_to"] = _name(one.according_to, refs)
    if one.amounts:
        made["amounts"] = [_amount(each) for each in one.amounts]
    return made


def _quotation(one: Quotation, language: str, officials: set[str], refs: _References) -> dict[str, Any]:
    assert one.speaker is not None
    words = masked(one.text[:MAX_QUOTATION], language, officials)
    return {"span": _span(one.span), "speaker": _name(one.speaker, refs)} | ({"text": words} if words else {})


def _name(one: Name, refs: _References) -> dict[str, Any]:
    made = {"name": one.name, "kind": one.kind, "span": _span(one.span), "country": one.country, "role": one.role}
    return {name: value for name, value in made.items() if value} | {"ref": refs.of(one)}


def _when(one: Day) -> dict[str, Any]:
    made = {"written": one.text, "span": _span(one.span), "resolved": one.resolved, "by": one.by}
    return {name: value for name, value in made.items() if value}


def _amount(one: Amount) -> dict[str, Any]:
    return {"written": one.text, "span": _span(one.span), "value": one.value, "unit": one.unit}


def _span(one: Span) -> list[int]:
    return [one.start, one.end]


def _text(at: Any) -> str:
    return f"{instant.from_us(instant.to_us(at)):%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}Z"
