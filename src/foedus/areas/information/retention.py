"""Door ``retention``: the room's state without what some sources brought, once their time in the vault is over."""

from __future__ import annotations

from collections.abc import Collection

from foedus.areas.information import followed, remembered


def forget(state: bytes, sources: Collection[str]) -> bytes:
    """Return a state without the posts and articles of some sources.

    Raises:
        MalformedRecord: not a state of this version.
    """
    if not state:
        return state
    held = remembered.restore(remembered.forget(state, sources))
    held.followed = followed.forget(held.followed, sources)
    return remembered.dump(held)
