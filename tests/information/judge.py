"""Precision and recall of near-duplicates and grades over scenes, and what was missed."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from tests.information.posts import Post, Scene, scene

from foedus.areas.information.methods import near
from foedus.areas.information.methods.grading import Graded, graded
from foedus.areas.information.methods.shares import Exploded, exploded


class Score(NamedTuple):
    """Of one kind: planted, found as a strong group, found as a community only; accounts planted and named in its group."""

    planted: int
    found: int
    community: int
    accounts: int
    named: int


class Verdict(NamedTuple):
    """Scores of what was arranged; strong groups by what they are of; innocent plants by how they were graded."""

    scores: dict[str, Score]
    groups: Counter
    innocent: dict[str, Counter]
    stranger: int


def table(posts: list[Post]) -> pa.Table:
    """Records of posts."""
    size = len(posts)
    strings, lists = pa.string(), pa.list_(pa.string())
    return pa.table(
        {
            "record_id": pa.array([f"{n:08d}" for n in range(size)], strings),
            "published_at": pa.array([round(post.t_s * 1e6) for post in posts], pa.int64()).cast(
                pa.timestamp("us", "UTC")
            ),
            "account": pa.array([post.account for post in posts], strings),
            "channel": pa.array([""] * size, strings),
            "text": pa.array([post.text for post in posts], strings),
            "urls": pa.array([list(post.urls) for post in posts], lists),
            "hashtags": pa.array([list(post.hashtags) for post in posts], lists),
            "media": pa.array([[] for _ in posts], lists),
            "about_record": pa.array([""] * size, strings),
            "relation": pa.array([""] * size, strings),
        }
    )


def concluded(held: Scene, seed: int) -> tuple[Graded, Exploded]:
    records = table(held.posts)
    instants = records["published_at"].cast(pa.int64()).to_numpy()
    _, clustered = near.fold(near.EMPTY, records["record_id"].to_pylist(), instants, records["text"].to_pylist())
    shares = exploded(records, {"cluster": clustered.cluster})
    return graded(shares.kinds, np.random.default_rng(seed)), shares


def judge(seeds: range, make: Callable[[int], Scene] = scene) -> Verdict:
    """Score scenes; a group is of the plant that more than half of it belongs to, and finds it with half of its accounts."""
    counts: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0, 0, 0])
    groups: Counter = Counter()
    innocent: dict[str, Counter] = defaultdict(Counter)
    stranger = 0
    for seed in seeds:
        held = make(seed)
        said, shares = concluded(held, seed)
        named = [{shares.accounts[n] for n in group} for group in said.groups]
        known = [{shares.accounts[n] for n in group} for group in said.communities]
        for group in named:
            of = next((plant for plant in held.planted if len(plant.accounts & group) * 2 > len(group)), None)
            groups[of.kind if of else "nothing"] += 1
            stranger += len(group - of.accounts) if of and of.guilty else 0
        for plant in held.planted:
            best = max(
                (len(plant.accounts & group) for group in named if len(plant.accounts & group) * 2 > len(group)),
                default=0,
            )
            less = max(
                (len(plant.accounts & group) for group in known if len(plant.accounts & group) * 2 > len(group)),
                default=0,
            )
            found, community = best * 2 >= len(plant.accounts), less * 2 >= len(plant.accounts)
            if plant.guilty:
                tally = (1, found, community and not found, len(plant.accounts), best)
                counts[plant.kind] = [a + b for a, b in zip(counts[plant.kind], tally, strict=True)]
            else:
                innocent[plant.kind]["strong" if best else "activity-only" if less else "none"] += 1
    return Verdict({kind: Score(*counts[kind]) for kind in sorted(counts)}, groups, dict(innocent), stranger)
