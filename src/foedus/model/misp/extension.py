"""What MISP says beside the values, as a STIX property extension; and ids for parts that came without one."""

from __future__ import annotations

import uuid
from typing import Any

NAMESPACE = uuid.UUID("6f0f6c2e-6f4e-5c55-9a3a-3c5c2b8f7d10")
EXTENSION = f"extension-definition--{uuid.uuid5(NAMESPACE, 'misp')}"


def derived(*names: str) -> str:
    """Return the UUIDv5 of a part that has no uuid, from what it is: the same part, the same id."""
    return str(uuid.uuid5(NAMESPACE, "\0".join(names)))


def of(obj: dict[str, Any]) -> dict[str, Any]:
    """Return the extension of a decoded STIX object, empty where it has none."""
    extensions = obj.get("extensions")
    found = extensions.get(EXTENSION) if isinstance(extensions, dict) else None
    return found if isinstance(found, dict) else {}
