"""Co-sharing: pairs of accounts that share the same objects within a window, with how often, how many and how fast.

Definition: two rows of one object, of different accounts and different records, at most ``window_s`` apart (included), are a
pair. An edge is an unordered pair of accounts: ``pairs`` of rows, ``objects`` that are distinct, ``delta_s`` the sum of the
times between, the first and the last instant. A record shares an object once. What has no object has no row: a post
without URL is tied to nothing.

Objects are of one kind a run: pages, hashtags, media, texts, clusters of near texts, reposts (``shares``). Weights of kinds
are not added up: text and URL of one post are no second coincidence. An edge is no finding; whether it is more than activity
and popularity explain, ``nullmodel`` says.

Source: ours, after Pacheco et al. 2021 (Uncovering Coordinated Networks on Social Media) and Righetti and Balluff 2025
(CooRTweet), whose own counting is ``coortweet``. Innocent explanations: fans, followers of one outlet, breaking news, agency
copy, share buttons, automatic cross-posting, one person's several accounts, made known as such.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from foedus.areas.information.methods.components import Index
from foedus.areas.information.methods.pairs import CHUNK, VIRAL, Line, Shares, Viral, lined, paired, unique
from foedus.areas.information.methods.runs import opens, sizes

WINDOW_S = 60
EVIDENCE = 50


class Edges(NamedTuple):
    """Weighted edges, by account codes ascending; ``a`` is the smaller code.

    Attributes:
        a: one account.
        b: the other.
        pairs: pairs of rows.
        objects: distinct objects.
        delta_s: sum of the times between the rows of the pairs.
        first_s: earliest instant of a pair.
        last_s: latest instant of a pair.
    """

    a: Index
    b: Index
    pairs: Index
    objects: Index
    delta_s: Index
    first_s: Index
    last_s: Index

    def take(self, rows: Index) -> Edges:
        """Return some edges."""
        return Edges(*(column[rows] for column in self))


class Network(NamedTuple):
    """Edges, how many pairs of accounts each object ties (by its code), and the objects that were too many to pair."""

    edges: Edges
    tied: Index
    viral: tuple[Viral, ...]


class Evidence(NamedTuple):
    """What ties two accounts: the first pairs of records by time, how many there are, a digest over all of them.

    ``contents_a`` and ``contents_b`` are the distinct records of either that take part.
    """

    records: tuple[tuple[int, int], ...]
    pairs: int
    digest: str
    contents_a: int
    contents_b: int


NO_EDGES = Edges(*(np.zeros(0, dtype=np.int64) for _ in Edges._fields))


def network(shares: Shares, window_s: int = WINDOW_S, *, viral: int = VIRAL, chunk: int = CHUNK) -> Network:
    """Find who shares with whom; neither the order of the rows nor ``chunk`` changes the answer."""
    line = lined(unique(shares), window_s, viral)
    width = int(shares.account.max(initial=0)) + 1
    tied = np.zeros(int(shares.object.max(initial=-1)) + 1, dtype=np.int64)
    parts = [_edges(line, older, newer, width, tied) for older, newer in _between(line, chunk)]
    return Network(added(parts), tied, line.viral)


def added(parts: list[Edges]) -> Edges:
    """Return the edges of parts with no object in common as one, added up."""
    if len(parts) < 2:
        return parts[0] if parts else NO_EDGES
    whole = Edges(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))
    order = np.lexsort((whole.b, whole.a))
    a, b = whole.a[order], whole.b[order]
    if not len(a):
        return NO_EDGES
    starts = opens(a, b)
    columns = (whole.pairs, whole.objects, whole.delta_s)
    pairs, objects, delta = (np.add.reduceat(column[order], starts) for column in columns)
    first, last = np.minimum.reduceat(whole.first_s[order], starts), np.maximum.reduceat(whole.last_s[order], starts)
    return Edges(a[starts], b[starts], pairs, objects, delta, first, last)


def evidence(shares: Shares, a: int, b: int, window_s: int = WINDOW_S, *, most: int = EVIDENCE) -> Evidence:
    """Return the records that tie two accounts; those of objects that were not paired too."""
    line = lined(unique(shares.take((shares.account == a) | (shares.account == b))), window_s, np.iinfo(np.int64).max)
    account, content, t_s = line.shares.account, line.shares.content, line.shares.t_s
    held = list(_between(line, CHUNK))
    if not held:
        return Evidence((), 0, hashlib.sha256().hexdigest(), 0, 0)
    older, newer = (np.concatenate(column) for column in zip(*held, strict=True))
    of_a, of_b = (np.where(account[older] == who, older, newer) for who in (a, b))
    order = np.lexsort((content[of_b], content[of_a], t_s[newer]))
    tied = np.stack((content[of_a], content[of_b]), axis=1)[order]
    first = tuple((int(one), int(other)) for one, other in tied[:most])
    digest = hashlib.sha256(np.unique(tied, axis=0).astype("<i8").tobytes()).hexdigest()
    return Evidence(first, len(tied), digest, len(np.unique(tied[:, 0])), len(np.unique(tied[:, 1])))


def _between(line: Line, chunk: int) -> Iterator[tuple[Index, Index]]:
    """Pairs of different accounts and records."""
    account, content = line.shares.account, line.shares.content
    for older, newer in paired(line, chunk):
        differ = (account[older] != account[newer]) & (content[older] != content[newer])
        yield older[differ], newer[differ]


def _edges(line: Line, older: Index, newer: Index, width: int, tied: Index) -> Edges:
    """Add up pairs that are in the order of their objects; pairs of accounts are counted into ``tied``."""
    one, other = line.shares.account[older], line.shares.account[newer]
    key = np.minimum(one, other) * width + np.maximum(one, other)
    order = np.argsort(key, kind="stable")
    key, older, newer = key[order], older[order], newer[order]
    if not len(key):
        return NO_EDGES
    starts, shared = opens(key), line.shares.object[older]
    fresh = np.zeros(len(key), dtype=np.int64)
    fresh[opens(key, shared)] = 1
    tied += np.bincount(shared[fresh > 0], minlength=len(tied))
    delta = np.add.reduceat(line.shares.t_s[newer] - line.shares.t_s[older], starts)
    objects = np.add.reduceat(fresh, starts)
    first = np.minimum.reduceat(line.shares.t_s[older], starts)
    last = np.maximum.reduceat(line.shares.t_s[newer], starts)
    a, b = key[starts] // width, key[starts] % width
    return Edges(a, b, sizes(starts, len(key)), objects, delta, first, last)
