"""Sentences for the differences of two versions: one plain sentence for each place of the document."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from foedus.model.programme import in_language

COLLECTIONS: Mapping[str, str] = {
    "parties": "party",
    "groups": "group",
    "instruments": "instrument",
    "strategic_objectives": "objective",
    "priorities": "priority",
    "areas": "area",
    "activities": "activity",
    "indicators": "indicator",
    "milestones": "milestone",
    "clauses": "clause",
    "nodes": "node",
    "sources": "source",
    "scales": "scale",
    "targets": "target",
    "markings": "marking",
}
"""What one thing is called in each list of things that have names of their own."""

_FIELDS: Mapping[str, str] = {
    "misp_orgs": "MISP organisations",
    "uri": "address",
    "obligations_default": "default obligations",
    "notify_recall_within": "time to tell of a recall",
    "encrypt_in_transit": "encryption in transit",
    "onward": "rule for passing on",
    "attribute": "rule for naming the originator",
    "notice_before_end": "notice before the end",
    "from": "first day",
    "until": "last day",
    "due": "due day",
    "every": "interval",
    "agreed": "agreement",
    "first": "first time",
    "fn": "function",
    "min_n": "least number",
    "at": "place",
    "revised": "revision days",
}

_TEXTS = frozenset({"title", "name", "aim", "text"})

# Whose sentence is not "the <field> of <thing> is <new> instead of <old>".
_OWN: Mapping[tuple[str, ...], str] = {
    ("term", "from"): "the term begins on {new} instead of {old}",
    ("term", "until"): "the term ends on {new} instead of {old}",
    ("status",): "the programme is {new} instead of {old}",
    ("release", "classification_map", "order"): "the order of levels is {new} instead of {old}",
}

_PERMIT: Mapping[str, str] = {
    "what/max_classification": "{who} may receive up to {new} instead of {old} under {name}",
    "what/tlp_max": "{who} may receive up to {new} instead of {old} under {name}",
    "what/max_age": "{who} may receive what is of {new} instead of {old} under {name}",
    "actions": "{who} may act on what {name} permits as far as {new} instead of {old}",
    "retention": "what {name} permits {who} must be treated so: {new}, instead of: {old}",
    "retention/delete_after": "{who} must delete what {name} permits after {new} instead of {old}",
    "retention/review_every": "{who} must review what {name} permits {new} instead of {old}",
    "limit": "{name} lets {new} instead of {old} through to {who}",
    "limit/count": "{name} lets {new} instead of {old} objects in its window through to {who}",
    "limit/window": "{name} counts what goes to {who} over {new} instead of {old}",
    "limit/level": "{name} counts what goes to {who} from level {new} instead of {old} on",
    "four_eyes": "{name} asks for two persons' approval of what goes to {who}: {new} instead of {old}",
}

_BOTH: Mapping[str, str] = {
    "what/max_classification": "{name} keeps from {who} what is up to {new} instead of {old}",
    "what/tlp_max": "{name} keeps from {who} what is up to {new} instead of {old}",
    "what/max_age": "{name} keeps from {who} what is of {new} instead of {old}",
    "what/unless": "{name} is lifted for {who} by {new} instead of {old}",
    "valid": "{name} holds for {who} {new} instead of {old}",
    "valid/from": "{name} holds for {who} from {new} instead of {old} on",
    "valid/until": "{name} holds for {who} until {new} instead of {old}",
    "valid/notice_before_end": "{name} asks for {new} instead of {old} notice before its end",
}

_UNITS: Mapping[str, str] = {
    "what/tlp_max": "TLP {}",
    "what/max_age": "an age up to {}",
    "retention/review_every": "every {}",
}

# What is not written bounds nothing, or asks for nothing.
_ABSENT: Mapping[str, str] = {
    "what/max_classification": "any level",
    "what/tlp_max": "any TLP",
    "what/max_age": "any age",
    "what/unless": "nothing",
    "retention/review_every": "never",
    "limit": "any number of objects",
    "limit/level": "any",
    "four_eyes": "never",
    "retention": "no rule",
    "valid": "always",
}


def value(given: Any) -> str:
    """Return a value as people read it, cut where it is long."""
    if given is None:
        return "none"
    if isinstance(given, bool):
        return "yes" if given else "no"
    if isinstance(given, list | tuple) and all(isinstance(item, str) for item in given):
        return ", ".join(given) or "none"
    if isinstance(given, Mapping) and given and all(len(key) == 2 for key in given):
        return value(in_language(dict(given)))
    words = _in_full(given)
    return words if len(words) <= 160 else words[:157] + "..."


def phrase(path: Sequence[str]) -> str:
    """Return what a place of the document is called.

    >>> phrase(("areas", "cyber", "activities", "locked-shields", "lead"))
    'the lead of activity locked-shields of area cyber'
    >>> phrase(("areas", "cyber", "title", "ja"))
    'the title (ja) of area cyber'
    """
    steps = list(path[1:] if path[0] == "release" and len(path) > 1 else path)
    parts: list[str] = []
    before = ""
    while steps:
        step = steps.pop(0)
        if step in COLLECTIONS and steps:
            parts.append(f"{COLLECTIONS[step]} {steps.pop(0)}")
        elif before in _TEXTS:
            parts[-1] += f" ({step})"
        else:
            parts.append(f"the {_FIELDS.get(step, step.replace('_', ' '))}")
        before = step
    return " of ".join(reversed(parts))


def change(path: Sequence[str], old: Any, new: Any) -> str:
    """Return the sentence about one place outside a clause's own rules; None for what is not there.

    >>> change(("term", "until"), "2026-12-31", "2027-12-31")
    'the term ends on 2027-12-31 instead of 2026-12-31'
    >>> change(("areas", "cyber", "supports"), ["a", "b"], ["b", "c"])
    'the supports of area cyber gain c and lose a'
    """
    if tuple(path) in _OWN:
        return _OWN[tuple(path)].format(new=value(new), old=value(old))
    what = phrase(path)
    if len(path) > 1 and path[-2] in COLLECTIONS and (old is None or new is None):
        return _whole(what, old, new)
    told = _members(old or (), new or ())
    if told:
        return f"{what} {told}"
    if old is None:
        return f"{what} is {value(new)}, not given before"
    if new is None:
        return f"{what} is no longer given, before it was {value(old)}"
    said = value(new), value(old)
    if said[0] == said[1]:
        # Cut, or in one language, they would read alike: then in full.
        said = _in_full(new), _in_full(old)
    return f"{what} is {said[0]} instead of {said[1]}"


def of_permit(name: str, who: str, field: str, old: Any, new: Any) -> str:
    """Return the sentence about one rule of a permit.

    Args:
        name: the clause's id.
        who: its recipients, in words.
        field: path inside the clause, such as ``what/tlp_max``.
        old: value before, None where there was none.
        new: value after.
    """
    return _clause(_PERMIT.get(field) or _BOTH.get(field), (name, who, field), old, new)


def of_forbid(name: str, who: str, field: str, old: Any, new: Any) -> str:
    """Return the sentence about one rule of a forbid."""
    return _clause(_BOTH.get(field) or _PERMIT.get(field), (name, who, field), old, new)


def everything(name: str, word: str, old: Any, new: Any) -> str:
    """Return the sentence about a list in which nothing, or ``*``, stands for everything.

    >>> everything("f-orcon", "area", ["*"], ["cyber"])
    'f-orcon covers 1 area instead of every area: cyber'
    """

    def some(names: Sequence[str]) -> str:
        whole = not names or "*" in names
        return f"every {word}" if whole else f"{len(names)} {word}{'' if len(names) == 1 else 's'}"

    named = next((names for names in (new, old) if names and "*" not in names), ())
    return f"{name} covers {some(new or ())} instead of {some(old or ())}: {value(named)}"


def _clause(template: str | None, about: tuple[str, str, str], old: Any, new: Any) -> str:
    name, who, field = about
    if template is None:
        return change(("clauses", name, *field.split("/")), old, new)
    return template.format(name=name, who=who, new=_rule(field, new), old=_rule(field, old))


def _rule(field: str, given: Any) -> str:
    if given is None:
        return _ABSENT.get(field, "none")
    if not isinstance(given, Mapping):
        return _UNITS.get(field, "{}").format(value(given))
    match field:
        case "limit":
            level = f" from level {given['level']} on" if given.get("level") else ""
            return f"{given['count']} objects in {given['window']}{level}"
        case "retention":
            review = f", review every {given['review_every']}" if given.get("review_every") else ""
            return f"delete after {given['delete_after']}{review}"
        case "valid":
            return f"from {given['from']} until {given['until']}"
    return value(given)


def _in_full(given: Any) -> str:
    return given if isinstance(given, str) else msgspec.json.encode(given).decode()


def _whole(what: str, old: Any, new: Any) -> str:
    there = new if old is None else old
    named = ""
    if isinstance(there, Mapping):
        # Text of one language or of several; what has neither title nor name is told in full.
        title = next((there[key] for key in ("title", "name", "text") if there.get(key)), None)
        named = value(in_language(title) if title is not None else there)
    elif there is not None:
        named = value(there)
    return f"{what} is {'added' if old is None else 'removed'}: {named}"


def _members(old: Any, new: Any) -> str:
    lists = isinstance(old, list | tuple) and isinstance(new, list | tuple)
    if not lists or not all(isinstance(item, str) for item in (*old, *new)):
        return ""
    came, went = [n for n in new if n not in old], [n for n in old if n not in new]
    told = [f"{verb} {value(names)}" for verb, names in (("gain", came), ("lose", went)) if names]
    return " and ".join(told)
