"""Facets: a label as integers and masks, computed once per distinct (policy, label, owner) and compared ever after."""

from __future__ import annotations

import re
from datetime import datetime
from typing import NamedTuple

from foedus.label import nato
from foedus.label.audience import audience
from foedus.label.names import fold
from foedus.model import instant
from foedus.model.duration import FOREVER_US
from foedus.model.label import Label
from foedus.release.policy import UNKNOWN_LEVEL, UNKNOWN_TLP, Policy, mark_of, tlp_rank

NO_LABEL, NO_LEVEL, NO_TLP, STRANGE_CATEGORY, STRANGE_CAVEAT = 1, 2, 4, 8, 16
AUDIENCE_TAGS = frozenset(fold(tag) for tag in (nato.CONTEXT, nato.ONLY, nato.RELEASABLE_TO))
_CODE = re.compile(r"[A-Za-z]{3}", re.ASCII)

FACET_COLUMNS: dict[str, str] = {
    "level": "rank on the common ladder; 1000000 where nobody mapped it",
    "tlp": "0 clear, 1 green, 2 amber, 3 amber+strict, 4 red; 5 where there is none",
    "cats": "mask of restrictive category values, bits by Policy.marks",
    "caveats": "mask of caveats, bits by Policy.marks",
    "audience": "mask of the parties all of whose states are in the label's audience, bits by place in the programme",
    "unknown": "0, or which parts nobody knows: 1 no label, 2 level, 4 TLP, 8 category, 16 caveat",
    "from_us": "first instant at which this form of the label holds (succession)",
    "until_us": "first instant at which it does not; 2**53 - 1 where there is no end",
}


class Facets(NamedTuple):
    """One label, as one owner's, under one policy, in the span from ``from_us`` until before ``until_us``."""

    level: int
    tlp: int
    cats: int
    caveats: int
    audience: int
    unknown: int
    from_us: int
    until_us: int


def facets(label: Label | None, owner: str, policy: Policy, at: datetime) -> Facets:
    """Return the facets of the label that holds at an instant (succession applied)."""
    if label is None:
        return Facets(UNKNOWN_LEVEL, UNKNOWN_TLP, 0, 0, 0, NO_LABEL, 0, FOREVER_US)
    at_us = instant.to_us(at)
    turns = sorted(instant.to_us(succession.at) for succession in label.successions)
    start = max((turn for turn in turns if turn <= at_us), default=0)
    until = min((turn for turn in turns if turn > at_us), default=FOREVER_US)
    return _of(label.at(at), owner, policy, (start, until))


def seen(
    label: Label | None, owner: str, policy: Policy, at: datetime
) -> tuple[Label | None, Facets, frozenset[str] | None]:
    """Return what a case needs of a label: the form that holds at an instant, its facets and its audience."""
    held = label.at(at) if label else None
    return held, facets(label, owner, policy, at), audience_of(held, owner, policy) if held else frozenset()


def all_facets(label: Label | None, owner: str, policy: Policy) -> tuple[Facets, ...]:
    """Return the facets of every form the label takes over time: the rows a store keeps, their spans adjoin."""
    turns = sorted({succession.at for succession in label.successions}) if label else []
    return tuple(facets(label, owner, policy, at) for at in (instant.EPOCH, *turns))


def level_of(label: Label, owner: str, policy: Policy) -> int:
    """Return the rank of a label's classification on the common ladder, UNKNOWN_LEVEL where nobody mapped it.

    The map is that of the party whose policy the label names, else the owner's.
    """
    wanted = "NATO" if nato.is_nato(label) else label.policy
    party = next((party for party, name in policy.ladder.policies.items() if fold(name) == fold(wanted)), owner)
    level = policy.ladder.level(label, party)
    return UNKNOWN_LEVEL if level is None else level


def audience_of(label: Label, owner: str, policy: Policy) -> frozenset[str] | None:
    """Return the states and organisations a label admits, None for everybody; an empty audience is the originator's."""
    admitted = audience(label, lambda name: _members(name, policy))
    return _members(owner, policy) if admitted == frozenset() else admitted


def _members(name: str, policy: Policy) -> frozenset[str]:
    """Return the states or the organisation behind a party, a group or a state's code; nobody for any other name."""
    wanted = fold(name)
    for recipient in policy.ir.recipients:
        if wanted in (fold(recipient.id), fold(policy.ladder.policies[recipient.id])):
            return frozenset(recipient.states)
    for group, states in policy.ir.groups:
        if wanted == fold(group):
            return frozenset(states)
    return frozenset({name.upper()}) if _CODE.fullmatch(name) else frozenset()


def _of(label: Label, owner: str, policy: Policy, span: tuple[int, int]) -> Facets:
    level = level_of(label, owner, policy)
    unknown = (NO_LEVEL if level == UNKNOWN_LEVEL else 0) | (NO_TLP if tlp_rank(label.tlp) == UNKNOWN_TLP else 0)
    cats = caveats = 0
    for category in label.categories:
        if category.type == "RESTRICTIVE":
            bits = [mark_of(value, policy.marks) for value in category.values]
            unknown |= 0 if all(bits) else STRANGE_CATEGORY
            cats |= sum(set(bits))
        elif category.type == "PERMISSIVE" and fold(category.tag_set) not in AUDIENCE_TAGS:
            unknown |= STRANGE_CATEGORY
    for caveat in label.caveats:
        bit = mark_of(caveat, policy.marks)
        unknown |= 0 if bit else STRANGE_CAVEAT
        caveats |= bit
    admitted = audience_of(label, owner, policy)
    seen_by = sum(
        party.bit
        for party in policy.recipients.values()
        if party.recipient.states and (admitted is None or admitted.issuperset(party.recipient.states))
    )
    return Facets(level, tlp_rank(label.tlp), cats, caveats, seen_by, unknown, *span)
