"""Leaf data of an entry: made for an own log, and checked in every other."""

from __future__ import annotations

import hashlib
import re
from datetime import datetime

import msgspec

from foedus.errors import BrokenChain, InputError, LimitExceeded, MalformedRecord
from foedus.model import ijson
from foedus.model.canonical import canonical
from foedus.model.entry import Draft, Entry, StoredEntry
from foedus.model.instant import parse_ns, text, to_us

MAX_ENTRY_BYTES = 65_535
SALT_BYTES = 32
_HASH = re.compile(r"[0-9a-f]{64}")


class Place(msgspec.Struct, frozen=True):
    """Where the next entry stands: log, sequence number, instant of the entry before it, hash of the last checkpoint."""

    origin: str
    seq: int
    after_us: int
    prev: str

    def next(self, entry: Entry) -> Place:
        """Return the place after an entry."""
        return Place(self.origin, self.seq + 1, parse_ns(entry.at) // 1_000, entry.prev)

    def __str__(self) -> str:
        """Name the place for a person."""
        return f"{self.origin} entry {self.seq}"


def commitment(salt: bytes, body: bytes) -> str:
    """Return the salted hash that a leaf holds in place of the body: SHA-256(salt || body), hex."""
    return hashlib.sha256(salt + body).hexdigest()


def make(draft: Draft, place: Place, at: datetime, salt: bytes) -> StoredEntry:
    """Return a draft's entry at a place: its instant never lies before the previous entry's.

    Raises:
        MalformedRecord: the body is no JSON.
        LimitExceeded: body or leaf has 65,536 bytes or more.
    """
    try:
        body = canonical(draft.body)
    except (ValueError, TypeError) as error:
        raise MalformedRecord("the body of an entry is no JSON", code="entry-body", where=str(place)) from error
    if len(body) > MAX_ENTRY_BYTES:
        raise LimitExceeded("an entry stays below 65,536 bytes", code="entry-too-large", where=str(place))
    if not _is_canonical_object(body):
        # A float of 2^53 or more, say: it is written like an integer that RFC 8785 does not allow.
        raise MalformedRecord("the body of an entry does not read back", code="entry-body", where=str(place))
    entry = Entry(
        v=1,
        log=place.origin,
        seq=place.seq,
        at=text(max(to_us(at), place.after_us)),
        kind=draft.kind,
        prev=place.prev,
        commit=commitment(salt, body),
    )
    stored = StoredEntry(leaf=canonical(msgspec.to_builtins(entry)), salt=salt, body=body)
    if len(stored.leaf) > MAX_ENTRY_BYTES:
        raise LimitExceeded("an entry stays below 65,536 bytes", code="entry-too-large", where=str(place))
    return stored


def check(stored: StoredEntry, place: Place) -> Entry:
    """Return the entry of stored bytes after checking all that it says of itself, but for ``prev``.

    Raises:
        BrokenChain: bytes, log, sequence, instant or commitment do not join; ``code`` says which, ``where`` the entry.
    """
    entry = read(stored.leaf, place)
    if entry.v != 1 or entry.log != place.origin or entry.seq != place.seq:
        raise BrokenChain("an entry of another log, version or sequence", code="entry-sequence", where=str(place))
    if entry.prev and not _HASH.fullmatch(entry.prev):
        raise BrokenChain("prev is no hash", code="entry-prev", where=str(place))
    if commitment(stored.salt, stored.body) != entry.commit or len(stored.salt) != SALT_BYTES:
        raise BrokenChain("body and salt are not what the leaf commits to", code="entry-commitment", where=str(place))
    if not _is_canonical_object(stored.body):
        raise BrokenChain("the body is no canonical JSON object", code="entry-malformed", where=str(place))
    if parse_ns(entry.at) // 1_000 < place.after_us:
        raise BrokenChain("an entry before the one it follows", code="entry-time", where=str(place))
    return entry


def read(raw: bytes, place: Place) -> Entry:
    """Return the leaf data of bytes that are spelled as they must be.

    Raises:
        BrokenChain: they are not, whatever they are.
    """
    try:
        entry = msgspec.convert(ijson.loads(raw, max_bytes=MAX_ENTRY_BYTES), Entry)
        exact = canonical(msgspec.to_builtins(entry)) == raw and text(parse_ns(entry.at) // 1_000) == entry.at
    except (msgspec.ValidationError, InputError, ValueError, OverflowError) as error:
        raise BrokenChain("not the leaf of an entry", code="entry-malformed", where=str(place)) from error
    if not exact:
        raise BrokenChain("not the leaf of an entry", code="entry-malformed", where=str(place))
    return entry


def _is_canonical_object(raw: bytes) -> bool:
    """Say whether bytes are a JSON object spelled as RFC 8785 spells it."""
    try:
        value = ijson.loads(raw, max_bytes=MAX_ENTRY_BYTES)
        return isinstance(value, dict) and canonical(value) == raw
    except (InputError, ValueError):
        return False


def pack(stored: StoredEntry) -> bytes:
    """Return an entry as the ``extra`` bytes of a proof file."""
    return canonical({"body": stored.body.decode(), "leaf": stored.leaf.decode(), "salt": stored.salt.hex()})


def unpack(extra: bytes | None) -> StoredEntry:
    """Return the entry of a proof file's ``extra`` bytes.

    Raises:
        MalformedRecord: they hold none.
    """
    try:
        parts = msgspec.convert(ijson.loads(extra or b"", max_bytes=4 * MAX_ENTRY_BYTES), dict[str, str])
        return StoredEntry(parts["leaf"].encode(), bytes.fromhex(parts["salt"]), parts["body"].encode())
    except (InputError, ValueError, KeyError, msgspec.ValidationError) as error:
        raise MalformedRecord("a proof file without its entry", code="proof-malformed") from error
