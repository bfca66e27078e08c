"""Near-duplicates: texts that are copies of one another, close ones, or reworded, in clusters that days add to.

Definition: texts that are equal once normalised (``shingles``) are one text. Two texts are linked when they meet in a bucket
of equal minima (``minhash``) and agree in at least ``link`` of their minima; links are followed. A cluster's representative
is its oldest text, and every member agrees with it in at least ``keep``: what a chain of links has brought too far away is
split off, the oldest of it first. A text with fewer than ``short`` shingles is compared for equality only.

Relation of a record to its representative: ``exact`` (equal once normalised), ``near`` (agreement from ``near`` up),
``reworded`` (below). Agreement estimates the Jaccard similarity of the shingles; it sees letters, not meaning: a claim and its
denial are near, a paraphrase in other words is not found.

A day is folded into the state of the days before: its texts join old clusters; where it ties two together, the older id
stays and the other is revoked. An id is the record that founded the cluster. The state is bounded: at most ``exemplars``
texts a cluster and ``held`` in all; the clusters unseen for longest are forgotten first, and counted. A text of a
forgotten cluster founds a new one.

Source: Broder 1997 (resemblance), Leskovec, Rajaraman and Ullman, Mining of Massive Datasets, chapter 3 (banding). Innocent
explanations: agency copy, press releases, quotations, proverbs and forms, share buttons that fill in the text.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from foedus.areas.information.methods.components import Index, components, roots, unite
from foedus.areas.information.methods.minhash import BANDS, SIZE, Signatures, agreement, bands, meetings, signatures
from foedus.areas.information.methods.shingles import normal, shingles

EXACT, NEAR, REWORDED = "exact", "near", "reworded"
_BLOCK = 4096


class Near(NamedTuple):
    """Settings; the similarities are agreements between 0 and 1.

    Attributes:
        link: least agreement of two texts that are tied.
        keep: least agreement of a member with its representative.
        near: least agreement that is called near.
        short: shingles below which a text is compared for equality only.
        before: rows of a bucket one is compared with, beside the first.
        exemplars: texts of a cluster that are kept.
        held: texts that are kept in all.
    """

    link: float = 0.4
    keep: float = 0.2
    near: float = 0.6
    short: int = 10
    before: int = 20
    exemplars: int = 8
    held: int = 400_000


SETTINGS = Near()


class State(NamedTuple):
    """What is remembered: one row a kept text, those of a cluster in the order they came.

    Attributes:
        digest: of the normalised text, 16 bytes a row.
        signed: signatures; a short text's is not used.
        short: whether a text is compared for equality only.
        cluster: place in ``ids``.
        ids: clusters, the oldest first; each has a row at least.
        seen_us: when a cluster was last added to.
    """

    digest: tuple[bytes, ...]
    signed: Signatures
    short: NDArray[np.bool_]
    cluster: Index
    ids: tuple[str, ...]
    seen_us: Index


EMPTY = State((), np.zeros((0, SIZE), np.uint16), np.zeros(0, bool), np.zeros(0, np.int64), (), np.zeros(0, np.int64))


class Clustered(NamedTuple):
    """What one fold says, in the order of the records given.

    Attributes:
        cluster: the cluster of each record; None without text.
        text: digest of its normalised text, in hex; None without text.
        relation: to the representative, ``exact``, ``near``, ``reworded``; None without text.
        agreement: with the representative; NaN without text.
        revoked: clusters that are no more, and the older ones they are part of now.
        capped: meetings in buckets so full that not all pairs were looked at.
        forgotten: clusters dropped from the state.
    """

    cluster: tuple[str | None, ...]
    text: tuple[str | None, ...]
    relation: tuple[str | None, ...]
    agreement: NDArray[np.float64]
    revoked: tuple[tuple[str, str], ...]
    capped: int
    forgotten: int


class _Texts(NamedTuple):
    """Texts one after the other: those of the state, then the new ones in order of time."""

    digest: tuple[bytes, ...]
    signed: Signatures
    short: NDArray[np.bool_]


class _Named(NamedTuple):
    """Clusters by age; the cluster of each text; what each old cluster is kept as; which are no more."""

    ids: tuple[str, ...]
    of_text: Index
    kept_as: Index
    revoked: tuple[tuple[str, str], ...]


Said = tuple[str | None, ...]


def fold(
    state: State,
    record_id: Sequence[str],
    published_us: Index,
    text: Sequence[str | None],
    settings: Near = SETTINGS,
) -> tuple[State, Clustered]:
    """Add records to clusters. Their order does not matter: they are taken by instant, then by id.

    Args:
        state: what the fold before returned, or ``EMPTY``.
        record_id: names of the records.
        published_us: instants, microseconds since 1970 UTC.
        text: texts; None and what normalises to nothing belong to no cluster.
        settings: thresholds and bounds.

    Returns:
        The state to fold the next records into, and what was found.
    """
    order = np.array(sorted(range(len(record_id)), key=lambda n: (int(published_us[n]), record_id[n])), dtype=np.int64)
    texts, node_at = _read(state, [text[n] for n in order], settings)
    component, capped = _linked(state, texts, settings)
    node = np.full(len(order), -1, dtype=np.int64)
    node[order] = node_at
    named = _named(state, _led(state, texts, component, settings), [(record_id[n], int(node[n])) for n in order])
    seen_us = np.zeros(len(named.ids), dtype=np.int64)
    np.maximum.at(seen_us, named.kept_as, state.seen_us)
    has = node >= 0
    np.maximum.at(seen_us, named.of_text[node[has]], published_us[has])
    kept, forgotten = _kept(texts, named, seen_us, settings)
    cluster, digest, relation, agreed = _told(texts, named, node, settings)
    return kept, Clustered(cluster, digest, relation, agreed, named.revoked, capped, forgotten)


def tied(keys: NDArray[np.uint64], row: Index, signed: Signatures, settings: Near = SETTINGS) -> tuple[Index, Index]:
    """Return the pairs of texts that whole buckets tie, each once.

    Buckets may be spread over machines in any way: the pairs of all parts together are the same, and so are the components
    (``components``) that they give.

    Args:
        keys: bucket of each entry (one column of ``minhash.bands``; buckets of different bands must not be mixed up).
        row: text of each entry, by age.
        signed: signatures of the texts.
        settings: thresholds and bounds.
    """
    met = meetings(keys, row, settings.before)
    pair = np.unique(np.stack((met.one, met.other)), axis=1)
    agreed = agreement(signed, pair[0], pair[1]) >= settings.link
    return pair[0][agreed], pair[1][agreed]


def _read(state: State, text: Sequence[str | None], settings: Near) -> tuple[_Texts, Index]:
    """Texts of the state and those not among them, and the text of each record (-1 for none); a text is signed once."""
    place = {digest: n for n, digest in enumerate(state.digest)}
    node = np.full(len(text), -1, dtype=np.int64)
    signed, short = [state.signed], [state.short]
    for start in range(0, len(text), _BLOCK):
        block = normal(text[start : start + _BLOCK])
        fresh = np.zeros(len(block.size), dtype=bool)
        for n, raw in enumerate(block.raw()):
            if raw:
                digest = hashlib.blake2b(raw, digest_size=16).digest()
                fresh[n] = digest not in place
                node[start + n] = place.setdefault(digest, len(place))
        hashed, count = shingles(block.take(fresh))
        brief = count < settings.short
        held = np.zeros((len(count), SIZE), dtype=np.uint16)
        held[~brief] = signatures(hashed[~np.repeat(brief, count)], count[~brief])
        signed.append(held)
        short.append(brief)
    return _Texts(tuple(place), np.concatenate(signed), np.concatenate(short)), node


def _linked(state: State, texts: _Texts, settings: Near) -> tuple[Index, int]:
    """Components of texts that are tied, and how often a bucket was too full; each band ties on where the one before ended."""
    old = len(state.digest)
    parent = components(len(texts.digest), np.arange(old), _first(state)[state.cluster])
    row = np.flatnonzero(~texts.short)
    keys = bands(texts.signed)
    capped = 0
    for band in range(BANDS):
        met = meetings(keys[row, band], row, settings.before)
        capped += met.capped
        new = met.other >= old
        one, other = met.one[new], met.other[new]
        apart = roots(parent, one) != roots(parent, other)
        one, other = one[apart], other[apart]
        tied = agreement(texts.signed, one, other) >= settings.link
        unite(parent, one[tied], other[tied])
    return roots(parent, np.arange(len(parent))), capped


def _first(state: State) -> Index:
    """The oldest row of each cluster."""
    return np.unique(state.cluster, return_index=True)[1].astype(np.int64)


def _led(state: State, texts: _Texts, component: Index, settings: Near) -> Index:
    """Give every unit a leader within its component: the oldest that agrees with it, as leaders go before it.

    Units are the clusters of the state, each as a whole, then the new texts.
    """
    representative = np.concatenate((_first(state), np.arange(len(state.digest), len(texts.digest))))
    within = component[representative]
    leader = np.arange(len(representative))
    todo = np.flatnonzero(np.bincount(within, minlength=1)[within] > 1)
    while len(todo):
        _, oldest, back = np.unique(within[todo], return_index=True, return_inverse=True)
        head = todo[oldest][back]
        agreed = agreement(texts.signed, representative[todo], representative[head])
        taken = (agreed >= settings.keep) | (todo == head)
        leader[todo[taken]] = head[taken]
        todo = todo[~taken]
    return leader


def _named(state: State, leader: Index, taken: Sequence[tuple[str, int]]) -> _Named:
    """Name clusters: an old one by its id, a new one by the first of the records, with their texts, that are taken."""
    old, rows = len(state.ids), len(state.digest)
    founder: dict[int, str] = {}
    for name, node in taken:
        founder.setdefault(node, name)
    heads, cluster = np.unique(leader, return_inverse=True)
    ids = tuple(state.ids[head] if head < old else founder[head - old + rows] for head in heads.tolist())
    gone = np.flatnonzero(leader[:old] != np.arange(old)).tolist()
    revoked = tuple((state.ids[n], ids[cluster[n]]) for n in gone)
    unit = np.concatenate((state.cluster, np.arange(old, len(leader))))
    return _Named(ids, cluster[unit], cluster[:old], revoked)


def _kept(texts: _Texts, named: _Named, seen_us: Index, settings: Near) -> tuple[State, int]:
    """The first texts of every cluster, of as many clusters as there is room for: those last added to stay."""
    of_text, size = named.of_text, len(named.ids)
    order = np.argsort(of_text, kind="stable")
    starts = np.searchsorted(of_text[order], np.arange(size))
    rank = np.arange(len(order)) - starts[of_text[order]]
    rows = np.sort(order[rank < settings.exemplars])
    latest = np.argsort(-seen_us, kind="stable")
    stays = np.zeros(size, dtype=bool)
    stays[latest[np.cumsum(np.bincount(of_text[rows], minlength=size)[latest]) <= settings.held]] = True
    rows = rows[stays[of_text[rows]]]
    ids = tuple(name for name, stay in zip(named.ids, stays.tolist(), strict=True) if stay)
    cluster = (np.cumsum(stays) - 1)[of_text[rows]]
    digest = tuple(texts.digest[n] for n in rows.tolist())
    return State(digest, texts.signed[rows], texts.short[rows], cluster, ids, seen_us[stays]), int((~stays).sum())


def _told(texts: _Texts, named: _Named, node: Index, settings: Near) -> tuple[Said, Said, Said, NDArray[np.float64]]:
    """Cluster, text, relation and agreement of each record."""
    first = np.full(len(named.ids), len(named.of_text), dtype=np.int64)
    np.minimum.at(first, named.of_text, np.arange(len(named.of_text)))
    own = np.flatnonzero(node >= 0)
    head = first[named.of_text[node[own]]]
    agreed = np.full(len(node), np.nan)
    agreed[own] = np.where(node[own] == head, 1.0, agreement(texts.signed, node[own], head))
    kind = np.where(node[own] == head, EXACT, np.where(agreed[own] >= settings.near, NEAR, REWORDED)).tolist()
    cluster: list[str | None] = [None] * len(node)
    digest, relation = cluster.copy(), cluster.copy()
    for n, said in zip(own.tolist(), kind, strict=True):
        cluster[n] = named.ids[named.of_text[node[n]]]
        digest[n], relation[n] = texts.digest[node[n]].hex(), said
    return tuple(cluster), tuple(digest), tuple(relation), agreed
