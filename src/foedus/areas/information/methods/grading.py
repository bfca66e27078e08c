"""Grades: which ties between accounts chance does not explain, and the groups they form.

An edge is ``strong`` where both nulls fail to explain it, or where it lies within a group whose haste as a whole chance does not
explain (``gatherings``); it is ``activity-only`` where only activity and popularity fail: accounts
that like the same things, a co-sharing community, in a lane of its own and never called coordination. Groups are connected
components of edges of one grade, over all kinds, with ``group`` accounts or more.

A grade says that chance does not explain what was seen, not who arranged it, nor that anybody did; coordination is neither
inauthentic nor foreign.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from foedus.areas.information.methods.components import Index, components
from foedus.areas.information.methods.cosharing import WINDOW_S, Edges, network
from foedus.areas.information.methods.gatherings import LEAST, Gathering, gatherings
from foedus.areas.information.methods.nullmodel import Chance, Null, chance, discovered, shuffled
from foedus.areas.information.methods.pairs import VIRAL, Shares, Viral

STRONG, ACTIVITY_ONLY, NONE = "strong", "activity-only", "none"


class Kind(NamedTuple):
    """What was found of one kind of object: edges, their chances, grades, objects too many to pair.

    ``floor_activity`` and ``floor_timing`` are the least tails that the shuffles gave; ``shuffled`` how many pairs of accounts
    of all shuffles would have passed without them. ``gatherings`` are the groups that passed as wholes.
    """

    edges: Edges
    chance: Chance
    strong: NDArray[np.bool_]
    active: NDArray[np.bool_]
    viral: tuple[Viral, ...]
    floor_activity: float
    floor_timing: float
    shuffled: int
    gatherings: tuple[Gathering, ...]


class Graded(NamedTuple):
    """Kinds by name; groups of strong edges and, apart, of activity-only ones, each by its accounts ascending."""

    kinds: dict[str, Kind]
    groups: tuple[tuple[int, ...], ...]
    communities: tuple[tuple[int, ...], ...]


class _Found(NamedTuple):
    edges: Edges
    chance: Chance
    viral: tuple[Viral, ...]
    floors: tuple[float, float]
    tails: list[tuple[NDArray[np.float64], NDArray[np.float64]]]
    gatherings: list[Gathering]


def graded(
    kinds: Mapping[str, Shares],
    rng: np.random.Generator,
    window_s: int = WINDOW_S,
    settings: Null = Null(),  # noqa: B008  (immutable)
    viral: int = VIRAL,
) -> Graded:
    """Grade the edges of several kinds of objects together.

    Args:
        kinds: shares by kind; accounts are numbered by one list over all kinds.
        rng: what deals the labels in shuffles.
        window_s: longest time between two shares.
        settings: rates and bounds.
        viral: pairs from which on an object is not paired.
    """
    found = {name: _found(shares, rng, (window_s, viral), settings) for name, shares in sorted(kinds.items())}
    possible = sum(one.chance.possible for one in found.values())
    met = sum(one.chance.met for one in found.values())
    asked = sum(len(one.gatherings) for one in found.values())
    limits = (
        _limit([one.chance.p_activity for one in found.values()], possible, settings.alpha),
        settings.alpha / max(met, 1),
        _limit([np.array([held.p for held in one.gatherings]) for one in found.values()], asked, settings.alpha),
    )
    said = {name: _kind(one, limits, settings.haste) for name, one in found.items()}
    width = max((int(shares.account.max(initial=-1)) for shares in kinds.values()), default=-1) + 1
    groups = _groups([(one.edges, one.strong) for one in said.values()], width, settings.group)
    active = [(one.edges, one.active & ~one.strong) for one in said.values()]
    return Graded(said, groups, _groups(active, width, settings.group))


def grade(kind: Kind, edge: int) -> str:
    """Return the grade of an edge."""
    return STRONG if kind.strong[edge] else ACTIVITY_ONLY if kind.active[edge] else NONE


def _found(shares: Shares, rng: np.random.Generator, reach: tuple[int, int], settings: Null) -> _Found:
    """Edges and chances, and the tails of the shuffles."""
    held = network(shares, reach[0], viral=reach[1])
    tails = []
    for _ in range(settings.rounds):
        dealt = shuffled(shares, rng)
        drawn = chance(dealt, network(dealt, reach[0], viral=reach[1]), settings)
        tails.append((drawn.p_activity, drawn.p_timing))
    floors = (_least([one for one, _ in tails]), _least([other for _, other in tails]))
    whole = gatherings(shares, held, reach[0], settings)
    return _Found(held.edges, chance(shares, held, settings), held.viral, floors, tails, whole)


def _least(tails: list[NDArray[np.float64]]) -> float:
    return min((float(one.min(initial=1.0)) for one in tails), default=1.0)


def _limit(tails: Sequence[NDArray[np.float64]], tests: int, alpha: float) -> float:
    """The largest tail that is a discovery over all kinds."""
    together = np.concatenate([*tails, np.zeros(0)])
    passed = together[discovered(together, tests, alpha)]
    return float(passed.max(initial=-1.0))


def _kind(one: _Found, limits: tuple[float, float, float], haste: float) -> Kind:
    """Grade the edges of a kind: discovered and below all that the shuffles gave, or of a group that passed as a whole."""
    drawn = sum(int(((p <= limits[0]) & (q <= limits[1])).sum()) for p, q in one.tails)
    active = (one.chance.p_activity <= limits[0]) & (one.chance.p_activity < one.floors[0])
    strong = active & (one.chance.p_timing <= limits[1]) & (one.chance.p_timing < one.floors[1])
    strong &= one.edges.objects >= haste * one.chance.shared
    passed = tuple(held for held in one.gatherings if held.p <= limits[2] and held.hasty >= haste * held.objects)
    strong = strong | _within(one.edges, passed)
    return Kind(one.edges, one.chance, strong, active, one.viral, *one.floors, drawn, passed)


def _within(edges: Edges, held: Sequence[Gathering]) -> NDArray[np.bool_]:
    """Edges of several objects between members of one of the groups."""
    of = np.full(int(edges.b.max(initial=-1)) + 1, -1, dtype=np.int64)
    for number, one in enumerate(held):
        of[list(one.accounts)] = number
    return np.asarray((of[edges.a] >= 0) & (of[edges.a] == of[edges.b]) & (edges.objects >= LEAST))


def _groups(parts: list[tuple[Edges, NDArray[np.bool_]]], width: int, least: int) -> tuple[tuple[int, ...], ...]:
    """Components of the edges marked that have accounts enough."""
    none: Index = np.zeros(0, dtype=np.int64)
    one = np.concatenate([none, *(edges.a[marked] for edges, marked in parts)])
    other = np.concatenate([none, *(edges.b[marked] for edges, marked in parts)])
    root = components(width, one, other)
    size = np.bincount(root, minlength=width)
    held = np.flatnonzero(size[root] >= max(least, 2))
    members: dict[int, list[int]] = {}
    for account in held.tolist():
        members.setdefault(int(root[account]), []).append(account)
    return tuple(tuple(group) for group in members.values())
