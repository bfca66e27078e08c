"""Which of a recipient's permits cover a case, all at once: one bit a permit, one mask a condition."""

from __future__ import annotations

from collections.abc import Callable, Hashable

from foedus.release.conditions import Case, in_validity, is_known, is_selected, is_young
from foedus.release.policy import MaskedRecipient, MaskedRule

_PLANES = 4


class Index:
    """The permits of one recipient at one instant; every mask is computed once for each value of what it asks."""

    def __init__(self, recipient: MaskedRecipient) -> None:
        self.permits = recipient.permits
        self._all = (1 << len(recipient.permits)) - 1
        self._masks: dict[Hashable, int] = {}

    def covering(self, case: Case) -> tuple[list[MaskedRule], MaskedRule | None]:
        """Return the permits that cover a case, and where there is none the first of those that fail fewest conditions."""
        failing = self._failing(case)
        failed = 0
        for mask in failing:
            failed |= mask
        if failed != self._all:
            return [rule for bit, rule in enumerate(self.permits) if not failed >> bit & 1], None
        return [], self._nearest(failing) if self.permits else None

    def _failing(self, case: Case) -> tuple[int, ...]:
        """Return per condition the permits that fail it: the conditions of ``conditions.uncovered``, in one order."""
        subject, facets = case.subject, case.facets
        marks = facets.cats | facets.caveats
        return (
            self._mask(("unusable",), lambda rule: not rule.rule.unusable),
            self._mask(("owner", subject.owner), lambda rule: subject.owner in rule.owners),
            self._mask(("area", subject.area), lambda rule: rule.names_area(subject.area)),
            self._mask(("kind", subject.kind), lambda rule: is_known(subject.kind, rule.types)),
            self._mask(("level", facets.level), lambda rule: facets.level <= rule.level_max),
            self._mask(("tlp", facets.tlp), lambda rule: facets.tlp <= rule.tlp_max),
            self._mask(("marks", marks), lambda rule: not marks & ~rule.allowed),
            self._mask(("purpose", case.purpose), lambda rule: is_known(case.purpose, rule.purposes)),
            self._mask(("valid",), lambda rule: in_validity(case, rule)),
            self._mask(("age", case.age), lambda rule: is_young(case, rule)),
            self._mask(("content", subject.contains, marks), lambda rule: is_selected(case, rule)),
        )

    def _mask(self, key: Hashable, holds: Callable[[MaskedRule], bool]) -> int:
        found = self._masks.get(key)
        if found is None:
            found = sum(1 << bit for bit, rule in enumerate(self.permits) if not holds(rule))
            self._masks[key] = found
        return found

    def _nearest(self, failing: tuple[int, ...]) -> MaskedRule:
        """Count failures of all permits side by side, one binary digit a plane, and take the first with the fewest."""
        planes = [0] * _PLANES
        for mask in failing:
            carry = mask
            for digit in range(_PLANES):
                planes[digit], carry = planes[digit] ^ carry, planes[digit] & carry
        least = self._all
        for plane in reversed(planes):
            least = least & ~plane or least
        return self.permits[(least & -least).bit_length() - 1]
