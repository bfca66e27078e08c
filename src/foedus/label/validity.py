"""Whether a label is one its policy allows: every rule an XML SPIF can state, checked."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import msgspec

from foedus.label.names import fold
from foedus.label.spif import CategoryRef, Policy, Requirement, Tag, TagSet, Value
from foedus.model.label import Category, Label


class Problem(msgspec.Struct, frozen=True):
    """One rule a label breaks: stable code, the place in the label, and a sentence."""

    code: str
    where: str
    message: str


class _Held(msgspec.Struct, frozen=True):
    """A value the label holds, as the policy defines it."""

    tag_set: TagSet
    tag: Tag
    value: Value

    @property
    def where(self) -> str:
        return f"{self.tag_set.name}/{self.value.name}"


def validate(label: Label, policy: Policy, *, day: date | None = None, writing: bool = False) -> tuple[Problem, ...]:
    """Return every rule of the policy that the label breaks.

    Args:
        label: the label; names are compared without case.
        policy: the policy it claims.
        day: for the windows notBefore and notAfter; None leaves them out.
        writing: also refuse what is obsolete; a label that came from outside may still hold it.
    """
    if fold(label.policy) not in {fold(policy.name), fold(policy.id)}:
        return (Problem("policy", "policy", f"the label is of {label.policy}, not of {policy.name}"),)
    held, unknown = _held(label, policy)
    return (
        *unknown,
        *_level_problems(label, policy, held, writing=writing),
        *(problem for one in held for problem in _class_problems(one, label.classification)),
        *(problem for one in held for problem in _value_problems(one, held, policy, day)),
        *(Problem("obsolete", one.where, "obsolete") for one in held if writing and one.value.obsolete),
        *_selection_problems(held, policy),
    )


def _held(label: Label, policy: Policy) -> tuple[list[_Held], list[Problem]]:
    held: list[_Held] = []
    unknown: list[Problem] = []
    for category in label.categories:
        tag_set = policy.tag_set(category.tag_set)
        if tag_set is None:
            unknown.append(Problem("tag-set", category.tag_set, "the policy has no such tag set"))
            continue
        for written in category.values:
            found = _find(tag_set, category, written)
            if found is None:
                unknown.append(Problem("value", f"{category.tag_set}/{written}", f"no such {category.type} value"))
            elif found in held:
                unknown.append(Problem("double", found.where, "the same value twice"))
            else:
                held.append(found)
    return held, unknown


def _find(tag_set: TagSet, category: Category, written: str) -> _Held | None:
    for tag in tag_set.tags:
        for value in tag.values:
            if tag.type == category.type and fold(value.name) == fold(written):
                return _Held(tag_set, tag, value)
    return None


def _level_problems(label: Label, policy: Policy, held: list[_Held], *, writing: bool) -> Iterator[Problem]:
    level = policy.level(label.classification)
    if level is None:
        yield Problem("classification", "classification", f"{policy.name} has no such classification")
        return
    if writing and level.obsolete:
        yield Problem("obsolete", "classification", "obsolete")
    for requirement in level.required:
        if not _met(requirement, held, policy):
            yield Problem("required-category", "classification", _asks(requirement))


def _class_problems(one: _Held, classification: str) -> Iterator[Problem]:
    if fold(classification) in map(fold, one.value.excluded_classes):
        yield Problem("excluded-class", one.where, f"not at {classification}")
    if one.value.required_classes and fold(classification) not in map(fold, one.value.required_classes):
        yield Problem("required-class", one.where, "only at " + ", ".join(one.value.required_classes))


def _value_problems(one: _Held, held: list[_Held], policy: Policy, day: date | None) -> Iterator[Problem]:
    for requirement in one.value.required:
        if not _met(requirement, held, policy):
            yield Problem("required-category", one.where, _asks(requirement))
    for group in one.value.excluded:
        if any(other is not one and _matches(group, other, policy) for other in held):
            yield Problem("excluded-category", one.where, f"not together with {group.tag_set}")
    if day is not None and one.value.not_before is not None and day < one.value.not_before:
        yield Problem("not-before", one.where, f"not before {one.value.not_before}")
    if day is not None and one.value.not_after is not None and day > one.value.not_after:
        yield Problem("not-after", one.where, f"not after {one.value.not_after}")


def _selection_problems(held: list[_Held], policy: Policy) -> Iterator[Problem]:
    for tag_set in policy.tag_sets:
        for tag in tag_set.tags:
            count = sum(one.tag is tag for one in held)
            most = 1 if tag.single else tag.most
            if (most is not None and count > most) or count < tag.least:
                where = f"{tag_set.name}/{tag.name}"
                limit = f"at least {tag.least}" if count < tag.least else f"at most {most}"
                yield Problem("selection", where, f"{limit} of its values, not {count}")


def _met(requirement: Requirement, held: list[_Held], policy: Policy) -> bool:
    present = [[one for one in held if _matches(group, one, policy)] for group in requirement.groups]
    if requirement.operation == "all":
        return all(present)
    count = len({one.where for group in present for one in group})
    return count == 1 if requirement.operation == "onlyOne" else count >= 1


def _matches(group: CategoryRef, one: _Held, policy: Policy) -> bool:
    # A tagSetRef names a tag set; where the name is unknown it is met by nothing, so a requirement fails closed.
    return (
        policy.tag_set(group.tag_set) is not None
        and fold(group.tag_set) == fold(one.tag_set.name)
        and group.type in {None, one.tag.type}
        and group.lacv in {None, one.value.lacv}
    )


def _asks(requirement: Requirement) -> str:
    sets = ", ".join(dict.fromkeys(group.tag_set for group in requirement.groups))
    return {
        "onlyOne": f"needs exactly one of {sets}",
        "oneOrMore": f"needs at least one of {sets}",
        "all": f"needs every listed value of {sets}",
    }[requirement.operation]
