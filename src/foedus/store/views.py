"""Views, written: what a reader may see, each row with the instant since when; withdrawn rows leave at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple, TypeVar

from sqlalchemy import Column, Row, bindparam, delete, func, insert, literal, select, text, update

from foedus.errors import StoreError
from foedus.model import instant
from foedus.store.bulk import bulk_insert, chunks
from foedus.store.engine import Read, Tx
from foedus.store.objects import keep_blobs
from foedus.store.tables import blob, finding, in_view, reader, view, view_past, view_row, view_tally

_DAY_US = 86_400_000_000
_BATCH = 1_000

T = TypeVar("T")


class Showing(NamedTuple):
    """A finding to show: its own bytes, or (``raw``, ``sha256``) where redaction changed them; until when.

    ``once``: after its end it is no candidate for the view again.
    """

    seq: int
    expires_us: int | None = None
    raw: bytes | None = None
    sha256: bytes = b""
    once: bool = False


class Shown(NamedTuple):
    """A row of a view, as the node asks for it; ``sha256`` is of the bytes shown."""

    added_us: int
    object_id: str
    version: str
    finding_seq: int
    label_id: int | None
    sha256: bytes
    expires_us: int | None


class Tally(NamedTuple):
    """How many rows a view shows, by day of their coming, kind, owner and label."""

    day_us: int
    kind: str
    owner: str
    label_id: int
    rows: int


def open_view(tx: Tx, name: str, of_reader: str) -> None:
    """Create a view for a reader, whose views all share one sequence of instants; an existing one is left alone."""
    held = tx.connection.scalar(select(view.c.reader).where(view.c.name == name))
    if held is not None:
        if held != of_reader:
            raise StoreError("the view belongs to another reader", code="view-differs", where=name)
        return
    if tx.connection.scalar(select(reader.c.name).where(reader.c.name == of_reader)) is None:
        tx.connection.execute(insert(reader).values(name=of_reader, last_us=0))
    tx.connection.execute(insert(view).values(name=name, reader=of_reader, generation=0))


def add_view_rows(tx: Tx, name: str, showings: Sequence[Showing], at_us: int) -> list[int]:
    """Show findings in a view from now on; return each row's ``added_us``, in order.

    Instants strictly increase per reader and never lie before ``at_us``; the last is rounded up to a whole millisecond, so
    call this once per view and transaction. A finding that the view already shows is replaced: it is shown once, anew.
    An object without a version of its own gets ``added_us`` as its version.
    """
    view_id, of_reader = _changed(tx, name)
    if not showings:
        return []
    last_us = tx.connection.scalars(select(reader.c.last_us).where(reader.c.name == of_reader)).one()
    first_us = max(at_us, last_us + 1)
    added = list(range(first_us, first_us + len(showings)))
    added[-1] = -(-added[-1] // 1_000) * 1_000
    tx.connection.execute(update(reader).where(reader.c.name == of_reader).values(last_us=added[-1]))
    found = _found(tx, [showing.seq for showing in showings])
    _retire(tx, view_id, view_row.c.finding_seq, list(found), at_us)
    crowded = _crowded(tx, view_id, [found[showing.seq].object_id for showing in showings])
    redacted = keep_blobs(tx.connection, {one.sha256: one.raw for one in showings if one.raw is not None})
    rows = []
    for showing, added_us in zip(showings, added, strict=True):
        row = found[showing.seq]
        version, version_ns = (
            (row.version, row.version_ns) if row.version_ns >= 0 else (instant.text(added_us), added_us * 1_000)
        )
        blob_id = row.blob_id if showing.raw is None else redacted[showing.sha256]
        what = (view_id, added_us, row.object_id, version, version_ns, row.type, row.spec_version, blob_id)
        rows.append((*what, showing.expires_us, showing.seq, row.label_id, row.object_id not in crowded, showing.once))
    bulk_insert(tx.connection, view_row, _COLUMNS, rows)
    _count(tx, view_id, added, 1)
    return added


def withdraw(tx: Tx, name: str, object_ids: Sequence[str], at_us: int) -> int:
    """Take all versions of objects out of a view; return how many rows left it."""
    view_id, _ = _changed(tx, name)
    return _retire(tx, view_id, view_row.c.object_id, object_ids, at_us)


def withdraw_rows(tx: Tx, name: str, added_us: Sequence[int], at_us: int) -> int:
    """Take single rows out of a view; return how many left it."""
    view_id, _ = _changed(tx, name)
    return _move(tx, view_id, added_us, at_us)


def withdraw_findings(tx: Tx, finding_seqs: Sequence[int], at_us: int) -> int:
    """Take findings out of every view; return how many rows left one."""
    holding: set[str] = set()
    for chunk in chunks(finding_seqs):
        named = select(view.c.name).join(view_row, view_row.c.view_id == view.c.id)
        holding.update(tx.connection.scalars(named.where(view_row.c.finding_seq.in_(chunk)).distinct()))
    return sum(
        _retire(tx, _changed(tx, name)[0], view_row.c.finding_seq, finding_seqs, at_us) for name in sorted(holding)
    )


def shown(read: Read, name: str, finding_seqs: Sequence[int] | None = None) -> Iterator[Shown]:
    """Yield the rows of a view, expired ones too: all in order of coming, or those of some findings."""
    if finding_seqs is not None:
        for chunk in chunks(finding_seqs):
            of_these = _shown.where(view_row.c.finding_seq.in_(chunk), in_view(_view_id)).order_by(view_row.c.added_us)
            yield from (Shown._make(row) for row in read.connection.execute(of_these, {"name": name}))
        return
    after_us = -1
    onward = _shown.where(view_row.c.view_id == _view_id, view_row.c.added_us > bindparam("after_us"))
    onward = onward.order_by(view_row.c.added_us).limit(_BATCH)
    while rows := read.connection.execute(onward, {"name": name, "after_us": after_us}).fetchall():
        yield from (Shown._make(row) for row in rows)
        after_us = rows[-1].added_us


def shown_before(read: Read, name: str, object_id: str) -> Sequence[tuple[int, int]]:
    """Return (added_us, withdrawn_us) of the rows of an object that left a view."""
    past = select(view_past.c.added_us, view_past.c.withdrawn_us).join(view, view.c.id == view_past.c.view_id)
    rows = read.connection.execute(past.where(view.c.name == name, view_past.c.object_id == object_id))
    return sorted((added_us, withdrawn_us) for added_us, withdrawn_us in rows)


def tally(read: Read, name: str) -> Sequence[Tally]:
    """Return how many rows a view holds, without counting any; rows that expired are still in it."""
    counted = select(view_tally).join(view, view.c.id == view_tally.c.view_id)
    rows = read.connection.execute(counted.where(view.c.name == name, view_tally.c.shown > 0).order_by(*_IN_ORDER))
    return [Tally(row.day * _DAY_US, row.kind, row.owner, row.label_id, row.shown) for row in rows]


def view_size(read: Read, name: str, at_us: int) -> int:
    """Return how many rows a view shows at an instant."""
    held = select(func.sum(view_tally.c.shown)).join(view, view.c.id == view_tally.c.view_id).where(view.c.name == name)
    expired = select(func.count()).select_from(view_row).join(view, view.c.id == view_row.c.view_id)
    gone = read.connection.scalar(expired.where(view.c.name == name, view_row.c.expires_us <= at_us))
    return int(read.connection.scalar(held) or 0) - int(gone or 0)


def heads_shown(read: Read, name: str, at_us: int) -> int:
    """Return how many findings (heads) a view shows at an instant, what supports them not counted."""
    held = select(func.sum(view_tally.c.heads)).join(view, view.c.id == view_tally.c.view_id).where(view.c.name == name)
    expired = select(func.count()).select_from(view_row).join(view, view.c.id == view_row.c.view_id)
    expired = expired.join(finding, finding.c.seq == view_row.c.finding_seq).where(finding.c.head)
    gone = read.connection.scalar(expired.where(view.c.name == name, view_row.c.expires_us <= at_us))
    return int(read.connection.scalar(held) or 0) - int(gone or 0)


_COLUMNS = (
    *("view_id", "added_us", "object_id", "version", "version_ns", "type", "spec_version", "blob_id"),
    *("expires_us", "finding_seq", "label_id", "sole", "once"),
)
_PAST_COLUMNS = _COLUMNS[: _COLUMNS.index("sole")]

_IN_ORDER = [view_tally.c[name] for name in ("day", "kind", "owner", "label_id")]

_view_id = select(view.c.id).where(view.c.name == bindparam("name")).scalar_subquery()

_shown = select(
    *(view_row.c[name] for name in ("added_us", "object_id", "version", "finding_seq", "label_id")),
    blob.c.sha256,
    view_row.c.expires_us,
).join_from(view_row, blob, blob.c.id == view_row.c.blob_id)

# One row more or less for each (day, kind, owner, label) of the rows named; the same text in SQLite and PostgreSQL.
_COUNT = text(
    "INSERT INTO view_tally (view_id, day, kind, owner, label_id, shown, heads)"
    " SELECT v.view_id, v.added_us / :day_us, f.kind, f.owner, coalesce(v.label_id, 0), :sign * count(*),"
    " :sign * sum(CASE WHEN f.head THEN 1 ELSE 0 END)"
    " FROM view_row v JOIN finding f ON f.seq = v.finding_seq"
    " WHERE v.view_id = :view_id AND v.added_us IN :added"
    " GROUP BY v.view_id, v.added_us / :day_us, f.kind, f.owner, coalesce(v.label_id, 0)"
    " ON CONFLICT (view_id, day, kind, owner, label_id) DO UPDATE SET shown = view_tally.shown + excluded.shown,"
    " heads = view_tally.heads + excluded.heads"
).bindparams(bindparam("added", expanding=True))


def _changed(tx: Tx, name: str) -> tuple[int, str]:
    """Mark a view as changed, which ends every page kept of it; return its id and reader."""
    row = tx.connection.execute(select(view.c.id, view.c.reader).where(view.c.name == name)).one_or_none()
    if row is None:
        raise StoreError("no such view", code="view-unknown", where=name)
    tx.connection.execute(update(view).where(view.c.id == row.id).values(generation=view.c.generation + 1))
    return row.id, row.reader


def _found(tx: Tx, seqs: Sequence[int]) -> dict[int, Row[tuple[object, ...]]]:
    names = ("seq", "object_id", "version", "version_ns", "type", "spec_version", "blob_id", "label_id")
    columns = select(*(finding.c[name] for name in names))
    rows = (row for chunk in chunks(seqs) for row in tx.connection.execute(columns.where(finding.c.seq.in_(chunk))))
    found = {row.seq: row for row in rows}
    if len(found) < len(seqs):
        raise StoreError("a finding to show does not exist, or is named twice", code="finding-unknown")
    return found


def _retire(tx: Tx, view_id: int, column: Column[T], values: Sequence[T], at_us: int) -> int:
    """Move rows to the past, by findings or by objects."""
    moved = 0
    for chunk in chunks(values):
        which = in_view(view_id) & column.in_(chunk)
        moved += _move(tx, view_id, list(tx.connection.scalars(select(view_row.c.added_us).where(which))), at_us)
    return moved


def _move(tx: Tx, view_id: int, added: Sequence[int], at_us: int) -> int:
    moved = 0
    for chunk in chunks(added):
        rows = (view_row.c.view_id == view_id) & view_row.c.added_us.in_(chunk)
        _count(tx, view_id, chunk, -1)
        columns = [view_row.c[name] for name in _PAST_COLUMNS]
        past = select(*columns, literal(at_us)).where(rows)
        tx.connection.execute(insert(view_past).from_select([*_PAST_COLUMNS, "withdrawn_us"], past))
        moved += tx.connection.execute(delete(view_row).where(rows)).rowcount
    return moved


def _crowded(tx: Tx, view_id: int, object_ids: Sequence[str]) -> set[str]:
    """Return the objects of which the view will have several rows, and mark the rows it has."""
    crowded = {object_id for object_id, times in Counter(object_ids).items() if times > 1}
    for chunk in chunks(list(set(object_ids))):
        which = in_view(view_id) & view_row.c.object_id.in_(chunk)
        crowded.update(tx.connection.scalars(select(view_row.c.object_id).where(which)))
        # Also where there is none: on a desk there may be what the sender of these must not see.
        tx.connection.execute(update(view_row).where(which).values(sole=False))
    return crowded


def _count(tx: Tx, view_id: int, added: Sequence[int], sign: int) -> None:
    for chunk in chunks(added):
        tx.connection.execute(_COUNT, {"view_id": view_id, "added": chunk, "day_us": _DAY_US, "sign": sign})
