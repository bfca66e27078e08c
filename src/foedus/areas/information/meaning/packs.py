"""Evidence of a case in two packs: a local one that can be replayed until it expires, and one that may be released.

The local pack holds the inputs (captures, pseudonyms, pairs) and stays in the node's vault. The released pack holds method,
parameters, model, calibration, coverage, counts and the hashes of items of public channels: enough to check a claim against
one's own collection, nothing that leads to an account. It is made from what the local pack counts, by naming what goes in.

Counts are of distinct channels or accounts, rounded down to a multiple of ``K``: no cell below it is told, and two packs subtract
to nothing below it. There are no totals beside the cells.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import msgspec

from foedus.areas.information.few import K, rounded
from foedus.areas.information.meaning.judgement import PUBLIC, Tier
from foedus.errors import MalformedRecord, TrustError
from foedus.model import instant
from foedus.model.canonical import canonical, digest


class Method(msgspec.Struct, frozen=True):
    """What ran: name and version, settings, SHA-256 of the model and of the calibration set (empty where there is none)."""

    name: str
    parameters: dict[str, float]
    model: str = ""
    calibration: str = ""


class Item(msgspec.Struct, frozen=True):
    """One captured text.

    Attributes:
        text_sha256: of the text.
        language: BCP 47 tag.
        day: ``YYYY-MM-DD``.
        tier: of its channel.
        account: keyed pseudonym of who posted it.
        capture: the text as captured.
        url: where it stood.
        capture_sha256: of the captured bytes.
        archive: where a copy lies.
    """

    text_sha256: str
    language: str
    day: str
    tier: Tier
    account: str
    capture: str
    url: str = ""
    capture_sha256: str = ""
    archive: str = ""


class Local(msgspec.Struct, frozen=True):
    """The pack that stays: everything a replay needs, until it expires."""

    method: Method
    items: tuple[Item, ...]
    edges: tuple[tuple[str, str, int], ...]
    coverage: dict[str, str | int]
    result_sha256: str
    expires_at: str


class Cell(msgspec.Struct, frozen=True):
    """How many distinct accounts, rounded down to a multiple of ``K``."""

    day: str
    language: str
    tier: str
    accounts: int


class Released(msgspec.Struct, frozen=True):
    """The pack that may go: no capture, no account, no pair."""

    method: Method
    coverage: dict[str, str | int]
    cells: tuple[Cell, ...]
    public_items: tuple[str, ...]
    result_sha256: str
    k: int = K


Run = Callable[[Sequence[Item], Sequence[tuple[str, str, int]], Method], Any]


def local(
    method: Method,
    items: Sequence[Item],
    edges: Sequence[tuple[str, str, int]],
    coverage: dict[str, str | int],
    expires_at: datetime,
    run: Run,
) -> bytes:
    """Return the local pack's bytes, with the hash of what the method gives on its inputs."""
    result = digest(run(items, edges, method))
    held = Local(method, tuple(items), tuple(edges), coverage, result, instant.text(instant.to_us(expires_at)))
    return canonical(msgspec.to_builtins(held))


def replay(pack: bytes, at: datetime, run: Run) -> Any:
    """Run the method again on a local pack's inputs, and return what it gives.

    Raises:
        MalformedRecord: it has expired, or is no such pack.
        TrustError: the result is another one.
    """
    held = opened(pack, at)
    result = run(held.items, held.edges, held.method)
    if digest(result) != held.result_sha256:
        raise TrustError(
            "a replay gives another result",
            code="replay-differs",
            where="result_sha256",
            hint="compare versions and model",
        )
    return result


def opened(pack: bytes, at: datetime) -> Local:
    """Return a local pack that has not expired.

    Raises:
        MalformedRecord: it has expired, or is no such pack.
    """
    try:
        held = msgspec.json.decode(pack, type=Local)
    except msgspec.DecodeError as error:
        raise MalformedRecord("not a local evidence pack", code="pack-malformed") from error
    if at >= instant.parse(held.expires_at):
        raise MalformedRecord(
            "the evidence pack has expired", code="pack-expired", where="expires_at", hint="the released pack remains"
        )
    return held


def released(held: Local) -> bytes:
    """Return the released pack's bytes of a local one."""
    accounts: dict[tuple[str, str, str], set[str]] = {}
    for item in held.items:
        accounts.setdefault((item.day, item.language, item.tier), set()).add(item.account)
    cells = [Cell(*key, rounded(len(who))) for key, who in sorted(accounts.items()) if rounded(len(who))]
    public = sorted({item.text_sha256 for item in held.items if item.tier in PUBLIC})
    pack = Released(held.method, held.coverage, tuple(cells), tuple(public), held.result_sha256)
    return canonical(msgspec.to_builtins(pack))
