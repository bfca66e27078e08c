"""Vault: personal data as it came, encrypted, and gone at an instant that is set when it comes.

Captures of sources lie in files, in segments under a key of their own; refused parts in the database. Both are read only
before their end, by whoever has the node's key.

Source: AES-GCM, NIST SP 800-38D; segments with counter and last mark as the nonce: Hoang, Reyhanitabar, Rogaway and Vizár,
"Online Authenticated-Encryption and its Nonce-Reuse Misuse-Resistance", CRYPTO 2015 (STREAM).
"""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, Any, Literal, NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Select, delete, func, select

from foedus.errors import StoreError
from foedus.model.finding import Pack
from foedus.model.ports import Entropy
from foedus.store.bulk import bulk_insert, chunks, first_free
from foedus.store.dialects import overwrite_deleted
from foedus.store.engine import Read, Tx
from foedus.store.vault_tables import vault

FOLDER = "vault"
SEGMENT = 256 * 1024
_NONCE, _TAG = 12, 16

Kind = Literal["capture", "refused", "pack"]


class Item(NamedTuple):
    """What is kept, of which area and source, from when to when.

    ``name`` is a capture's SHA-256, a refused part's number or a pack's name.
    """

    id: int
    kind: Kind
    area: str
    source: str
    name: str
    at_us: int
    until_us: int


class Box:
    """Seals and opens short things with the node's key.

    Args:
        key: 32 bytes.
        entropy: where nonces come from.
    """

    def __init__(self, key: bytes, entropy: Entropy) -> None:
        self._cipher = AESGCM(key)
        self.entropy = entropy

    def seal(self, plain: bytes, said: str) -> bytes:
        """Return what only the key opens, and only as what is said of it."""
        nonce = self.entropy(_NONCE)
        return nonce + self._cipher.encrypt(nonce, plain, said.encode())

    def open(self, sealed: bytes, said: str) -> bytes:
        """Return what was sealed.

        Raises:
            StoreError: another key, or it was changed.
        """
        try:
            return self._cipher.decrypt(sealed[:_NONCE], sealed[_NONCE:], said.encode())
        except InvalidTag as error:
            raise _unreadable(said) from error


class Capture:
    """A source on its way into a file, sealed in segments; memory holds one.

    Args:
        directory: the node's directory.
        entropy: where its key and its file's name come from.
    """

    def __init__(self, directory: Path, entropy: Entropy) -> None:
        self.key = entropy(32)
        self.sha256 = ""
        self.path = directory / FOLDER / f"{entropy(16).hex()}.sealed"
        self._cipher = AESGCM(self.key)

    def write(self, source: IO[bytes]) -> None:
        """Read a source to its end into the file.

        Raises:
            StoreError: it cannot be written.
        """
        try:
            self.path.parent.mkdir(mode=0o700, exist_ok=True)
            descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                number, held, hashed = 0, _filled(source), hashlib.sha256()
                while True:
                    hashed.update(held)
                    following = _filled(source) if len(held) == SEGMENT else b""
                    file.write(self._cipher.encrypt(_counted(number, last=not following), held, None))
                    if not following:
                        break
                    number, held = number + 1, following
                file.flush()
                os.fsync(file.fileno())
            self.sha256 = hashed.hexdigest()
        except OSError as error:
            self.drop()
            raise StoreError("the vault cannot be written", code="vault-unwritten", where=str(self.path)) from error

    def read(self) -> Iterator[bytes]:
        """Yield what was written, in segments."""
        return _segments(self.path, self.key)

    def drop(self) -> None:
        """Take the file away: it is known already, or could not be read."""
        with contextlib.suppress(OSError):
            self.path.unlink()


def keep_capture(tx: Tx, box: Box, capture: Capture, item: Item) -> None:
    """Keep a written capture until its end; ``item.id`` is given here."""
    _insert(tx, [(item, capture.path.name, box.seal(capture.key, _said(item)))])


def keep_refused(tx: Tx, box: Box, parts: Sequence[tuple[Item, bytes]]) -> None:
    """Keep refused parts until their end; ``item.id`` is given here."""
    _insert(tx, [(item, "", box.seal(raw, _said(item))) for item, raw in parts])


def keep_pack(tx: Tx, box: Box, item: Item, pack: Pack) -> None:
    """Keep a pack in place of what its area keeps under its name, no longer than the first of its sources; without bytes none.

    Args:
        tx: the transaction.
        box: seals it.
        item: what is said of it; it ends then, where no source ends before.
        pack: what is kept.
    """
    overwrite_deleted(tx.connection)
    which = (vault.c.kind == "pack") & (vault.c.area == item.area) & (vault.c.name == item.name)
    tx.connection.execute(delete(vault).where(which))
    if pack.raw:
        first = select(func.min(vault.c.until_us)).where(vault.c.kind == "capture", vault.c.area == item.area)
        ends = [tx.connection.scalar(first.where(vault.c.source.in_(chunk))) for chunk in chunks(list(pack.sources))]
        ending = item._replace(until_us=min([item.until_us, *(end for end in ends if end is not None)]))
        _insert(tx, [(ending, "", box.seal(pack.raw, _said(ending)))])


def pack(read: Read, box: Box, area: str, name: str) -> tuple[Item, bytes] | None:
    """Return what an area keeps under a name; None where it keeps nothing, or its time is over."""
    row = read.connection.execute(_now(read, "pack").where(vault.c.area == area, vault.c.name == name)).first()
    if row is None:
        return None
    item = Item._make(row[: len(_COLUMNS)])
    return item, box.open(row.sealed, _said(item))


def items(read: Read, kind: Kind | None = None) -> list[Item]:
    """Return what is kept and may be read now, in the order of its coming."""
    chosen = [] if kind is None else [vault.c.kind == kind]
    statement = select(*_COLUMNS).where(vault.c.until_us > read.at_us, *chosen).order_by(vault.c.id)
    return [Item._make(row) for row in read.connection.execute(statement)]


def refused(read: Read, box: Box, number: int) -> bytes | None:
    """Return a refused part; None where none is kept, or its time is over."""
    statement = _now(read, "refused").where(vault.c.name == str(number))
    row = read.connection.execute(statement).first()
    return None if row is None else box.open(row.sealed, _said(Item._make(row[: len(_COLUMNS)])))


def capture(read: Read, box: Box, directory: Path, source: str) -> tuple[Item, Iterator[bytes]]:
    """Return what is kept of a source, and what it brought, in segments, as it came.

    Raises:
        StoreError: nothing is kept of it any more (``vault-empty``), or it cannot be read.
    """
    row = read.connection.execute(_now(read, "capture").where(vault.c.source == source)).first()
    if row is None:
        raise StoreError(
            "nothing of this source is in the vault", code="vault-empty", where=source, hint="foedus vault list"
        )
    item = Item._make(row[: len(_COLUMNS)])
    return item, _segments(directory / FOLDER / row.file, box.open(row.sealed, _said(item)))


def forget_refused(tx: Tx, numbers: Sequence[int]) -> None:
    """Take refused parts out."""
    overwrite_deleted(tx.connection)
    for chunk in chunks([str(number) for number in numbers]):
        tx.connection.execute(delete(vault).where(vault.c.kind == "refused", vault.c.name.in_(chunk)))


def due(read: Read) -> list[str]:
    """Return the areas of which the time of anything is over."""
    statement = select(vault.c.area).where(vault.c.until_us <= read.at_us).distinct().order_by(vault.c.area)
    return list(read.connection.scalars(statement))


def expire(tx: Tx, directory: Path, areas: Sequence[str]) -> list[Item]:
    """Delete what of some areas is over: first the keys, once that is durable the files; return what went."""
    over = (vault.c.until_us <= tx.at_us) & vault.c.area.in_(areas)
    rows = tx.connection.execute(select(*_COLUMNS, vault.c.file).where(over).order_by(vault.c.id)).all()
    overwrite_deleted(tx.connection)
    for chunk in chunks([row.id for row in rows]):
        tx.connection.execute(delete(vault).where(vault.c.id.in_(chunk)))
    tx.once_durable.append(lambda: _unlink(directory, [row.file for row in rows if row.file]))
    return [Item._make(row[: len(_COLUMNS)]) for row in rows]


_COLUMNS = tuple(vault.c[name] for name in Item._fields)


def _insert(tx: Tx, made: Sequence[tuple[Item, str, bytes]]) -> None:
    first = first_free(tx.connection, vault.c.id)
    rows = [(number, *item[1:], file, sealed) for number, (item, file, sealed) in enumerate(made, first)]
    bulk_insert(tx.connection, vault, (*Item._fields, "file", "sealed"), rows)


def _now(read: Read, kind: Kind) -> Select[Any]:
    """What is kept of a sort at this instant, the newest first."""
    columns = select(*_COLUMNS, vault.c.file, vault.c.sealed)
    return columns.where(vault.c.kind == kind, vault.c.until_us > read.at_us).order_by(vault.c.id.desc())


def _said(item: Item) -> str:
    """What is said of a thing and cannot be changed without its seal breaking: not its number, which is given later."""
    return "|".join(map(str, item[1:]))


def _segments(path: Path, key: bytes) -> Iterator[bytes]:
    cipher = AESGCM(key)
    try:
        with path.open("rb") as file:
            number, held = 0, file.read(SEGMENT + _TAG)
            while held:
                following = file.read(SEGMENT + _TAG)
                yield cipher.decrypt(_counted(number, last=not following), held, None)
                number, held = number + 1, following
    except (OSError, InvalidTag) as error:
        raise _unreadable(path.name) from error


def _counted(number: int, *, last: bool) -> bytes:
    """A segment's nonce: a key seals one file, so a count never comes twice; the last one says that nothing was cut off."""
    return number.to_bytes(_NONCE - 1, "big") + bytes([last])


def _filled(source: IO[bytes]) -> bytes:
    parts, have = [], 0
    while have < SEGMENT and (part := source.read(SEGMENT - have)):
        parts.append(part)
        have += len(part)
    return b"".join(parts)


def _unlink(directory: Path, names: Sequence[str]) -> None:
    for name in names:
        (directory / FOLDER / name).unlink(missing_ok=True)


def _unreadable(where: str) -> StoreError:
    return StoreError(
        "what is in the vault cannot be read", code="vault-unreadable", where=where, hint="restore the node's directory"
    )
