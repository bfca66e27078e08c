"""Thresholds from labelled pairs, and what they are worth: the curve of precision and recall over the threshold.

Source: plain counting. A threshold belongs to a model, a set of languages and a class of texts, and is stored with the digest
of the pairs it was made from; those pairs never judge it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

Scored = tuple[float, bool]


class Point(NamedTuple):
    """What a threshold gives: pairs at or above it that are right and wrong, right ones below it."""

    threshold: float
    right: int
    wrong: int
    missed: int

    @property
    def precision(self) -> float:
        """Share of the reported that is right; 1 where nothing is reported."""
        return self.right / (self.right + self.wrong) if self.right + self.wrong else 1.0

    @property
    def recall(self) -> float:
        """Share of the right that is reported; 1 where there is nothing to report."""
        return self.right / (self.right + self.missed) if self.right + self.missed else 1.0

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall."""
        return 2 * self.right / (2 * self.right + self.wrong + self.missed) if self.right else 0.0


def point(scored: Sequence[Scored], threshold: float) -> Point:
    """Return what a threshold gives on labelled scores."""
    right = sum(truth for score, truth in scored if score >= threshold)
    wrong = sum(not truth for score, truth in scored if score >= threshold)
    return Point(threshold, right, wrong, sum(truth for _, truth in scored) - right)


def curve(scored: Sequence[Scored]) -> list[Point]:
    """Return the points at every hundredth from 0.30 to 0.90."""
    return [point(scored, hundredth / 100) for hundredth in range(30, 91)]


def precise(scored: Sequence[Scored], share: float = 0.9) -> float:
    """Return the least hundredth at which a share of what is reported is right: for links that nobody reviews one by one.

    >>> precise([(0.4, False), (0.613, False), (0.7, True)])
    0.62
    """
    return next((one.threshold for one in curve(scored) if one.precision >= share), 1.0)


def best(scored: Sequence[Scored]) -> float:
    """Return the hundredth with the best F1, the higher one where several are as good: for lists that a person reads.

    >>> best([(0.4, False), (0.5, True), (0.7, True)])
    0.5
    """
    return max(curve(scored), key=lambda one: (one.f1, one.threshold)).threshold
