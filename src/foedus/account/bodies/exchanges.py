"""Bodies of exchange: receipts for ranges of a log, and checkpoints that were read."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

import msgspec

from foedus.account.bodies.body import Placed, Shared


class State(msgspec.Struct, frozen=True):
    """Size and root (hex) of a log, as its checkpoint said them."""

    size: int
    root: str


class Refusal(msgspec.Struct, frozen=True):
    """An object that was not taken, and why (stable code)."""

    object_id: str
    code: str


class Batch(Placed, frozen=True, kw_only=True):
    """A receipt for every release.sent of one area in a range of the sender's log.

    ``log`` is the origin of that log, ``range`` half-open, ``checkpoint`` the state it was read under. ``refused`` were
    received and not taken; the label of ``unlabelled`` was missing or not valid.
    """

    log: str
    range: tuple[int, int]
    checkpoint: State
    refused: tuple[Refusal, ...] = ()
    unlabelled: tuple[str, ...] = ()


class Received(Batch, frozen=True, kw_only=True):
    """The objects came, those refused among them."""

    kind_of_entry: ClassVar[str] = "exchange.received"


class Accepted(Batch, frozen=True, kw_only=True):
    """The objects were taken, all but those refused."""

    kind_of_entry: ClassVar[str] = "exchange.accepted"


class Refused(Batch, frozen=True, kw_only=True):
    """The objects listed as refused were not taken."""

    kind_of_entry: ClassVar[str] = "exchange.refused"


class Acknowledged(Batch, frozen=True, kw_only=True):
    """The recipient answers for the objects, all but those refused."""

    kind_of_entry: ClassVar[str] = "release.acknowledged"


class CheckpointExchanged(Shared, frozen=True, kw_only=True):
    """The other side's checkpoint was read: origin, size and hash of its three lines."""

    kind_of_entry: ClassVar[str] = "checkpoint.exchanged"

    log: str
    size: int
    checkpoint_hash: str


def exchange_due(last_at: datetime | None, at: datetime, *, other_entries: bool) -> bool:
    """Say whether a checkpoint.exchanged entry is due for a peer.

    Two logs that answer each other's growth would never come to rest: without other entries there is at most one a UTC
    day.

    Args:
        last_at: instant of the last such entry for the peer.
        at: the present.
        other_entries: whether anything else was exchanged since.
    """
    return other_entries or last_at is None or last_at.date() < at.date()
