"""Circles: the communities within a group, by the ties that chance does not explain; sizes and ties, never members.

Communities are those of ``methods.communities`` (Louvain) in the graph of a group's ties, weighted by the objects shared. What
fewer than ``K`` accounts are behind is left out, counts go in steps of it. Where a thing was first seen is of this collection,
by language and by platform, and no origin.

Source: Blondel, Guillaume, Lambiotte and Lefebvre 2008 (Fast unfolding of communities in large networks).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from foedus.areas.information.few import K, rounded
from foedus.areas.information.meaning.network import Between, Community, Seen
from foedus.areas.information.methods.communities import communities
from foedus.areas.information.methods.grading import Graded
from foedus.areas.information.methods.timeline import first_seen
from foedus.model import instant

HOUR_S = 3600
Codes = NDArray[np.int64]


class Circles(NamedTuple):
    """Communities by size, the largest first, and how many accounts tie each two of them; of ``K`` accounts and more."""

    sizes: tuple[int, ...] = ()
    ties: tuple[tuple[int, int, int], ...] = ()


def circles(members: Codes, said: Graded) -> Circles:
    """Return the communities of a group.

    Args:
        members: codes of its accounts, ascending.
        said: what was graded.
    """
    strong = [
        kind.edges.take(np.flatnonzero(kind.strong & np.isin(kind.edges.a, members))) for kind in said.kinds.values()
    ]
    one, other = (
        np.searchsorted(members, np.concatenate([getattr(held, name) for held in strong])) for name in ("a", "b")
    )
    weight = np.concatenate([held.objects for held in strong])
    label = communities(len(members), one, other, weight)
    names, sizes = np.unique(label, return_counts=True)
    order = [int(names[at]) for at in np.lexsort((names, -sizes)) if sizes[at] >= K]
    ties = []
    for (low, first), (high, second) in combinations(enumerate(order, start=1), 2):
        across = ((label[one] == first) & (label[other] == second)) | ((label[one] == second) & (label[other] == first))
        behind = len(np.unique(np.concatenate((one[across], other[across]))))
        if behind >= K:
            ties.append((low, high, behind))
    return Circles(tuple(int(sizes[names == name][0]) for name in order), tuple(ties))


def told(held: Circles) -> tuple[tuple[Community, ...], tuple[Between, ...]]:
    """Return communities and the ties between them as they may be told."""
    sizes = tuple(Community(number, rounded(size)) for number, size in enumerate(held.sizes, start=1))
    return sizes, tuple(Between(one, other, rounded(accounts)) for one, other, accounts in held.ties)


def seen(columns: Mapping[str, Sequence[Any]], rows: Codes) -> Iterator[Seen]:
    """Yield where posts of a group were first seen, by language and by platform; the instant cut to the hour.

    Args:
        columns: ``language``, ``platform``, ``account``, ``channel`` and ``at_us`` of a week's posts.
        rows: those of the group.
    """
    places = rows.tolist()
    t_s = np.array([columns["at_us"][row] // 1_000_000 for row in places], dtype=np.int64)
    who = [columns["account"][row] or columns["channel"][row] for row in places]
    for by in ("language", "platform"):
        values = [columns[by][row] or "" for row in places]
        for one in first_seen(np.zeros(len(places), dtype=np.int64), values, t_s):
            if len({name for name, value in zip(who, values, strict=True) if value == one.value}) >= K:
                hour = instant.stix_text(instant.from_us(one.t_s // HOUR_S * HOUR_S * 1_000_000))
                yield Seen(by, one.value, hour, rounded(one.records))
