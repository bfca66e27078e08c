"""What bodies of entries begin with."""

from __future__ import annotations

from typing import ClassVar

import msgspec


class Body(msgspec.Struct, frozen=True, kw_only=True):
    """What every body begins with: when it happened (RFC 3339, six digits)."""

    kind_of_entry: ClassVar[str] = ""

    at: str


class Shared(Body, frozen=True, kw_only=True):
    """A body between parties under a programme; ``parties`` are sender and recipient, or all who took part."""

    programme: str
    parties: tuple[str, ...]


class Placed(Shared, frozen=True, kw_only=True):
    """A body that belongs to one area of the programme."""

    area: str
