"""The event a partner gets: built from what was released, with an audience of this release and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import orjson

from foedus.model import instant
from foedus.model.label import TLP_ORDER
from foedus.model.misp import extension
from foedus.model.misp.back import from_stix
from foedus.model.misp.event import GROUP, INHERIT, OWN, Organisation


def released_event(
    objects: Sequence[bytes],
    *,
    uuid: str,
    info: str,
    originator: Organisation,
    at: datetime,
    onward: Organisation | None = None,
) -> bytes:
    """Return a MISP event of STIX objects that were released.

    Distribution and sharing group come from the decision alone, whatever the objects say: the event is for the receiving
    organisation only (0), or, where onward use is granted, for a group of originator and partner (4). Parts inherit (5).

    Args:
        objects: released STIX objects, as released; they may never have been MISP's.
        uuid: the event's; the same one for every later version.
        info: the event's title.
        originator: who the event is by (Orgc).
        at: when it was released: date and timestamps of the event.
        onward: the partner, where onward use is granted.

    Raises:
        MalformedRecord: an object that is no strict JSON.
    """
    lists = from_stix(objects)
    seconds = instant.to_us(at) // 1_000_000
    by = {"uuid": originator.uuid, "name": originator.name}
    event: dict[str, Any] = {
        "uuid": uuid,
        "info": info,
        "date": instant.text(instant.to_us(at))[:10],
        "timestamp": str(seconds),
        "publish_timestamp": str(seconds),
        "published": True,
        "analysis": "2",
        "threat_level_id": "4",
        **_audience(originator, onward),
        "Orgc": by,
        "Org": by,
        "Tag": _strictest(lists["Tag"]),
        "Attribute": [_inheriting(attribute, seconds) for attribute in lists["Attribute"]],
        "Object": [
            {
                **_inheriting(item, seconds),
                "Attribute": [_inheriting(attribute, seconds) for attribute in item["Attribute"]],
            }
            for item in lists["Object"]
        ],
        "EventReport": [_inheriting(report, seconds) for report in lists["EventReport"]],
        "Galaxy": [],
    }
    return orjson.dumps({"Event": event})


def _audience(originator: Organisation, onward: Organisation | None) -> dict[str, Any]:
    if onward is None:
        return {"distribution": str(OWN), "sharing_group_id": "0"}
    uuid = extension.derived("group", originator.uuid, onward.uuid)
    members = [
        {"extend": False, "Organisation": {"uuid": member.uuid, "name": member.name}} for member in (originator, onward)
    ]
    group = {
        "uuid": uuid,
        "name": f"{originator.name} and {onward.name}",
        "releasability": "",
        "description": "",
        "active": True,
        "local": False,
        "roaming": False,
        "Organisation": {"uuid": originator.uuid, "name": originator.name},
        "SharingGroupOrg": members,
        "SharingGroupServer": [],
    }
    return {"distribution": str(GROUP), "sharing_group_id": "0", "SharingGroup": group}


def _inheriting(part: dict[str, Any], seconds: int) -> dict[str, Any]:
    # An observable has no version: it is as old as the release.
    timestamp = part["timestamp"] if part["timestamp"] != "0" else str(seconds)
    return {**part, "timestamp": timestamp, "distribution": str(INHERIT), "sharing_group_id": "0"}


def _strictest(tags: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """One TLP for the event: the strictest of its parts."""
    names = [tag["name"] for tag in tags]
    levels = [level for level in TLP_ORDER if f"tlp:{level}" in names]
    rest = [tag for tag in tags if tag["name"] not in [f"tlp:{level}" for level in levels]]
    return [*rest, {"name": f"tlp:{levels[-1]}"}] if levels else rest
