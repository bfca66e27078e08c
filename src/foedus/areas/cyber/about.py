"""Doors ``about``, ``same`` and ``show``: what a finding says, whether two are one story, how it looks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from foedus.areas.cyber.occurrences import occurrences
from foedus.areas.cyber.overlap import KIND
from foedus.areas.cyber.techniques import techniques
from foedus.areas.cyber.values import HASH_KINDS
from foedus.areas.cyber.warn import LAYER, WarningLists, warning_lists
from foedus.errors import FoedusError
from foedus.model import ijson, instant
from foedus.model.finding import About, Finding, Key, Match
from foedus.model.picture import Graph, Pane, Picture, Table, Words
from foedus.model.room import Layers, Say, as_written
from foedus.model.stix import StixObject

MAX_SHOWN = 200
MAX_TITLE = 300
_NAMES = ("abstract", "x_misp_name", "x_misp_value", "content")
_ENDS = ("source_ref", "target_ref", "sighting_of_ref", "object_refs/0")
_FROM = ("valid_from", "first_seen", "first_observed", "published", "created")
_TO = ("valid_until", "last_seen", "last_observed")
_URGENCY = {
    KIND: 2, "sighting": 2, "incident": 2, "indicator": 1, "malware": 1, "campaign": 1, "intrusion-set": 1,
    "threat-actor": 1, "vulnerability": 1, "report": 1, "observed-data": 1,
}  # fmt: skip
_HIGH = frozenset({'misp:threat-level="high-risk"', "misp:threat-level:high-risk", "high-risk"})
# How much one shared value says: a hash names one file, an address serves many in its life.
_WEIGHT = {
    "url": 0.8, "domain-name": 0.7, "email-addr": 0.7, "mutex": 0.6, "user-account": 0.6, "mac-addr": 0.6,
    "ipv4-addr": 0.5, "ipv6-addr": 0.5, "windows-registry-key": 0.4, "cidr": 0.3, "cve": 0.3, "file-name": 0.2,
    "autonomous-system": 0.1,
} | dict.fromkeys(HASH_KINDS, 0.95)  # fmt: skip
_PERSONAL = frozenset({"email-addr", "user-account"})
_UNREAD = WarningLists(())


def about(finding: Finding, objects: Sequence[StixObject], *, layers: Layers) -> About:
    """Say what the node stores of a finding as columns.

    Args:
        finding: a document or a conclusion of this room.
        objects: objects it refers to, for the title of what has no name of its own; none are needed.
        layers: ``warninglist/…`` files that mark its values.
    """
    obj = _properties(finding.head)
    keys = _keys(finding, obj, warning_lists(layers.files(LAYER)))
    personal = any(key.kind in _PERSONAL for key in keys) or any(map(_is_person, (finding.head, *_supports(finding))))
    return About(
        kind=finding.kind,
        title=_title(finding, obj, keys, objects),
        urgency=_urgency(finding, obj),
        confidence=finding.head.confidence,
        from_at=_first_instant(obj, _FROM),
        to_at=_first_instant(obj, _TO),
        keys=keys,
        contains=("personal-data",) if personal else (),
    )


def same(a: About, b: About) -> Match | None:
    """Say whether two findings are one story: they share values that are on no warning list.

    The score is 1 - Π(1 - weight of each shared value); symmetric, and blind to who made them.
    """
    shared = sorted(
        (Key(kind, norm) for kind, norm in _unwarned(a) & _unwarned(b)),
        key=lambda key: (-_WEIGHT.get(key.kind, 0.1), key.kind, key.norm),
    )
    if not shared:
        return None
    missing = 1.0
    for key in shared:
        missing *= 1 - _WEIGHT.get(key.kind, 0.1)
    more = f" and {len(shared) - 1} more" if len(shared) > 1 else ""
    return Match(tuple(shared), round(1 - missing, 4), f"both hold the {shared[0].kind} {shared[0].norm}{more}")


def show(finding: Finding, objects: Sequence[StixObject], *, say: Say = as_written) -> Picture:
    """Show a finding: its words, values, ATT&CK techniques, and what it refers to among the objects the reader holds."""
    obj = _properties(finding.head)
    keys = _keys(finding, obj, _UNREAD)
    panes: list[Pane] = [Words(text) for text in _words(obj)]
    if keys:
        rows = tuple((key.kind, key.norm, key.written, "; ".join(key.warned)) for key in keys[:MAX_SHOWN])
        panes.append(Table(say("Values"), (say("kind"), say("value"), say("as written"), say("warning")), rows))
    used = techniques(finding.head.id, objects)
    if used:
        rows = tuple((one.id, one.name, str(one.sources), "; ".join(one.remarks)) for one in used[:MAX_SHOWN])
        panes.append(Table(say("Techniques"), ("id", say("technique"), say("relationships"), say("remark")), rows))
    graph = _graph(finding, objects, say)
    if graph.edges:
        panes.append(graph)
    return Picture(_title(finding, obj, keys, objects), tuple(panes))


def _properties(head: StixObject) -> dict[str, Any]:
    """Properties of an object; none where it cannot be read (it is shown by its header all the same)."""
    try:
        obj = ijson.decode(head.raw)  # strictly read before there was a header
    except FoedusError:
        return {}
    return obj if isinstance(obj, dict) else {}


def _supports(finding: Finding) -> Iterator[StixObject]:
    return (support.object for support in finding.supports)


def _keys(finding: Finding, head: dict[str, Any], warnings: WarningLists) -> tuple[Key, ...]:
    found: dict[tuple[str, str], Key] = {}
    for obj in (head, *(map(_properties, _supports(finding)) if not finding.document else ())):
        for key in occurrences(obj, warnings)[0]:
            found.setdefault((key.kind, key.norm), key)
    return tuple(found.values())


def _unwarned(about: About) -> set[tuple[str, str]]:
    warned = {(key.kind, key.norm) for key in about.keys if key.warned}
    return {(key.kind, key.norm) for key in about.keys} - warned


def _is_person(held: StixObject) -> bool:
    return held.type in _PERSONAL or (
        held.type == "identity" and _properties(held).get("identity_class") == "individual"
    )


def _title(finding: Finding, obj: dict[str, Any], keys: Sequence[Key], objects: Sequence[StixObject]) -> str:
    if finding.kind == KIND and keys:
        return f"Both see it: {keys[0].norm}"[:MAX_TITLE]
    named = (finding.head.name, *(obj.get(key) for key in _NAMES))
    name = next((one for one in named if isinstance(one, str) and one), "")
    if name:
        return name[:MAX_TITLE]
    names = {one.id: one.name for one in objects}
    targets = {reference.path: reference.target for reference in finding.head.references}
    ends = [names.get(targets[path]) or targets[path].partition("--")[0] for path in _ENDS if path in targets]
    verb = str(obj.get("relationship_type") or finding.kind)
    told = (
        f" {verb} ".join(ends)
        if len(ends) == 2
        else f"{verb}: {keys[0].norm if keys else ''.join(ends) or finding.head.id}"
    )
    return told[:MAX_TITLE]


def _urgency(finding: Finding, obj: dict[str, Any]) -> int:
    if finding.head.revoked or (finding.kind == "sighting" and obj.get("count") == 0):  # 0: looked for, not seen
        return 0
    labels = obj.get("labels")
    high = isinstance(labels, list) and any(isinstance(one, str) and one in _HIGH for one in labels)
    return 3 if high else _URGENCY.get(finding.kind, 0)


def _first_instant(obj: dict[str, Any], names: Sequence[str]) -> datetime | None:
    for name in names:
        written = obj.get(name)
        if isinstance(written, str):
            try:
                return instant.parse(written)
            except (FoedusError, OverflowError):
                continue
    return None


def _words(obj: dict[str, Any]) -> Iterator[str]:
    for name in ("description", "content", "explanation", "pattern"):
        written = obj.get(name)
        if isinstance(written, str) and written:
            yield written


def _graph(finding: Finding, objects: Sequence[StixObject], say: Say) -> Graph:
    """References among the finding and the objects at hand; what the reader does not hold is not drawn."""
    held = {one.id: one for one in (*objects, *_supports(finding), finding.head)}
    shown = dict(list(held.items())[-MAX_SHOWN:])
    edges = tuple(
        (one.id, reference.target, reference.path.partition("/")[0])
        for one in shown.values()
        for reference in one.references
        if reference.target in shown
    )
    linked = {end for edge in edges for end in edge[:2]}
    nodes = tuple(
        (id_, f"{one.type}: {one.name}" if one.name else one.type) for id_, one in shown.items() if id_ in linked
    )
    return Graph(say("References"), nodes, edges)
