"""The parts of an object: what a commitment has a leaf for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from foedus.model.ijson import escape

PARTIAL_VIEW = "extension-definition--0d3f1d52-6a4b-5b0e-9f0c-6a1b7f0f3c59"
"""Extension that says of an object that it is a part of what its originator holds."""
PROPERTY, ELEMENT, INSIDE = b"p", b"e", b"m"
"""Kinds of places: a property, an element of a list, a member of ``extensions`` or ``hashes``."""

_INNER = ("extensions", "hashes")


class Part(NamedTuple):
    """A part of an object: where it stands, which kind of place that is, its value; ``group`` is the list it is of."""

    pointer: str
    kind: bytes
    value: Any
    group: str


def parts(obj: Mapping[str, Any]) -> Iterator[Part]:
    """Yield the parts of an object, names ascending, lists as they stand; the partial-view extension is none.

    >>> [part.pointer for part in parts({"type": "file", "hashes": {"MD5": "0"}, "labels": ["a", "b"]})]
    ['/hashes/MD5', '/labels/0', '/labels/1', '/type']
    """
    for name in sorted(obj):
        value, pointer = obj[name], f"/{escape(name)}"
        if type(value) is list and value:
            for index, item in enumerate(value):
                yield Part(f"{pointer}/{index}", ELEMENT, item, pointer)
        elif name in _INNER and type(value) is dict and (value or name == "extensions"):
            # A view always has extensions, if only the one that says so: an empty set of them is no part.
            for key in sorted(value):
                if key != PARTIAL_VIEW:
                    yield Part(f"{pointer}/{escape(key)}", INSIDE, value[key], "")
        else:
            yield Part(pointer, PROPERTY, value, "")


def put(obj: dict[str, Any], part: Part) -> None:
    """Put a part into the object it is of."""
    names = [step.replace("~1", "/").replace("~0", "~") for step in part.pointer[1:].split("/")]
    if part.kind == ELEMENT:
        obj.setdefault(names[0], []).append(part.value)
    elif part.kind == INSIDE:
        obj.setdefault(names[0], {})[names[1]] = part.value
    else:
        obj[names[0]] = part.value
