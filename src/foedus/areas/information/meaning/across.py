"""Links between texts of several languages: translations, rewordings, and what only shares a topic.

Candidates: for each text and language the ``NEIGHBOURS`` nearest; of those the one with the best margin, which is the
similarity less the mean similarity of both texts to their neighbours, so that texts which are close to everything win
nothing. Two texts that are each other's best are *mutual*. A second partner of a story in one language cannot be mutual: it
needs a higher similarity and a shared anchor. Contradicting anchors make a link ``same-topic``.

Run it on representatives of near-duplicates: mutual neighbours presume about one text a story and language.

Source: Artetxe and Schwenk 2019, "Margin-based Parallel Corpus Mining", ACL 2019 (difference margin, k = 4); anchors and
stance are ours. Settings: ``limits.SHORT``. Innocent explanations: an agency's report in many languages, a quotation,
two writers about one event.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations_with_replacement
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from foedus.areas.information.meaning import anchors, stance
from foedus.areas.information.meaning.anchors import Anchors, Weighed
from foedus.areas.information.meaning.embed import Encoder, Vectors, similarity
from foedus.areas.information.meaning.limits import SHORT, Limits, Pairing
from foedus.areas.information.meaning.stance import Stance
from foedus.areas.information.methods.components import components

METHOD = "mutual-neighbours-1"
NEIGHBOURS = 4
_BLOCK = 1_024

Kind = Literal["copy", "rewording", "translation", "same-topic"]
Route = Literal["mutual", "anchored"]


class Text(NamedTuple):
    """A text to be linked; its language is a BCP 47 tag, its place in the input its place in time."""

    id: str
    language: str
    text: str


class Held(NamedTuple):
    """What is read off a text once."""

    text: Text
    anchors: Anchors
    stance: Stance


class Link(NamedTuple):
    """Two texts that say about the same.

    Attributes:
        first, second: ids, the earlier of the input first; "earliest in this collection", never the origin.
        kind: what it is.
        score: cosine similarity, 3 decimals.
        margin: score less the mean similarity to the neighbours of both.
        threshold: what the score had to reach.
        route: why it was considered.
        anchors: what speaks for and against one event.
        stance: of the second towards the first.
        method: this method, and the encoder's name.
        model: SHA-256 of the encoder's weights.
    """

    first: str
    second: str
    kind: Kind
    score: float
    margin: float
    threshold: float
    route: Route
    anchors: Weighed
    stance: stance.Kind
    method: str
    model: str


class _Pair(NamedTuple):
    """Two rows of the input with their similarity."""

    a: int
    b: int
    score: float
    margin: float
    mutual: bool


def link(texts: Sequence[Text], encoder: Encoder, limits: Limits = SHORT) -> list[Link]:
    """Return the links between texts, by place in the input; texts in languages the encoder lacks get none.

    Args:
        texts: in order of time, ids distinct.
        encoder: what gives the vectors.
        limits: thresholds, of this encoder's model.
    """
    held = [read(one) for one in texts]
    vectors = encoder.encode([one.text for one in texts])
    rows: dict[str, list[int]] = {}
    for row, one in enumerate(texts):
        language = one.language.partition("-")[0]
        if language in encoder.languages and vectors[row].any():
            rows.setdefault(language, []).append(row)
    found: list[Link] = []
    for first, second in combinations_with_replacement(sorted(rows), 2):
        pairing = limits.within if first == second else limits.across
        for pair in _pairs(vectors, rows[first], rows[second]):
            made = _link(held, pair, pairing, encoder)
            found += [made] if made else []
    places = {one.id: row for row, one in enumerate(texts)}
    return sorted(found, key=lambda one: (places[one.first], places[one.second]))


def read(text: Text) -> Held:
    """Return a text with its anchors and its stance."""
    return Held(text, anchors.find(text.text, text.language), stance.read(text.text, text.language))


def stories(texts: Sequence[Text], links: Sequence[Link]) -> list[frozenset[str]]:
    """Return the groups of ids that links join, ``same-topic`` left out, groups of one left out, the earliest first."""
    place = {one.id: row for row, one in enumerate(texts)}
    joined = [(place[one.first], place[one.second]) for one in links if one.kind != "same-topic"]
    ends = np.array(joined, dtype=np.int64).reshape(-1, 2)
    groups: dict[int, list[str]] = {}
    for text, root in zip(texts, components(len(texts), ends[:, 0], ends[:, 1]).tolist(), strict=True):
        groups.setdefault(root, []).append(text.id)
    return [frozenset(ids) for ids in groups.values() if len(ids) > 1]


def _link(held: Sequence[Held], pair: _Pair, pairing: Pairing, encoder: Encoder) -> Link | None:
    a, b = held[pair.a], held[pair.b]
    least = pairing.mutual if pair.mutual else pairing.anchored
    if pair.score < least:
        return None
    weighed = anchors.weigh(a.anchors, b.anchors)
    if not (pair.mutual or weighed.corroborating):
        return None
    same = a.text.language.partition("-")[0] == b.text.language.partition("-")[0]
    kind: Kind = "same-topic" if weighed.contradicting else "rewording" if same else "translation"
    route: Route = "mutual" if pair.mutual else "anchored"
    method = f"{METHOD}, {encoder.name}"
    towards = stance.towards(a.stance, b.stance)
    return Link(
        a.text.id, b.text.id, kind, pair.score, pair.margin, least, route, weighed, towards, method, encoder.model
    )


def _pairs(vectors: Vectors, first: Sequence[int], second: Sequence[int]) -> Iterator[_Pair]:
    """Pairs of two languages (or of one) of which one text is among the other's nearest; each once."""
    there = _nearest(vectors, first, second)
    back = there if first is second else _nearest(vectors, second, first)
    around = {a: _mean(near) for a, near in there.items()}, {b: _mean(near) for b, near in back.items()}

    def margin(a: int, b: int, score: float) -> float:
        return round(score - (around[0][a] + around[1][b]) / 2, 3)

    best_there = {a: max(near, key=lambda one: (margin(a, *one), -one[0]))[0] for a, near in there.items() if near}
    best_back = {
        b: max(near, key=lambda one: (margin(one[0], b, one[1]), -one[0]))[0] for b, near in back.items() if near
    }
    scores = {(a, b): score for a, near in there.items() for b, score in near}
    scores |= {(a, b): score for b, near in back.items() for a, score in near}
    for (a, b), score in scores.items():
        if first is not second or a < b:
            yield _Pair(
                min(a, b), max(a, b), score, margin(a, b, score), best_there.get(a) == b and best_back.get(b) == a
            )


def _nearest(vectors: Vectors, rows: Sequence[int], others: Sequence[int]) -> dict[int, list[tuple[int, float]]]:
    """The nearest others of each row with their similarities, itself left out; blocks bound the memory."""
    near: dict[int, list[tuple[int, float]]] = {}
    index = np.asarray(others)
    for start in range(0, len(rows), _BLOCK):
        block = np.asarray(rows[start : start + _BLOCK])
        scores = similarity(vectors[block], vectors[index])
        scores[block[:, None] == index[None, :]] = -2.0
        order = _top(scores)
        for at, row in enumerate(block.tolist()):
            held = [(int(index[i]), float(scores[at, i])) for i in order[at] if scores[at, i] > -2.0]
            near[row] = held
    return near


def _top(scores: NDArray[np.float64]) -> NDArray[np.int64]:
    """Columns of the largest of each row, ties by place."""
    count = min(NEIGHBOURS, scores.shape[1])
    if scores.shape[1] > 8 * NEIGHBOURS:
        # Everything that ties with the last one stays in, so that a tie is decided by place and not by the partition.
        least = np.partition(scores, -count, axis=1)[:, -count]
        scores = np.where(scores >= least[:, None], scores, -3.0)
    return np.argsort(-scores, axis=1, kind="stable")[:, :count]


def _mean(near: Sequence[tuple[int, float]]) -> float:
    return sum(score for _, score in near) / len(near) if near else 0.0
