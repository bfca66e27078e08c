"""What a source said of its own handling never leaves: for a recipient the Decision says how it may go on."""

from __future__ import annotations

import orjson

from foedus.model.misp import EXTENSION
from foedus.release.edits import Edit, apply
from foedus.release.redact import Redacted

_SAID = ("distribution", "sharing_group", "sharing_group_id")


def without_handling(raw: bytes) -> Redacted:
    """Return an object without MISP's distribution and sharing group; the same bytes where it has none.

    Source: MISP core format, distribution: a statement to the instance that holds it, not to whoever receives from it.
    """
    obj = orjson.loads(raw)
    said = obj.get("extensions", {}).get(EXTENSION, {})
    edited = apply(obj, [Edit(("extensions", EXTENSION, name)) for name in _SAID if name in said])
    if edited is obj or edited is None:
        return Redacted(raw, changed=False)
    return Redacted(orjson.dumps(edited), changed=True)
