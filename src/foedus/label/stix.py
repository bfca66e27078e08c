"""STIX 2.1 data markings, object and granular, as labels; and a Label as a marking-definition of our own.

Source: STIX 2.1 section 7.2; TLP 2.0, ACS 3.0, IEP 2.0 and CUI extensions from oasis-open/cti-stix-common-objects.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, Final, Literal

import msgspec

from foedus.errors import LabelUnknown, MalformedRecord
from foedus.label import tlp
from foedus.label.dominance import Terms, join
from foedus.label.selectors import nearest, selects
from foedus.label.text import marking
from foedus.model.label import Label, Tlp

Mapped = Label | Literal["statement"]

NAMESPACE: Final = uuid.uuid5(uuid.NAMESPACE_URL, "urn:foedus:label:1")
EXTENSION: Final = f"extension-definition--{uuid.uuid5(NAMESPACE, 'extension-definition')}"
UNDATED: Final = "2026-01-01T00:00:00.000Z"
SCHEMES: Final = {
    "extension-definition--3a65884d-005a-4290-8335-cb2d778a83ce": "ACS 3.0",
    "extension-definition--762e2e97-ee51-43e5-a9ea-165fbb862c4a": "IEP 2.0",
    "extension-definition--dff17fb3-edcb-4f99-ad1b-4b751c95738a": "CUI",
    tlp.EXTENSION: "TLP 2.0",
    EXTENSION: "Foedus label",
}
_CACHE_LIMIT = 4096


class _Meaning(msgspec.Struct, frozen=True):
    """What one marking adds to a label; a statement adds nothing."""

    tlp: Tlp | None = None
    label: Label | None = None


class Markings:
    """Reads the markings of many objects against one set of definitions; what was read once is looked up.

    Args:
        definitions: marking-definition objects by id, as received; they may not change while this is used.
        mapped: what the programme says of foreign markings: they travel ("statement"), or they mean a label.
        terms: how labels are joined.
    """

    def __init__(self, definitions: Mapping[str, dict[str, Any]], mapped: Mapping[str, Mapped], terms: Terms) -> None:
        self._definitions = definitions
        self._mapped = mapped
        self._terms = terms
        self._meanings: dict[str, _Meaning] = {}
        self._labels: dict[tuple[tuple[str, ...], Label], Label] = {}

    def of_ids(self, marking_ids: tuple[str, ...], base: Label) -> Label:
        """Return the label of an object that stands under these markings, on top of its source's label.

        Raises:
            LabelUnknown: a marking nobody mapped, one whose content belies its id, or labels that cannot be joined.
        """
        if not marking_ids:
            return base
        key = (marking_ids, base)
        label = self._labels.get(key)
        if label is None:
            label = self._joined(base, [self._meaning(marking_id) for marking_id in marking_ids])
            if len(self._labels) >= _CACHE_LIMIT:
                self._labels.clear()
            self._labels[key] = label
        return label

    def of(self, stix: Mapping[str, Any], base: Label) -> Label:
        """Return the label of a whole object: the most restrictive over all its paths.

        Raises:
            LabelUnknown: see ``of_ids``.
            MalformedRecord: markings that are no list of ids, or a selector that selects nothing.
        """
        granular = [marking_id for marking_id, _ in _granular(stix)]
        return self.of_ids((*_object_markings(stix), *granular), base)

    def paths(self, stix: Mapping[str, Any], base: Label) -> dict[str, Label]:
        """Return the label of each selected path, and under "" that of everything else; for redaction.

        A granular marking takes the place of the object's markings of its own kind (TLP, label) at its path and below.
        The source's label holds everywhere. Look a path up with ``selectors.nearest``.
        """
        whole = [self._meaning(marking_id) for marking_id in _object_markings(stix)]
        selected: dict[str, list[_Meaning]] = {}
        for marking_id, chosen in _granular(stix):
            for selector in chosen:
                selected.setdefault(selector, []).append(self._meaning(marking_id))
        labels = {"": self._joined(base, whole)}
        for selector in selected:
            tlps = _of_kind(selected, selector, "tlp") or [one for one in whole if one.tlp is not None]
            given = _of_kind(selected, selector, "label") or [one for one in whole if one.label is not None]
            labels[selector] = self._joined(base, [*tlps, *given])
        return labels

    def _joined(self, base: Label, meanings: Sequence[_Meaning]) -> Label:
        label = join([base, *(one.label for one in meanings if one.label is not None)], self._terms)
        strictest = tlp.strictest(label.tlp, *(one.tlp for one in meanings))
        return label if strictest == label.tlp else msgspec.structs.replace(label, tlp=strictest)

    def _meaning(self, marking_id: str) -> _Meaning:
        meaning = self._meanings.get(marking_id)
        if meaning is None:
            meaning = self._meanings[marking_id] = self._read(marking_id)
        return meaning

    def _read(self, marking_id: str) -> _Meaning:
        definition = self._definitions.get(marking_id)
        level = tlp.of_marking(marking_id)
        if level is not None:
            # The id alone is known to everybody; where the definition came along it may not say something else.
            if definition is not None and tlp.level_of(definition) != level:
                raise _unknown(marking_id, "is the id of a TLP marking with another content")
            return _Meaning(tlp=level)
        own = None if definition is None else _own_label(definition)
        if own is not None:
            if marking_id != own_marking_id(own):
                raise _unknown(marking_id, "is a label marking whose id is not that of its label")
            return _Meaning(label=own)
        mapped = self._mapped.get(marking_id)
        if mapped is None:
            raise _unknown(marking_id, f"({describe(definition)}) is not mapped by the programme")
        return _Meaning() if mapped == "statement" else _Meaning(label=mapped)


def label_of(
    stix: Mapping[str, Any],
    definitions: Mapping[str, dict[str, Any]],
    mapped: Mapping[str, Mapped],
    base: Label,
    terms: Terms,
) -> Label:
    """Return the label of one object; for many objects make one ``Markings`` and ask it.

    Raises:
        LabelUnknown: a marking nobody mapped, one whose content belies its id, or labels that cannot be joined.
        MalformedRecord: markings that are no list of ids, or a selector that selects nothing.
    """
    return Markings(definitions, mapped, terms).of(stix, base)


def _of_kind(selected: Mapping[str, list[_Meaning]], path: str, kind: Literal["tlp", "label"]) -> list[_Meaning]:
    having = [one for one, meanings in selected.items() if any(getattr(meaning, kind) for meaning in meanings)]
    closest = nearest(having, path)
    return [] if closest is None else [one for one in selected[closest] if getattr(one, kind)]


def _object_markings(stix: Mapping[str, Any]) -> tuple[str, ...]:
    written = stix.get("object_marking_refs", [])
    if not isinstance(written, list) or not all(isinstance(one, str) for one in written):
        raise MalformedRecord("not a list of ids", code="markings-malformed", where="/object_marking_refs")
    return tuple(written)


def _granular(stix: Mapping[str, Any]) -> list[tuple[str, list[str]]]:
    """Return (marking id, selectors) of the granular markings; every selector, those of languages too, must select."""
    written = stix.get("granular_markings", [])
    if not isinstance(written, list):
        raise MalformedRecord("not a list", code="markings-malformed", where="/granular_markings")
    found = []
    for index, one in enumerate(written):
        where = f"/granular_markings/{index}"
        chosen = one.get("selectors") if isinstance(one, dict) else None
        if not isinstance(chosen, list) or not chosen or not all(isinstance(s, str) for s in chosen):
            raise MalformedRecord("no selectors", code="markings-malformed", where=where)
        for place, selector in enumerate(chosen):
            if not selects(stix, selector):
                where = f"{where}/selectors/{place}"
                raise MalformedRecord("the selector selects nothing", code="selector-empty", where=where)
        ref = one.get("marking_ref")
        if isinstance(ref, str) != (one.get("lang") is None):
            raise MalformedRecord("needs either marking_ref or lang", code="markings-malformed", where=where)
        if isinstance(ref, str):
            found.append((ref, chosen))
    return found


def _unknown(marking_id: str, why: str) -> LabelUnknown:
    hint = 'list it under release.markings, as "statement" or with a label'
    return LabelUnknown(f"{marking_id} {why}", code="marking-unknown", where="/object_marking_refs", hint=hint)


@lru_cache(maxsize=4096)
def own_marking_id(label: Label) -> str:
    """Return the id of a label's own marking-definition: UUIDv5 of its canonical form, so one label has one id."""
    return f"marking-definition--{uuid.uuid5(NAMESPACE, label.canonical().decode())}"


def marking_of(label: Label) -> dict[str, Any]:
    """Return the marking-definition that carries the full label in a property extension.

    >>> Markings({}, {}, Terms(expand=frozenset)).of_ids((), Label("PUBLIC", "UNMARKED")).policy
    'PUBLIC'
    """
    created = UNDATED
    if label.created_at is not None:
        created = label.created_at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return {
        "type": "marking-definition",
        "spec_version": "2.1",
        "id": own_marking_id(label),
        "created": created,
        "name": marking(label),
        "extensions": {EXTENSION: {"extension_type": "property-extension", "label": msgspec.to_builtins(label)}},
    }


def marking_refs(label: Label) -> tuple[str, ...]:
    """Return the ids to mark an object with: the full label, and the TLP 2.0 for tools that know nothing else."""
    return (own_marking_id(label), *((tlp.marking_id(label.tlp),) if label.tlp is not None else ()))


def _own_label(definition: Mapping[str, Any]) -> Label | None:
    extensions = definition.get("extensions")
    extension = extensions.get(EXTENSION) if isinstance(extensions, dict) else None
    if not isinstance(extension, dict):
        return None
    try:
        return msgspec.convert(extension.get("label"), Label)
    except msgspec.ValidationError as error:
        raise _unknown(str(definition.get("id")), "holds no readable label") from error


def mapping_of(markings: Mapping[str, Any]) -> dict[str, Mapped]:
    """Return ``release.markings`` of a programme as types.

    Raises:
        MalformedRecord: neither "statement" nor a label, with the place.
    """
    mapped: dict[str, Mapped] = {}
    for marking_id, meant in markings.items():
        try:
            mapped[marking_id] = "statement" if meant == "statement" else msgspec.convert(meant, Label)
        except msgspec.ValidationError as error:
            where = f"/release/markings/{marking_id}"
            raise MalformedRecord('neither "statement" nor a label', code="markings-malformed", where=where) from error
    return mapped


def describe(definition: Mapping[str, Any] | None) -> str:
    """Return what kind of marking a definition holds, for people; foreign schemes are shown, never interpreted.

    >>> describe({"definition_type": "statement", "definition": {"statement": "..."}})
    'statement'
    """
    if definition is None:
        return "definition missing"
    extensions = definition.get("extensions")
    for extension, content in extensions.items() if isinstance(extensions, dict) else ():
        if extension in SCHEMES:
            level = _told(content)
            return f"{SCHEMES[extension]}: {level}" if level else SCHEMES[extension]
    kind = definition.get("definition_type")
    return kind if isinstance(kind, str) and kind in {"statement", "tlp"} else "unknown kind"


def _told(content: Any) -> str:
    """Return the level that ACS (control_set), IEP (tlp) or CUI state, where they do."""
    if not isinstance(content, dict):
        return ""
    control = content.get("control_set")
    level = control.get("classification") if isinstance(control, dict) else content.get("tlp", content.get("tlp_2_0"))
    return level if isinstance(level, str) and len(level) <= 12 else ""
