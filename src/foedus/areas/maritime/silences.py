"""Silences of all vessels at hand: hulls told apart first, so that two on one MMSI do not hide each other's.

A vessel of which every fix can be reached from the one before is one hull, and its fixes are looked at as they are. Of any
other the hulls are told apart in the window of the day in which it fell silent, with the next fix after it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from foedus.areas.maritime import windows
from foedus.areas.maritime.methods import gaps, identity, tracks
from foedus.areas.maritime.methods.around import Around
from foedus.areas.maritime.methods.event import Event, Fixes

_ANY = tracks.SETTINGS | {"fixes_min": 1.0}


def silences(vessels: Sequence[Fixes], settings: Mapping[str, float], around: Around) -> list[Event]:
    """Return the gaps of vessels; ``vessels`` are all fixes at hand, one entry an MMSI."""
    ships = identity.ships(vessels)
    single = tracks.plain(ships, _ANY)
    found = gaps.find([fixes for fixes, plain in zip(ships, single, strict=True) if plain], settings, around)
    for fixes, plain in zip(ships, single, strict=True):
        if not plain:
            found.extend(_mixed(fixes, settings, around))
    return found


def _mixed(fixes: Fixes, settings: Mapping[str, float], around: Around) -> list[Event]:
    found: list[Event] = []
    for day in np.unique(fixes.t_ms // windows.DAY_MS).tolist():
        begin, end = np.searchsorted(fixes.t_ms, windows.span(day)).tolist()
        part = tracks.take(fixes, np.arange(begin, min(end + 1, len(fixes.t_ms))))
        hulls = [part] if tracks.plain([part], _ANY)[0] else tracks.segment(part).tracks
        gone = gaps.find(hulls, settings, around)
        found.extend(event for event in gone if event.from_ms // windows.DAY_MS == day)
    return found
