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
from foedus.areas.maritime.files import Ground
from foedus.areas.maritime.methods.event import Event
from foedus.areas.maritime.methods.identity import imo_valid
from foedus.areas.maritime.methods.mismatch import KIND as MISMATCH
from foedus.areas.maritime.methods.mismatch import Mark
from foedus.areas.maritime.watchlist import Hit
from foedus.areas.maritime.words import confidence, innocent, measured, title, untested
from foedus.model import ijson, instant, stix
from foedus.model.canonical import canonical, digest
from foedus.model.finding import Finding, Support
from foedus.model.stix import SCO_NAMESPACE, StixObject

NAMESPACE = uuid.UUID("2b1f6f0e-6f52-5b0c-9d3c-6d0f8d1f7c55")
_PRECISION_M = 185.0
_KIND = re.compile(r"[a-z][a-z0-9-]{1,62}")
_MOST_STEPS = 200


class Evidence(NamedTuple):
    """One record an event rests on: its source, and what it says."""

    source: str
    said: dict[str, Any]


class Concluded(NamedTuple):
    """An event with all that a finding says of it.

    ``vessels`` as they had named themselves by then; ``rule`` method, settings; ``marks`` identity mismatches; ``hits`` of watch
    lists; ``layers`` the files it rests on; ``related`` ids of the findings it puts together.
    """

    event: Event
    vessels: tuple[Named, ...]
    evidence: tuple[Evidence, ...]
    rule: dict[str, Any]
    marks: tuple[Mark, ...] = ()
    hits: tuple[Hit, ...] = ()
    layers: tuple[Ground, ...] = ()
    related: tuple[str, ...] = ()

    def said(self, id_: str, created: str) -> Said:
        """Return what is remembered of having said this."""
        event = self.event
        content = [_plain(list(one)) for one in (self.evidence, self.marks, self.hits, self.layers, self.related)]
        held = [_plain(list(event)), [list(_fields(one)) for one in self.vessels], content, self.rule, id_]
        return Said(event.kind, event.mmsis, event.from_ms, event.to_ms, created, digest(held))

    @property
    def because(self) -> tuple[str, ...]:
        """What it rests on: sources and layers."""
        sources = [f"source:{part.source}" for part in self.evidence]
        return tuple(dict.fromkeys((*sources, *(f"layer:{ground.name}" for ground in self.layers))))


def _plain(value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value]
    return {key: _plain(one) for key, one in value.items()} if isinstance(value, dict) else value


def _fields(one: Named) -> tuple[Any, ...]:
    return one.imo, one.call_sign, one.name, one.ship_type, one.length_m, one.flag


def event_id(event: Event, owner: str) -> str:
    """Return the id of an event's finding: of who finds it, the method, the vessels, the start; of what layer, the name there."""
    named = [event.measures[name] for name in ("zone", "corridor", "way") if name in event.measures]
    return _id("incident", [owner, event.kind, list(event.mmsis), event.from_ms, *named])


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
    vessels = [vessel(mmsi, named) for mmsi, named in zip(event.mmsis, one.vessels, strict=True)]
    extract = artifact(one.evidence, id_)
    observed = _observed(one, id_, dated, vessels, extract)
    place = _location(event, id_, dated)
    head: dict[str, Any] = dated | {
        "type": "incident",
        "id": id_,
        "name": title(event.kind, event.mmsis, one.vessels),
        "description": _description(one),
        "confidence": confidence(event),
        "extensions": {EVENT: _extension(one, [held.id for held in vessels], observed.id, place.id)},
    }
    sources = tuple(f"source:{name}" for name in dict.fromkeys(part.source for part in one.evidence))
    told = [Support(support, sources) for support in (*vessels, extract, observed, place)]
    links = [Support(link, one.because) for link in _links(id_, dated, (observed.id, place.id, *one.related))]
    notes = [Support(_note(one, id_, dated), one.because), *_marked(one, id_, dated), *_listed(one, id_, dated)]
    held = (*_defined(), *told, *links, *notes)
    return Finding("maritime", event.kind, stix.read(canonical(head)), one.because, held, pointer=_pointer(one))


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


def artifact(evidence: Sequence[Evidence], id_: str) -> StixObject:
    """Return the records an event rests on as an object of their own, which may stay where the event goes.

    Its id is made of the event and of where the records stand in their sources, not of what they say: whoever may know the
    id must not be able to try positions on it.
    """
    raw = canonical([_plain({"source": one.source, **one.said}) for one in evidence])
    held: dict[str, Any] = {
        "type": "artifact",
        "spec_version": "2.1",
        "id": _id(
            "artifact", [id_, [[one.source, one.said["mmsi"], one.said["t_ms"], one.said["pos"]] for one in evidence]]
        ),
        "mime_type": "application/json",
        "payload_bin": base64.b64encode(raw).decode(),
        "hashes": {"SHA-256": hashlib.sha256(raw).hexdigest()},
    }
    return stix.read(canonical(held))


def record_hashes(evidence: Sequence[Evidence]) -> list[str]:
    """Return the hash of each record, as a rerun over the same source gives it."""
    return [hashlib.sha256(canonical(_plain(one.said))).hexdigest() for one in evidence]


def _observed(
    one: Concluded, id_: str, dated: dict[str, Any], vessels: Sequence[StixObject], extract: StixObject
) -> StixObject:
    instants = [part.said["t_ms"] for part in one.evidence] + [step[0] for step in one.event.path]
    held = dated | {
        "type": "observed-data",
        "id": _id("observed-data", [id_]),
        "first_observed": _text(min(instants)),
        "last_observed": _text(max(instants)),
        "number_observed": max(len(one.evidence), 1),
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


def _links(id_: str, dated: dict[str, Any], ends: Sequence[str]) -> Iterator[StixObject]:
    for end in ends:
        kind = "located-at" if end.startswith("location--") else "related-to"
        link = {"type": "relationship", "id": _id("relationship", [id_, end]), "relationship_type": kind}
        yield stix.read(canonical(dated | link | {"source_ref": id_, "target_ref": end}))


def _note(one: Concluded, id_: str, dated: dict[str, Any]) -> StixObject:
    """By which rule, on how many records (their hashes stand in the finding), with which layers, and what was not tested."""
    rule = ", ".join(f"{name} {value:g}" for name, value in sorted(one.rule["settings"].items()))
    lines = [
        f"Settings: {rule}",
        f"Records: {len(one.evidence)}; their hashes stand in the finding",
        *(f"Layer: {ground.name}, SHA-256 {ground.sha256}" for ground in one.layers),
        *(f"May be innocent: {text}" for text in innocent(one.event.kind)),
        *(f"Not tested: {text}" for text in untested(one.event)),
    ]
    return _noted(id_, dated, f"How it was found: {one.rule['method']}", lines)


def _marked(one: Concluded, id_: str, dated: dict[str, Any]) -> Iterator[Support]:
    """Identity mismatches, as a note beside the finding: never one of their own."""
    if one.marks:
        lines = [f"MMSI {mark.mmsi:09}: {mark.why} ({mark.code}, since {_text(mark.since_ms)})" for mark in one.marks]
        yield Support(
            _noted(id_, dated, MISMATCH, [*lines, "Alone it says nothing: several per cent of vessels differ."]),
            one.because,
        )


def _listed(one: Concluded, id_: str, dated: dict[str, Any]) -> Iterator[Support]:
    """Watch lists that a vessel is on, as notes of their own: where a list stays at home the finding may still go."""
    for ground in dict.fromkeys(hit.ground for hit in one.hits):
        hits = [f"A vessel of this finding is {hit.why}" for hit in one.hits if hit.ground == ground]
        lines = [*hits, f"Layer: {ground.name}, SHA-256 {ground.sha256}"]
        noted = _noted(id_, dated, f"On a watch list: {ground.name.rpartition('/')[2]}", lines)
        yield Support(noted, tuple(dict.fromkeys((*one.because, f"layer:{ground.name}"))))


def _noted(id_: str, dated: dict[str, Any], abstract: str, lines: Sequence[str]) -> StixObject:
    held = dated | {
        "type": "note",
        "id": _id("note", [id_, abstract]),
        "abstract": abstract,
        "content": "\n".join(lines),
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
        "tracks": _tracks(one),
        "marks": [
            {"mmsi": mark.mmsi, "code": mark.code, "since": _text(mark.since_ms), "why": mark.why} for mark in one.marks
        ],
        "rule": one.rule,
        "unseen": untested(event),
        "because": [f"record:{held}" for held in record_hashes(one.evidence)],
        "vessel_refs": vessels,
        "observed_data_ref": observed,
        "location_ref": place,
    }


def _identity(mmsi: int, named: Named) -> dict[str, Any]:
    known = {"imo": named.imo, "call_sign": named.call_sign, "name": named.name}
    return {"mmsi": mmsi} | {name: value for name, value in known.items() if value}


def _path(event: Event) -> list[dict[str, Any]]:
    every = max(1, -(-len(event.path) // _MOST_STEPS))
    steps = [step for n, step in enumerate(event.path) if n % every == 0 or n == len(event.path) - 1]
    return [{"at": _text(t_ms), "lat_deg": lat, "lon_deg": lon} for t_ms, lat, lon in steps]


def _tracks(one: Concluded) -> list[dict[str, Any]]:
    """The fixes of each vessel among the evidence."""
    return [
        {
            "mmsi": mmsi,
            "path": [
                {"at": _text(said["t_ms"]), "lat_deg": round(said["lat_deg"], 6), "lon_deg": round(said["lon_deg"], 6)}
                for said in (part.said for part in one.evidence)
                if said["mmsi"] == mmsi
            ],
        }
        for mmsi in one.event.mmsis
    ]


def _description(one: Concluded) -> str:
    """The measures in words; what they mean is for an officer to say."""
    said = "; ".join(measured(name, value) for name, value in sorted(one.event.measures.items()))
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
