"""What received objects are bound by, as entries of their senders say; when their time is over, and how they are erased."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import NamedTuple

import msgspec
from sqlalchemy import delete, exists, func, select, update

from foedus.model.decision import Bound
from foedus.store import classes
from foedus.store.bulk import bulk_insert, chunks
from foedus.store.engine import Read, Tx
from foedus.store.log_tables import log
from foedus.store.release_tables import bound
from foedus.store.tables import blob, finding, match, occurrence, support, view, view_past, view_row

_COLUMNS = ("object_id", "version", "owner", "area", "purposes", "onward", "action", "until_us")


Key = tuple[str, str, str]
"""Object id, version, originator."""


class Came(NamedTuple):
    """A release.sent entry of a partner's log, as far as it binds what came."""

    seq: int
    object_id: str
    version: str
    owner: str
    area: str
    bound: Bound


class Due(NamedTuple):
    """An object whose time is over, and a log and area in which it came; both empty for what was concluded from such."""

    seq: int
    object_id: str
    version: str
    owner: str
    until_us: int
    log: str
    area: str


def keep(tx: Tx, name: str, came: Sequence[Came]) -> None:
    """Keep what entries of a log bind objects by."""
    log_id = tx.connection.scalars(select(log.c.id).where(log.c.name == name)).one()
    rows = [(log_id, one.seq, one.object_id, one.version, one.owner, one.area, *_columns(one.bound)) for one in came]
    bulk_insert(tx.connection, bound, ("log_id", "seq", *_COLUMNS), rows)


def bounds_of(read: Read, keys: Collection[Key]) -> dict[Key, tuple[Bound, ...]]:
    """Return what originators' objects are bound by: of each log its newest entry says it."""
    newest: dict[Key, dict[int, Bound]] = {key: {} for key in keys}
    columns = [
        bound.c[name]
        for name in ("object_id", "version", "owner", "log_id", "purposes", "onward", "action", "until_us")
    ]
    for chunk in chunks(sorted({object_id for object_id, _, _ in keys})):
        rows = select(*columns).where(bound.c.object_id.in_(chunk)).order_by(bound.c.log_id, bound.c.seq)
        for object_id, version, owner, log_id, purposes, *more in read.connection.execute(rows):
            of = newest.get((object_id, version, owner))
            if of is not None:
                of[log_id] = Bound(msgspec.json.decode(purposes, type=tuple[str, ...]), *more)
    return {key: tuple(of.values()) for key, of in newest.items()}


def ends_of(read: Read, keys: Sequence[Key]) -> dict[Key, int | None]:
    """Return the last end that the newest entry of some log gives each object; None: one gives none. Others are absent."""
    newest: dict[tuple[Key, int], tuple[int, int | None]] = {}
    columns = (bound.c.object_id, bound.c.version, bound.c.owner, bound.c.log_id, bound.c.seq, bound.c.until_us)
    wanted = set(keys)
    for chunk in chunks(sorted({object_id for object_id, _, _ in keys})):
        rows = read.connection.execute(select(*columns).where(bound.c.object_id.in_(chunk)))
        for *key, log_id, seq, until_us in rows:
            place = ((key[0], key[1], key[2]), log_id)
            if place[0] in wanted and (place not in newest or newest[place][0] < seq):
                newest[place] = (seq, until_us)
    found: dict[Key, int | None] = {}
    for (of, _), (_, until_us) in newest.items():
        before = found.get(of, 0)
        found[of] = None if before is None or until_us is None else max(before, until_us)
    return found


def put_end(tx: Tx, seqs: Sequence[int], until_us: int | None, desk: str) -> None:
    """Say until when received findings may be held; they leave the views of that prefix at that instant too."""
    views = select(view.c.id).where(view.c.name.startswith(desk, autoescape=True))
    for chunk in chunks(seqs):
        tx.connection.execute(update(finding).where(finding.c.seq.in_(chunk)).values(until_us=until_us))
        shown = view_row.c.finding_seq.in_(chunk) & view_row.c.view_id.in_(views)
        tx.connection.execute(update(view_row).where(shown).values(expires_us=until_us))
    tx.connection.execute(update(view).where(view.c.id.in_(views)).values(generation=view.c.generation + 1))


def ends_of_bytes(read: Read, hashes: Sequence[bytes]) -> dict[bytes, int | None]:
    """Return until when some bytes may be held: as long as one finding that has them; None: one has no end."""
    found: dict[bytes, int | None] = {}
    columns = select(blob.c.sha256, finding.c.until_us).join(finding, finding.c.blob_id == blob.c.id)
    for chunk in chunks(hashes):
        for sha256, until_us in read.connection.execute(columns.where(blob.c.sha256.in_(chunk))):
            before = found.get(sha256, 0)
            found[sha256] = None if before is None or until_us is None else max(before, until_us)
    return found


def put_end_of_supports(tx: Tx, head_seq: int, until_us: int) -> None:
    """Let what only supports a conclusion end with it; what other conclusions need as well ends with the last of them."""
    other = finding.alias()
    needs = select(support.c.seq).where(support.c.head_seq == head_seq)
    longer = exists(1).where(support.c.seq == finding.c.seq, support.c.head_seq == other.c.seq)
    longer = longer.where(other.c.until_us.is_(None) | (other.c.until_us > until_us))
    which = finding.c.seq.in_(needs) & ~finding.c.head & ~finding.c.document & ~longer
    tx.connection.execute(update(finding).where(which).values(until_us=until_us))


def due(read: Read, at_us: int, limit: int = 500) -> list[Due]:
    """Return findings whose time is over and that are still stored, once a log they came in; the longest over first."""
    mine = (bound.c.object_id == finding.c.object_id) & (bound.c.version == finding.c.version)
    held = [finding.c[name] for name in ("seq", "object_id", "version", "owner", "until_us")]
    over = select(finding.c.seq).where(finding.c.until_us <= at_us).order_by(finding.c.until_us).limit(limit)
    rows = (
        select(*held, func.coalesce(log.c.name, ""), func.coalesce(func.min(bound.c.area), ""))
        .outerjoin_from(finding, bound, mine & (bound.c.owner == finding.c.owner))
        .outerjoin(log, log.c.id == bound.c.log_id)
        .where(finding.c.seq.in_(over))
        .group_by(*held, log.c.name)
        .order_by(finding.c.until_us, finding.c.seq, log.c.name)
    )
    return [Due._make(row) for row in read.connection.execute(rows)]


def views_showing(read: Read, seqs: Sequence[int]) -> dict[str, list[int]]:
    """Return by view the rows (``added_us``) that show some findings."""
    found: dict[str, list[int]] = {}
    by = view.c.name, view_row.c.added_us
    for chunk in chunks(seqs):
        rows = select(view.c.name, view_row.c.added_us).join(view, view.c.id == view_row.c.view_id)
        for name, added_us in read.connection.execute(rows.where(view_row.c.finding_seq.in_(chunk)).order_by(*by)):
            found.setdefault(name, []).append(added_us)
    return found


def erase(tx: Tx, seqs: Sequence[int]) -> None:
    """Delete findings that no view shows, and all that hangs on them; bytes that nothing else holds go too."""
    for chunk in chunks(seqs):
        past = view_past.c.finding_seq.in_(chunk)
        blobs = set(tx.connection.scalars(select(finding.c.blob_id).where(finding.c.seq.in_(chunk))))
        blobs |= set(tx.connection.scalars(select(view_past.c.blob_id).where(past)))
        tx.connection.execute(delete(view_past).where(past))
        tx.connection.execute(delete(occurrence).where(occurrence.c.finding_seq.in_(chunk)))
        tx.connection.execute(delete(support).where(support.c.head_seq.in_(chunk) | support.c.seq.in_(chunk)))
        tx.connection.execute(delete(match).where(match.c.a_seq.in_(chunk) | match.c.b_seq.in_(chunk)))
        with classes.leaving(tx.connection, chunk):
            tx.connection.execute(delete(finding).where(finding.c.seq.in_(chunk)))
        _sweep(tx, sorted(blobs))


def _sweep(tx: Tx, blob_ids: Sequence[int]) -> None:
    """Delete those of some bytes that nothing holds any more."""
    for chunk in chunks(blob_ids):
        held = [exists().where(table.c.blob_id == blob.c.id) for table in (finding, view_row, view_past)]
        tx.connection.execute(delete(blob).where(blob.c.id.in_(chunk), *(~one for one in held)))


def _columns(bound_: Bound) -> tuple[str, str, str, int | None]:
    purposes = msgspec.json.encode(bound_.purposes).decode()
    return purposes, bound_.onward, bound_.action, bound_.until_us
