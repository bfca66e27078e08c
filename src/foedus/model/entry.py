"""Entry: one line of a ledger; all that happened is an Entry."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

MASTER = "master"


class Draft(msgspec.Struct, frozen=True):
    """What somebody wants entered: the kind of event and its body (JSON values; ids and hashes, never content)."""

    kind: str
    body: dict[str, Any]


class Entry(msgspec.Struct, frozen=True):
    """Leaf data of a log (its RFC 8785 form is what is hashed); ``commit`` is a salted hash of the body.

    Source: commit = SHA-256(salt || RFC8785(body)); prev = hash of the checkpoint last signed before it, or empty.
    """

    v: int
    log: str
    seq: int
    at: str
    kind: str
    prev: str
    commit: str


class StoredEntry(msgspec.Struct, frozen=True):
    """An entry as it is kept and sent to the partner: leaf data, salt, and the body's canonical bytes."""

    leaf: bytes
    salt: bytes
    body: bytes

    def entry(self) -> Entry:
        """Return the typed leaf."""
        return msgspec.json.decode(self.leaf, type=Entry)

    def facts(self) -> dict[str, Any]:
        """Return the body as JSON values."""
        facts: dict[str, Any] = msgspec.json.decode(self.body)
        return facts


class LogInfo(msgspec.Struct, frozen=True):
    """One log: origin line, which programme and pair it belongs to, and whether this node signs it.

    ``name`` is the node's own short handle: ``master``, or ``<programme>|<sender>|<recipient>``.
    """

    name: str
    origin: str
    programme: str
    sender: str
    recipient: str
    own: bool


class Checkpoint(msgspec.Struct, frozen=True):
    """A signed state of a log: C2SP tlog-checkpoint note with its signatures."""

    origin: str
    size: int
    root: bytes
    note: str


class LogCopy(msgspec.Struct, frozen=True):
    """A node's copy of a log as its rows say: origin, signed size, root over the rows, and the checkpoint note it keeps."""

    origin: str
    size: int
    root: bytes
    note: str


class Event(msgspec.Struct, frozen=True):
    """One event as indicators see it: kind, instant, fields, and the entry it stands in."""

    kind: str
    at: datetime
    facts: dict[str, Any]
    log: str
    seq: int
