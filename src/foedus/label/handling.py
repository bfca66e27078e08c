"""What a sender said of further handling beside the label: MISP's distribution, as a narrower label."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from foedus.label.nato import ONLY
from foedus.model.label import Category, Label

OWN_ORGANISATION, SHARING_GROUP, INHERIT = 0, 4, 5
NO_ONWARD = "NOFWD"


def narrow(label: Label, ground: str, parties: Mapping[str, str]) -> Label:
    """Return a label narrowed by a ground ``handling:misp:<distribution>[:<organisation uuid>,…]``.

    Distribution 0, an unresolved 5 and a sharing group without a known party go nowhere; 4 goes to the listed parties; 1 to 3
    add nothing, a clause decides. Nothing is ever widened.

    Args:
        label: what the object has so far.
        ground: what was said.
        parties: party id by organisation uuid, as the programmes assign them.

    >>> narrow(Label("PUBLIC", "UNMARKED"), "handling:misp:0", {}).caveats
    ('NOFWD',)
    """
    _, _, said = ground.partition("handling:misp:")
    number, _, listed = said.partition(":")
    if number in ("1", "2", "3"):
        return label
    members = {parties[uuid].upper() for uuid in listed.split(",") if uuid in parties} if number == "4" else set()
    if not members:
        return msgspec.structs.replace(label, caveats=tuple(dict.fromkeys((*label.caveats, NO_ONWARD))))
    held = label.values(ONLY)
    kept = sorted(members & {value.upper() for value in held} if held else members)
    if not kept:
        return narrow(label, "handling:misp:0", parties)
    others = tuple(one for one in label.categories if one.tag_set != ONLY)
    return msgspec.structs.replace(label, categories=(*others, Category(ONLY, "PERMISSIVE", tuple(kept))))
