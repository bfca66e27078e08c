"""The fixed point of drops equals the plain definition, on random graphs."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from foedus.release.closure import OPTIONAL, REQUIRED, REQUIRED_LIST, close

NODES = 7
edges = st.lists(st.tuples(st.integers(0, NODES - 1), st.integers(-1, NODES - 1), st.integers(0, 2)), max_size=20)


def plainly(visible, edges):
    """Drop until nothing changes, straight from the definition."""
    alive = list(visible)
    seen = lambda target: target >= 0 and alive[target]  # noqa: E731
    while True:
        falling = set()
        for node in range(NODES):
            mine = [(t, k) for s, t, k in edges if s == node]
            listed = [t for t, k in mine if k == REQUIRED_LIST]
            if any(k == REQUIRED and not seen(t) for t, k in mine) or (listed and not any(seen(t) for t in listed)):
                falling.add(node)
        falling = {node for node in falling if alive[node]}
        if not falling:
            break
        for node in falling:
            alive[node] = False
    dropped = [v and not a for v, a in zip(visible, alive, strict=True)]
    return dropped, [n for n, (s, t, _) in enumerate(edges) if alive[s] and not seen(t)]


@given(st.lists(st.booleans(), min_size=NODES, max_size=NODES), edges)
def test_closure_is_the_least_fixed_point(visible, edges):
    source, target, kind = (
        np.array([e[n] for e in edges], dtype=t) for n, t in enumerate((np.int64, np.int64, np.uint8))
    )
    found = close(np.array(visible), source, target, kind)
    assert (found.dropped.tolist(), found.pruned.tolist()) == plainly(visible, edges)


@given(st.lists(st.booleans(), min_size=NODES, max_size=NODES), edges)
def test_what_is_kept_after_pruning_points_only_at_what_is_seen(visible, edges):
    source, target, kind = (
        np.array([e[n] for e in edges], dtype=t) for n, t in enumerate((np.int64, np.int64, np.uint8))
    )
    found = close(np.array(visible), source, target, kind)
    alive = np.array(visible) & ~found.dropped
    for n, (s, t, k) in enumerate(edges):
        if alive[s] and n not in found.pruned:
            assert t >= 0
            assert alive[t]
        if alive[s] and n in found.pruned:
            assert k in (OPTIONAL, REQUIRED_LIST)
