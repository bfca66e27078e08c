"""Wider or narrower: the direction in which one field of a release clause changed, comparison by comparison."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, get_args

from foedus.model.label import TLP_ORDER
from foedus.model.programme import Action

ACTIONS: tuple[str, ...] = get_args(Action)
"""The IEP 2.0 ladder of permitted actions, lowest first."""

_DAYS = {"Y": 365.25, "M": 30.4375, "W": 7.0, "D": 1.0}
_DURATION = re.compile(r"P(?:(\d+)([YMWD])|T(\d+)([HM]))")

WIDER, NARROWER, UNCLEAR = 1, -1, 0


def days(duration: str | None) -> float:
    """Return about how many days a duration lasts, to compare two; None lasts for ever.

    >>> days("P1Y") > days("P11M"), days("PT24H")
    (True, 1.0)
    """
    match = _DURATION.fullmatch(duration or "")
    if match is None:
        return float("inf")
    if match[2]:
        return int(match[1]) * _DAYS[match[2]]
    return int(match[3]) / (24 if match[4] == "H" else 1440)


def of_step(old: str | None, new: str | None, order: Sequence[str]) -> int:
    """Compare two steps of a ladder; none at all bounds nothing."""
    heights = [len(order) if step is None else order.index(step) if step in order else -1 for step in (old, new)]
    return UNCLEAR if -1 in heights else _sign(heights[1] - heights[0])


def of_field(field: str, old: Any, new: Any, levels: Sequence[str]) -> int:
    """Return whether a clause matches or grants more (WIDER) or less after a change of one scalar field.

    Args:
        field: path inside the clause, such as ``what/tlp_max``.
        old: value before, None where there was none.
        new: value after.
        levels: the common ladder.
    """
    match field:
        case "what/max_classification":
            return of_step(old, new, levels)
        case "what/tlp_max":
            return of_step(old, new, TLP_ORDER)
        case "actions":
            return of_step(old, new, ACTIONS)
        case "retention/delete_after" | "retention/review_every" | "what/max_age" | "limit/window":
            # A longer window of the same count lets fewer through.
            return _sign(days(new) - days(old) if days(new) != days(old) else 0) * (
                -1 if field == "limit/window" else 1
            )
        case "valid/from":
            return _sign((old > new) - (old < new)) if old and new else UNCLEAR
        case "valid/until":
            return _sign((new > old) - (new < old)) if old and new else UNCLEAR
        case "limit/count":
            return _sign(new - old) if isinstance(old, int) and isinstance(new, int) else UNCLEAR
        case "limit" | "four_eyes" | "retention" | "valid":
            return WIDER if new is None else NARROWER if old is None else UNCLEAR
    return UNCLEAR


def _sign(difference: float) -> int:
    return (difference > 0) - (difference < 0)
