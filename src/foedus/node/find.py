"""Find what somebody has at hand: an object by its id, or all findings that hold a value."""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from foedus.errors import InputError
from foedus.node.home import Node
from foedus.node.situation import Seen, seen_of
from foedus.store import findings, values, watch
from foedus.store.values import COMMON

LONGEST = 2_048
"""Characters that can be looked for."""
_MOST = 5
"""Values shown of those that are written alike."""


class Value(msgspec.Struct, frozen=True):
    """A value and how many findings hold it (``more``: more than that), the newest of them, the lists that warn of it."""

    kind: str
    value: str
    held: int
    more: bool
    warned: tuple[str, ...]
    items: tuple[Seen, ...]


class Found(NamedTuple):
    """What was found: an object of this id (empty: none), or values."""

    object_id: str
    values: tuple[Value, ...]


def find(node: Node, text: str) -> Found:
    """Return the object that has an id, else the values that are written so, also defanged or in capitals.

    Raises:
        InputError: it is too long.
    """
    wanted = text.strip()
    if len(wanted) > LONGEST:
        raise InputError("too long to be looked for", code="search-long", hint=f"at most {LONGEST} characters")
    if not wanted:
        return Found("", ())
    with node.store.read() as read:
        if findings.versions_of(read, wanted):
            return Found(wanted, ())
        found: list[Value] = []
        for key in values.of_any_kind(read, _written(wanted))[:_MOST]:
            holders = values.holders(read, key.kind, key.norm)
            if holders is None:
                continue
            held = list(findings.findings_of(read, [one.seq for one in holders.newest]))
            stand = watch.states(read, [one.object_id for one in held])
            items = sorted(
                (seen_of(one, stand.get(one.object_id)) for one in held), key=lambda one: one.at, reverse=True
            )
            many = min(holders.held, COMMON)
            found.append(Value(key.kind, key.norm, many, holders.held > COMMON, holders.warned, tuple(items)))
    return Found("", tuple(found))


def _written(text: str) -> list[str]:
    """Return how a value may be written.

    >>> _written("hXXp://Evil[.]example/A")
    ['hXXp://Evil[.]example/A', 'hxxp://evil[.]example/a', 'http://Evil.example/A', 'http://evil.example/a']
    """
    plain = text.replace("[.]", ".").replace("(.)", ".").replace("[:]", ":").replace("[@]", "@")
    if plain[:4].lower() == "hxxp":
        plain = "http" + plain[4:]
    return list(dict.fromkeys((text, text.lower(), plain, plain.lower())))
