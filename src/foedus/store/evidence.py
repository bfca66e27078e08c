"""Index of what ledgers say was sent: by partners, which entry vouches for which bytes; by us, which sent which object."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from sqlalchemy import exists, func, select

from foedus.store.bulk import bulk_insert, chunks
from foedus.store.engine import Read, Tx
from foedus.store.log_tables import log, sending, sent
from foedus.store.tables import blob, finding


class Sent(NamedTuple):
    """A release.sent entry of a log: its place, the area, the hash of the bytes it stands for."""

    seq: int
    area: str
    bytes_sha256: bytes


def index_sent(tx: Tx, name: str, rows: Sequence[Sent]) -> None:
    """Keep which entries of a log stand for which bytes."""
    log_id = tx.connection.scalars(select(log.c.id).where(log.c.name == name)).one()
    bulk_insert(tx.connection, sent, ("log_id", *Sent._fields), [(log_id, *row) for row in rows])


def sent_bytes(read: Read, name: str, hashes: Sequence[bytes]) -> dict[bytes, int]:
    """Return the newest entry of a log that stands for each of some bytes; hashes without one are absent."""
    found: dict[bytes, int] = {}
    for chunk in chunks(list(hashes)):
        newest = (
            select(sent.c.bytes_sha256, func.max(sent.c.seq))
            .join(log, log.c.id == sent.c.log_id)
            .where(log.c.name == name, sent.c.bytes_sha256.in_(chunk))
            .group_by(sent.c.bytes_sha256)
        )
        found.update((sha256, seq) for sha256, seq in read.connection.execute(newest))
    return found


def gone(read: Read, hashes: Iterable[str]) -> set[str]:
    """Return those of some hashes (hex) whose bytes a partner sent and that no finding holds."""
    theirs = sent.c.log_id.in_(select(log.c.id).where(~log.c.own))
    held = exists(1).where(finding.c.blob_id == blob.c.id, blob.c.sha256 == sent.c.bytes_sha256)
    found: set[str] = set()
    for chunk in chunks([bytes.fromhex(one) for one in hashes]):
        rows = select(sent.c.bytes_sha256).where(theirs, sent.c.bytes_sha256.in_(chunk), ~held).distinct()
        found.update(sha256.hex() for sha256 in read.connection.scalars(rows))
    return found


def sent_between(read: Read, name: str, area: str, first: int, last: int) -> list[int]:
    """Return the entries of an area with ``first <= seq <= last``, ascending."""
    rows = (
        select(sent.c.seq)
        .join(log, log.c.id == sent.c.log_id)
        .where(log.c.name == name, sent.c.area == area, sent.c.seq.between(first, last))
        .order_by(sent.c.seq)
    )
    return list(read.connection.scalars(rows))


def index_sendings(tx: Tx, name: str, rows: Iterable[tuple[str, int]]) -> None:
    """Keep which entries of an own log sent which objects: (object id, entry)."""
    log_id = tx.connection.scalars(select(log.c.id).where(log.c.name == name)).one()
    bulk_insert(tx.connection, sending, ("log_id", "object_id", "seq"), [(log_id, *row) for row in rows])


def sendings(read: Read, name: str, object_ids: Iterable[str]) -> list[int]:
    """Return the entries of an own log that sent any of some objects, ascending."""
    found: list[int] = []
    for chunk in chunks(list(object_ids)):
        own = select(sending.c.seq).join(log, log.c.id == sending.c.log_id).where(log.c.name == name)
        found.extend(read.connection.scalars(own.where(sending.c.object_id.in_(chunk))))
    return sorted(found)
