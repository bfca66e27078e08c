"""The same answers by the plainest means: loops over rows, nothing shared with the methods."""

from __future__ import annotations

from collections import Counter, defaultdict
from itertools import combinations

Row = tuple[str, str, str, int]
"""Object, account, content, instant."""


def coshared(rows: list[Row], window: int) -> dict[tuple[str, str], tuple[int, int, int]]:
    """Of each pair of accounts: pairs of rows, distinct objects, sum of the times between."""
    once = list(
        {(thing, content): (thing, account, content, t) for thing, account, content, t in reversed(rows)}.values()
    )
    found: dict = defaultdict(lambda: [0, set(), 0])
    for one, other in combinations(once, 2):
        if one[0] == other[0] and one[1] != other[1] and one[2] != other[2] and abs(one[3] - other[3]) <= window:
            edge = found[tuple(sorted((one[1], other[1])))]
            edge[0] += 1
            edge[1].add(one[0])
            edge[2] += abs(one[3] - other[3])
    return {pair: (count, len(things), delta) for pair, (count, things, delta) in found.items()}


def directed(rows: list[Row], window: int) -> dict[tuple[str, str], int]:
    """Of each ordered pair of accounts: distinct contents of the first with a partner of the second."""
    found = defaultdict(set)
    for one in rows:
        for other in rows:
            if one[0] == other[0] and one[1] != other[1] and abs(one[3] - other[3]) <= window:
                found[one[1], other[1]].add(one[2])
    return {pair: len(contents) for pair, contents in found.items()}


def detect_groups(rows: list[Row], window: int, least: int, loops: bool) -> list[tuple[Row, Row, int]]:
    """CooRTweet's ``detect_groups``, as its R code reads, row by row."""
    per = Counter(row[1] for row in rows)
    first = {}
    for n, row in enumerate(rows):
        first.setdefault(row[1], n)
    kept = sorted((row for row in rows if per[row[1]] >= least), key=lambda row: first[row[1]])
    by_object = defaultdict(list)
    for row in kept:
        by_object[row[0]].append(row)
    found = []
    for held in by_object.values():
        for one, other in combinations(held, 2):
            delta = one[3] - other[3]
            if abs(delta) <= window:
                found.append((other, one, delta) if delta > 0 else (one, other, -delta))
    if loops:
        found = [
            (one, other, delta)
            for one, other, delta in found
            if one[0] not in (one[2], other[2]) and one[2] != other[2] and one[1] != other[1]
        ]
    contents = {row[2] for pair in found for row in pair[:2]}
    taking = Counter(row[1] for row in kept if row[2] in contents)
    good = {row[2] for row in kept if row[2] in contents and taking[row[1]] >= least}
    return [pair for pair in found if pair[0][2] in good or pair[1][2] in good]


def coordinated(pairs: list[tuple[Row, Row, int]]) -> dict[tuple[str, str], tuple[int, float, int, int]]:
    """CooRTweet's ``generate_coordinated_network``: weight, mean time, distinct older and newer contents."""
    held = defaultdict(list)
    for one, other, delta in pairs:
        held[min(one[1], other[1]), max(one[1], other[1])].append((one[2], other[2], delta))
    return {
        pair: (len(rows), sum(r[2] for r in rows) / len(rows), len({r[0] for r in rows}), len({r[1] for r in rows}))
        for pair, rows in held.items()
    }
