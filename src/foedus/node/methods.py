"""What each method said and how much of that people dismissed as false, by reason: the watch's word on the methods."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from foedus.node.analyse import DESK
from foedus.node.home import Node
from foedus.node.naming import room_words
from foedus.store import watch
from foedus.store.findings import STORIES
from foedus.store.watch import Against


class MethodRecord(msgspec.Struct, frozen=True):
    """One kind of findings of one room by one owner: how many were told (each version once), how many are dismissed, and why.

    ``methods`` are those that the dismissed ones named, with how many each; ``share`` is of what was told, None without any.
    """

    area: str
    kind: str
    owner: str
    told: int
    dismissed: int
    share: float | None
    reasons: Mapping[str, int]
    methods: Mapping[str, int]


def methods(node: Node, area: str = "") -> list[MethodRecord]:
    """Return the record of every method, of one room or of all, those most dismissed first."""
    found: list[MethodRecord] = []
    with node.store.read() as read:
        against = watch.against(read)
        for room, words in room_words(node).items():
            if area in ("", room):
                told = watch.told(read, f"{DESK}|{room}")
                of_room = [one for one in against if one.area == room]
                kinds = {key for key in told if key[0] in (*words.kinds, *STORIES)}
                keys = kinds | {(one.kind, one.owner) for one in of_room}
                found += [_record(room, key, told.get(key, 0), of_room) for key in keys]
    return sorted(found, key=lambda one: (-one.dismissed, -one.told, one.area, one.kind, one.owner))


def _record(room: str, key: tuple[str, str], told: int, against: list[Against]) -> MethodRecord:
    mine = [one for one in against if (one.kind, one.owner) == key]
    dismissed = sum(one.findings for one in mine)
    share = round(dismissed / told, 4) if told else None
    return MethodRecord(room, *key, told, dismissed, share, _by(mine, "reason"), _by(mine, "method"))


def _by(against: list[Against], name: str) -> dict[str, int]:
    found: dict[str, int] = {}
    for one in against:
        said = str(getattr(one, name))
        found[said] = found.get(said, 0) + one.findings
    return found
