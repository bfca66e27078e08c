"""Against chance: how often two accounts would share the same objects in time if nobody had arranged it.

Two questions are asked of a pair of accounts a and b that co-share k distinct objects of one kind within the window.

* Activity and popularity: d_a objects of a (each once), S their sum over all accounts, P the account pairs tied by all
  objects. If the P ties fell on pairs in proportion to activity, a and b would have lambda = 2 d_a d_b P / S^2 of them;
  p_activity = P[Poisson(lambda) >= k]. This is the configuration model of the co-sharing graph, on objects and not on
  messages: a viral object raises P for everyone.
* Timing: for every object both shared at any lag, n of them, q_o is the share of its account pairs that lie within the
  window. Were both as fast as each object is, they would tie mu = sum q_o times; p_timing = P[Binomial(n, mu / n) >= k], for
  k of 2 and more. (With unequal q_o the number is Poisson-binomial; the binomial of the same mean bounds its tail from
  above, Hoeffding 1956.) An object of fewer than ``own`` accounts does not estimate its own q_o: that would explain a
  campaign away by itself. None falls below the pooled value or ``least``, and none is held to be faster than ``most`` of its
  own accord: breaking news is slower.

A small difference becomes certain over many objects; so a pair is told of only if ``haste`` of what both shared, whenever, lies
within the window. p_activity is corrected for all pairs that were possible (Benjamini and Hochberg), p_timing for all that
share anything (Bonferroni: a large campaign gives so many discoveries that a rate of false ones among them would let fans
in). Poisson is too sure where few objects hold most shares; so the labels of accounts are shuffled among rows of accounts of
like activity, and a pair has to lie below everything the shuffles gave (``grading``).

Sources: Newman 2010, Networks, chapter 13 (configuration model); Neal 2014 and Saracco et al. 2017 (null models of
projections); Benjamini and Hochberg 1995; Hoeffding 1956 (On the distribution of the number of
successes in independent trials); the timing null is ours. Innocent explanations that remain: one person's several
accounts, agency copy on one schedule, a small and fast circle of friends.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from foedus.areas.information.methods.components import Index
from foedus.areas.information.methods.cosharing import Edges, Network
from foedus.areas.information.methods.pairs import Shares
from foedus.areas.information.methods.runs import distinct

Floats = NDArray[np.float64]
_AT_ONCE = 500_000


class Null(NamedTuple):
    """Settings.

    Attributes:
        alpha: rate of false discoveries, and for haste the chance of a single one.
        rounds: shuffles.
        own: accounts from which an object estimates its own speed.
        least: least probability that two accounts who share an object do so within the window.
        group: accounts of the smallest group that is told of.
        most: largest such probability that passes for an object's own speed.
        sizes: accounts of the objects that make candidates for a group (``gatherings``).
        pooled: whether no object is held to be slower than all are together; else ``least`` alone speaks for those of few.
        haste: least part of what two share that lies within the window, and in a group least mean part of its pairs.
    """

    alpha: float = 0.01
    rounds: int = 20
    own: int = 20
    least: float = 0.01
    group: int = 3
    most: float = 0.3
    sizes: tuple[int, ...] = (12, 40, 120)
    haste: float = 0.4
    pooled: bool = True


class Chance(NamedTuple):
    """Of each edge: expected objects and tail under either null, objects shared at any lag (asked of edges of several).

    ``possible`` and ``met`` are the tests that the tails of activity and of timing stand among.
    """

    expected_activity: Floats
    p_activity: Floats
    expected_timing: Floats
    p_timing: Floats
    shared: Index
    possible: int
    met: int


class _Held(NamedTuple):
    """Distinct (account, object), by account; objects of each account; accounts of each object."""

    account: Index
    object: Index
    of_account: Index
    of_object: Index


def chance(shares: Shares, found: Network, settings: Null = Null()) -> Chance:  # noqa: B008  (immutable)
    """Return how surprising each edge is; objects that were not paired are on neither side."""
    held = _held(shares, found)
    edges = found.edges
    total, ties = float(held.of_account.sum()), float(found.tied.sum())
    activity = held.of_account.astype(np.float64)
    expected = activity[edges.a] * activity[edges.b] * (2.0 * ties / max(total, 1.0) ** 2)
    lag, p_timing, shared = np.zeros(len(edges.a)), np.ones(len(edges.a)), edges.objects.copy()
    several = np.flatnonzero(edges.objects >= 2)
    both, mean = _both(held, edges.take(several), _speed(held, found.tied, settings))
    lag[several], shared[several] = mean, both
    p_timing[several] = tail_of(edges.objects[several], both, mean / np.maximum(both, 1))
    accounts = int((held.of_account > 0).sum())
    possible = accounts * (accounts - 1) // 2
    together = int((held.of_object * (held.of_object - 1) // 2).sum())
    return Chance(expected, tail(edges.objects, expected), lag, p_timing, shared, possible, min(possible, together))


def speeds(shares: Shares, found: Network, settings: Null = Null()) -> Floats:  # noqa: B008  (immutable)
    """Return of each object the probability that two accounts who share it do so within the window."""
    return _speed(_held(shares, found), found.tied, settings)


def tail(k: Index, mean: Floats) -> Floats:
    """Return P[Poisson(mean) >= k] for k of 1 and more, exact far into the tail.

    >>> [f"{p:.6g}" for p in tail(np.array([1, 3]), np.array([0.5, 1e-4])).tolist()]
    ['0.393469', '1.66654e-13']
    """
    mean = np.maximum(mean, 1e-300)
    upper = mean < k
    at = np.where(upper, k, k - 1)
    log = at * np.log(mean) - mean - _log_factorial(at)
    held = _summed(np.exp(log), lambda step: np.where(upper, mean / (k + step), (k - step) / mean))
    return np.asarray(np.clip(np.where(upper, held, 1.0 - held), 0.0, 1.0))


def tail_of(k: Index, n: Index, p: Floats) -> Floats:
    """Return P[Binomial(n, p) >= k] for k of 1 to n, exact far into the tail.

    >>> [f"{p:.6g}" for p in tail_of(np.array([2, 1]), np.array([2, 3]), np.array([0.01, 0.5])).tolist()]
    ['0.0001', '0.875']
    """
    p = np.clip(p, 1e-300, 1.0 - 1e-12)
    odds = p / (1.0 - p)
    upper = n * p < k
    at = np.where(upper, k, k - 1)
    ways = _log_factorial(n) - _log_factorial(at) - _log_factorial(n - at)
    log = ways + at * np.log(p) + (n - at) * np.log1p(-p)

    def ratio(step: int) -> Floats:
        up = np.maximum(n - k - step + 1, 0) / (k + step) * odds
        return np.asarray(np.where(upper, up, np.maximum(k - step, 0) / (n - k + 1 + step) / odds))

    held = _summed(np.exp(log), ratio)
    return np.asarray(np.clip(np.where(upper, held, 1.0 - held), 0.0, 1.0))


def _summed(term: Floats, ratio: Callable[[int], Floats]) -> Floats:
    """Sum a series of each element, whose terms fall in the end, from its first term and the ratios that follow."""
    total, step = term.copy(), 0
    while (term > 1e-17 * total).any():
        step += 1
        term = np.maximum(term * ratio(step), 0.0)
        total += term
    return total


def _log_factorial(n: Index) -> Floats:
    """Logarithms of factorials."""
    table = np.array([math.lgamma(one + 1) for one in range(int(n.max(initial=0)) + 1)])
    return np.asarray(table[n])


def discovered(p: Floats, tests: int, alpha: float) -> NDArray[np.bool_]:
    """Mark what Benjamini and Hochberg call a discovery; tests without a p given count as 1.

    >>> discovered(np.array([0.0001, 0.5, 0.004]), 10, 0.05).tolist()
    [True, False, True]
    """
    order = np.sort(p)
    fits = np.flatnonzero(order <= alpha * np.arange(1, len(p) + 1) / max(tests, 1))
    return np.asarray(p <= (order[fits[-1]] if len(fits) else -1.0))


def shuffled(shares: Shares, rng: np.random.Generator) -> Shares:
    """Deal the accounts anew among the rows of accounts of like activity; objects and instants stay."""
    rows = np.bincount(shares.account)
    rank = np.argsort(np.argsort(rows, kind="stable"), kind="stable")
    active = np.count_nonzero(rows)
    decile = np.maximum(rank - (len(rows) - active), 0) * 10 // max(active, 1)
    of_row = decile[shares.account]
    account = shares.account.copy()
    for one in range(10):
        at = np.flatnonzero(of_row == one)
        account[at] = rng.permutation(account[at])
    return shares._replace(account=account)


def _held(shares: Shares, found: Network) -> _Held:
    """What is held by whom, without the objects that were not paired."""
    size = int(shares.object.max(initial=-1)) + 1
    key = distinct(shares.account * max(size, 1) + shares.object)
    account, thing = key // max(size, 1), key % max(size, 1)
    paired = ~np.isin(thing, [viral.object for viral in found.viral])
    account, thing = account[paired], thing[paired]
    width = int(shares.account.max(initial=-1)) + 1
    return _Held(account, thing, np.bincount(account, minlength=width), np.bincount(thing, minlength=size))


def _speed(held: _Held, tied: Index, settings: Null) -> Floats:
    """Of each object the share of its account pairs that lie within the window."""
    pairs = held.of_object * (held.of_object - 1) / 2
    together = float(tied.sum()) / max(float(pairs.sum()), 1.0) if settings.pooled else 0.0
    pooled = max(together, settings.least)
    own = np.minimum(tied / np.maximum(pairs, 1), settings.most)
    return np.where(held.of_object >= settings.own, np.maximum(own, pooled), pooled)


def _both(held: _Held, edges: Edges, speed: Floats) -> tuple[Index, Floats]:
    """Number of the objects that both accounts of an edge shared, whenever, and the sum of their speeds."""
    both, total = np.zeros(len(edges.a), dtype=np.int64), np.zeros(len(edges.a))
    starts = np.concatenate(([0], np.cumsum(held.of_account)))
    size = len(speed)
    key = held.account * size + held.object
    smaller = np.where(held.of_account[edges.a] <= held.of_account[edges.b], edges.a, edges.b)
    larger = edges.a + edges.b - smaller
    count = held.of_account[smaller]
    done = np.concatenate(([0], np.cumsum(count)))
    first = 0
    while first < len(total):
        last = max(first + 1, int(np.searchsorted(done, done[first] + _AT_ONCE, side="right")) - 1)
        part = count[first:last]
        edge = np.repeat(np.arange(first, last), part)
        inner = np.arange(len(edge)) - np.repeat(done[first:last] - done[first], part)
        thing = held.object[starts[smaller[edge]] + inner]
        wanted = larger[edge] * size + thing
        at = np.minimum(np.searchsorted(key, wanted), len(key) - 1)
        edge, thing = edge[key[at] == wanted], thing[key[at] == wanted]
        both += np.bincount(edge, minlength=len(total))
        total += np.bincount(edge, speed[thing], minlength=len(total))
        first = last
    return both, total
