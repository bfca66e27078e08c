"""A MISP event seen as STIX 2.1: every object with the handling of the part it shows.

An object's id is its part's uuid, so that another reader's ids are the same; SCOs too, because the deterministic id of an
observable would make one object of two parts with two audiences.
"""

from __future__ import annotations

import re
from typing import Any

import msgspec

from foedus.model.misp import extension, observable, tlp
from foedus.model.misp.event import Handling, MispEvent, flag, handling, narrower, own_handling, parts, uuid_of, whole
from foedus.model.misp.shown import MispObject, Part, Shown, given, instant_text, seen_at

TEXT_TYPES = frozenset(("text", "comment", "other", "campaign-name", "threat-actor"))

_FIELDS = ("type", "category", "object_relation", "comment", "first_seen", "last_seen")
_EVENT_FIELDS = ("date", "extends_uuid")
_CLUSTERS = (
    ("attack-pattern", "attack-pattern"),
    ("course-of-action", "course-of-action"),
    ("intrusion-set", "intrusion-set"),
    ("threat-actor", "threat-actor"),
    ("malware", "malware"),
    ("ransomware", "malware"),
    ("rat", "malware"),
    ("stealer", "malware"),
    ("banker", "malware"),
    ("botnet", "malware"),
    ("backdoor", "malware"),
    ("malpedia", "malware"),
    ("tool", "tool"),
    ("exploit-kit", "tool"),
)
_ATTACK_ID = re.compile(r"\b(?:TA?|[SGMC])\d{4}(?:\.\d{3})?\b", re.ASCII)


def to_stix(event: MispEvent) -> tuple[MispObject, ...]:
    """Return the STIX view of an event; the same event gives the same bytes.

    What has no counterpart in STIX is ``x-misp-attribute``, ``x-misp-object`` or ``x-misp-galaxy-cluster``. ``data`` of an
    attribute (samples, attachments) stays in the event.
    """
    return _View(event).objects()


class _View(Shown):
    def objects(self) -> tuple[MispObject, ...]:
        """Show everything, the event itself last."""
        event = self.event.event
        for attribute in parts(event, "Attribute"):
            self.attribute(attribute, ())
        for item in parts(event, "Object"):
            self.misp_object(item)
        for item in parts(event, "Object"):
            self.references(item)
        self.clusters(event, self.whole, "")
        for report in parts(event, "EventReport"):
            self.event_report(report)
        self.proposals(event, self.whole, self.report)
        self.head()
        return tuple(self.found.values())

    # Attributes and objects.

    def attribute(
        self, attribute: dict[str, Any], wholes: tuple[dict[str, Any], ...], above: Part | None = None
    ) -> str:
        """Show one attribute and what hangs on it; return what stands for it."""
        kind, value = attribute["type"], attribute["value"]
        uuid = self.own(attribute, "attribute", kind, value)
        part = self.part(attribute, uuid, handling(self.event, attribute, *wholes), above or self.whole)
        said = {"attribute": uuid_of(attribute) or uuid, "to_ids": flag(attribute.get("to_ids"))}
        said |= {key: attribute[key] for key in _FIELDS if attribute.get(key) not in (None, "")}
        said |= {key: True for key in ("deleted", "disable_correlation") if flag(attribute.get(key))}
        if wholes:
            said["object"] = above.uuid if above else ""
        labels = [f'misp:type="{kind}"', f'misp:category="{attribute.get("category") or ""}"']
        labels += _labels(attribute, part)
        main = self.observed(attribute, part, said, labels) or self.unobserved(attribute, part, said, labels)
        self.main[uuid] = main
        self.clusters(attribute, part, main)
        self.sightings(attribute, part, main)
        self.proposals(attribute, part, main)
        return main

    def observed(self, attribute: dict[str, Any], part: Part, said: dict[str, Any], labels: list[str]) -> str:
        """An attribute with observables: SCOs, observed-data, and an indicator where it is for detection."""
        kind, value = attribute["type"], attribute["value"]
        scos = observable.observables(kind, value, part.uuid)
        if not scos:
            return ""
        back = observable.attribute_of(scos[0], {sco["id"]: sco for sco in scos})
        if [item for _, item in back] != [value]:
            said = {**said, "value": value}
        for sco in scos:
            self.add(sco["type"], sco["id"].partition("--")[2], part, sco, {"attribute": said["attribute"]})
        first = seen_at(attribute.get("first_seen"), part.common["modified"])
        seen = {
            "first_observed": first,
            "last_observed": max(first, seen_at(attribute.get("last_seen"), first)),
            "number_observed": 1,
            "object_refs": [sco["id"] for sco in scos],
            "labels": labels,
        }
        main = self.add("observed-data", part.uuid, part, seen, said)
        if not said["to_ids"]:
            return main
        looked_for = {"pattern": observable.pattern(kind, value), "pattern_type": "stix", "pattern_version": "2.1"}
        indicator = self.indicator(attribute, part, {**looked_for, "labels": labels}, said)
        self.relationship("based-on", indicator, main, part)
        return indicator

    def indicator(self, attribute: dict[str, Any], part: Part, properties: dict[str, Any], said: dict[str, Any]) -> str:
        """Show what to look for and return its id."""
        start = seen_at(attribute.get("first_seen"), part.common["modified"])
        described = {"description": attribute.get("comment"), "valid_from": start, **properties}
        return self.add("indicator", part.uuid, part, described, said)

    def unobserved(self, attribute: dict[str, Any], part: Part, said: dict[str, Any], labels: list[str]) -> str:
        """Show an attribute without observables: a rule, a vulnerability, a text, or itself."""
        kind, value = attribute["type"], attribute["value"]
        if kind in observable.RULES and said["to_ids"] and value:
            rule = {"pattern": value, "pattern_type": observable.RULES[kind], "labels": labels}
            return self.indicator(attribute, part, rule, said)
        if kind == "vulnerability":
            properties = {"name": value, "description": attribute.get("comment"), "labels": labels}
            return self.add("vulnerability", part.uuid, part, properties, said)
        if kind in TEXT_TYPES and value:
            about = f"x-misp-object--{said['object']}" if said.get("object") else self.report
            return self.add("note", part.uuid, part, {"content": value, "object_refs": [about], "labels": labels}, said)
        custom = {"x_misp_type": kind, "x_misp_value": value, "x_misp_category": attribute.get("category")}
        return self.add("x-misp-attribute", part.uuid, part, {**custom, "labels": labels}, said)

    def misp_object(self, item: dict[str, Any]) -> None:
        """An object of a template: its attributes one by one, since each has an audience of its own, and what ties them."""
        names = [str(item.get(key) or "") for key in ("name", "meta-category", "template_uuid", "template_version")]
        attributes = parts(item, "Attribute")
        values = [text for attribute in attributes for text in (attribute["type"], attribute["value"])]
        uuid = self.own(item, "object", names[0], *values)
        part = self.part(item, uuid, handling(self.event, item), self.whole)
        refs = [self.attribute(attribute, (item,), part) for attribute in attributes]
        said: dict[str, Any] = dict(
            zip(("name", "meta_category", "template_uuid", "template_version"), names, strict=True)
        )
        said |= {"object": uuid, "comment": item.get("comment")}
        custom: dict[str, Any] = {
            "x_misp_name": names[0],
            "x_misp_meta_category": names[1],
            "x_misp_comment": item.get("comment"),
        }
        self.main[uuid] = self.add("x-misp-object", uuid, part, {**custom, "object_refs": refs}, given(said))

    def references(self, item: dict[str, Any]) -> None:
        """Show the references of an object; who may see both ends may see them."""
        source = self.main.get(uuid_of(item), "")
        for reference in parts(item, "ObjectReference"):
            target = self.main.get(str(reference.get("referenced_uuid")), "")
            if source and target and not flag(reference.get("deleted")):
                held = narrower(handling(self.event, item), self.held_by(target))
                uuid = uuid_of(reference) or extension.derived("reference", source, target)
                part = self.part(reference, uuid, held, self.whole)
                self.relationship(str(reference.get("relationship_type") or "related-to"), source, target, part, uuid)

    # What stands around them.

    def clusters(self, holder: dict[str, Any], part: Part, main: str) -> None:
        """Show the galaxy clusters of a part, tied to what stands for it."""
        for galaxy in parts(holder, "Galaxy"):
            for cluster in parts(galaxy, "GalaxyCluster"):
                kind = str(cluster.get("type") or galaxy.get("type") or "")
                name = str(cluster.get("value") or "")
                held = _cluster_held(cluster, part)
                uuid = uuid_of(cluster) or extension.derived("cluster", kind, name)
                inner = self.part({"uuid": cluster.get("uuid"), "timestamp": 0}, uuid, held, part)
                id_ = self.cluster(kind, name, cluster, inner)
                if main:
                    tie = msgspec.structs.replace(part, held=narrower(part.held, held))
                    self.relationship("related-to", main, id_, tie)

    def cluster(self, kind: str, name: str, cluster: dict[str, Any], part: Part) -> str:
        """Show one cluster and return its id."""
        stix_type = next(
            (to for word, to in _CLUSTERS if word in kind.split("-") or word in kind), "x-misp-galaxy-cluster"
        )
        meta = cluster.get("meta") if isinstance(cluster.get("meta"), dict) else {}
        listed = meta.get("external_id") if isinstance(meta, dict) else None
        known = _ATTACK_ID.search(f"{name} {listed or ''}")
        properties: dict[str, Any] = {
            "name": name,
            "description": cluster.get("description"),
            "external_references": [{"source_name": "mitre-attack", "external_id": known[0]}] if known else [],
        }
        if stix_type == "malware":
            properties["is_family"] = True
        if stix_type == "x-misp-galaxy-cluster":
            properties |= {"x_misp_type": kind, "x_misp_value": name}
        said = {"cluster": part.uuid, "type": kind, "tag": cluster.get("tag_name")}
        return self.add(stix_type, part.uuid, part, properties, given(said))

    def sightings(self, attribute: dict[str, Any], part: Part, main: str) -> None:
        """Show sightings (0), false positives (1) and expirations (2)."""
        for sighting in parts(attribute, "Sighting"):
            kind, at = whole(sighting.get("type")), whole(sighting.get("date_sighting"))
            uuid = uuid_of(sighting) or extension.derived("sighting", part.uuid, str(kind), str(at))
            inner = self.part(sighting, uuid, part.held, part)
            said = {"attribute_sighted": part.uuid, "sighting": kind, "source": sighting.get("source") or ""}
            where = self.organisation(sighting.get("Organisation"), part.held)
            if kind == 1:
                opinion = {"opinion": "strongly-disagree", "object_refs": [main], "explanation": "false positive"}
                self.add("opinion", uuid, inner, opinion, said)
            elif kind == 2:
                end = instant_text(at)
                note = {"content": f"valid_until {end}", "object_refs": [main], "abstract": "expiration"}
                self.add("note", uuid, inner, note, {**said, "valid_until": end})
            else:
                seen = {
                    "sighting_of_ref": main,
                    "first_seen": instant_text(at),
                    "last_seen": instant_text(at),
                    "count": 1,
                }
                self.add("sighting", uuid, inner, {**seen, "where_sighted_refs": [where] if where else []}, said)

    def event_report(self, report: dict[str, Any]) -> None:
        """Show a report, which has an audience of its own."""
        name, content = str(report.get("name") or ""), str(report.get("content") or "")
        uuid = uuid_of(report) or extension.derived("report", self.event.uuid, name, content)
        part = self.part(report, uuid, handling(self.event, report), self.whole)
        self.add(
            "note", uuid, part, {"abstract": name, "content": content, "object_refs": [self.report]}, {"report": uuid}
        )

    def proposals(self, holder: dict[str, Any], part: Part, about: str) -> None:
        """Edits offered to the creator, beside what they would change."""
        for proposal in parts(holder, "ShadowAttribute"):
            kind, value = proposal["type"], proposal["value"]
            uuid = uuid_of(proposal) or extension.derived("proposal", part.uuid, kind, value)
            inner = self.part(proposal, uuid, part.held, part)
            said = {"proposal": uuid, "to_ids": flag(proposal.get("to_ids"))}
            said |= {key: proposal[key] for key in _FIELDS if proposal.get(key) not in (None, "")}
            note = {"abstract": f"proposal: {kind}", "content": value or "-", "object_refs": [about]}
            self.add("note", uuid, inner, note, said)
            if about != self.report:
                opinion = {"opinion": "disagree", "object_refs": [about], "explanation": "a change was proposed"}
                self.add("opinion", extension.derived("opinion", uuid), inner, opinion, {"proposal": uuid})

    def head(self) -> None:
        """The event itself; one without any content has nothing a report could show."""
        event = self.event.event
        refs = [id_ for id_ in self.found if id_ != self.author]
        if not refs:
            return
        said = {key: event[key] for key in _EVENT_FIELDS if event.get(key)}
        said |= {key: whole(event[key]) for key in ("analysis", "threat_level_id") if key in event}
        properties = {
            "name": self.event.info or self.event.uuid,
            "labels": _labels(event, self.whole),
            "object_refs": refs,
        }
        if self.event.published:
            properties["published"] = instant_text(whole(event.get("publish_timestamp")) or self.event.timestamp)
        else:
            properties["context"] = "suspicious-activity"
        self.add(self.report.partition("--")[0], self.event.uuid, self.whole, properties, said)


def _cluster_held(cluster: dict[str, Any], part: Part) -> Handling:
    return narrower(part.held, own_handling(cluster, part.held)) if "distribution" in cluster else part.held


def _labels(holder: dict[str, Any], part: Part) -> list[str]:
    """Tags of a part that are no TLP and may leave: not those kept local, nor those that name a cluster for fewer."""
    kept = {
        name
        for galaxy in parts(holder, "Galaxy")
        for cluster in parts(galaxy, "GalaxyCluster")
        for name in (cluster.get("tag_name"), f'misp-galaxy:{cluster.get("type")}="{cluster.get("value")}"')
        if _cluster_held(cluster, part) != part.held
    }
    kept |= {
        tag.get("name")
        for tag in parts(holder, "Tag")
        if flag(tag.get("local")) or tag.get("exportable") in (False, "0", 0)
    }
    return [name for name in tlp.tag_names(holder) if not tlp.is_tlp(name) and name not in kept]
