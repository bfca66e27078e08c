"""The network of a group as it may be told: communities by number, never who is in them."""

from __future__ import annotations

import msgspec


class Community(msgspec.Struct, frozen=True):
    """A community within a group, by its number: how many accounts, rounded down."""

    number: int
    accounts: int


class Between(msgspec.Struct, frozen=True):
    """Two communities of a group, and how many accounts the ties between them join, rounded down."""

    one: int
    other: int
    accounts: int


class Seen(msgspec.Struct, frozen=True):
    """Where posts of a group were first seen in this collection: the hour, and how many records, rounded down."""

    by: str
    value: str
    first: str
    records: int
