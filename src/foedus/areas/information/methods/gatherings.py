"""Groups tested as wholes: too few rounds for any one pair to stand out, enough for all of them together.

Candidates are chosen without a look at haste: pairs of accounts that share more objects, whenever, than activity and
popularity explain (the activity null of ``nullmodel``), joined into groups. Rare objects say more than popular ones, so the
question is asked three times, of objects of at most ``sizes`` accounts; what a larger crowd shared is not asked.

The test then looks at haste alone. Of every object that a third of the members shared, and two at least, s_o is the part of
its member pairs that lie within the window; were the members as fast as the object is, its mean would be q_o (``nullmodel``).
The s_o lie between 0 and 1 and objects are independent, so by Hoeffding 1963 (theorem 1) the sum S of n of them reaches what
was seen with probability at most exp(-n KL(S/n, mean q_o)), for three rounds as for thirty. A group is told of if S/n is
``haste`` and more, too: small differences become certain over many objects and say nothing. Who takes part in haste on fewer
than ``LEAST`` objects is not counted to the group.

Sources: Hoeffding 1963 (Probability inequalities for sums of bounded random variables); the test is ours. Innocent
explanations: as for ``nullmodel``, and one event of several messages that one circle of friends passes on at once.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from foedus.areas.information.methods.components import Index, components
from foedus.areas.information.methods.cosharing import Network, network
from foedus.areas.information.methods.nullmodel import Floats, Null, chance, discovered, speeds
from foedus.areas.information.methods.pairs import Shares
from foedus.areas.information.methods.runs import distinct

LEAST = 2
_NEVER = np.iinfo(np.int64).max


class Gathering(NamedTuple):
    """A candidate: its members in haste, objects asked about, sum of s_o, sum of q_o, bound on the probability."""

    accounts: tuple[int, ...]
    objects: int
    hasty: float
    expected: float
    p: float


def gatherings(shares: Shares, found: Network, window_s: int, settings: Null) -> list[Gathering]:
    """Test every candidate group; ``found`` is the network of the same shares within ``window_s``."""
    width = int(shares.account.max(initial=-1)) + 1
    sharers = _sharers(shares, width)
    asked = shares.take(sharers[shares.object] <= max(settings.sizes))
    root = components(width, *_together(asked, sharers, settings))
    size = np.bincount(root, minlength=width)
    asked = asked.take(size[root[asked.account]] >= settings.group)
    speed = speeds(shares, found, settings)
    of_row = root[asked.account]
    return [_tested(asked.take(of_row == group), window_s, speed) for group in np.unique(of_row).tolist()]


def _sharers(shares: Shares, width: int) -> Index:
    """Accounts of each object."""
    return np.bincount(distinct(shares.object * max(width, 1) + shares.account) // max(width, 1))


def _together(shares: Shares, sharers: Index, settings: Null) -> tuple[Index, Index]:
    """Pairs of accounts that share more objects, at any lag, than their activity explains."""
    one, other = [np.zeros(0, dtype=np.int64)], [np.zeros(0, dtype=np.int64)]
    for size in settings.sizes:
        held = shares.take(sharers[shares.object] <= size)
        held = held._replace(content=held.account, t_s=np.zeros_like(held.t_s))
        wide = network(held, 0, viral=_NEVER)
        said = chance(held, wide, settings)
        tied = discovered(said.p_activity, said.possible, settings.alpha / len(settings.sizes))
        one.append(wide.edges.a[tied])
        other.append(wide.edges.b[tied])
    return np.concatenate(one), np.concatenate(other)


def bound(total: Floats, mean: Floats, n: Index) -> Floats:
    """Bound P[sum of n independent values in 0 to 1 >= total], where the sum of their means is ``mean``.

    >>> bound(np.array([3.0, 1.0]), np.array([0.3, 1.5]), np.array([3, 3])).round(6).tolist()
    [0.001, 1.0]
    """
    share = np.clip(total / np.maximum(n, 1), 0.0, 1.0)
    q = np.clip(mean / np.maximum(n, 1), 1e-12, 1.0 - 1e-12)
    with np.errstate(divide="ignore", invalid="ignore"):
        up = np.where(share > 0, share * np.log(share / q), 0.0)
        down = np.where(share < 1, (1 - share) * np.log((1 - share) / (1 - q)), 0.0)
    return np.asarray(np.where(share > q, np.exp(-n * (up + down)), 1.0))


def _tested(held: Shares, window_s: int, speed: Floats) -> Gathering:
    """Test one candidate by its own shares."""
    sharers = _sharers(held, int(held.account.max(initial=0)) + 1)
    near = network(held, window_s, viral=_NEVER)
    asked = np.flatnonzero(sharers >= max(2, len(np.unique(held.account)) / 3))
    pairs = sharers[asked] * (sharers[asked] - 1) / 2
    hasty, expected = float((near.tied[asked] / pairs).sum()), float(speed[asked].sum())
    p = bound(np.array([hasty]), np.array([expected]), np.array([len(asked)]))
    return Gathering(_hasty(near), len(asked), hasty, expected, float(p[0]))


def _hasty(near: Network) -> tuple[int, ...]:
    """Members tied to another by enough objects within the window."""
    edges = near.edges
    enough = edges.objects >= LEAST
    return tuple(np.unique(np.concatenate((edges.a[enough], edges.b[enough]))).tolist())
