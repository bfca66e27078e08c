"""ATT&CK techniques that an actor, campaign or piece of malware is said to use: counts with their sources, no attribution.

Source: MITRE ATT&CK's STIX representation; ids come from ``external_references``, never from names.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from foedus.model import ijson
from foedus.model.stix import StixObject

_SOURCES = frozenset({"mitre-attack", "mitre-ics-attack", "mitre-mobile-attack"})


class Technique(NamedTuple):
    """A technique, how many relationships say that it is used, and what to know about it."""

    id: str
    name: str
    sources: int
    remarks: tuple[str, ...] = ()


def techniques(user: str, objects: Sequence[StixObject]) -> tuple[Technique, ...]:
    """Return the techniques an object is said to use, most relationships first, then by id.

    A revoked technique is counted as the one it was revoked by; a deprecated one is counted and says so. Only what is among
    ``objects`` is seen.

    Args:
        user: STIX id of the actor, campaign, malware or tool.
        objects: relationships and attack patterns at hand.
    """
    patterns = {one.id: one for one in objects if one.type == "attack-pattern"}
    ends = [_ends(one) for one in objects if one.type == "relationship" and not one.revoked]
    heirs = {source: target for verb, source, target in ends if verb == "revoked-by"}
    counts = Counter(
        _heir(target, heirs)
        for verb, source, target in ends
        if verb == "uses" and source == user and target in patterns
    )
    found = [_technique(patterns[id_], count) for id_, count in counts.items() if id_ in patterns]
    return tuple(sorted(found, key=lambda one: (-one.sources, one.id, one.name)))


def _ends(relationship: StixObject) -> tuple[str, str, str]:
    held = {reference.path: reference.target for reference in relationship.references}
    verb = str(ijson.decode(relationship.raw).get("relationship_type", ""))
    return verb, held.get("source_ref", ""), held.get("target_ref", "")


def _heir(id_: str, heirs: Mapping[str, str]) -> str:
    """The technique that stands for a revoked one; a circle ends where it began."""
    passed = {id_}
    while (following := heirs.get(id_)) is not None and following not in passed:
        passed.add(following)
        id_ = following
    return id_


def _technique(pattern: StixObject, count: int) -> Technique:
    obj: dict[str, Any] = ijson.decode(pattern.raw)
    references = obj.get("external_references")
    named = [one for one in references if isinstance(one, dict)] if isinstance(references, list) else []
    id_ = next((str(one.get("external_id", "")) for one in named if one.get("source_name") in _SOURCES), "")
    remarks = ("deprecated",) * (obj.get("x_mitre_deprecated") is True) + ("revoked",) * pattern.revoked
    return Technique(id_ or pattern.id, pattern.name, count, remarks)
