"""Identities: what the vessels of an event said of themselves, held against each other, registers and watch lists."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet

from foedus.areas.maritime.carried import Names
from foedus.areas.maritime.methods import mismatch
from foedus.areas.maritime.methods.mismatch import Mark, Stated
from foedus.areas.maritime.watchlist import Hit, Watch


class Identities:
    """What is known of vessels' identities.

    Args:
        names: what they said of themselves; it may still grow.
        lists: registers and watch lists.
        thresholds: of every method.
    """

    def __init__(self, names: Names, lists: Watch, thresholds: Mapping[str, Mapping[str, float]]) -> None:
        self._names = names
        self._lists = lists
        self._settings = thresholds[mismatch.KIND]
        self._by_imo: dict[int, set[int]] = {}

    def marks(self, mmsis: Sequence[int], until_ms: int, heard: AbstractSet[int]) -> tuple[Mark, ...]:
        """Return the mismatches of some vessels by an instant; ``heard`` are those heard meanwhile."""
        found: list[Mark] = []
        for mmsi in mmsis:
            stated = self._stated(mmsi)
            imo = mismatch.imo_of(stated, until_ms)
            others = [
                other
                for other in (self._by_imo.get(imo, set()) & heard if imo else ())
                if other != mmsi and mismatch.imo_of(self._stated(other), until_ms) == imo
            ]
            flag = self._lists.registered(mmsi, imo).get("flag", "")
            found += mismatch.marks(mmsi, stated, until_ms, registered=flag, others=others, settings=self._settings)
        return tuple(found)

    def hits(self, mmsis: Sequence[int], until_ms: int) -> tuple[Hit, ...]:
        """Return the lists some vessels are on, by the IMO number they surely said by an instant first."""
        hits = [hit for mmsi in mmsis for hit in self._lists.hits(mmsi, mismatch.imo_of(self._stated(mmsi), until_ms))]
        return tuple(dict.fromkeys(hits))

    def _stated(self, mmsi: int) -> list[Stated]:
        return [
            Stated(one.since, one.again, held.imo, held.call_sign, held.name, held.length_m, held.flag)
            for one in self._names.get(mmsi, ())
            for held in (one.named,)
        ]

    def renew(self) -> None:
        """Take in which vessels by now ever said which IMO number."""
        self._by_imo = defaultdict(set)
        for mmsi, spells in self._names.items():
            for one in spells:
                self._by_imo[one.named.imo].add(mmsi)
