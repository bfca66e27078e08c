"""Door ``retention``: the room's state without what some sources brought, once their time in the vault is over."""

from __future__ import annotations

from collections.abc import Collection

from foedus.areas.information import remembered


def forget(state: bytes, sources: Collection[str]) -> bytes:
    """Return a state without the posts and articles of some sources.

    Raises:
        MalformedRecord: not a state of this version.
    """
    if not state:
        return state
    before, held = remembered.restore(state), remembered.restore(remembered.forget(state, sources))
    if held.followed:
        mine = remembered.restore(held.followed)
        lost = _deleted(held) - _deleted(before)
        mine.pushed = {week: ids for week, ids in mine.pushed.items() if week not in lost}
        held.followed = remembered.dump(mine)
    return remembered.dump(held)


def _deleted(state: remembered.State) -> set[int]:
    """The weeks of which posts or articles went with their source."""
    return {*state.deleted, *remembered.restore(state.articles).deleted}
