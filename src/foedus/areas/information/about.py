"""Doors ``about``, ``same`` and ``show``: what a finding says, whether two are one story, how it looks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from foedus.areas.information import options, stood, told
from foedus.areas.information.extensions import FACTS
from foedus.areas.information.facts import shown
from foedus.areas.information.meaning.extensions import CASE, UPTAKE
from foedus.areas.information.written import shown as seen
from foedus.errors import FoedusError
from foedus.model import ijson
from foedus.model.finding import About, Finding, Key, Match
from foedus.model.picture import Pane, Picture, Words
from foedus.model.room import Layers, Say, as_written
from foedus.model.stix import StixObject

MAX_TITLE = 300
# How much one shared value says: the same address is the same article.
_WEIGHT = {"article": 0.95}
_URGENT = 2
_PERSONAL = ("identity", "user-account", "email-addr")


def about(finding: Finding, objects: Sequence[StixObject], *, layers: Layers) -> About:
    """Say what the node stores of a finding as columns; all of it stands in the finding's head.

    Args:
        finding: a document or a conclusion of this room.
        objects: objects it refers to; none are needed.
        layers: not used.
    """
    del objects, layers
    head = _properties(finding.head)
    said = _said(head, FACTS)
    case = _said(head, CASE)
    at = told.instant_of(said.get("published"))
    period = case or _said(head, UPTAKE)
    personal = shown.names_people(said) or _is_person(finding.head, head)
    return About(
        kind=finding.kind,
        title=_title(finding, head),
        urgency=_URGENT if case and not finding.head.revoked else 0,
        confidence=finding.head.confidence,
        from_at=told.instant_of(period.get("from")) or at,
        to_at=told.instant_of(period.get("to")) or at,
        keys=(*shown.keys(said, f"/extensions/{FACTS}"), *told.keys(case, f"/extensions/{CASE}")),
        contains=("personal-data",) if personal else (),
    )


def same(a: About, b: About) -> Match | None:
    """Say whether two findings are one story; symmetric, and blind to who made them.

    They are of the same article, or carry the same claim, in whatever languages.
    """
    if any(key.kind == told.CLAIM for key in a.keys) and any(key.kind == told.CLAIM for key in b.keys):
        # The model of meaning is loaded where there is something to compare, and nowhere else.
        from foedus.areas.information.one_claim import one_claim  # noqa: PLC0415

        return one_claim(a, b)
    mine, theirs = ({(key.kind, key.norm) for key in one.keys if key.kind in _WEIGHT} for one in (a, b))
    shared = sorted((Key(kind, norm) for kind, norm in mine & theirs), key=lambda key: (key.kind, key.norm))
    if not shared:
        return None
    missing = 1.0
    for key in shared:
        missing *= 1 - _WEIGHT[key.kind]
    return Match(tuple(shared), round(1 - missing, 4), f"both tell of the same {shared[0].kind}")


def show(finding: Finding, objects: Sequence[StixObject], *, say: Say = as_written) -> Picture:
    """Show a finding: its words and its tables, and the response options where the reader holds them."""
    head = _properties(finding.head)
    return Picture(_title(finding, head), (*_panes(head, say), *options.panes(objects, say)))


def _panes(head: dict[str, Any], say: Say) -> Iterator[Pane]:
    said = _said(head, FACTS)
    if said:
        yield Words(say("What one article says, read by patterns: nobody has said that it is so."))
        yield from shown.panes(said, say)
    elif case := _said(head, CASE):
        description = head.get("description")
        yield from told.panes(case, description if isinstance(description, str) else "", say)
    elif week := _said(head, UPTAKE):
        description = head.get("description")
        yield from stood.panes(week, description if isinstance(description, str) else "", say)
    else:
        yield from (
            Words(text) for name in ("description", "content") if isinstance(text := head.get(name), str) and text
        )


def _said(head: dict[str, Any], extension: str) -> dict[str, Any]:
    """An extension of this room in a finding's head; nothing where there is none to read."""
    extensions = head.get("extensions")
    held = extensions.get(extension) if isinstance(extensions, dict) else None
    return held if isinstance(held, dict) else {}


def _properties(head: StixObject) -> dict[str, Any]:
    try:
        obj = ijson.decode(head.raw)
    except FoedusError:
        return {}
    return obj if isinstance(obj, dict) else {}


def _is_person(head: StixObject, properties: dict[str, Any]) -> bool:
    return head.type in _PERSONAL and (head.type != "identity" or properties.get("identity_class") == "individual")


def _title(finding: Finding, head: dict[str, Any]) -> str:
    written = head.get("abstract")
    name = (
        told.title(_said(head, CASE))
        or stood.title(_said(head, UPTAKE))
        or finding.head.name
        or (written if isinstance(written, str) else "")
    )
    return (seen(name) or f"{finding.kind}: {finding.head.id}")[:MAX_TITLE]
