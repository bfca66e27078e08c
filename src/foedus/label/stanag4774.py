"""STANAG 4774 confidentiality labels: strict writer, for what others must be able to rely on.

Source: ADatP-4774 Ed A v1, schema 1.3, and the prose rules of Appendix 2; the lenient reader is ``stanag4774_read``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final, Literal

from lxml import etree

from foedus.errors import InputError
from foedus.label import nato
from foedus.label.names import fold
from foedus.label.spif import Policy
from foedus.label.validity import validate
from foedus.model import instant
from foedus.model.label import Category, Label, Succession

NAMESPACE: Final = "urn:nato:stanag:4774:confidentialitymetadatalabel:1:0"
CLEARANCE_NAMESPACE: Final = "urn:nato:stanag:4774:confidentialityclearance:1:0"
HANDLING_NAMESPACE: Final = "urn:foedus:label:1"
PARTY_URN: Final = "urn:foedus:party:"
ID_TYPES: Final = frozenset(
    {
        "rfc822Name",
        "dNSName",
        "directoryName",
        "uniformResourceIdentifier",
        "iPAddress",
        "x400Address",
        "userPrincipalName",
        "jID",
    }
)
Kind = Literal["originator", "alternative", "metadata"]

_PARTY = re.compile(r"[a-z][a-z0-9-]{1,47}", re.ASCII)


def write(
    label: Label,
    *,
    at: datetime,
    kind: Kind = "originator",
    policy: Policy | None = None,
    review_within: timedelta = timedelta(days=5 * 365),
) -> bytes:
    """Return a label as XML that the schema and the prose both allow.

    TLP, caveats and further originators stand in an element of Foedus' own, where the standard leaves room for it.
    Alternatives are labels of their own: write each with ``kind="alternative"``.

    Args:
        label: the label; a NATO one is written in the policy's own case.
        at: when it is created, where the label does not say so.
        kind: which of the standard's three elements it becomes.
        policy: checks the label and gives the object identifiers.
        review_within: the review date of a label that has neither review nor succession.

    Raises:
        InputError: the label cannot be written by the rules (code ``label-not-writable``); nothing is bent to fit.
    """
    root = element(label, at=at, kind=kind, policy=policy, review_within=review_within)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def element(
    label: Label,
    *,
    at: datetime,
    kind: Kind = "originator",
    policy: Policy | None = None,
    review_within: timedelta = timedelta(days=5 * 365),
) -> etree._Element:
    """Return what ``write`` writes as an element, to stand inside a binding."""
    label = nato.in_canonical_case(label) if nato.is_nato(label) else label
    created_at = label.created_at or at
    root = etree.Element(f"{{{NAMESPACE}}}{kind}ConfidentialityLabel", nsmap={None: NAMESPACE})  # type: ignore[dict-item]
    review_at = label.review_at
    if review_at is None and not label.successions:
        review_at = created_at + review_within
    if review_at is not None:
        root.set("ReviewDateTime", _time(review_at))
    _body(root, label, created_at, sorted(label.successions, key=lambda one: one.at), policy)
    return root


def _body(
    parent: etree._Element, label: Label, created_at: datetime, successions: Sequence[Succession], policy: Policy | None
) -> None:
    refuse_unwritable(label, policy)
    _information(parent, label, policy)
    if label.originator:
        id_type, value = _originator(label.originator)
        _add(parent, "OriginatorID", value).set("IDType", id_type)
    _add(parent, "CreationDateTime", _time(created_at))
    if successions:
        first, *later = successions
        if first.at < created_at:
            raise _unwritable("a succession before the creation")
        if first.label.successions or any(one.at == first.at for one in later):
            raise _unwritable("successions that are not one after the other")
        holder = _add(parent, "SuccessionHandling")
        _add(holder, "SuccessionDateTime", _time(first.at))
        successor = nato.in_canonical_case(first.label) if nato.is_nato(first.label) else first.label
        below = _add(holder, "SuccessorConfidentialityLabel")
        _body(below, successor, successor.created_at or created_at, later, None)


def refuse_unwritable(label: Label, policy: Policy | None = None) -> None:
    """Refuse a label (NATO: in canonical case) that the prose or its policy forbids.

    Raises:
        InputError: with the first rule it breaks.
    """
    problems = list(nato.problems(label)) if nato.is_nato(label) else []
    problems += [f"{category.tag_set} has no value" for category in label.categories if not category.values]
    if policy is not None:
        problems += [f"{one.where}: {one.message}" for one in validate(label, policy, writing=True)]
    if problems:
        raise _unwritable(problems[0])


def _unwritable(why: str) -> InputError:
    return InputError(f"the label cannot be written: {why}", code="label-not-writable")


def _information(parent: etree._Element, label: Label, policy: Policy | None) -> None:
    information = _add(parent, "ConfidentialityInformation")
    identifier = _add(information, "PolicyIdentifier", _token(label.policy))
    if nato.is_nato(label):
        identifier.set("URI", nato.POLICY_URI)
    elif policy is not None:
        identifier.set("URI", _urn(policy.id))
    _add(information, "Classification", _token(label.classification))
    for category in label.categories:
        if category.tag_set == nato.PRIVACY_MARK:
            _add(information, nato.PRIVACY_MARK, _token(" ".join(category.values)))
    for category in label.categories:
        if category.tag_set != nato.PRIVACY_MARK:
            _category(information, category, policy)
    _handling(information, label)


def _category(information: etree._Element, category: Category, policy: Policy | None) -> None:
    written = _add(information, "Category")
    written.set("Type", category.type)
    written.set("TagName", category.tag_set)
    tag_set = None if policy is None else policy.tag_set(category.tag_set)
    identifier = _urn(tag_set.id) if tag_set else nato.TAG_SETS.get(category.tag_set, ("", ""))[1]
    if identifier and (tag_set or fold(information[0].text or "") == "nato"):
        written.set("URI", identifier)
    for value in category.values:
        _add(written, "GenericValue", value)


def _handling(information: etree._Element, label: Label) -> None:
    if label.tlp is None and not label.caveats and not label.originators:
        return
    handling = etree.SubElement(information, f"{{{HANDLING_NAMESPACE}}}Handling", nsmap={None: HANDLING_NAMESPACE})  # type: ignore[dict-item]
    if label.tlp is not None:
        handling.set("TLP", label.tlp)
    for name, values in (("Caveat", label.caveats), ("Originator", label.originators)):
        for value in values:
            _add(handling, name, _token(value), namespace=HANDLING_NAMESPACE)


def _add(parent: etree._Element, name: str, text: str | None = None, *, namespace: str | None = None) -> etree._Element:
    child = etree.SubElement(parent, f"{{{namespace or etree.QName(parent).namespace}}}{name}")
    try:
        child.text = text
    except ValueError as error:
        raise _unwritable(f"{name} holds a character XML has no place for") from error
    return child


def _token(text: str) -> str:
    folded = " ".join(text.split())
    if not folded:
        raise _unwritable("an empty name")
    return folded


def _urn(identifier: str) -> str:
    return identifier if identifier.startswith("urn:oid:") else f"urn:oid:{identifier}"


def _originator(originator: str) -> tuple[str, str]:
    """Return (IDType, value): a party by its URN, anybody else as ``IDType:value``, the way it was read."""
    if _PARTY.fullmatch(originator):
        return "uniformResourceIdentifier", PARTY_URN + originator
    id_type, _, value = originator.partition(":")
    if id_type not in ID_TYPES or not value:
        raise _unwritable("an originator that is neither a party id nor one of the standard's identifiers")
    return id_type, value


def _time(at: datetime) -> str:
    if at.tzinfo is None:
        raise _unwritable("an instant without time zone")
    written = instant.text(instant.to_us(at))
    return written.replace(".000000Z", "Z")


def review_due(label: Label, at: datetime) -> bool:
    """Return whether a label's review date has passed; a reminder, which never loosens the label."""
    return label.review_at is not None and label.review_at <= at
