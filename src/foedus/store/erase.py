"""Findings go for good: rows, values, matches, places in views, and bytes that nothing else holds."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import msgspec
from sqlalchemy import Column, ColumnElement, Table, delete, exists, or_, select, update

from foedus.store import classes
from foedus.store.bulk import chunks, upsert
from foedus.store.dialects import overwrite_deleted
from foedus.store.engine import Tx
from foedus.store.objects import FLOOR, next_finding
from foedus.store.state_tables import handed_in, meta, quarantine
from foedus.store.tables import blob, finding, match, occurrence, support, value, view_past, view_row
from foedus.store.views import withdraw_findings
from foedus.store.watch import forget_notes


class Copy(NamedTuple):
    """A finding's row that holds some bytes: where it came from, and what it is."""

    seq: int
    object_id: str
    owner: str
    version: str
    version_ns: int
    source: str
    sha256: bytes


def copies(tx: Tx, hashes: Sequence[bytes]) -> list[Copy]:
    """Return the rows that hold any of some bytes."""
    found = (tx.connection.execute(_copy.where(blob.c.sha256.in_(chunk))) for chunk in chunks(hashes))
    return [Copy._make(row) for rows in found for row in rows]


def copies_named(tx: Tx, object_id: str) -> list[Copy]:
    """Return the rows of an object."""
    return [Copy._make(row) for row in tx.connection.execute(_copy.where(finding.c.object_id == object_id))]


def copies_of(tx: Tx, seqs: Sequence[int]) -> list[Copy]:
    """Return some rows."""
    found = (tx.connection.execute(_copy.where(finding.c.seq.in_(chunk))) for chunk in chunks(seqs))
    return [Copy._make(row) for rows in found for row in rows]


def later_version(tx: Tx, of: Copy, sources: Sequence[str], but: Sequence[int]) -> bool:
    """Say whether a later version of an object by the same owner is held from some sources, in a row that is none of some."""
    newer = (finding.c.object_id == of.object_id) & (finding.c.owner == of.owner) & finding.c.source.in_(sources)
    rows = tx.connection.scalars(select(finding.c.seq).where(newer, finding.c.version_ns > of.version_ns))
    return bool(set(rows) - set(but))


def resting_on(tx: Tx, hashes: Sequence[bytes]) -> list[int]:
    """Return the rows of conclusions that rest on any of some bytes, however far: one look at the conclusions held."""
    columns = select(finding.c.seq, finding.c.because, blob.c.sha256).join(blob, blob.c.id == finding.c.blob_id)
    rests = [
        (seq, set(msgspec.json.decode(because, type=list[str])), f"object:{sha256.hex()}")
        for seq, because, sha256 in tx.connection.execute(columns.where(finding.c.because.contains('"object:')))
    ]
    wanted = {f"object:{one.hex()}" for one in hashes}
    found: set[int] = set()
    while fresh := [(seq, own) for seq, because, own in rests if seq not in found and because & wanted]:
        found.update(seq for seq, _ in fresh)
        wanted = {own for _, own in fresh}
    return sorted(found)


def move_source(tx: Tx, seq: int, source: str, because: Sequence[str]) -> None:
    """Say that a row's bytes came from another source, and what it rests on so."""
    told = {"source": source, "because": msgspec.json.encode(list(because)).decode()}
    tx.connection.execute(update(finding).where(finding.c.seq == seq).values(**told))


def erase(tx: Tx, seqs: Sequence[int], at_us: int) -> None:
    """Take findings out of everything but the ledger, with supports that nothing else needs.

    Their row numbers are never given again: whoever remembers one finds nothing, not another finding.
    """
    if not seqs:
        return
    overwrite_deleted(tx.connection)
    upsert(tx.connection, meta, {"name": FLOOR}, {"value": str(next_finding(tx.connection))})
    going = [*seqs, *_lone_supports(tx, seqs)]
    names = sorted({one.object_id for one in copies_of(tx, going)})
    withdraw_findings(tx, going, at_us)
    held = _blobs(tx, going)
    for column in (view_past.c.finding_seq, match.c.a_seq, match.c.b_seq, support.c.head_seq, support.c.seq):
        _delete(tx, column, going)
    values = _values(tx, going)
    _delete(tx, occurrence.c.finding_seq, going)
    _delete(tx, handed_in.c.finding_seq, going)
    with classes.leaving(tx.connection, going):
        _delete(tx, finding.c.seq, going)
    _delete(tx, value.c.id, values, ~exists(1).where(occurrence.c.value_id == value.c.id))
    used = (exists(1).where(column == blob.c.id) for column in _HOLDING)
    _delete(tx, blob.c.id, held, ~or_(*used))
    forget_notes(tx, names)


def forget_refused(tx: Tx, source: str, object_ids: Sequence[str], hashes: Sequence[bytes], cut: int) -> None:
    """Take refused parts of a source out of quarantine that are some objects' bytes, or the beginning of them."""
    rows = tx.connection.execute(select(quarantine.c.id, quarantine.c.raw).where(quarantine.c.source == source))
    _delete(tx, quarantine.c.id, [number for number, raw in rows if is_part(raw, hashes, object_ids, cut)])


def forget_numbers(tx: Tx, numbers: Sequence[int]) -> None:
    """Take refused parts out of quarantine."""
    _delete(tx, quarantine.c.id, numbers)


_copy = select(*(finding.c[name] for name in Copy._fields[:-1]), blob.c.sha256)
_copy = _copy.join(blob, blob.c.id == finding.c.blob_id).order_by(finding.c.seq)
_HOLDING = (finding.c.blob_id, view_row.c.blob_id, view_past.c.blob_id)


def is_part(raw: bytes, hashes: Sequence[bytes], object_ids: Sequence[str], cut: int) -> bool:
    """Say whether a refused part is some objects' bytes, or the beginning of them.

    A part that was cut has no hash to compare: it goes if it so much as names the object.
    """
    return hashlib.sha256(raw).digest() in hashes or (
        len(raw) >= cut and any(one.encode() in raw for one in object_ids)
    )


def _delete(tx: Tx, column: Column[int], values: Sequence[int], *also: ColumnElement[bool]) -> None:
    table: Table = column.table
    for chunk in chunks(values):
        tx.connection.execute(delete(table).where(column.in_(chunk), *also))


def _blobs(tx: Tx, seqs: Sequence[int]) -> list[int]:
    """Return the bytes of findings, and the renditions of them that views show or showed."""
    found: set[int] = set()
    for bytes_id, seq in ((finding.c.blob_id, finding.c.seq), (view_past.c.blob_id, view_past.c.finding_seq)):
        for chunk in chunks(seqs):
            found.update(tx.connection.scalars(select(bytes_id).where(seq.in_(chunk))))
    return sorted(found)


def _values(tx: Tx, seqs: Sequence[int]) -> list[int]:
    found: set[int] = set()
    for chunk in chunks(seqs):
        found.update(tx.connection.scalars(select(occurrence.c.value_id).where(occurrence.c.finding_seq.in_(chunk))))
    return sorted(found)


def _lone_supports(tx: Tx, heads: Sequence[int]) -> Iterator[int]:
    """Yield the rows that support these findings and no other, and are no findings of their own."""
    going = set(heads)
    other = support.alias()
    for chunk in chunks(heads):
        joined = select(support.c.seq).join(finding, finding.c.seq == support.c.seq)
        for seq in set(tx.connection.scalars(joined.where(support.c.head_seq.in_(chunk), ~finding.c.head))):
            if (
                seq not in going
                and set(tx.connection.scalars(select(other.c.head_seq).where(other.c.seq == seq))) <= going
            ):
                yield seq
