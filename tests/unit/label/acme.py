"""The example policy of ADatP-4774.1 Annex B, built from the real data set, and its labels from their markings."""

from __future__ import annotations

from foedus.label.spif import CategoryRef, Equivalent, Level, Policy, Requirement, Tag, TagSet, Value
from foedus.model.label import Category, Label

SETS = {"REL TO": ("Releasable To", "PERMISSIVE")}
INFORMATIVE = {"STAFF", "FINANCE", "SALES", "ENGINEERING"}


def policy(facts: dict) -> Policy:
    sets = tuple(_tag_set(one) for one in facts["tag_sets"])
    levels = tuple(_level(one, sets) for one in facts["classifications"])
    return Policy(facts["policy"], facts["id"], levels, sets, ("MOCK",))


def mock() -> Policy:
    return Policy("MOCK", "1.3.6.1.4.1.31778.120.1", (Level("CONFIDENTIAL", "3", 3), Level("SECRET", "4", 4)))


def _tag_set(facts: dict) -> TagSet:
    values = tuple(
        Value(one["name"], str(one["lacv"]), excluded_classes=tuple(one["excluded_class"])) for one in facts["values"]
    )
    return TagSet(facts["name"], facts["id"], (Tag(facts["name"], facts["type"], values),))


def _level(facts: dict, sets: tuple[TagSet, ...]) -> Level:
    required = ()
    if asked := facts.get("required_category"):
        found = next(one for one in sets if one.name == asked["tag_set"])
        values = [value for value in found.tags[0].values if value.name in asked["values"]]
        groups = tuple(CategoryRef(found.name, found.tags[0].type, value.lacv) for value in values)
        required = (Requirement(asked["operation"], groups),)
    equivalents = tuple(Equivalent(e["policy"], str(e["lacv"]), e["applied"]) for e in facts.get("equivalent", ()))
    return Level(facts["name"], str(facts["lacv"]), facts["hierarchy"], required=required, equivalents=equivalents)


def label(text: str) -> Label:
    """The label of a marking such as ``ACME CONFIDENTIAL REL TO MOCK, PHONY`` or ``ACME INTERNAL RED, BLUE``."""
    head, _, to = text.partition(" REL TO ")
    name, classification, *rest = head.replace(",", "").split()
    categories = [Category("Releasable To", "PERMISSIVE", tuple(to.split(", ")))] if to else []
    for value in rest:
        kind = ("Administrative", "INFORMATIVE") if value in INFORMATIVE else ("Sensitive", "RESTRICTIVE")
        held = next((c for c in categories if c.tag_set == kind[0]), Category(*kind))
        categories = [c for c in categories if c is not held] + [Category(*kind, (*held.values, value))]
    return Label(name, classification, tuple(categories))
