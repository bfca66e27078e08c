"""Security policy information file: a confidentiality policy as data, read from XML SPIF 2.1.

Source: https://www.xmlspif.org, schema 2.1; elements are met with and without namespace.
"""

from __future__ import annotations

from datetime import date
from typing import Literal

import msgspec
from lxml import etree

from foedus.errors import MalformedRecord, UnsupportedFormat
from foedus.label import xml
from foedus.label.names import fold
from foedus.model.label import CategoryType

NAMESPACE = "http://www.xmlspif.org/spif"
MAX_BYTES = 4 * 1024 * 1024

Operation = Literal["onlyOne", "oneOrMore", "all"]
Applied = Literal["encrypt", "decrypt", "both"]


class CategoryRef(msgspec.Struct, frozen=True):
    """A group of categories a rule speaks about: one value (``lacv``), or all of a tag set's type."""

    tag_set: str
    type: CategoryType | None = None
    lacv: str | None = None


class Requirement(msgspec.Struct, frozen=True):
    """requiredCategory: how many of these must be present."""

    operation: Operation
    groups: tuple[CategoryRef, ...]


class Equivalent(msgspec.Struct, frozen=True):
    """A level or value of another policy; ``encrypt`` leads from here to there, ``decrypt`` from there to here."""

    policy: str
    lacv: str
    applied: Applied
    tag_set_id: str = ""
    type: CategoryType | None = None


class Level(msgspec.Struct, frozen=True):
    """One classification with its place in the hierarchy."""

    name: str
    lacv: str
    hierarchy: int
    obsolete: bool = False
    required: tuple[Requirement, ...] = ()
    equivalents: tuple[Equivalent, ...] = ()


class Value(msgspec.Struct, frozen=True):
    """One value of a tag, with the rules it carries."""

    name: str
    lacv: str | None
    obsolete: bool = False
    not_before: date | None = None
    not_after: date | None = None
    excluded_classes: tuple[str, ...] = ()
    required_classes: tuple[str, ...] = ()
    required: tuple[Requirement, ...] = ()
    excluded: tuple[CategoryRef, ...] = ()
    equivalents: tuple[Equivalent, ...] = ()


class Tag(msgspec.Struct, frozen=True):
    """Values of one type in a tag set, and how many of them a label may hold."""

    name: str
    type: CategoryType
    values: tuple[Value, ...]
    single: bool = False
    least: int = 0
    most: int | None = None


class TagSet(msgspec.Struct, frozen=True):
    """A tag set: what a label's TagName names."""

    name: str
    id: str
    tags: tuple[Tag, ...]


class Policy(msgspec.Struct, frozen=True):
    """A confidentiality policy: levels, tag sets, and policies it has equivalents in."""

    name: str
    id: str
    levels: tuple[Level, ...]
    tag_sets: tuple[TagSet, ...] = ()
    equivalent_policies: tuple[str, ...] = ()

    def level(self, name: str) -> Level | None:
        """Return the level of a name, in any case."""
        return next((level for level in self.levels if fold(level.name) == fold(name)), None)

    def tag_set(self, name: str) -> TagSet | None:
        """Return the tag set of a name, in any case."""
        return next((tag_set for tag_set in self.tag_sets if fold(tag_set.name) == fold(name)), None)


def read(raw: bytes) -> Policy:
    """Return the policy of an XML SPIF.

    Raises:
        MalformedRecord: not well-formed, or a required part is missing, doubled or unreadable; with line and element.
        UnsupportedFormat: not a SPIF.
        LimitExceeded: beyond 4 MiB or too deep.
    """
    root = xml.parse(raw, max_bytes=MAX_BYTES)
    if xml.local(root) != "SPIF" or xml.namespace(root) not in {NAMESPACE, ""}:
        raise UnsupportedFormat("not an XML SPIF", code="spif-unsupported", where=xml.place(root))
    identity = _children(root, "securityPolicyId")
    levels = tuple(_level(element) for element in _descend(root, "securityClassifications", "securityClassification"))
    if len(identity) != 1 or not levels:
        hint = "a SPIF holds one securityPolicyId and at least one securityClassification"
        raise MalformedRecord("SPIF is incomplete", code="spif-incomplete", where=xml.place(root), hint=hint)
    _refuse_doubles(root, [fold(level.name) for level in levels], "classification")
    tag_sets = tuple(
        _tag_set(element) for element in _descend(root, "securityCategoryTagSets", "securityCategoryTagSet")
    )
    return Policy(
        _need(identity[0], "name"),
        _need(identity[0], "id"),
        levels,
        tag_sets,
        tuple(_need(element, "name") for element in _descend(root, "equivalentPolicies", "equivalentPolicy")),
    )


def _level(element: etree._Element) -> Level:
    return Level(
        _need(element, "name"),
        _lacv(element) or "",
        _number(element, "hierarchy"),
        _flag(element, "obsolete"),
        _requirements(element),
        tuple(_equivalent(child) for child in _children(element, "equivalentClassification")),
    )


def _tag_set(element: etree._Element) -> TagSet:
    tags = tuple(_tag(child) for child in _children(element, "securityCategoryTag"))
    return TagSet(_need(element, "name"), _need(element, "id"), tags)


def _tag(element: etree._Element) -> Tag:
    values = tuple(_value(child) for child in _children(element, "tagCategory"))
    _refuse_doubles(element, [fold(value.name) for value in values], "value")
    kind = _type(element)
    if kind is None:
        raise MalformedRecord("tagType is missing", code="spif-tag-type", where=xml.place(element))
    return Tag(
        element.get("name", ""),
        kind,
        values,
        _flag(element, "singleSelection"),
        _number(element, "minSelection", 0),
        _number(element, "maxSelection") if element.get("maxSelection") else None,
    )


def _value(element: etree._Element) -> Value:
    excluded = tuple(xml.token(child) for child in _children(element, "excludedClass"))
    _refuse_doubles(element, [fold(name) for name in excluded], "excluded classification")
    return Value(
        _need(element, "name"),
        _lacv(element),
        _flag(element, "obsolete"),
        _day(element, "notBefore"),
        _day(element, "notAfter"),
        excluded,
        tuple(xml.token(child) for child in _children(element, "requiredClass")),
        _requirements(element),
        tuple(_group(child) for child in _children(element, "excludedCategory")),
        tuple(_equivalent(child) for child in _children(element, "equivalentSecCategoryTag")),
    )


def _requirements(element: etree._Element) -> tuple[Requirement, ...]:
    found = []
    for child in _children(element, "requiredCategory"):
        operation = child.get("operation", "oneOrMore")
        if operation not in {"onlyOne", "oneOrMore", "all"}:
            raise MalformedRecord("unknown operation", code="spif-operation", where=xml.place(child))
        groups = tuple(_group(group) for group in _children(child, "categoryGroup"))
        found.append(msgspec.convert({"operation": operation, "groups": groups}, Requirement))
    return tuple(found)


def _group(element: etree._Element) -> CategoryRef:
    lacv = None if _flag(element, "all") else _lacv(element)
    return CategoryRef(_need(element, "tagSetRef"), _type(element), lacv)


def _equivalent(element: etree._Element) -> Equivalent:
    applied = element.get("applied")
    if applied not in {"encrypt", "decrypt", "both"}:
        raise MalformedRecord("unknown direction in applied", code="spif-applied", where=xml.place(element))
    return msgspec.convert(
        {
            "policy": _need(element, "policyRef"),
            "lacv": _lacv(element) or "",
            "applied": applied,
            "tag_set_id": element.get("tagSetId", ""),
            "type": _type(element),
        },
        Equivalent,
    )


_TYPES: dict[str, CategoryType] = {
    "restrictive": "RESTRICTIVE",
    "permissive": "PERMISSIVE",
    "tagType7": "INFORMATIVE",
    "informative": "INFORMATIVE",
}


def _type(element: etree._Element) -> CategoryType | None:
    written = element.get("tagType")
    if written is None:
        return None
    if written == "enumerated":
        written = element.get("enumType", "")
    if written not in _TYPES:
        raise MalformedRecord("unknown tagType or enumType", code="spif-tag-type", where=xml.place(element))
    return _TYPES[written]


def _lacv(element: etree._Element) -> str | None:
    written = (element.get("lacv") or "").strip()
    return (written.lstrip("0") or "0") if written else None


def _children(element: etree._Element, name: str) -> list[etree._Element]:
    return [child for child in element if xml.local(child) == name and xml.namespace(child) in {NAMESPACE, ""}]


def _descend(element: etree._Element, group: str, name: str) -> list[etree._Element]:
    return [child for holder in _children(element, group) for child in _children(holder, name)]


def _need(element: etree._Element, name: str) -> str:
    value = " ".join((element.get(name) or "").split())
    if not value:
        raise MalformedRecord(f"attribute {name} is missing", code="spif-attribute", where=xml.place(element))
    return value


def _flag(element: etree._Element, name: str) -> bool:
    written = element.get(name, "false").strip()
    if written not in {"true", "false", "1", "0"}:
        raise MalformedRecord(f"attribute {name} is no boolean", code="spif-attribute", where=xml.place(element))
    return written in {"true", "1"}


def _number(element: etree._Element, name: str, default: int | None = None) -> int:
    written = element.get(name)
    if written is None and default is not None:
        return default
    try:
        return int(written or "")
    except ValueError as error:
        where = xml.place(element)
        raise MalformedRecord(f"attribute {name} is no number", code="spif-attribute", where=where) from error


def _day(element: etree._Element, name: str) -> date | None:
    written = element.get(name)
    if written is None:
        return None
    try:
        return date.fromisoformat(written.strip()[:10])
    except ValueError as error:
        where = xml.place(element)
        raise MalformedRecord(f"attribute {name} is no date", code="spif-attribute", where=where) from error


def _refuse_doubles(element: etree._Element, names: list[str], what: str) -> None:
    if len(set(names)) != len(names):
        raise MalformedRecord(f"the same {what} twice", code="spif-double", where=xml.place(element))
