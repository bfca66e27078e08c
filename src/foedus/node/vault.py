"""Personal data: what a room is told so that it can key identifiers, and what comes in on its way into the vault."""

from __future__ import annotations

import hashlib
import hmac
import io
from collections.abc import Iterator, Sequence
from typing import IO, Any, NamedTuple

import msgspec

from foedus.account.bodies import VaultOpened, draft
from foedus.account.ledger import append
from foedus.areas import facts
from foedus.errors import FoedusError, InputError, TrustError
from foedus.model import instant
from foedus.model.entry import MASTER
from foedus.model.people import Person
from foedus.model.room import Room
from foedus.node.home import Node
from foedus.store import erase, quarantine, vault
from foedus.store.engine import Read, Tx
from foedus.store.quarantine import Quarantined, Refusal
from foedus.store.vault import Box, Capture, Item

DAY_US = 86_400_000_000
MAX_REASON = 200


def is_personal(node: Node, area: str) -> bool:
    """Say whether what an area's room reads may be personal; of an area that no room serves, yes."""
    try:
        return facts(node.room(area)).personal
    except FoedusError:
        return True


def keys_of(node: Node, room: Room) -> dict[str, str]:
    """Return what a room keys identifiers with: accounts by the window of analysis, records for good.

    The window is that of the node's clock: what comes in another window has other pseudonyms, and no two nodes have the same.
    """
    window = instant.to_us(node.clock.now()) // (node.config.pseudonym_days * DAY_US)
    return {
        "account": _derived(node, f"account|{room.name}|{node.config.pseudonym_days}|{window}").hex(),
        "record": _derived(node, f"record|{room.name}").hex(),
    }


class Entrance(NamedTuple):
    """A source at a room's door: its bytes, what the room is told, and what of it lies in the vault."""

    stream: IO[bytes]
    settings: dict[str, Any]
    capture: Capture | None = None


def entrance(node: Node, room: Room, source: IO[bytes], settings: dict[str, Any]) -> Entrance:
    """Bring a source to a room's door; one that may be personal is sealed, whole, before anybody looks into it.

    Such a room gets the node's keys, whatever else a person set, and the hash of the whole.
    """
    if not is_personal(node, room.name):
        return Entrance(source, settings)
    capture = Capture(node.directory, node.entropy)
    capture.write(source)
    told = {**settings, "keys": keys_of(node, room), "capture_sha256": capture.sha256}
    return Entrance(io.BufferedReader(_Segments(capture.read())), told, capture)


def keep(node: Node, tx: Tx, capture: Capture | None, area: str, source: str) -> None:
    """Keep a sealed source until its time is over."""
    if capture is not None:
        vault.keep_capture(tx, box_of(node), capture, item_of(node, "capture", area, source, capture.sha256))


def refuse(node: Node, tx: Tx, refusals: Sequence[Refusal]) -> list[int]:
    """Put refused parts into quarantine; the bytes of what may be personal into the vault instead."""
    personal = {area for area in {one.area for one in refusals} if is_personal(node, area)}
    kept = [one._replace(raw=b"") if one.area in personal else one for one in refusals]
    numbers = quarantine.put_refusals(tx, kept, instant.to_us(node.clock.now()))
    parts = [
        (item_of(node, "refused", one.area, one.source, str(number)), one.raw[: quarantine.KEPT_BYTES])
        for number, one, now in zip(numbers, refusals, kept, strict=True)
        if one.raw and not now.raw
    ]
    if parts:
        vault.keep_refused(tx, box_of(node), parts)
    return numbers


def whole(node: Node, read: Read, held: Quarantined) -> Quarantined:
    """Return a refused part with its bytes, from wherever they lie; without, where their time is over."""
    if held.refusal.raw or not is_personal(node, held.refusal.area):
        return held
    raw = vault.refused(read, box_of(node), held.id)
    return held._replace(refusal=held.refusal._replace(raw=raw or b""))


def forget_refused(node: Node, tx: Tx, source: str, object_ids: Sequence[str], hashes: Sequence[bytes]) -> None:
    """Take refused parts of a source out of quarantine and vault that are some objects' bytes, or the beginning of them."""
    erase.forget_refused(tx, source, object_ids, hashes, quarantine.KEPT_BYTES)
    sealed = [int(one.name) for one in vault.items(tx, "refused") if one.source == source]
    gone = [
        number
        for number in sealed
        if erase.is_part(vault.refused(tx, box_of(node), number) or b"", hashes, object_ids, quarantine.KEPT_BYTES)
    ]
    if gone:
        vault.forget_refused(tx, gone)
        erase.forget_numbers(tx, gone)


class Kept(msgspec.Struct, frozen=True):
    """What a source brought and is kept, until when."""

    source: str
    area: str
    sha256: str
    at: str
    until: str


def captures(node: Node) -> list[Kept]:
    """Return what sources brought and is kept now."""
    with node.store.read() as read:
        held = vault.items(read, "capture")
    return [Kept(one.source, one.area, one.name, instant.text(one.at_us), instant.text(one.until_us)) for one in held]


def open_capture(node: Node, source: str, person: Person, reason: str) -> Iterator[bytes]:
    """Return what a source brought, as it came, once it is entered who looks into it and why.

    Raises:
        TrustError: the person is no analyst.
        InputError: no reason.
        StoreError: nothing is kept of it any more.
    """
    if not person.has("analyst"):
        raise TrustError(f"{person.name} may not do that", code="role-missing", hint="role: analyst")
    if not reason.strip() or len(reason) > MAX_REASON:
        raise InputError(f"a reason of 1 to {MAX_REASON} characters", code="reason-missing", hint="--reason TEXT")
    at = node.clock.now()
    with node.store.write() as tx:
        item, segments = vault.capture(tx, box_of(node), node.directory, source)
        body = VaultOpened(
            at=instant.text(instant.to_us(at)),
            area=item.area,
            source=source,
            sha256=item.name,
            person=person.name,
            reason=reason.strip(),
        )
        append(tx.logs, MASTER, [draft(body)], at=at, entropy=node.entropy)
    return segments


class _Segments(io.RawIOBase):
    """Segments as a stream."""

    def __init__(self, segments: Iterator[bytes]) -> None:
        super().__init__()
        self._segments = segments
        self._held = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if not self._held:
            self._held = next(self._segments, b"")
        part = self._held[: len(buffer)]
        buffer[: len(part)] = part
        self._held = self._held[len(part) :]
        return len(part)


def item_of(node: Node, kind: vault.Kind, area: str, source: str, name: str) -> Item:
    """Return what is said of a thing that comes now, with its end."""
    at_us = instant.to_us(node.clock.now())
    return Item(0, kind, area, source, name, at_us, at_us + node.config.vault_days * DAY_US)


def box_of(node: Node) -> Box:
    """Return what seals and opens short things with the node's key."""
    return Box(_derived(node, "seal"), node.entropy)


def _derived(node: Node, purpose: str) -> bytes:
    """A key for one purpose: nothing sealed with one, and no pseudonym, says anything of another."""
    return hmac.new(node.keys.secret("vault"), f"foedus|{purpose}".encode(), hashlib.sha256).digest()
