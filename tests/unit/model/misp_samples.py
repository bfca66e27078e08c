"""Small MISP events written for the tests."""

from __future__ import annotations

import json

EVENT, FIRST, SECOND, THIRD = (f"{digit * 8}-0000-4000-8000-000000000000" for digit in "1234")
OURS, THEIRS, OTHERS = (f"{digit * 8}-0000-4000-8000-000000000000" for digit in "abc")


def group(*members: str, active=True, uuid=OTHERS):
    orgs = [{"extend": True, "Organisation": {"uuid": member, "name": member[:1]}} for member in members]
    return {
        "uuid": uuid,
        "name": "g",
        "active": active,
        "SharingGroupOrg": orgs,
        "SharingGroupServer": [{"all_orgs": True}],
    }


def attribute(kind="domain", value="evil.example", **more):
    return {
        "uuid": FIRST,
        "type": kind,
        "category": "Network activity",
        "value": value,
        "timestamp": "1700000000",
        **more,
    }


def event(*attributes, **more):
    return {
        "uuid": EVENT,
        "info": "a title",
        "date": "2023-11-01",
        "timestamp": "1700000000",
        "distribution": "3",
        "published": True,
        "Orgc": {"uuid": OURS, "name": "CERT ours"},
        "Attribute": list(attributes),
        **more,
    }


def raw(inner, wrapped=True) -> bytes:
    return json.dumps({"Event": inner} if wrapped else inner, ensure_ascii=False).encode()
