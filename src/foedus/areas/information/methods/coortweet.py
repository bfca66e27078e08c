"""Co-sharing as the R package CooRTweet 2.1 counts it, so that its users find their numbers again.

What differs from ``cosharing``, and is kept as it is there: rows are counted and not records, so that one post with two URLs
takes part twice; duplicated rows stay; a pair also falls away when either content is the object itself; of the two contents one
of a qualified account is enough; ``contents_older`` and ``contents_newer`` follow the instants and not the accounts; the weight
threshold is a quantile (type 7) that has to be exceeded. Rows without object are refused here: there they form an object.

Source: Righetti and Balluff, CooRTweet: A Generalized R Software for Coordinated Network Detection, Computational Communication
Research 7 (1), 2025; package 2.1.3 (MIT), from whose description and R code the rules are taken; no line of it is used.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from foedus.areas.information.methods.components import Index
from foedus.areas.information.methods.pairs import Shares, lined, paired
from foedus.areas.information.methods.runs import distinct

_NEVER = np.iinfo(np.int64).max


class Rule(NamedTuple):
    """Arguments of ``detect_groups``: seconds, rows an account must have, and whether loops fall away."""

    time_window: int = 10
    min_participation: int = 2
    remove_loops: bool = True


class Pairs(NamedTuple):
    """Its result table: pairs of rows as places in the shares given, the older first, with the seconds between."""

    older: Index
    newer: Index
    time_delta: Index


class Edges(NamedTuple):
    """Its network; ``a`` and ``b`` are account codes, ``a`` the smaller."""

    a: Index
    b: Index
    weight: Index
    avg_time_delta: NDArray[np.float64]
    contents_older: Index
    contents_newer: Index
    edge_symmetry_score: NDArray[np.float64]


def detect(shares: Shares, rule: Rule = Rule()) -> Pairs:  # noqa: B008  (immutable)
    """Find pairs, as ``detect_groups`` does.

    Args:
        shares: rows in their order, which decides at equal instants; objects and contents are numbered by one list of
            names (``pairs.codes``), accounts in the order of their names.
        rule: its arguments.
    """
    rows = _regrouped(shares, rule.min_participation)
    line = lined(shares.take(rows), rule.time_window, _NEVER)
    parts = [(rows[line.row[older]], rows[line.row[newer]]) for older, newer in paired(line)]
    empty = np.zeros(0, dtype=np.int64)
    older, newer = (np.concatenate(column) for column in zip(*parts, strict=True)) if parts else (empty, empty)
    if rule.remove_loops:
        stays = ~_loops(shares, older, newer)
        older, newer = older[stays], newer[stays]
    stays = _qualified(shares, rows, (older, newer), rule.min_participation)
    older, newer = older[stays], newer[stays]
    return Pairs(older, newer, shares.t_s[newer] - shares.t_s[older])


def stacked(parts: Sequence[tuple[Shares, Pairs]]) -> tuple[Shares, Pairs]:
    """Stack the results of several kinds, as ``rbindlist`` does: weights of kinds add up; codes are numbered over all kinds."""
    starts = np.cumsum([0, *(len(shares.object) for shares, _ in parts)])
    whole = Shares(*(np.concatenate(columns) for columns in zip(*(shares for shares, _ in parts), strict=True)))
    older = np.concatenate([pairs.older + start for (_, pairs), start in zip(parts, starts, strict=False)])
    newer = np.concatenate([pairs.newer + start for (_, pairs), start in zip(parts, starts, strict=False)])
    return whole, Pairs(older, newer, whole.t_s[newer] - whole.t_s[older])


def fast(shares: Shares, pairs: Pairs, time_window: int, min_participation: int) -> NDArray[np.bool_]:
    """Mark pairs of a narrower window, as ``flag_speed_share`` does: filtered anew, joined back on the two contents."""
    near = pairs.time_delta <= time_window
    older, newer = pairs.older[near], pairs.newer[near]
    stays = _qualified(shares, np.arange(len(shares.object)), (older, newer), min_participation)
    width = int(shares.content.max(initial=0)) + 1
    held = shares.content[older[stays]] * width + shares.content[newer[stays]]
    return np.isin(shares.content[pairs.older] * width + shares.content[pairs.newer], held)


def edges(shares: Shares, pairs: Pairs) -> Edges:
    """Add pairs up, as ``generate_coordinated_network`` does."""
    one, other = shares.account[pairs.older], shares.account[pairs.newer]
    width = int(shares.account.max(initial=0)) + 1
    key, back = np.unique(np.minimum(one, other) * width + np.maximum(one, other), return_inverse=True)
    weight = np.bincount(back, minlength=len(key))
    delta = np.bincount(back, pairs.time_delta, minlength=len(key)) / np.maximum(weight, 1)
    older = _distinct(back, shares.content[pairs.older], len(key))
    newer = _distinct(back, shares.content[pairs.newer], len(key))
    symmetry = np.minimum(older, newer) / np.maximum(np.maximum(older, newer), 1)
    return Edges(key // width, key % width, weight, delta, older, newer, symmetry)


def heavy(found: Edges, edge_weight: float = 0.5) -> NDArray[np.bool_]:
    """Edges above a quantile of the weights: those it flags, or keeps with ``subgraph = 1``."""
    if not len(found.weight):
        return np.zeros(0, dtype=bool)
    return np.asarray(found.weight > np.quantile(found.weight, edge_weight))


def _regrouped(shares: Shares, least: int) -> Index:
    """Rows of accounts with rows enough, account by account as they first appear."""
    _, first, back, count = np.unique(shares.account, return_index=True, return_inverse=True, return_counts=True)
    order = np.argsort(first[back], kind="stable")
    return order[count[back[order]] >= least]


def _loops(shares: Shares, older: Index, newer: Index) -> NDArray[np.bool_]:
    content = shares.content
    itself = (content[older] == shares.object[older]) | (content[newer] == shares.object[older])
    alone = (content[older] == content[newer]) | (shares.account[older] == shares.account[newer])
    return np.asarray(itself | alone)


def _qualified(shares: Shares, rows: Index, pairs: tuple[Index, Index], least: int) -> NDArray[np.bool_]:
    """Pairs of which either content is of an account with enough rows among the contents of all pairs."""
    one, other = shares.content[pairs[0]], shares.content[pairs[1]]
    size = int(shares.content.max(initial=0)) + 1
    paired_up = np.zeros(size, dtype=bool)
    paired_up[one] = paired_up[other] = True
    held = rows[paired_up[shares.content[rows]]]
    enough = np.bincount(shares.account[held], minlength=int(shares.account.max(initial=0)) + 1) >= max(least, 1)
    good = np.zeros(size, dtype=bool)
    good[shares.content[held[enough[shares.account[held]]]]] = True
    return good[one] | good[other]


def _distinct(group: Index, value: Index, size: int) -> Index:
    """Distinct values of each group."""
    width = int(value.max(initial=0)) + 1
    return np.bincount(distinct(group * width + value) // width, minlength=size)
