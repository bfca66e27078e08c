"""The compiled policy: an immutable IR of names, and beside it the same rules as integers and masks.

The IR is what the policy hash is over; the masks are derived from it and follow it bit for bit. One clause and one
recipient make one Rule, so that everything that concerns a recipient can be hashed, folded and explained alone.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import msgspec

from foedus.label.ladder import Ladder
from foedus.label.names import fold
from foedus.model.canonical import digest
from foedus.model.label import TLP_ORDER

# A level nobody mapped is above every ceiling; a party whose clearance nobody mapped is below every level.
UNKNOWN_LEVEL = 1_000_000
NO_CLEARANCE = -1
UNKNOWN_TLP = len(TLP_ORDER)
MASK_BITS = 62
ORCON = "ORCON"
CONSENT = "originator-consent"
PSEUDONYMISED = "pseudonymised"
PSEUDONYM_PROFILE = "pseudonymise-private-persons"
# Caveats the engine knows without being told; the last stands for every nation's "eyes only".
KNOWN_CAVEATS = (ORCON, "NOFORN", "NATO-ONLY", "NOFWD", "*-EYES-ONLY")


class Recipient(msgspec.Struct, frozen=True):
    """A party as a recipient: its states (or its own id) on the day, and its ceilings, by name."""

    id: str
    kind: str
    states: tuple[str, ...]
    clearance: str
    tlp_max: str


class Limit(msgspec.Struct, frozen=True):
    """Aggregation limit of a rule."""

    count: int
    window: str
    level: str


class Rule(msgspec.Struct, frozen=True):
    """One clause for one recipient, groups folded. ``unusable`` names what a permit lacks; such a permit covers nothing."""

    id: str
    effect: Literal["permit", "forbid"]
    recipient: str
    owners: tuple[str, ...]
    areas: tuple[str, ...]
    types: tuple[str, ...]
    level_max: str
    tlp_max: str
    caveats: tuple[str, ...]
    caveats_any: tuple[str, ...]
    contains: tuple[str, ...]
    unless: str
    purposes: tuple[str, ...]
    start_us: int
    end_us: int
    max_age: str
    action: str
    delete_after: str
    review_every: str
    profiles: tuple[str, ...]
    limit: Limit | None
    four_eyes: str
    unusable: str = ""


class PolicyIR(msgspec.Struct, frozen=True):
    """Everything a decision rests on; ``not_in_force`` says why nothing releases, empty when it is in force."""

    programme: str
    version: str
    digest: str
    not_in_force: str
    order: tuple[str, ...]
    maps: tuple[tuple[str, tuple[tuple[str, str], ...]], ...]
    recipients: tuple[Recipient, ...]
    groups: tuple[tuple[str, tuple[str, ...]], ...]
    areas: tuple[tuple[str, str], ...]
    attribute: str
    encrypt_in_transit: str
    onward: str
    notify_recall_within: str
    rules: tuple[Rule, ...]


class MaskedRule(msgspec.Struct, frozen=True):
    """A rule as integers, masks and sets; None: the rule does not ask."""

    rule: Rule
    permit: bool
    owners: frozenset[str]
    areas: frozenset[str] | None
    types: frozenset[str] | None
    level_max: int
    tlp_max: int
    allowed: int
    any_of: int
    contains: frozenset[str]
    purposes: frozenset[str] | None

    def names_area(self, area: str) -> bool:
        """Say whether the rule is about an area."""
        return self.areas is None or area in self.areas


class MaskedRecipient(msgspec.Struct, frozen=True):
    """A recipient as integers: its bit in audiences, its ceilings, the marks that some permit to it accepts."""

    recipient: Recipient
    bit: int
    clearance: int
    tlp_max: int
    marks: int
    permits: tuple[MaskedRule, ...]
    forbids: tuple[MaskedRule, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Policy:
    """A programme compiled for the instants ``valid_from_us <= at < valid_until_us``.

    ``marks`` gives the bit of each restrictive category value or caveat; ``ladder`` places
    each party's own level names on the common ladder.
    """

    ir: PolicyIR
    hash: str
    valid_from_us: int
    valid_until_us: int
    marks: dict[str, int]
    recipients: dict[str, MaskedRecipient]
    ladder: Ladder
    areas: dict[str, str]
    types: frozenset[str]
    purposes: frozenset[str]
    _rules_hash: dict[str, str] = field(default_factory=dict)

    def rules_hash(self, party: str) -> str:
        """Return the SHA-256 over what concerns one recipient alone; another party's clauses cannot move it."""
        if party not in self._rules_hash:
            mine = [msgspec.to_builtins(rule) for rule in self.ir.rules if rule.recipient == party]
            who = [msgspec.to_builtins(r) for r in self.ir.recipients if r.id == party]
            self._rules_hash[party] = digest({"programme": self.ir.programme, "recipient": who, "rules": mine})
        return self._rules_hash[party]

    def level(self, name: str) -> int:
        """Return the rank of a common level, UNKNOWN_LEVEL for one the ladder does not have."""
        return self.ir.order.index(name) if name in self.ir.order else UNKNOWN_LEVEL


def tlp_rank(name: str | None) -> int:
    """Return the rank of a TLP, UNKNOWN_TLP for none or an unknown one."""
    return TLP_ORDER.index(name) if name in TLP_ORDER else UNKNOWN_TLP


def mark_name(name: str) -> str:
    """Return a restrictive value's name as it is compared and shown."""
    return fold(name).upper()


def mark_of(name: str, marks: dict[str, int]) -> int:
    """Return the bit of a restrictive value, 0 for one that nobody named."""
    folded = mark_name(name)
    if folded in marks:
        return marks[folded]
    return marks["*-EYES-ONLY"] if folded.endswith("-EYES-ONLY") and len(folded) > len("-EYES-ONLY") else 0
