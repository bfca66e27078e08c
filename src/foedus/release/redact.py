"""Redact an object for a recipient: apply a clause's profiles, prune references, say that the view is partial."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import orjson

from foedus.errors import NotReleasable
from foedus.release.edits import Edit, Path, apply
from foedus.release.profiles import PROFILES

PARTIAL_VIEW = "extension-definition--0d3f1d52-6a4b-5b0e-9f0c-6a1b7f0f3c59"


class Redacted(NamedTuple):
    """What goes out; ``raw`` is the very bytes that came in where ``changed`` is False."""

    raw: bytes
    changed: bool


def redact(raw: bytes, profiles: Iterable[str], *, key: bytes, prune: Iterable[str] = ()) -> Redacted | None:
    """Return an object as the recipient may have it, None where it cannot go in any valid form.

    Args:
        raw: one STIX object.
        profiles: names of profiles, all applied to the object as it is.
        key: what pseudonyms are made under; the party pair's own, so that pseudonyms of two recipients never join.
        prune: paths of references to take away (``object_refs/2``, ``created_by_ref``), as the closure found them.

    Returns:
        The same bytes where nothing had to be hidden; else the object with its id and ``modified``, and an extension
        that says "partial view" with the profiles' names, and never how much is missing.

    Raises:
        NotReleasable: a profile that nobody knows.
    """
    names = tuple(profiles)
    obj = orjson.loads(raw)
    edits = [Edit(_reference(path)) for path in prune]
    for name in names:
        if name not in PROFILES:
            raise NotReleasable(f"no profile {name!r}", code="profile-unknown", hint=f"one of {', '.join(PROFILES)}")
        found = PROFILES[name](obj, key)
        if found is None:
            return None
        edits += found
    edited = apply(obj, edits)
    if edited is obj:
        return Redacted(raw, changed=False)
    if edited is None or not isinstance(edited.get("extensions", {}), dict):
        return None
    return Redacted(orjson.dumps(_partial(edited, names)), changed=True)


def prune(raw: bytes, paths: Iterable[str]) -> Redacted | None:
    """Return an object without some references, None where it is not valid without them."""
    return redact(raw, (), key=b"", prune=paths)


def _reference(path: str) -> Path:
    """Return the place to take away for a reference: of a list of objects the whole element, its rest would betray it.

    >>> _reference("object_refs/2"), _reference("x_contents/1/object_ref"), _reference("created_by_ref")
    (('object_refs', 2), ('x_contents', 1), ('created_by_ref',))
    """
    parts: Path = tuple(int(part) if part.isdecimal() else part for part in path.split("/"))
    last = max((index for index, part in enumerate(parts) if isinstance(part, int)), default=len(parts) - 1)
    return parts[: last + 1]


def _partial(obj: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    note: dict[str, Any] = {"extension_type": "property-extension", "partial_view": True}
    if names:
        note["profiles"] = list(names)
    return obj | {"extensions": obj.get("extensions", {}) | {PARTIAL_VIEW: note}}
