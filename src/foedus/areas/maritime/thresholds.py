"""Thresholds: the settings of every method, and what a node or a person set instead."""

from __future__ import annotations

from collections.abc import Mapping

from foedus.areas.maritime.methods import combination, gaps, interference, mismatch
from foedus.areas.maritime.methods.observe import METHODS
from foedus.errors import InputError
from foedus.model.room import Settings

USUAL: Mapping[str, Mapping[str, float]] = {
    gaps.KIND: gaps.SETTINGS,
    **{kind: method.SETTINGS for kind, method in METHODS.items()},
    interference.KIND: interference.SETTINGS,
    mismatch.KIND: mismatch.SETTINGS,
    combination.KIND: combination.SETTINGS,
}
"""Kind → name → value."""
_NO_METHODS = ("columns", "outages")


def chosen(settings: Settings) -> dict[str, dict[str, float]]:
    """Return the thresholds of every method, those of ``settings`` instead of its own.

    Raises:
        InputError: a table of no method, a name that its method does not know, or no number.
    """
    for kind, held in settings.items():
        if isinstance(held, Mapping) and kind not in _NO_METHODS:
            _check(kind, held)
    return {kind: {**usual, **settings.get(kind, {})} for kind, usual in USUAL.items()}


def _check(kind: str, held: Settings) -> None:
    if kind not in USUAL:
        hint = f"one of {', '.join(sorted(USUAL))}"
        raise InputError(f"no method {kind!r}", code="settings-unknown", where=kind, hint=hint)
    for name, value in held.items():
        if name not in USUAL[kind]:
            hint = f"one of {', '.join(sorted(USUAL[kind]))}"
            raise InputError(
                f"{kind} has no threshold {name!r}", code="settings-unknown", where=f"{kind}.{name}", hint=hint
            )
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value < 1e9:
            raise InputError("no number from 0 on", code="settings-malformed", where=f"{kind}.{name}")
