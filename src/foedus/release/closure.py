"""Close references: what an object may still point at once some of what it points at is not seen by the recipient."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from foedus.model.stix import StixObject

OPTIONAL, REQUIRED, REQUIRED_LIST = 0, 1, 2

# STIX 2.1: reference properties without which an object of the type is not valid.
_REQUIRED = {
    "relationship": ("source_ref", "target_ref"),
    "sighting": ("sighting_of_ref",),
    "language-content": ("object_ref",),
}
# Lists, and sets of properties, of which at least one member must stay.
_REQUIRED_LISTS = {
    "report": ("object_refs",),
    "grouping": ("object_refs",),
    "note": ("object_refs",),
    "opinion": ("object_refs",),
    "observed-data": ("object_refs",),
    "network-traffic": ("src_ref", "dst_ref"),
}

Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]
Kinds = npt.NDArray[np.uint8]


class Edge(NamedTuple):
    """A reference of an object: where it stands, what it names, whether the object can do without it."""

    path: str
    target: str
    kind: int


class Closed(NamedTuple):
    """``dropped`` marks visible objects that cannot stand; ``pruned`` are the edges that kept objects must lose."""

    dropped: Bools
    pruned: Ints


def edges_of(obj: StixObject) -> list[Edge]:
    """Return an object's references (without markings), each with what its loss means.

    Source: STIX 2.1, sections 4 to 7, required properties of each type.
    """
    required = _REQUIRED.get(obj.type, ())
    lists = _REQUIRED_LISTS.get(obj.type, ())
    if obj.type == "malware-analysis" and b'"result"' not in obj.raw:
        # Section 4.12: one of result and analysis_sco_refs must be there.
        lists = ("analysis_sco_refs",)
    found = []
    for reference in obj.references:
        head = reference.path.split("/", 1)[0]
        kind = REQUIRED if reference.path in required or _in_mime_part(obj, reference.path) else OPTIONAL
        found.append(Edge(reference.path, reference.target, REQUIRED_LIST if head in lists else kind))
    return found


def close(visible: Bools, source: Ints, target: Ints, kind: Kinds) -> Closed:
    """Return the fixed point of drops, and the edges to prune.

    Args:
        visible: per object id, whether it may be released so far; ids are 0 to n - 1.
        source: per edge the object that refers.
        target: per edge the object it names; -1: nobody here has it.
        kind: per edge OPTIONAL, REQUIRED or REQUIRED_LIST.

    Returns:
        Objects dropped beyond those already hidden, and indices of edges of kept objects whose target is not seen.
        An absent target and a hidden one are the same. Work is linear in edges, after one sort.
    """
    count = len(visible)
    alive = visible.copy()
    binding = np.flatnonzero(kind != OPTIONAL)
    binding = binding[np.argsort(target[binding], kind="stable")]
    starts = np.searchsorted(target[binding], np.arange(-1, count + 1))
    left = np.bincount(source[kind == REQUIRED_LIST], minlength=count)
    gone = np.concatenate([np.array([-1], dtype=np.int64), np.flatnonzero(~visible)])
    while len(gone):
        hit = binding[_ranges(starts[gone + 1], starts[gone + 2])]
        listed = source[hit[kind[hit] == REQUIRED_LIST]]
        np.subtract.at(left, listed, 1)
        falling = np.concatenate([source[hit[kind[hit] == REQUIRED]], listed[left[listed] == 0]])
        gone = np.unique(falling[alive[falling]])
        alive[gone] = False
    seen = np.append(alive, False)[target]  # target -1 reads the appended False
    return Closed(visible & ~alive, np.flatnonzero(alive[source] & ~seen))


def _ranges(starts: Ints, ends: Ints) -> Ints:
    """Return the integers of all half-open ranges, one after the other."""
    sizes = ends - starts
    total = int(sizes.sum())
    offsets = np.repeat(starts - np.concatenate([np.array([0]), np.cumsum(sizes)[:-1]]), sizes)
    return offsets + np.arange(total)


def _in_mime_part(obj: StixObject, path: str) -> bool:
    """A MIME part without ``body`` must keep its ``body_raw_ref``: cutting it would leave an invalid message."""
    return obj.type == "email-message" and path.endswith("/body_raw_ref")
