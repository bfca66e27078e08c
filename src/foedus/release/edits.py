"""Edits of a decoded STIX object: what goes or changes where, and how granular markings follow."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from enum import Enum
from typing import Any, Final, NamedTuple

Path = tuple[str | int, ...]


class _Gone(Enum):
    GONE = "gone"


GONE: Final = _Gone.GONE
WITHHELD = "[withheld]"
# Hiding one of these would make another object of it, or none.
_FIXED = frozenset({"type", "id", "spec_version", "created", "modified"})
# STIX 2.1, required properties of each type, as far as an edit can remove them.
_REQUIRED: dict[str, tuple[str, ...]] = {
    "grouping": ("context", "object_refs"),
    "identity": ("name",),
    "indicator": ("pattern", "pattern_type", "valid_from"),
    "language-content": ("object_ref", "contents"),
    "note": ("content", "object_refs"),
    "opinion": ("opinion", "object_refs"),
    "relationship": ("relationship_type", "source_ref", "target_ref"),
    "report": ("name", "published", "object_refs"),
    "sighting": ("sighting_of_ref",),
} | dict.fromkeys(
    (
        *("attack-pattern", "campaign", "course-of-action", "incident", "infrastructure", "intrusion-set"),
        *("threat-actor", "tool", "vulnerability", "software", "mutex"),
    ),
    ("name",),
)
# Of each set one must stay.
_ONE_OF: dict[str, tuple[str, ...]] = {
    "observed-data": ("object_refs", "objects"),
    "network-traffic": ("src_ref", "dst_ref"),
    "malware-analysis": ("result", "analysis_sco_refs"),
    "location": ("region", "country", "latitude"),
}
_NO_TEXT = re.compile(r"(?:_refs?|^(?:id|type|spec_version|created|modified|selectors))$")


class Edit(NamedTuple):
    """A place in an object and its new value; GONE takes it away."""

    path: Path
    value: Any = GONE


def walk(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Yield every place below a decoded object with its value, outer before inner; granular markings are left out."""
    items: Iterator[tuple[str | int, Any]] = iter(())
    if isinstance(value, dict):
        items = iter(value.items())
    elif isinstance(value, list):
        items = iter(enumerate(value))
    for key, item in items:
        if path or key != "granular_markings":
            yield (*path, key), item
            yield from walk(item, (*path, key))


def apply(obj: dict[str, Any], edits: Sequence[Edit]) -> dict[str, Any] | None:
    """Return the object with edits made, itself where none changes anything, None where it could not stay valid.

    Lists and dicts that become empty go; text that quotes a value taken away says ``[withheld]`` in its place; selectors
    of granular markings follow what moved, and those of what went go with it.
    """
    by_path = {edit.path: edit.value for edit in edits}
    real = {path: new for path, new in by_path.items() if at(obj, path) != new}
    if not real:
        return obj
    if any(len(path) == 1 and path[0] in _FIXED for path in real):
        return None
    moved: dict[Path, Path] = {(): ()}
    edited = _rebuild(obj, (), (), real, moved)
    # A property the object did not have (a location's precision) is added.
    edited |= {path[0]: new for path, new in real.items() if len(path) == 1 and path[0] not in obj}
    edited = _scrubbed(edited, _quoted(obj, real))
    _follow(edited, moved)
    return edited if _valid(obj, edited) else None


def at(value: Any, path: Path) -> Any:
    """Return what stands at a place, GONE where nothing does."""
    for key in path:
        try:
            value = value[key]
        except (KeyError, IndexError, TypeError):
            return GONE
    return value


def _rebuild(value: Any, old: Path, new: Path, edits: dict[Path, Any], moved: dict[Path, Path]) -> Any:
    """Return a copy without what goes; ``moved`` learns where each surviving place of the original now is."""
    if not isinstance(value, (dict, list)):
        return value
    kept: Any = {} if isinstance(value, dict) else []
    for key, item in list(value.items() if isinstance(value, dict) else enumerate(value)):
        here, there = (*old, key), (*new, key if isinstance(value, dict) else len(kept))
        if here in edits:
            fresh = edits[here]
        else:
            fresh = _rebuild(item, here, there, edits, moved)
            fresh = GONE if fresh in ({}, []) and item not in ({}, []) else fresh
        if fresh is GONE:
            continue
        moved[here] = there
        if isinstance(value, dict):
            kept[key] = fresh
        else:
            kept.append(fresh)
    return kept


def _quoted(obj: dict[str, Any], edits: dict[Path, Any]) -> dict[str, str]:
    """Return the texts that were taken away or replaced, each with what stands for it."""
    found: dict[str, str] = {}
    for path, new in edits.items():
        old = at(obj, path)
        texts = [old] if isinstance(old, str) else [item for _, item in walk(old) if isinstance(item, str)]
        into = new if isinstance(new, str) else WITHHELD
        found |= {text.casefold(): into for text in texts if len(text) >= 3 and not _is_name(path)}
    return found


def _is_name(path: Path) -> bool:
    """Free text is replaced as a whole and is nobody's name; references and instants are not quoted in text."""
    names = [key for key in path if isinstance(key, str)]
    return bool(_NO_TEXT.search(names[-1])) or names[-1] in ("description", "content", "first_seen", "last_seen")


def _scrubbed(value: Any, quoted: dict[str, str], key: str = "") -> Any:
    if not quoted or _NO_TEXT.search(key):
        return value
    if isinstance(value, dict):
        return {name: _scrubbed(item, quoted, name) for name, item in value.items()}
    if isinstance(value, list):
        return [_scrubbed(item, quoted, key) for item in value]
    if not isinstance(value, str) or value in quoted.values():
        return value
    words = "|".join(re.escape(text) for text in sorted(quoted, key=len, reverse=True))
    return re.sub(rf"(?<!\w)(?:{words})(?!\w)", lambda m: quoted[m[0].casefold()], value, flags=re.IGNORECASE)


def _follow(edited: dict[str, Any], moved: dict[Path, Path]) -> None:
    """Rewrite the selectors of granular markings, in place."""
    if "granular_markings" not in edited:
        return
    markings = []
    for marking in edited["granular_markings"]:
        paths = [selected(selector) for selector in marking.get("selectors", ())]
        selectors = [_selector(moved[path]) for path in paths if path in moved]
        if selectors:
            markings.append(marking | {"selectors": selectors})
    if markings:
        edited["granular_markings"] = markings
    else:
        del edited["granular_markings"]


def selected(selector: str) -> Path:
    """Return the place that a selector of a granular marking names.

    >>> selected("object_refs.[2].name")
    ('object_refs', 2, 'name')
    """
    return tuple(int(p[1:-1]) if p[:1] == "[" and p[1:-1].isdecimal() else p for p in selector.split("."))


def _selector(path: Path) -> str:
    return ".".join(f"[{part}]" if isinstance(part, int) else part for part in path)


def _valid(before: dict[str, Any], after: dict[str, Any]) -> bool:
    kind = str(before.get("type"))
    required = all(name in after for name in _REQUIRED.get(kind, ()) if name in before)
    one_of = _ONE_OF.get(kind, ())
    return required and (not one_of or any(name in after for name in one_of) or not any(n in before for n in one_of))
