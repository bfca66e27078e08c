"""Conclusions: an event as STIX 2.1, an ``incident`` with its vessels, evidence, place and the rule it was found by.

Standard types carry the finding, because consumers drop types they do not know; what is maritime stands in a property
extension. A vessel is an observable of its own by extension; the references to it stand inside the extension.
"""

from __future__ import annotations

import base64
import hashlib
import re
import uuid
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from foedus.areas.maritime.carried import Named, Said
from foedus.areas.maritime.extensions import EVENT, TRACK, VESSEL, definitions
from foedus.areas.maritime.methods.event import Event
from foedus.model import ijson, instant, stix
from foedus.model.canonical import canonical, digest
from foedus.model.finding import Finding, Support
from foedus.model.stix import SCO_NAMESPACE, StixObject

NAMESPACE = uuid.UUID("2b1f6f0e-6f52-5b0c-9d3c-6d0f8d1f7c55")
_PRECISION_M = 185.0
_KIND = re.compile(r"[a-z][a-z0-9-]{1,62}")
_TITLES = {"gap": "Silent"}


class Evidence(NamedTuple):
    """One record an event rests on: its source, and what it says."""

    source: str
    said: dict[str, Any]


class Concluded(NamedTuple):
    """An event with all that a finding says of it.

    ``vessels`` as they had named themselves by then; ``rule`` method, settings.
    """

    event: Event
    vessels: tuple[Named, ...]
    evidence: tuple[Evidence, ...]
    rule: dict[str, Any]
    confidence: int

    def said(self, id_: str, created: str) -> Said:
        """Return what is remembered of having said this."""
        content = list(self.event._replace(rows=()))  # places in a table that is another one in each run
        held = [content, [list(_fields(one)) for one in self.vessels], [list(one) for one in self.evidence], self.rule]
        return Said(
            self.event.kind,
            self.event.mmsis,
            self.event.from_ms,
            created,
            digest(_plain([*held, self.confidence, id_])),
        )


def _plain(value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value]
    return {key: _plain(one) for key, one in value.items()} if isinstance(value, dict) else value


def _fields(one: Named) -> tuple[Any, ...]:
    return one.imo, one.call_sign, one.name, one.ship_type, one.length_m


def event_id(event: Event, owner: str) -> str:
    """Return the id of an event's finding: of who finds it, the method, the vessels and the start."""
    return _id("incident", [owner, event.kind, list(event.mmsis), event.from_ms])


def finding(one: Concluded, id_: str, said: Said, now: str) -> Finding:
    """Return the finding of an event.

    Args:
        one: the event and what is said of it.
        id_: its id.
        said: since when it is said.
        now: instant of this version.
    """
    event = one.event
    dated = {"spec_version": "2.1", "created": said.created, "modified": now}
    because = tuple(dict.fromkeys(f"source:{part.source}" for part in one.evidence))
    vessels = [vessel(mmsi, named) for mmsi, named in zip(event.mmsis, one.vessels, strict=True)]
    extract = artifact(one.evidence)
    observed = _observed(one, id_, dated, vessels, extract)
    place = _location(event, id_, dated)
    head: dict[str, Any] = dated | {
        "type": "incident",
        "id": id_,
        "name": title(event.kind, event.mmsis, one.vessels),
        "description": _description(one),
        "confidence": one.confidence,
        "extensions": {EVENT: _extension(one, [held.id for held in vessels], observed.id, place.id)},
    }
    supports = [*vessels, extract, observed, place, *_links(id_, dated, (observed, place)), _note(one, id_, dated)]
    held = (*_defined(), *(Support(support, because) for support in supports))
    return Finding("maritime", event.kind, stix.read(canonical(head)), because, held, pointer=_pointer(one))


def withdrawn(kind: str, id_: str, said: Said, now: str, source: str) -> Finding:
    """Return the finding that says an earlier one no longer stands."""
    head = {
        "type": "incident",
        "spec_version": "2.1",
        "id": id_,
        "created": said.created,
        "modified": now,
        "revoked": True,
        "name": "No longer concluded",
        "extensions": {EVENT: {"extension_type": "property-extension", "kind": kind, "mmsis": list(said.mmsis)}},
    }
    return Finding("maritime", kind, stix.read(canonical(head)), (f"source:{source}",), _defined())


def received(document: StixObject, source: str, pointer: str) -> Finding:
    """Return somebody's object as it came; one that tells what vessels did is of that kind, like ours."""
    kind = document.type
    if kind == "incident" and EVENT in document.extensions:
        held = ijson.decode(document.raw)["extensions"].get(EVENT)
        said = held.get("kind") if isinstance(held, dict) else None
        kind = said if isinstance(said, str) and _KIND.fullmatch(said) else kind
    return Finding("maritime", kind, document, (f"source:{source}",), document=True, pointer=pointer)


def _defined() -> tuple[Support, ...]:
    """The definitions, which rest on nothing anybody told: they may go wherever a finding may."""
    return tuple(Support(one, ("layer:maritime-extensions",)) for one in definitions())


def title(kind: str, mmsis: Sequence[int], vessels: Sequence[Named]) -> str:
    """Return what a finding is called: what happened, and to whom."""
    who = " and ".join(one.name or f"MMSI {mmsi}" for mmsi, one in zip(mmsis, vessels, strict=True))
    return f"{_TITLES.get(kind, kind.capitalize().replace('-', ' '))}: {who}"


def vessel(mmsi: int, named: Named) -> StixObject:
    """Return the observable of a vessel; its id is of MMSI and IMO number, of the MMSI alone where there is no valid other."""
    valid = imo_valid(named.imo)
    seed = {"mmsi": mmsi} | ({"imo": named.imo} if valid else {})
    said = {
        "imo": named.imo, "call_sign": named.call_sign, "name": named.name, "ship_type": named.ship_type,
        "length_m": named.length_m,
    }  # fmt: skip
    held = {
        "type": "vessel",
        "spec_version": "2.1",
        "id": f"vessel--{uuid.uuid5(SCO_NAMESPACE, canonical(seed).decode())}",
        "mmsi": mmsi,
        "extensions": {VESSEL: {"extension_type": "new-sco"}},
    } | {name: value for name, value in said.items() if value}
    return stix.read(canonical(held | ({"imo_valid": valid} if named.imo else {})))


def imo_valid(imo: int) -> bool:
    """Say whether a number has seven digits and the right last one; a wrong one is a mark of quality, never a finding.

    >>> imo_valid(9074729), imo_valid(9074728)
    (True, False)
    """
    text = str(imo)
    return len(text) == 7 and sum(int(text[i]) * (7 - i) for i in range(6)) % 10 == int(text[6])


def artifact(evidence: Sequence[Evidence]) -> StixObject:
    """Return the records an event rests on as an object of their own, which may stay where the event goes."""
    raw = canonical([_plain({"source": one.source, **one.said}) for one in evidence])
    held: dict[str, Any] = {
        "type": "artifact",
        "spec_version": "2.1",
        "mime_type": "application/json",
        "payload_bin": base64.b64encode(raw).decode(),
        "hashes": {"SHA-256": hashlib.sha256(raw).hexdigest()},
    }
    return stix.read(canonical(held | {"id": stix.sco_id(held)}))


def record_hashes(evidence: Sequence[Evidence]) -> list[str]:
    """Return the hash of each record, as a rerun over the same source gives it."""
    return [hashlib.sha256(canonical(_plain(one.said))).hexdigest() for one in evidence]


def _observed(
    one: Concluded, id_: str, dated: dict[str, Any], vessels: Sequence[StixObject], extract: StixObject
) -> StixObject:
    path = one.event.path
    held = dated | {
        "type": "observed-data",
        "id": _id("observed-data", [id_]),
        "first_observed": _text(path[0][0]),
        "last_observed": _text(path[-1][0]),
        "number_observed": len(path),
        "object_refs": [extract.id],
        "extensions": {
            TRACK: {
                "extension_type": "property-extension",
                "vessel_refs": [held.id for held in vessels],
                "path": _path(one.event),
                "source_ids": sorted({part.source for part in one.evidence}),
            }
        },
    }
    return stix.read(canonical(held))


def _location(event: Event, id_: str, dated: dict[str, Any]) -> StixObject:
    """Where it began; of a vessel that went silent, where it was last heard."""
    start = next((step for step in event.path if step[0] >= event.from_ms), event.path[-1])
    held = dated | {
        "type": "location",
        "id": _id("location", [id_]),
        "latitude": start[1],
        "longitude": start[2],
        "precision": _PRECISION_M,
    }
    return stix.read(canonical(held))


def _links(id_: str, dated: dict[str, Any], ends: Sequence[StixObject]) -> Iterator[StixObject]:
    for end in ends:
        kind = "located-at" if end.type == "location" else "related-to"
        link = {"type": "relationship", "id": _id("relationship", [id_, end.id]), "relationship_type": kind}
        yield stix.read(canonical(dated | link | {"source_ref": id_, "target_ref": end.id}))


def _note(one: Concluded, id_: str, dated: dict[str, Any]) -> StixObject:
    rule = ", ".join(f"{name} {value:g}" for name, value in sorted(one.rule["settings"].items()))
    unseen = "".join(f"\nNot tested: {text}" for text in one.event.unseen)
    held = dated | {
        "type": "note",
        "id": _id("note", [id_]),
        "abstract": f"How it was found: {one.rule['method']}",
        "content": f"Settings: {rule}{unseen}",
        "object_refs": [id_],
    }
    return stix.read(canonical(held))


def _extension(one: Concluded, vessels: list[str], observed: str, place: str) -> dict[str, Any]:
    event = one.event
    return {
        "extension_type": "property-extension",
        "kind": event.kind,
        "from": _text(event.from_ms),
        "to": _text(event.to_ms),
        "mmsis": list(event.mmsis),
        "identities": [_identity(mmsi, named) for mmsi, named in zip(event.mmsis, one.vessels, strict=True)],
        "path": _path(event),
        "measures": dict(event.measures),
        "rule": one.rule,
        "unseen": list(event.unseen),
        "because": [f"record:{held}" for held in record_hashes(one.evidence)],
        "vessel_refs": vessels,
        "observed_data_ref": observed,
        "location_ref": place,
    }


def _identity(mmsi: int, named: Named) -> dict[str, Any]:
    known = {"imo": named.imo, "call_sign": named.call_sign, "name": named.name}
    return {"mmsi": mmsi} | {name: value for name, value in known.items() if value}


def _path(event: Event) -> list[dict[str, Any]]:
    return [{"at": _text(t_ms), "lat_deg": lat, "lon_deg": lon} for t_ms, lat, lon in event.path]


def _description(one: Concluded) -> str:
    """The measures in words; what they mean is for an officer to say."""
    said = "; ".join(f"{name.replace('_', ' ')} {value}" for name, value in sorted(one.event.measures.items()))
    return f"Observation, not an accusation. {said}."


def _pointer(one: Concluded) -> str:
    return ", ".join(f"byte {part.said['pos']}" for part in one.evidence)


def _text(ms: int) -> str:
    return f"{instant.from_us(ms * 1_000):%Y-%m-%dT%H:%M:%S}.{ms % 1_000:03d}Z"


def _id(kind: str, parts: list[Any]) -> str:
    return f"{kind}--{uuid.uuid5(NAMESPACE, canonical([kind, *parts]).decode())}"


def settings_said(settings: Mapping[str, float]) -> dict[str, float]:
    """Return the settings of a method as a finding prints them."""
    return {name: value for name, value in settings.items() if not name.endswith("_ms")}
