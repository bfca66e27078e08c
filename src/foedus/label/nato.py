"""The NATO confidentiality policy: levels, tag sets, and what its prose asks of a label beyond the schema.

Source: ADatP-4774 Ed A v1, Appendix 2 of Annex A.
"""

from __future__ import annotations

from typing import Final

import msgspec

from foedus.label.names import fold
from foedus.model.label import Category, CategoryType, Label, Succession

POLICY: Final = "NATO"
POLICY_URI: Final = "urn:oid:1.3.26.1.3.1"
LEVELS: Final = ("UNCLASSIFIED", "RESTRICTED", "CONFIDENTIAL", "SECRET", "TOP SECRET")
LEVELS_FR: Final = ("SANS CLASSIFICATION", "DIFFUSION RESTREINTE", "CONFIDENTIEL", "SECRET", "TRES SECRET")
CONTEXTS: Final = ("NATO", "EAPC", "GEORGIA", "ISAF", "KFOR", "PFP", "RUSSIA", "RESOLUTE SUPPORT")

SENSITIVITY: Final = "Additional Sensitivity"
RELEASABLE_TO: Final = "Releasable To"
ADMINISTRATIVE: Final = "Administrative"
CONTEXT: Final = "Context"
ONLY: Final = "Only"
RELEASABLE: Final = "Releasable"
PRIVACY_MARK: Final = "PrivacyMark"

TAG_SETS: Final[dict[str, tuple[CategoryType, str]]] = {
    SENSITIVITY: ("RESTRICTIVE", "urn:oid:1.3.26.1.4.1"),
    RELEASABLE_TO: ("PERMISSIVE", "urn:oid:1.3.26.1.4.2"),
    ADMINISTRATIVE: ("INFORMATIVE", "urn:oid:1.3.26.1.4.3"),
    CONTEXT: ("PERMISSIVE", "urn:oid:1.3.26.1.4.4"),
    ONLY: ("PERMISSIVE", "urn:oid:1.3.26.1.4.5"),
}
_TAG_NAMES = {fold(name): name for name in TAG_SETS}


def is_nato(label: Label) -> bool:
    """Return whether the label is of the NATO policy; COSMIC is how NATO TOP SECRET is marked."""
    return fold(label.policy) in {"nato", "cosmic"}


def permissive(label: Label, tag_set: str) -> tuple[str, ...]:
    """Return the values of a permissive tag set; those of a category that only bears its name open nothing."""
    return tuple(
        value
        for category in label.categories
        if category.type == "PERMISSIVE" and fold(category.tag_set) == fold(tag_set)
        for value in category.values
    )


def contexts(label: Label) -> tuple[str, ...]:
    """Return the values of Context without "Releasable"."""
    return tuple(value for value in permissive(label, CONTEXT) if fold(value) != "releasable")


def releasable(label: Label) -> tuple[str, ...]:
    """Return the values of Releasable To without the context's own, which undoes no Only."""
    own = {fold(value) for value in contexts(label)}
    return tuple(value for value in permissive(label, RELEASABLE_TO) if fold(value) not in own)


def in_canonical_case(label: Label) -> Label:
    """Return a NATO label in the policy's own spelling; values are compared without case, and written with it."""
    return msgspec.structs.replace(
        label,
        policy=POLICY,
        classification=_spelled(label.classification),
        categories=tuple(_category(category) for category in label.categories),
        successions=tuple(
            Succession(s.at, in_canonical_case(s.label) if is_nato(s.label) else s.label) for s in label.successions
        ),
    )


def _category(category: Category) -> Category:
    tag_set = _TAG_NAMES.get(fold(category.tag_set))
    if tag_set is None:
        return category
    return Category(tag_set, category.type, tuple(_spelled(value) for value in category.values))


def _spelled(value: str) -> str:
    return RELEASABLE if fold(value) == "releasable" else " ".join(value.split()).upper()


def problems(label: Label) -> tuple[str, ...]:
    """Return what the prose forbids in a NATO label in canonical case; empty where nothing."""
    found = []
    if label.classification not in LEVELS:
        found.append(f"NATO has no classification {label.classification!r}")
    for category in label.categories:
        known = TAG_SETS.get(category.tag_set)
        if category.tag_set == PRIVACY_MARK:
            found += ["the only privacy mark is CLEAR"] if category.values != ("CLEAR",) else []
        elif known is None:
            found.append(f"NATO has no tag set {category.tag_set!r}")
        elif known[0] != category.type:
            found.append(f"{category.tag_set} is {known[0]}, not {category.type}")
        if not category.values:
            found.append(f"{category.tag_set} has no value")
    own, to = contexts(label), label.values(RELEASABLE_TO)
    if len(own) != 1:
        found.append("Context needs exactly one context value")
    if bool(to) != (RELEASABLE in label.values(CONTEXT)):
        found.append('Context holds "Releasable" exactly when there is Releasable To')
    if to and not set(own) < set(to):
        found.append("Releasable To needs the context itself and at least one more value")
    if label.values(ADMINISTRATIVE) and label.classification != "UNCLASSIFIED":
        found.append("Administrative is for UNCLASSIFIED only")
    return tuple(found)


def label(
    classification: str,
    *,
    context: str = POLICY,
    only: tuple[str, ...] = (),
    to: tuple[str, ...] = (),
    sensitivity: tuple[str, ...] = (),
    administrative: tuple[str, ...] = (),
) -> Label:
    """Return a NATO label with the categories its prose asks for.

    >>> label("RESTRICTED", to=("JPN",)).values("Releasable To")
    ('NATO', 'JPN')
    """
    given: tuple[tuple[str, tuple[str, ...]], ...] = (
        (SENSITIVITY, sensitivity),
        (CONTEXT, (context, RELEASABLE) if to else (context,)),
        (ONLY, only),
        (RELEASABLE_TO, (context, *to) if to else ()),
        (ADMINISTRATIVE, administrative),
    )
    categories = tuple(Category(name, TAG_SETS[name][0], values) for name, values in given if values)
    return Label(POLICY, classification, categories)
