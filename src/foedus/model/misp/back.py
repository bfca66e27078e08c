"""STIX objects as MISP attributes, objects, reports and tags: those of our view, those of misp-stix, and any others."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from foedus.model import ijson, instant
from foedus.model.misp import extension, observable, tlp
from foedus.model.stix import SCO_TYPES

_LABEL = re.compile(r'misp:(type|category|to_ids)="(.*)"', re.DOTALL)
_CATEGORY = {
    "ip-src": "Network activity",
    "ip-dst": "Network activity",
    "domain": "Network activity",
    "url": "Network activity",
    "hostname|port": "Network activity",
    "ip-dst|port": "Network activity",
    "ip-src|port": "Network activity",
    "AS": "Network activity",
    "mac-address": "Network activity",
    "mutex": "Artifacts dropped",
    "regkey": "Persistence mechanism",
    "regkey|value": "Persistence mechanism",
    "vulnerability": "Payload delivery",
    "stix2-pattern": "External analysis",
    "text": "Other",
}
_GALAXIES = {
    "attack-pattern": "mitre-attack-pattern",
    "course-of-action": "mitre-course-of-action",
    "intrusion-set": "mitre-intrusion-set",
    "malware": "mitre-malware",
    "tool": "mitre-tool",
    "threat-actor": "threat-actor",
}

Stix = dict[str, Any]


def from_stix(objects: Sequence[bytes]) -> dict[str, list[dict[str, Any]]]:
    """Return what STIX objects say as the lists of a MISP event: Attribute, Object, EventReport, Tag.

    Objects that belong to one MISP attribute come back as that attribute, with the uuid, type and flags their extension, or
    misp-stix's labels, hold. An indicator of one equality becomes an attribute for detection, any other pattern a
    ``stix2-pattern``; an observable that nothing ties to an attribute becomes one of its own. Distribution and sharing
    group are never set here.

    Raises:
        MalformedRecord: an object that is no strict JSON.
    """
    return _Back([ijson.loads(raw) for raw in objects]).lists()


class _Back:
    def __init__(self, objects: list[Stix]) -> None:
        self.objects = objects
        self.by_id = {obj["id"]: obj for obj in objects if isinstance(obj.get("id"), str)}
        self.by_uuid: dict[str, list[Stix]] = {}
        for id_, obj in self.by_id.items():
            self.by_uuid.setdefault(id_.partition("--")[2], []).append(obj)
        self.inner = {target for obj in objects for target in _inner(obj)}
        self.values: set[tuple[str, str]] = set()
        self.attributes: dict[str, dict[str, Any]] = {}
        self.holders: dict[str, dict[str, Any]] = {}
        self.inside: dict[int, str] = {}
        self.reports: list[dict[str, Any]] = []
        self.tags: dict[str, None] = {}

    def lists(self) -> dict[str, list[dict[str, Any]]]:
        """Return the lists of a MISP event."""
        # Indicators before observables: a value that one looks for is then there, for detection.
        for obj in sorted(self.objects, key=_order):
            self.one(obj)
        loose: list[dict[str, Any]] = []
        for attribute in self.attributes.values():
            holder = self.holders.get(self.inside.get(id(attribute), ""))
            (holder["Attribute"] if holder else loose).append(attribute)
        tags = [{"name": name} for name in self.tags]
        return {"Attribute": loose, "Object": list(self.holders.values()), "EventReport": self.reports, "Tag": tags}

    def one(self, obj: Stix) -> None:
        """Take one object for what its type makes of it."""
        kind, said = obj.get("type"), extension.of(obj)
        if level := tlp.marked(obj.get("object_marking_refs") or ()):
            self.tags.setdefault(f"tlp:{level}")
        if kind == "indicator":
            self.indicator(obj)
        elif kind == "observed-data":
            if tied := self.tied(obj):
                self.attribute(obj, *tied)
        elif kind in SCO_TYPES:
            self.loose_observable(obj)
        elif kind == "x-misp-object":
            self.holder(obj, said)
        elif kind == "x-misp-attribute":
            self.attribute(obj, str(obj.get("x_misp_type") or "text"), str(obj.get("x_misp_value") or ""))
        elif kind == "vulnerability":
            self.attribute(obj, "vulnerability", str(obj.get("name") or ""))
        elif kind == "note" and "attribute" in said:
            self.attribute(obj, "text", str(obj.get("content") or ""))
        elif kind == "note" and not ("sighting" in said or "proposal" in said):
            self.report(obj)
        elif kind in _GALAXIES or kind == "x-misp-galaxy-cluster":
            name = f'misp-galaxy:{_GALAXIES.get(kind, "tool")}="{obj.get("name") or ""}"'
            self.tags.setdefault(str(said.get("tag") or name))
        elif kind in ("report", "grouping"):
            for label in _plain_labels(obj):
                self.tags.setdefault(label)

    def indicator(self, obj: Stix) -> None:
        """Take an indicator as an attribute for detection."""
        text, language = str(obj.get("pattern") or ""), obj.get("pattern_type", "stix")
        if language in observable.RULES:
            self.attribute(obj, str(language), text, to_ids=True)
            return
        tied = self.tied(obj)
        found = [] if tied else observable.attribute_of(observable.sco_of_pattern(text), {})
        kind, value = tied or (found[0] if len(found) == 1 else ("stix2-pattern", text))
        self.attribute(obj, kind, value, to_ids=True)

    def tied(self, obj: Stix) -> tuple[str, str] | None:
        """Type and value of the observables under the same uuid, as our view and misp-stix write them."""
        said = extension.of(obj)
        if "value" in said and "type" in said:
            return str(said["type"]), str(said["value"])
        uuid = str(obj.get("id")).partition("--")[2]
        for sco in self.by_uuid.get(uuid, ()):
            found = observable.attribute_of(sco, self.by_id)
            if len(found) == 1:
                return found[0]
        return None

    def loose_observable(self, obj: Stix) -> None:
        """An observable that no attribute stands for yet; of several values each gets a uuid of its own."""
        if obj["id"] in self.inner:
            return
        uuid = obj["id"].partition("--")[2]
        for index, (kind, value) in enumerate(observable.attribute_of(obj, self.by_id)):
            own = uuid if index == 0 else extension.derived("value", uuid, kind)
            tied = index == 0 and uuid in self.attributes
            if not tied and (kind, value) not in self.values:
                self.attribute({**obj, "id": f"{obj['type']}--{own}"}, kind, value)

    def attribute(self, obj: Stix, kind: str, value: str, *, to_ids: bool = False) -> None:
        """Add an attribute, unless one of the same id is there."""
        said = {**_labels(obj), **extension.of(obj)}
        named = str(obj.get("id")).partition("--")[2]
        kind = str(said.get("type") or kind)
        if named in self.attributes:
            return
        attribute: dict[str, Any] = {
            "uuid": str(said.get("attribute") or named),
            "type": kind,
            "category": said.get("category") or _CATEGORY.get(kind, "Payload delivery"),
            "value": value,
            "to_ids": bool(said.get("to_ids", to_ids)),
            "comment": said.get("comment") or obj.get("description") or "",
            "timestamp": str(said.get("timestamp") or _seconds(obj)),
            "Tag": [{"name": label} for label in _plain_labels(obj)],
        }
        if level := tlp.marked(obj.get("object_marking_refs") or ()):
            attribute["Tag"].append({"name": f"tlp:{level}"})
        kept = ("object_relation", "first_seen", "last_seen", "deleted", "disable_correlation")
        attribute |= {key: said[key] for key in kept if key in said}
        if obj.get("revoked") is True:
            attribute["deleted"] = True
        self.values.add((kind, value))
        self.attributes[named] = attribute
        self.inside[id(attribute)] = str(said.get("object") or "")

    def holder(self, obj: Stix, said: dict[str, Any]) -> None:
        """Add an object that attributes belong to."""
        uuid = str(said.get("object") or str(obj.get("id")).partition("--")[2])
        self.holders[uuid] = {
            "uuid": uuid,
            "name": str(said.get("name") or obj.get("x_misp_name") or ""),
            "meta-category": str(said.get("meta_category") or obj.get("x_misp_meta_category") or ""),
            "template_uuid": str(said.get("template_uuid") or ""),
            "template_version": str(said.get("template_version") or ""),
            "comment": str(said.get("comment") or obj.get("x_misp_comment") or ""),
            "timestamp": str(said.get("timestamp") or _seconds(obj)),
            "deleted": obj.get("revoked") is True,
            "Attribute": [],
        }

    def report(self, obj: Stix) -> None:
        """Add an event report."""
        self.reports.append(
            {
                "uuid": str(obj.get("id")).partition("--")[2],
                "name": str(obj.get("abstract") or ""),
                "content": str(obj.get("content") or ""),
                "timestamp": str(_seconds(obj)),
                "deleted": obj.get("revoked") is True,
            }
        )


def _order(obj: Stix) -> int:
    return 2 if obj.get("type") in SCO_TYPES else int(obj.get("type") != "indicator")


def _inner(obj: Stix) -> list[str]:
    """Observables that stand for a part of this one."""
    if obj.get("type") not in SCO_TYPES:
        return []
    refs = [ref for key, ref in obj.items() if key.endswith("_ref") and isinstance(ref, str)]
    return refs + [ref for ref in obj.get("resolves_to_refs") or () if isinstance(ref, str)]


def _labels(obj: Stix) -> dict[str, Any]:
    matches = (_LABEL.fullmatch(label) for label in obj.get("labels") or () if isinstance(label, str))
    found: dict[str, Any] = {match[1]: match[2] for match in matches if match}
    if "to_ids" in found:
        found["to_ids"] = found["to_ids"] == "True"
    return found


def _plain_labels(obj: Stix) -> list[str]:
    return [label for label in obj.get("labels") or () if isinstance(label, str) and not label.startswith("misp:")]


def _seconds(obj: Stix) -> int:
    text = obj.get("modified") or obj.get("created")
    return instant.parse_ns(text) // 1_000_000_000 if isinstance(text, str) else 0
