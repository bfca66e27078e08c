"""What every object of the view has: id, author, version, marking, extension, audience."""

from __future__ import annotations

from typing import Any

import msgspec
import orjson

from foedus.errors import MalformedRecord
from foedus.model import instant
from foedus.model.label import Tlp
from foedus.model.misp import extension, tlp
from foedus.model.misp.event import (
    GROUP,
    OWN,
    Handling,
    MispEvent,
    SharingGroup,
    flag,
    own_handling,
    reach,
    uuid_of,
    whole,
)
from foedus.model.stix import SCO_TYPES, StixObject, read


class MispObject(msgspec.Struct, frozen=True):
    """One object of the view and who it may reach: effective distribution (0 to 4), group for 4, strictest TLP."""

    object: StixObject
    distribution: int
    sharing_group: SharingGroup | None
    mark: Tlp | None


class Part(msgspec.Struct, frozen=True):
    """What all objects of one part share: its uuid, audience, TLP, common properties, extension."""

    uuid: str
    held: Handling
    mark: Tlp | None
    common: dict[str, Any]
    extension: dict[str, Any]


class Shown:
    """The objects shown so far of one event; ``main`` is what stands for each part, by its uuid."""

    def __init__(self, event: MispEvent) -> None:
        self.event = event
        self.found: dict[str, MispObject] = {}
        self.main: dict[str, str] = {}
        self.report = f"{'report' if event.published else 'grouping'}--{event.uuid}"
        self.author = ""
        held = own_handling(event.event)
        self.whole = self.part(event.event, event.uuid, held, None)
        for key in ("Orgc", "Org"):
            self.author = self.author or self.organisation(event.event.get(key), held)
        self.whole = self.part(event.event, event.uuid, held, None)

    def part(self, part: dict[str, Any], uuid: str, held: Handling, above: Part | None) -> Part:
        """Return what all objects of a part share; a TLP above it holds for it too."""
        mark = tlp.level(tlp.tag_names(part), above.mark if above else None)
        modified = whole(part.get("timestamp")) or whole(part.get("date_sighting")) or self.event.timestamp
        common: dict[str, Any] = {
            "spec_version": "2.1",
            "created_by_ref": self.author,
            "created": instant_text(min(modified, _day(self.event.event.get("date"), modified))),
            "modified": instant_text(modified),
            "revoked": flag(part.get("deleted")) or None,
            "object_marking_refs": [tlp.MARKINGS[mark]] if mark else [],
        }
        group = held.sharing_group.uuid if held.sharing_group else ""
        said = {
            "extension_type": "property-extension",
            "event": self.event.uuid,
            "timestamp": whole(part.get("timestamp")),
            "distribution": held.distribution,
            "sharing_group": group,
            "derived": not uuid_of(part),
        }
        return Part(uuid, held, mark, given(common), {key: item for key, item in said.items() if item or item == 0})

    def add(
        self, kind: str, uuid: str, part: Part, properties: dict[str, Any], said: dict[str, Any] | None = None
    ) -> str:
        """Add one object; of two parts that show the same object, who may see the wider one may see it."""
        common = part.common
        if kind in SCO_TYPES:
            common = {key: common[key] for key in ("spec_version", "object_marking_refs") if key in common}
        obj = {"type": kind, "id": f"{kind}--{uuid}", **common, **given(properties)}
        obj["extensions"] = {extension.EXTENSION: {**part.extension, **(said or {})}}
        shown = MispObject(read(orjson.dumps(obj)), part.held.distribution, part.held.sharing_group, part.mark)
        before = self.found.get(shown.object.id)
        if before is None or reach(Handling(before.distribution)) < reach(part.held):
            self.found[shown.object.id] = shown
        elif (
            before.distribution == GROUP
            and part.held.distribution == GROUP
            and before.sharing_group != part.held.sharing_group
        ):
            self.found[shown.object.id] = msgspec.structs.replace(before, distribution=OWN, sharing_group=None)
        return shown.object.id

    def own(self, part: dict[str, Any], kind: str, *names: str) -> str:
        """The uuid objects of a part are named by: its own, unless it has none or another part came with the same."""
        given = uuid_of(part)
        uuid = given or extension.derived(kind, self.event.uuid, *names)
        while uuid in self.main:
            uuid = extension.derived("again", uuid)
        return uuid

    def relationship(self, kind: str, source: str, target: str, part: Part, uuid: str = "") -> None:
        """Add a relationship."""
        ends = {"relationship_type": kind, "source_ref": source, "target_ref": target}
        self.add("relationship", uuid or extension.derived("relationship", kind, source, target), part, ends)

    def held_by(self, id_: str) -> Handling:
        """Return the audience of an object shown already."""
        return Handling(self.found[id_].distribution, self.found[id_].sharing_group)

    def organisation(self, organisation: Any, held: Handling) -> str:
        """Add an organisation and return its id; empty where there is none with a name."""
        if not isinstance(organisation, dict) or not organisation.get("name"):
            return ""
        name = str(organisation["name"])
        uuid = uuid_of(organisation) or extension.derived("organisation", name)
        part = msgspec.structs.replace(self.whole, held=held)
        common = {key: part.common[key] for key in ("spec_version", "created", "modified")}
        part = msgspec.structs.replace(part, common=common, extension={"extension_type": "property-extension"})
        return self.add("identity", uuid, part, {"name": name, "identity_class": "organization"})


def given(properties: dict[str, Any]) -> dict[str, Any]:
    """Return the properties that say something; false and 0 do."""
    return {key: item for key, item in properties.items() if item is not None and item not in ("", [])}


def instant_text(seconds: int) -> str:
    """Return STIX text, with three digits, of seconds since 1970."""
    return instant.text(seconds * 1_000_000)[:-4] + "Z"


def _day(date: Any, default: int) -> int:
    try:
        return instant.parse_ns(f"{date}T00:00:00Z") // 1_000_000_000
    except MalformedRecord:
        return default


def seen_at(value: Any, default: str) -> str:
    """Return STIX text of an instant as MISP writes it, the default where it is none."""
    try:
        return instant_text(instant.parse_ns(str(value)) // 1_000_000_000)
    except MalformedRecord:
        return default
