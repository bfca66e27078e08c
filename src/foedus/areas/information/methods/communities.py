"""Communities of a weighted graph: modularity raised by moving one member at a time, level by level.

Definition: the method of Louvain with the resolution 1; members are tried in the order of their codes and equal gains go to the
smallest community, so the same edges give the same answer, in whatever order they come. Modularity does not see communities
that are small beside the whole graph.

Source: Blondel, Guillaume, Lambiotte and Lefebvre 2008 (Fast unfolding of communities in large networks).
"""

from __future__ import annotations

from collections import defaultdict

import numpy as np
from numpy.typing import NDArray

from foedus.areas.information.methods.components import Index

_LEAST = 1e-12

_Graph = list[dict[int, float]]


def communities(size: int, one: Index, other: Index, weight: Index | NDArray[np.float64]) -> Index:
    """Return for each of ``size`` members the smallest member of its community.

    >>> two = communities(6, np.array([0, 1, 0, 3, 4, 3, 2]), np.array([1, 2, 2, 4, 5, 5, 3]), np.ones(7))
    >>> two.tolist()
    [0, 0, 0, 3, 3, 3]
    """
    label = np.arange(size, dtype=np.int64)
    graph = _graph(size, one, other, np.asarray(weight, dtype=np.float64))
    while True:
        moved = _moved(graph)
        names, place = np.unique(moved, return_inverse=True)
        label = place[label]
        if len(names) == len(graph):
            break
        graph = _folded(graph, place.tolist(), len(names))
    first = np.full(size, size, dtype=np.int64)
    np.minimum.at(first, label, np.arange(size))
    return first[label]


def modularity(label: Index, one: Index, other: Index, weight: Index | NDArray[np.float64]) -> float:
    """Return the modularity of a division."""
    total = float(np.sum(weight))
    if not total:
        return 0.0
    inside = float(np.sum(np.where(label[one] == label[other], weight, 0))) / total
    ends = np.concatenate((label[one], label[other]))
    share = np.bincount(ends, np.concatenate((weight, weight))) / (2 * total)
    return inside - float((share**2).sum())


def _graph(size: int, one: Index, other: Index, weight: NDArray[np.float64]) -> _Graph:
    """Neighbours and weights of each member, both ascending: sums do not hang on the order of edges."""
    graph: _Graph = [{} for _ in range(size)]
    low, high = np.minimum(one, other), np.maximum(one, other)
    order = np.lexsort((weight, high, low))
    for a, b, w in zip(low[order].tolist(), high[order].tolist(), weight[order].tolist(), strict=True):
        graph[a][b] = graph[a].get(b, 0.0) + w
        graph[b][a] = graph[b].get(a, 0.0) + w
    return graph


def _moved(graph: _Graph) -> list[int]:
    """Move members to the neighbouring community that gains most, until none gains."""
    own = list(range(len(graph)))
    degree = [sum(near.values()) for near in graph]
    total = sum(degree)
    held = degree.copy()
    changed = total > 0
    while changed:
        changed = False
        for member, near in enumerate(graph):
            best = _best(near, member, own, (held, degree[member], total))
            if best != own[member]:
                held[own[member]] -= degree[member]
                held[best] += degree[member]
                own[member] = best
                changed = True
    return own


def _best(near: dict[int, float], member: int, own: list[int], sums: tuple[list[float], float, float]) -> int:
    """The community a member gains most by; it stays where nothing gains."""
    held, degree, total = sums
    ties: defaultdict[int, float] = defaultdict(float)
    for neighbour, weight in near.items():
        if neighbour != member:
            ties[own[neighbour]] += weight
    here = own[member]
    best, most = here, ties[here] - degree * (held[here] - degree) / total + _LEAST
    for community in sorted(ties):
        gain = ties[community] - degree * held[community] / total
        if community != here and gain > most:
            best, most = community, gain
    return best


def _folded(graph: _Graph, place: list[int], size: int) -> _Graph:
    """The graph of communities; what lies within one is a tie to itself, counted from both ends."""
    folded: _Graph = [{} for _ in range(size)]
    for member, near in enumerate(graph):
        into = folded[place[member]]
        for neighbour, weight in sorted(near.items()):
            into[place[neighbour]] = into.get(place[neighbour], 0.0) + weight
    return folded
