"""Evidence of a case in two packs: a local one that replays to the same result, and one that may be released.

The local pack holds the inputs (pseudonyms, masked texts, instants) and stays in the node's vault, no longer than the sources
it came from. The released pack holds method, parameters, coverage, counts and the hashes of texts of public channels: enough
to check a claim against one's own collection, nothing that leads to an account. It is made by naming what goes in.

Counts are of distinct channels or accounts, rounded down to a multiple of ``K``: no cell below it is told, and two packs subtract
to nothing below it. There are no totals beside the cells.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from foedus.areas.information.few import K, rounded
from foedus.errors import MalformedRecord
from foedus.model.canonical import canonical

MAX_ITEMS = 1000


class Method(msgspec.Struct, frozen=True):
    """What ran: name and version, settings."""

    name: str
    parameters: dict[str, float]


class Local(msgspec.Struct, frozen=True):
    """The pack that stays: everything a replay needs.

    Attributes:
        method: what ran.
        week: of which week.
        posts: its posts, as an Arrow stream.
        results: the hash of each group's ties, by the hash of its records.
    """

    method: Method
    week: int
    posts: bytes
    results: dict[str, str]


class Item(NamedTuple):
    """One post as the released pack counts it: its day, its language, who shared it, the hash of a public channel's text."""

    day: str
    language: str
    account: str
    text_sha256: str


class Cell(msgspec.Struct, frozen=True):
    """How many distinct accounts, rounded down to a multiple of ``K``."""

    day: str
    language: str
    accounts: int


class Released(msgspec.Struct, frozen=True):
    """The pack that may go: no capture, no account, no pair; ``public_whole`` says whether all public items are in it."""

    method: Method
    coverage: dict[str, str | int]
    cells: tuple[Cell, ...]
    public_items: tuple[str, ...]
    public_whole: bool
    result_sha256: str
    k: int = K

    @property
    def raw(self) -> bytes:
        """The pack's bytes."""
        return canonical(msgspec.to_builtins(self))


def opened(pack: bytes) -> Local:
    """Return a local pack.

    Raises:
        MalformedRecord: it is no such pack.
    """
    try:
        return msgspec.msgpack.decode(pack, type=Local)
    except msgspec.DecodeError as error:
        raise MalformedRecord(
            "not a local evidence pack", code="pack-malformed", hint="restore the node's directory"
        ) from error


def released(method: Method, coverage: dict[str, str | int], items: Sequence[Item], result_sha256: str) -> Released:
    """Return the pack that may go of some posts and the hash of what the method gave."""
    accounts: dict[tuple[str, str], set[str]] = {}
    for item in items:
        accounts.setdefault((item.day, item.language), set()).add(item.account)
    cells = [Cell(*key, rounded(len(who))) for key, who in sorted(accounts.items()) if rounded(len(who))]
    public = sorted({item.text_sha256 for item in items if item.text_sha256})
    whole = len(public) <= MAX_ITEMS
    return Released(method, coverage, tuple(cells), tuple(public[:MAX_ITEMS]), whole, result_sha256)
