"""Together: the posts of one week held against chance; what groups of accounts shared, as figures that may be told.

Objects are pages, hashtags, media, reposts, and clusters of near texts. Groups are those of ``methods.grading`` with the grade
``strong``; communities of like-minded accounts (``activity-only``) are not told of. Of a group only what three and more of its
accounts shared, and some of them within the window, counts.

Articles are held against chance as posts are, with outlets for accounts and near texts for objects (``ARTICLES``). An agency's
report is on many sites within the hour because it is an agency's: a text of ``own`` outlets and more is as fast as it is, however
fast (``most``), so that only what is copied faster than the speed of the texts themselves explains stands out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from foedus.areas.information.circles import Circles, circles
from foedus.areas.information.few import K
from foedus.areas.information.methods import near
from foedus.areas.information.methods.cosharing import WINDOW_S, network
from foedus.areas.information.methods.grading import Graded, graded
from foedus.areas.information.methods.nullmodel import Null
from foedus.areas.information.methods.pairs import Shares
from foedus.areas.information.methods.shares import Exploded, exploded

if TYPE_CHECKING:
    import pyarrow as pa

TEXT = "text"
METHOD = "co-sharing against two null models, version 1"


class Sort(NamedTuple):
    """What is measured together: what the records are and were, within how many seconds, with which null models."""

    name: str
    done: str
    method: str
    window_s: int
    null: Null

    @property
    def parameters(self) -> dict[str, float]:
        """The settings, by name."""
        return {
            "window_s": float(self.window_s), "alpha": self.null.alpha, "rounds": float(self.null.rounds),
            "haste": self.null.haste, "near_link": near.SETTINGS.link, "near_keep": near.SETTINGS.keep,
        }  # fmt: skip


POSTS = Sort("posts", "Shared", METHOD, WINDOW_S, Null())
# Agencies' copy would make all copies look fast: a text of few outlets is held to be as fast as one in four within the hour.
_OUTLETS = Null(own=12, most=1.0, least=0.25, pooled=False)
ARTICLES = Sort("articles", "Copied", "copies among outlets against two null models, version 1", 3600, _OUTLETS)
PARAMETERS: Mapping[str, float] = POSTS.parameters
Rows = NDArray[np.int64]


class Text(NamedTuple):
    """The oldest text of a cluster that a group shared: its record, its language, its words; it stays in the room."""

    id: str
    language: str
    text: str


class Tie(NamedTuple):
    """What ties two accounts of a group in objects of one kind: how many, in how many pairs of posts, seconds between them."""

    kind: str
    a: str
    b: str
    objects: int
    pairs: int
    delta_s: int


class Shared(NamedTuple):
    """One object that a group shared: of what kind, by how many of it, in which rows."""

    kind: str
    accounts: int
    rows: Rows


class Group(NamedTuple):
    """A group that shared the same objects together more than chance explains.

    Attributes:
        accounts: how many.
        shared: what three and more of them shared, the earliest first.
        chances: the largest tails of its ties under either null model; ``group`` where it stood out as a whole only.
        kinds: kinds of objects with ties that chance does not explain.
        texts: the oldest of each cluster among what it shared.
        rows: the posts, by instant.
        ties: pairs of accounts that chance does not explain, with how much ties them; they stay in the room.
        circles: the communities within it.
    """

    accounts: int
    shared: tuple[Shared, ...]
    chances: dict[str, float]
    kinds: tuple[str, ...]
    texts: tuple[Text, ...]
    rows: Rows
    ties: tuple[Tie, ...] = ()
    circles: Circles = Circles()


class Week(NamedTuple):
    """What the records of a week gave: groups, records that could not be timed, objects too many to pair."""

    groups: tuple[Group, ...]
    left_out: int
    viral: int
    sort: Sort = POSTS


def measured(posts: pa.Table, week: int, sort: Sort = POSTS) -> Week:
    """Return the groups among the posts of a week.

    Args:
        posts: by instant and id; or articles.
        week: its number; the shuffles of labels hang on nothing else, so that the same posts give the same groups.
        sort: what they are.
    """
    ids, texts = posts["record_id"].to_pylist(), posts["text"].to_pylist()
    at_us = posts["published_at"].cast("int64").to_numpy()
    _, clustered = near.fold(near.EMPTY, ids, at_us, texts)
    held = exploded(posts, {TEXT: clustered.cluster})
    if sort is ARTICLES:  # the pages that articles name are their sources and their sites' own
        held = held._replace(kinds={TEXT: held.kinds[TEXT]})
    said = graded(held.kinds, np.random.default_rng(week), sort.window_s, sort.null)
    place = {one: row for row, one in enumerate(ids)}
    languages = posts["language"].to_pylist()

    def text(cluster: str) -> Text:
        row = place[cluster]
        return Text(cluster, languages[row], texts[row])

    found = (_group(accounts, held, said, text, sort.window_s) for accounts in said.groups)
    viral = sum(len(kind.viral) for kind in said.kinds.values())
    return Week(tuple(one for one in found if one is not None), sum(held.left_out.values()), viral, sort)


def records(posts: pa.Table, week: Week) -> list[str]:
    """Return the ids of the posts of all groups of a week."""
    rows = sorted({row for group in week.groups for row in group.rows.tolist()})
    return [posts["record_id"][row].as_py() for row in rows]


def _group(accounts: Sequence[int], held: Exploded, said: Graded, text: Any, window_s: int) -> Group | None:
    """What a group did; None where no object was shared by enough of it."""
    members = np.array(accounts, dtype=np.int64)
    shared: list[Shared] = []
    texts: list[Text] = []
    for kind, shares in sorted(held.kinds.items()):
        for code, one in _together(kind, shares.take(np.isin(shares.account, members)), window_s):
            shared.append(one)
            if kind == TEXT:
                texts.append(text(held.objects[kind][code]))
    if len(members) < K or not shared:
        return None
    kinds, chances = _chances(members, said)
    shared.sort(key=lambda one: (int(one.rows[0]), one.kind))
    rows = np.unique(np.concatenate([one.rows for one in shared]))
    ties = tuple(_ties(members, held.accounts, said))
    return Group(len(members), tuple(shared), chances, kinds, tuple(texts), rows, ties, circles(members, said))


def _ties(members: Rows, names: Sequence[str], said: Graded) -> Iterator[Tie]:
    """What ties the members, by kind and names."""
    for kind, one in sorted(said.kinds.items()):
        edges = one.edges.take(np.flatnonzero(one.strong & np.isin(one.edges.a, members)))
        columns = (edges.a, edges.b, edges.objects, edges.pairs, edges.delta_s)
        for a, b, *counts in zip(*(column.tolist() for column in columns), strict=True):
            yield Tie(kind, names[a], names[b], *counts)


def _together(kind: str, shares: Shares, window_s: int) -> list[tuple[int, Shared]]:
    """Objects of a kind that enough accounts shared, some of them within the window."""
    tied = np.flatnonzero(network(shares, window_s).tied)
    found = []
    for code in tied.tolist():
        mine = shares.object == code
        sharers = len(np.unique(shares.account[mine]))
        if sharers >= K:
            found.append((code, Shared(kind, sharers, np.unique(shares.content[mine]))))
    return found


def _chances(members: Rows, said: Graded) -> tuple[tuple[str, ...], dict[str, float]]:
    """Kinds whose ties chance does not explain, and the largest tails: of pairs that stand out, else of the group as a whole."""
    kinds: list[str] = []
    tails: dict[str, list[float]] = {"activity": [], "timing": [], "group": []}
    for name, kind in said.kinds.items():
        strong = kind.strong & np.isin(kind.edges.a, members)
        if not strong.any():
            continue
        kinds.append(name)
        tails["activity"].append(float(kind.chance.p_activity[strong].max()))
        tails["timing"].append(float(kind.chance.p_timing[strong].max()))
        tails["group"] += [one.p for one in kind.gatherings if set(one.accounts) & set(members.tolist())]
    return tuple(kinds), {name: float(f"{max(held):.3g}") for name, held in tails.items() if held}
