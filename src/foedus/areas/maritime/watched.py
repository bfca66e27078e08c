"""Door ``watched``: the room's watch lists, and which of them hold the vessel of a finding."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from foedus.areas.maritime.watchlist import hits_of, name_of, watch, watch_or_none
from foedus.model.finding import Key
from foedus.model.room import Layers, OnList, WatchList


def lists(layers: Layers) -> Sequence[WatchList]:
    """Return the watch lists, by file and name.

    Raises:
        MalformedRecord: one of them is not understood; ``where`` is its name and line.
    """
    lines = Counter((row.ground.name, name_of(row)) for row in watch(layers).lists)
    return [WatchList(file, name, count) for (file, name), count in sorted(lines.items())]


def on_lists(keys: Sequence[Key], layers: Layers) -> Sequence[OnList]:
    """Return the lists that hold a vessel whose numbers are among a finding's keys."""
    hits = hits_of(keys, watch_or_none(layers))
    return list(
        dict.fromkeys(OnList(one.ground.name, one.list, f"{one.field} {one.value}", one.reason) for one in hits)
    )
