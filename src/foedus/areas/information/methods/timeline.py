"""When things were said: counts over time, and where a thing was first seen.

"First seen" is first seen in this collection, by language and by platform; it names a record and never an origin.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from foedus.areas.information.methods.components import Index
from foedus.areas.information.methods.runs import opens


class Slot(NamedTuple):
    """Records of one thing in one stretch of time, and the distinct accounts among them."""

    thing: int
    start_s: int
    records: int
    accounts: int


class First(NamedTuple):
    """The earliest record of a thing in one value of a column, its instant, and how many followed."""

    thing: int
    value: str
    record: int
    t_s: int
    records: int


def timeline(thing: Index, account: Index, t_s: Index, width_s: int) -> list[Slot]:
    """Count the records of things in stretches of ``width_s`` seconds; empty stretches are not listed.

    >>> timeline(np.array([0, 0, 0]), np.array([1, 1, 2]), np.array([10, 20, 70]), 60)
    [Slot(thing=0, start_s=0, records=2, accounts=1), Slot(thing=0, start_s=60, records=1, accounts=1)]
    """
    start = t_s // width_s * width_s
    order = np.lexsort((account, start, thing))
    thing, start, account = thing[order], start[order], account[order]
    start_at = opens(thing, start)
    fresh = np.zeros(len(order), dtype=np.int64)
    fresh[opens(thing, start, account)] = 1
    if not len(start_at):
        return []
    records, accounts = np.diff(start_at, append=len(order)), np.add.reduceat(fresh, start_at)
    columns = (thing[start_at].tolist(), start[start_at].tolist(), records.tolist(), accounts.tolist())
    return [Slot(*row) for row in zip(*columns, strict=True)]


def first_seen(thing: Index, value: Sequence[str], t_s: Index) -> list[First]:
    """Find the earliest record of each thing in each value, of equal instants the one that stands first; "" is no value.

    >>> first_seen(np.array([0, 0, 0]), ["ru", "en", "ru"], np.array([5, 9, 3]))
    [First(thing=0, value='ru', record=2, t_s=3, records=2), First(thing=0, value='en', record=1, t_s=9, records=1)]
    """
    names = sorted(set(value))
    place = {name: n for n, name in enumerate(names)}
    code = np.array([place[name] for name in value], dtype=np.int64)
    rows = np.flatnonzero(np.array([bool(name) for name in value], dtype=bool))
    order = rows[np.lexsort((rows, t_s[rows], code[rows], thing[rows]))]
    start_at = opens(thing[order], code[order])
    count = np.diff(start_at, append=len(order)).tolist()
    found = [
        First(int(thing[n]), names[code[n]], int(n), int(t_s[n]), many)
        for n, many in zip(order[start_at].tolist(), count, strict=True)
    ]
    return sorted(found, key=lambda one: (one.thing, one.t_s, one.value))
