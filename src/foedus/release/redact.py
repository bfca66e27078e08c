"""Redact an object for a recipient: apply a clause's profiles, prune references, say that the view is partial."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import orjson
from rfc8785 import CanonicalizationError

from foedus.errors import FoedusError, NotReleasable
from foedus.model import commitment
from foedus.model.canonical import canonical
from foedus.model.commitment import PARTIAL_VIEW
from foedus.model.stix import id_basis
from foedus.release.echoes import Change, echoes
from foedus.release.edits import GONE, WITHHELD, Edit, Path, apply, at
from foedus.release.profiles import FREE_TEXT, PROFILES


class Redacted(NamedTuple):
    """What goes out; ``raw`` is the very bytes that came in where ``changed`` is False, ``root`` what it verifies against."""

    raw: bytes
    changed: bool
    root: str = ""


def redact(raw: bytes, profiles: Iterable[str], *, key: bytes, prune: Iterable[str | Path] = ()) -> Redacted | None:
    """Return an object as the recipient may have it, None where it cannot go in any valid form.

    Args:
        raw: one STIX object.
        profiles: names of profiles, all applied to the object as it is.
        key: what pseudonyms are made under; the party pair's own, so that pseudonyms of two recipients never join.
        prune: paths of references to take away (``object_refs/2``, ``created_by_ref``), as the closure found them; or
            exact places, as steps.

    Returns:
        The same bytes where nothing had to be hidden; else the object with its id and ``modified``, and an extension
        that says "partial view" with the profiles' names, and never how much is missing. What still gave a hidden value
        away, in another field, spelling, encoding, hash or id, goes too.

    Raises:
        NotReleasable: a profile that nobody knows.
    """
    names = tuple(profiles)
    obj, before = _without_note(orjson.loads(raw))
    edits = [Edit(_reference(path) if isinstance(path, str) else path) for path in prune]
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
    edited = edited and _silenced(obj, edited, edits)
    if edited is not None and id_basis(edited) != id_basis(obj):
        # The id of an observable is computed from its value: whoever guesses the value sees that he is right.
        return None
    if edited is None or not isinstance(edited.get("extensions", {}), dict):
        return None
    applied = [*before, *(name for name in names if name not in before)]
    return Redacted(orjson.dumps(commitment.with_proof(edited, applied, None)), changed=True)


def _silenced(obj: dict[str, Any], edited: dict[str, Any], edits: Iterable[Edit]) -> dict[str, Any] | None:
    """Return an edited object without what still gives a hidden value away, None where that is its own identity."""
    changes = [Change(path, at(obj, path), new) for path, new in edits if at(obj, path) not in (GONE, new)]
    found = echoes(edited, changes)
    return apply(edited, [Edit(path, WITHHELD if path[-1] in FREE_TEXT else GONE) for path in found])


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


def prove(original: bytes, out: Redacted, seed: bytes) -> Redacted | None:
    """Return what goes out with the proof that it is of the original, in canonical form; None where there can be none.

    An object that its originator tore parts off already keeps the originator's root: it can show less of it, not more.

    Args:
        original: the object before redaction.
        out: after it; what is no partial view needs no proof.
        seed: secret of this version of this object, the same for every recipient; empty: only whether there is a proof.
    """
    obj, shown = orjson.loads(original), orjson.loads(out.raw)
    if commitment.note_of(shown) is None:
        return out
    try:
        carried = commitment.proof_of(obj) is not None
        tree = commitment.verify(obj) if carried else commitment.commit(obj, seed)
        if not out.changed:
            return out._replace(root=tree.root if carried else "")
        proof = commitment.redact(tree, shown)
        raw = canonical(commitment.with_proof(shown, commitment.profiles_of(shown), proof))
    except (FoedusError, CanonicalizationError):
        return None
    return Redacted(raw, changed=True, root=tree.root)


def _without_note(obj: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """Return an object without the extension that says "partial view", and the profiles that this named."""
    if commitment.note_of(obj) is None:
        return obj, []
    rest = {name: value for name, value in obj["extensions"].items() if name != PARTIAL_VIEW}
    bare = {name: value for name, value in obj.items() if name != "extensions"}
    return (bare | {"extensions": rest} if rest else bare), list(commitment.profiles_of(obj))
