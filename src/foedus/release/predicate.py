"""The rules as one typed boolean expression over columns, and that expression as SQL.

Equal to ``decide`` before facts and content: true exactly where the mandatory part holds and the clauses permit, so that
only what the ledger says (recall, grant, approval, counter) or the finding contains may still hold or withhold it.
Columns of the object row are prefixed ``o.``, those of its label's facet row ``f.``; none of them may be NULL.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from foedus.model import instant
from foedus.model.duration import shift_us
from foedus.release.conditions import SKEW_US
from foedus.release.policy import (
    CONSENT,
    MASK_BITS,
    ORCON,
    PSEUDONYM_PROFILE,
    PSEUDONYMISED,
    UNKNOWN_LEVEL,
    UNKNOWN_TLP,
    MaskedRecipient,
    MaskedRule,
    Policy,
)

OBJECT_COLUMNS = ("owner", "area", "kind", "created_us", "labelled_us")
_ALL = (1 << MASK_BITS) - 1


@dataclass(frozen=True, slots=True)
class Const:
    """Always true, or always false."""

    value: bool


@dataclass(frozen=True, slots=True)
class Cmp:
    """A column compared with a value."""

    column: str
    op: Literal["=", "<=", "<", ">=", ">"]
    value: int | str


@dataclass(frozen=True, slots=True)
class In:
    """A column's value is one of several; of none it never is."""

    column: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MaskSubset:
    """A column has no bit outside a mask."""

    column: str
    mask: int


@dataclass(frozen=True, slots=True)
class MaskOverlap:
    """A column shares a bit with a mask."""

    column: str
    mask: int


@dataclass(frozen=True, slots=True)
class And:
    """Every part holds."""

    parts: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """Some part holds."""

    parts: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """The part does not hold."""

    part: Expression


Expression = Const | Cmp | In | MaskSubset | MaskOverlap | And | Or | Not


def predicate(policy: Policy, party: str, area: str, at: datetime, purpose: str) -> Expression:
    """Return what a finding's columns must be so that a party may have it in an area, at an instant, for a purpose.

    An empty purpose stands for the area's default.
    """
    at_us = instant.to_us(at)
    wanted = purpose or policy.areas.get(area, "")
    recipient = policy.recipients.get(party)
    if (
        recipient is None
        or policy.ir.not_in_force
        or not policy.valid_from_us <= at_us < policy.valid_until_us
        or area not in policy.areas
        or wanted not in policy.purposes
    ):
        return Const(value=False)
    permits = [rule for rule in recipient.permits if _folds(rule, area, at_us, wanted)]
    permits = [rule for rule in permits if not rule.rule.unusable]
    forbids = [rule for rule in recipient.forbids if _folds(rule, area, at_us, wanted)]
    if not permits:
        return Const(value=False)
    return And(
        (
            *_mandatory(policy, recipient, area, at_us),
            Or(tuple(_permit(rule, at_us) for rule in permits)),
            *(
                _unless_struck(rule, permits, at_us)
                for rule in forbids
                if rule.rule.unless != CONSENT and not rule.contains
            ),
        )
    )


def of_labels(expression: Expression, *, may: bool = True) -> Expression:
    """Return what an expression asks of a label on an owner's findings: true (``may``) wherever it can be true of one of them.

    The owner of a facet row is that of its objects, so what is asked of the owner stays.

    >>> of_labels(And((Cmp("o.kind", "=", "gap"), Cmp("f.level", "<=", 1))))
    And(parts=(Const(value=True), Cmp(column='f.level', op='<=', value=1)))
    >>> of_labels(Not(Cmp("o.kind", "=", "gap")))
    Not(part=Const(value=False))
    """
    match expression:
        case Not(part):
            return Not(of_labels(part, may=not may))
        case And(parts):
            return And(tuple(of_labels(part, may=may) for part in parts))
        case Or(parts):
            return Or(tuple(of_labels(part, may=may) for part in parts))
        case In("o.owner", values):
            return In("f.owner", values)
        case Cmp(column) | In(column) | MaskSubset(column) | MaskOverlap(column) if column.startswith("o."):
            return Const(value=may)
        case _:
            return expression


def sql(expression: Expression) -> tuple[str, dict[str, int | str]]:
    """Return an expression as SQL text with named parameters (``:p0``), the same for SQLite, PostgreSQL and DuckDB.

    >>> sql(And((Cmp("f.level", "<=", 1), Not(MaskOverlap("f.caveats", 6)))))
    ('((f.level <= :p0) AND (NOT ((f.caveats & :p1) <> 0)))', {'p0': 1, 'p1': 6})
    """
    parameters: dict[str, int | str] = {}
    return _sql(expression, parameters), parameters


def holds(expression: Expression, row: Mapping[str, int | str]) -> bool:
    """Evaluate an expression on one row of prefixed columns."""
    match expression:
        case Const(value):
            return value
        case Cmp(column, op, value):
            return _compare(row[column], op, value)
        case In(column, values):
            return row[column] in values
        case MaskSubset(column, mask):
            return not int(row[column]) & ~mask
        case MaskOverlap(column, mask):
            return bool(int(row[column]) & mask)
        case And(parts):
            return all(holds(part, row) for part in parts)
        case Or(parts):
            return any(holds(part, row) for part in parts)
        case Not(part):
            return not holds(part, row)


def _mandatory(policy: Policy, recipient: MaskedRecipient, area: str, at_us: int) -> tuple[Expression, ...]:
    accepted = recipient.marks | policy.marks[ORCON]
    return (
        Cmp("o.area", "=", area),
        Cmp("f.unknown", "=", 0),
        Cmp("f.level", "<=", recipient.clearance),
        Cmp("f.tlp", "<=", min(recipient.tlp_max, UNKNOWN_TLP - 1)),
        MaskOverlap("f.audience", recipient.bit),
        MaskSubset("f.cats", accepted),
        MaskSubset("f.caveats", accepted),
        In("o.owner", tuple(name for name in policy.recipients if name != recipient.recipient.id)),
        Cmp("o.created_us", ">=", 0),
        Cmp("o.created_us", "<=", at_us + SKEW_US),
        Cmp("o.labelled_us", "<=", at_us),
        Cmp("f.from_us", "<=", at_us),
        Cmp("f.until_us", ">", at_us),
    )


def _folds(rule: MaskedRule, area: str, at_us: int, purpose: str) -> bool:
    """Say whether a rule's own area, validity and purpose are those asked for: these need no column."""
    return (
        rule.names_area(area)
        and rule.rule.start_us <= at_us < rule.rule.end_us
        and (rule.purposes is None or purpose in rule.purposes)
    )


def _shared(rule: MaskedRule, at_us: int) -> tuple[Expression, ...]:
    parts: list[Expression] = [In("o.owner", rule.rule.owners)]
    if rule.types is not None:
        parts.append(In("o.kind", rule.rule.types))
    if rule.level_max != UNKNOWN_LEVEL:
        parts.append(Cmp("f.level", "<=", rule.level_max))
    if rule.tlp_max != UNKNOWN_TLP:
        parts.append(Cmp("f.tlp", "<=", rule.tlp_max))
    if rule.rule.max_age:
        parts.append(Cmp("o.created_us", ">=", shift_us(at_us, rule.rule.max_age, -1)))
    if rule.rule.caveats_any:
        parts.append(Or((MaskOverlap("f.cats", rule.any_of), MaskOverlap("f.caveats", rule.any_of))))
    return tuple(parts)


def _permit(rule: MaskedRule, at_us: int) -> Expression:
    return And((*_shared(rule, at_us), MaskSubset("f.cats", rule.allowed), MaskSubset("f.caveats", rule.allowed)))


def _unless_struck(rule: MaskedRule, permits: list[MaskedRule], at_us: int) -> Expression:
    struck = And(_shared(rule, at_us))
    if rule.rule.unless != PSEUDONYMISED:
        return Not(struck)
    masked = tuple(_permit(permit, at_us) for permit in permits if PSEUDONYM_PROFILE in permit.rule.profiles)
    return Not(And((struck, Not(Or(masked)))))


def _compare(left: int | str, op: str, right: int | str) -> bool:
    if op == "=":
        return left == right
    a, b = int(left), int(right)
    return a <= b if op == "<=" else a < b if op == "<" else a >= b if op == ">=" else a > b


def _sql(expression: Expression, parameters: dict[str, int | str]) -> str:
    match expression:
        case Const(value):
            return "(1 = 1)" if value else "(1 = 0)"
        case Cmp(column, op, value):
            return f"({column} {op} {_bind(value, parameters)})"
        case In(column, values):
            if not values:
                return "(1 = 0)"
            return f"({column} IN ({', '.join(_bind(value, parameters) for value in values)}))"
        case MaskSubset(column, mask):
            # The complement is computed here: ~ of a signed integer differs between engines.
            return f"(({column} & {_bind(_ALL & ~mask, parameters)}) = 0)"
        case MaskOverlap(column, mask):
            return f"(({column} & {_bind(mask, parameters)}) <> 0)"
        case Not(part):
            return f"(NOT {_sql(part, parameters)})"
        case And(parts) | Or(parts):
            word = " AND " if isinstance(expression, And) else " OR "
            if not parts:
                return "(1 = 1)" if isinstance(expression, And) else "(1 = 0)"
            return f"({word.join(_sql(part, parameters) for part in parts)})"


def _bind(value: int | str, parameters: dict[str, int | str]) -> str:
    name = f"p{len(parameters)}"
    parameters[name] = value
    return f":{name}"
