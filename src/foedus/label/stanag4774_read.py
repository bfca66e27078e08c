"""STANAG 4774 confidentiality labels and clearances: lenient reader; what it must not guess it refuses, with the place.

Source: ADatP-4774 Ed A v1; the deviations accepted are those met in the standards' own examples, tools and samples.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Final

import msgspec
from lxml import etree

from foedus.errors import MalformedRecord, UnsupportedFormat
from foedus.label import nato, tlp, xml
from foedus.label.stanag4774 import (
    CLEARANCE_NAMESPACE,
    HANDLING_NAMESPACE,
    ID_TYPES,
    NAMESPACE,
    PARTY_URN,
)
from foedus.model import instant
from foedus.model.label import Category, CategoryType, Label, Succession

ROOTS: Final = (
    "originatorConfidentialityLabel",
    "alternativeConfidentialityLabel",
    "metadataConfidentialityLabel",
    "ConfidentialityLabel",
)
_BODY: Final = ("ConfidentialityInformation", "OriginatorID", "CreationDateTime", "SuccessionHandling")
_INFORMATION: Final = ("PolicyIdentifier", "Classification", "PrivacyMark", "Category")
_TYPES: Final[dict[str, CategoryType]] = {
    "RESTRICTIVE": "RESTRICTIVE",
    "PERMISSIVE": "PERMISSIVE",
    "INFORMATIVE": "INFORMATIVE",
}


class Warning(msgspec.Struct, frozen=True):  # noqa: A001 - the field's word; the builtin is not used here
    """A deviation from schema or prose that was read all the same: stable code, place, sentence."""

    code: str
    where: str
    message: str


class Clearance(msgspec.Struct, frozen=True):
    """Whom a holder's clearance opens what to: a policy, its classifications, and categories."""

    policy: str
    classifications: tuple[str, ...]
    categories: tuple[Category, ...] = ()


def read(raw: bytes, *, received_at: datetime | None = None) -> tuple[Label, tuple[Warning, ...]]:
    """Return the label of an XML document, and in what it deviates from the standard.

    Args:
        raw: the document, UTF-8.
        received_at: taken as creation, "not later than", where the label does not hold one.

    Raises:
        UnsupportedFormat: no confidentiality label.
        MalformedRecord: one that cannot be read without guessing, with line and element.
        LimitExceeded: larger than 256 KiB or deeper than 64.
    """
    return read_element(xml.parse(raw), received_at=received_at)


def read_element(root: etree._Element, *, received_at: datetime | None = None) -> tuple[Label, tuple[Warning, ...]]:
    """Return what ``read`` returns, of an element that stands inside another document."""
    if xml.local(root) not in ROOTS or xml.namespace(root) not in {NAMESPACE, ""}:
        raise UnsupportedFormat("no STANAG 4774 confidentiality label", code="label-unsupported", where=xml.place(root))
    reader = _Reader(xml.namespace(root))
    if not xml.namespace(root):
        reader.warn("namespace", root, "stands in no namespace")
    label = reader.label(root, received_at)
    return label, tuple(reader.warnings)


def read_clearance(raw: bytes) -> tuple[Clearance, tuple[Warning, ...]]:
    """Return the clearance of an XML document.

    Raises:
        UnsupportedFormat: no confidentiality clearance.
        MalformedRecord: one that cannot be read without guessing.
    """
    root = xml.parse(raw)
    if xml.local(root) != "ConfidentialityClearance" or xml.namespace(root) != CLEARANCE_NAMESPACE:
        raise UnsupportedFormat("no confidentiality clearance", code="clearance-unsupported", where=xml.place(root))
    reader = _Reader(CLEARANCE_NAMESPACE)
    parts = reader.parts(root, ("PolicyIdentifier", "ClassificationList", "Category"))
    policy = reader.one(root, parts, "PolicyIdentifier")
    listed = reader.one(root, parts, "ClassificationList")
    classifications = reader.parts(listed, ("Classification",)).get("Classification", [])
    if not classifications:
        raise _refuse("holds no classification", "clearance-incomplete", listed)
    categories = tuple(reader.category(element) for element in parts.get("Category", ()))
    clearance = Clearance(xml.token(policy), tuple(xml.token(element) for element in classifications), categories)
    return clearance, tuple(reader.warnings)


class _Reader:
    """One document in one namespace, with the warnings met on the way."""

    def __init__(self, namespace: str) -> None:
        self.namespace = namespace
        self.warnings: list[Warning] = []

    def warn(self, code: str, element: etree._Element, message: str) -> None:
        self.warnings.append(Warning(code, xml.place(element), message))

    def label(self, element: etree._Element, received_at: datetime | None) -> Label:
        parts = self.parts(element, _BODY)
        for child in element:
            if xml.namespace(child) != self.namespace:
                self.warn("foreign", child, "is not understood")
        label = self._information(self.one(element, parts, "ConfidentialityInformation"))
        created_at = self._created(element, parts, received_at)
        successions = self._successions(parts, created_at)
        review_at = self._review(element)
        if review_at is None and not successions and xml.local(element) in ROOTS:
            self.warn("no-review", element, "has neither ReviewDateTime nor SuccessionHandling")
        return msgspec.structs.replace(
            label,
            originator=self._originator(parts),
            created_at=created_at,
            review_at=review_at,
            successions=successions,
        )

    def parts(self, element: etree._Element, order: tuple[str, ...]) -> dict[str, list[etree._Element]]:
        """Return the children by name; what is unknown in the label's own namespace is refused."""
        found: dict[str, list[etree._Element]] = {}
        reached = 0
        for child in element:
            if xml.namespace(child) != self.namespace:
                continue
            name = xml.local(child)
            if name not in order:
                raise _refuse("is not known here", "label-element", child)
            if order.index(name) < reached:
                self.warn("order", child, "stands out of order")
            reached = max(reached, order.index(name))
            found.setdefault(name, []).append(child)
        return found

    def one(self, parent: etree._Element, parts: dict[str, list[etree._Element]], name: str) -> etree._Element:
        found = self.at_most_one(parts, name)
        if found is None:
            raise _refuse(f"holds no {name}", "label-incomplete", parent)
        return found

    def at_most_one(self, parts: dict[str, list[etree._Element]], name: str) -> etree._Element | None:
        found = parts.get(name, [])
        if len(found) > 1:
            raise _refuse("stands twice", "label-double", found[1])
        return found[0] if found else None

    def _information(self, element: etree._Element) -> Label:
        parts = self.parts(element, _INFORMATION)
        policy = self.one(element, parts, "PolicyIdentifier")
        classification = self.one(element, parts, "Classification")
        self._attributes(policy, {"URI"})
        if classification.attrib:
            self.warn("classification-attribute", classification, "may not carry attributes")
        categories = [self.category(one) for one in parts.get("Category", ())]
        mark = self.at_most_one(parts, "PrivacyMark")
        if mark is not None:
            categories.append(Category(nato.PRIVACY_MARK, "INFORMATIVE", (xml.token(mark),)))
        label = Label(xml.token(policy), xml.token(classification), tuple(categories))
        label = self._with_foreign(label, [one for one in element if xml.namespace(one) != self.namespace])
        return self._nato(element, label) if nato.is_nato(label) else label

    def _nato(self, element: etree._Element, label: Label) -> Label:
        label = nato.in_canonical_case(label)
        if label.values(nato.ADMINISTRATIVE) and label.classification != "UNCLASSIFIED":
            raise _refuse("Administrative is for UNCLASSIFIED only", "label-invalid", element)
        for category in label.categories:
            known = nato.TAG_SETS.get(category.tag_set)
            if known is not None and known[0] != category.type:
                raise _refuse(f"{category.tag_set} must be {known[0]}", "label-invalid", element)
        for problem in nato.problems(label):
            self.warn("prose", element, problem)
        return label

    def category(self, element: etree._Element) -> Category:
        kind, tag_set = self._named(element, "Type"), self._named(element, "TagName")
        if kind not in _TYPES and kind.upper() in _TYPES:
            self.warn("type-case", element, "writes its Type in lower case")
        if kind.upper() not in _TYPES:
            raise _refuse("has no known Type", "category-type", element)
        self._attributes(element, {"URI", "Type", "TagName", "type", "tagName"})
        values = []
        for child in element:
            name = xml.local(child)
            if xml.namespace(child) != self.namespace or name not in {"GenericValue", "IntegerValue", "BitStringValue"}:
                raise _refuse("is not known here", "label-element", child)
            if name != "GenericValue":
                self.warn("value-kind", child, "is forbidden by the prose; its text is taken as the value")
            values.append(xml.token(child))
        if not values:
            self.warn("no-value", element, "holds no value")
        return Category(tag_set, _TYPES[kind.upper()], tuple(values))

    def _named(self, element: etree._Element, name: str) -> str:
        lower = name[0].lower() + name[1:]
        if name not in element.attrib and lower in element.attrib:
            self.warn("attribute-case", element, f"writes {lower} for {name}")
        value = " ".join(str(element.get(name, element.get(lower, ""))).split())
        if not value:
            raise _refuse(f"has no {name}", "label-incomplete", element)
        return value

    def _attributes(self, element: etree._Element, known: Iterable[str]) -> None:
        for name in map(str, element.attrib):
            if not name.startswith("{") and name not in known:
                self.warn("attribute", element, "carries an attribute the standard does not know")
        uri = element.get("URI")
        if uri is not None and not uri.startswith("urn:oid:"):
            self.warn("uri", element, "has a URI that is no urn:oid:")

    def _with_foreign(self, label: Label, foreign: list[etree._Element]) -> Label:
        """Read Foedus' own element; what nobody here understands becomes a caveat that nobody accepts."""
        for element in foreign:
            if xml.namespace(element) == HANDLING_NAMESPACE and xml.local(element) == "Handling":
                label = _with_handling(label, element)
            else:
                self.warn("foreign", element, "is not understood; it stays as a caveat that nothing accepts")
                label = msgspec.structs.replace(label, caveats=(*label.caveats, f"UNKNOWN:{xml.local(element)}"))
        return label

    def _originator(self, parts: dict[str, list[etree._Element]]) -> str:
        element = self.at_most_one(parts, "OriginatorID")
        if element is None:
            return ""
        id_type, value = element.get("IDType"), xml.token(element)
        if id_type not in ID_TYPES:
            raise _refuse("has no known IDType", "originator-type", element)
        if id_type == "uniformResourceIdentifier" and value.startswith(PARTY_URN):
            return value.removeprefix(PARTY_URN)
        return f"{id_type}:{value}"

    def _created(
        self, parent: etree._Element, parts: dict[str, list[etree._Element]], received_at: datetime | None
    ) -> datetime | None:
        element = self.at_most_one(parts, "CreationDateTime")
        if element is None:
            self.warn("no-creation", parent, "has no CreationDateTime; it was created not later than received")
            return received_at
        return self._lenient_time(element, xml.token(element))

    def _review(self, element: etree._Element) -> datetime | None:
        written = element.get("ReviewDateTime")
        return None if written is None else self._lenient_time(element, written)

    def _lenient_time(self, element: etree._Element, written: str) -> datetime:
        text = " ".join(written.split())
        if text and (text[-1].isdigit() and text[-6:-5] not in {"+", "-"}):
            self.warn("no-zone", element, "has no time zone; taken as UTC")
            text += "Z"
        return _time(element, text)

    def _successions(
        self, parts: dict[str, list[etree._Element]], created_at: datetime | None
    ) -> tuple[Succession, ...]:
        holder = self.at_most_one(parts, "SuccessionHandling")
        if holder is None:
            return ()
        inner = self.parts(holder, ("SuccessionDateTime", "SuccessorConfidentialityLabel"))
        when = self.one(holder, inner, "SuccessionDateTime")
        # When a label changes must not be guessed: without a zone it is refused.
        at = _time(when, xml.token(when))
        label = self.label(self.one(holder, inner, "SuccessorConfidentialityLabel"), created_at)
        if created_at is not None and at < created_at:
            raise _refuse("is before the creation", "succession-early", when)
        if any(later.at <= at for later in label.successions):
            raise _refuse("is not before the next one", "succession-order", when)
        return (Succession(at, msgspec.structs.replace(label, successions=())), *label.successions)


def _with_handling(label: Label, element: etree._Element) -> Label:
    try:
        level = tlp.parse(element.get("TLP", "")) if element.get("TLP") else None
    except MalformedRecord as error:
        raise _refuse("has no known TLP", "tlp-unknown", element) from error
    values: dict[str, list[str]] = {"Caveat": [], "Originator": []}
    for child in element:
        if xml.namespace(child) != HANDLING_NAMESPACE or xml.local(child) not in values:
            raise _refuse("is not known here", "label-element", child)
        values[xml.local(child)].append(xml.token(child))
    return msgspec.structs.replace(
        label,
        tlp=tlp.strictest(label.tlp, level),
        caveats=(*label.caveats, *values["Caveat"]),
        originators=tuple(values["Originator"]),
    )


def _time(element: etree._Element, written: str) -> datetime:
    try:
        return instant.parse(written)
    except MalformedRecord as error:
        raise _refuse("holds no instant with time zone", "timestamp-malformed", element) from error


def _refuse(message: str, code: str, element: etree._Element) -> MalformedRecord:
    return MalformedRecord(message, code=code, where=xml.place(element))
