"""Single questions of the node: by hash, by source, by id in a reader's views; no rule, no label read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import delete, func, select, text, update

from foedus.store import classes
from foedus.store.bulk import chunks
from foedus.store.engine import Read, Tx
from foedus.store.findings import Held, findings_of, may_be_held
from foedus.store.release_tables import torn
from foedus.store.state_tables import handed_in
from foedus.store.tables import blob, finding, view, view_row


def holding(read: Read, sha256: bytes) -> list[Held]:
    """Return the findings and supports whose bytes have a hash."""
    joined = select(finding.c.seq).join(blob, blob.c.id == finding.c.blob_id).where(blob.c.sha256 == sha256)
    return list(findings_of(read, sorted(read.connection.scalars(joined))))


def from_source(read: Read, source_id: str) -> Sequence[int]:
    """Return the rows that came from a source, ascending."""
    rows = select(finding.c.seq).where(finding.c.source == source_id).order_by(finding.c.seq)
    return list(read.connection.scalars(rows))


def visible_ids(read: Read, views: Sequence[str], object_ids: Iterable[str], at_us: int) -> set[str]:
    """Return those of some ids that any of a reader's views shows at an instant."""
    view_ids = list(read.connection.scalars(select(view.c.id).where(view.c.name.in_(views))))
    unexpired = view_row.c.expires_us.is_(None) | (view_row.c.expires_us > at_us)
    found: set[str] = set()
    for chunk in chunks(list(object_ids)):
        # A sum, so that SQLite takes the index by object and never walks through the views.
        which = (view_row.c.view_id + 0).in_(view_ids) & view_row.c.object_id.in_(chunk) & unexpired
        found.update(read.connection.scalars(select(view_row.c.object_id).where(which)))
    return found


def views_showing(read: Read, object_ids: Iterable[str], at_us: int) -> dict[str, set[str]]:
    """Return by id the views that show an object at an instant; ids that none shows are absent."""
    unexpired = view_row.c.expires_us.is_(None) | (view_row.c.expires_us > at_us)
    found: dict[str, set[str]] = {}
    for chunk in chunks(list(object_ids)):
        # A sum, so that SQLite takes the index by object and never walks through the views.
        rows = select(view_row.c.object_id, view.c.name).join(view, view.c.id == view_row.c.view_id + 0).distinct()
        for object_id, name in read.connection.execute(rows.where(view_row.c.object_id.in_(chunk), unexpired)):
            found.setdefault(object_id, set()).add(name)
    return found


def views_named(read: Read, prefix: str) -> list[str]:
    """Return the names of the views that begin with a prefix."""
    named = select(view.c.name).where(view.c.name.startswith(prefix, autoescape=True)).order_by(view.c.name)
    return list(read.connection.scalars(named))


def markings(read: Read) -> dict[tuple[str, str], bytes]:
    """Return the bytes of every marking-definition held, by owner and id; of several versions the newest row."""
    marking = text("finding.type = 'marking-definition'")
    rows = select(finding.c.owner, finding.c.object_id, blob.c.raw).join(blob, blob.c.id == finding.c.blob_id)
    found = read.connection.execute(rows.where(marking).order_by(finding.c.seq))
    return {(row.owner, row.object_id): row.raw for row in found}


def heads_of(read: Read, rooms: Sequence[str]) -> int:
    """Return how many findings (heads) rooms hold: all, less those whose time is over; both are counted by index alone."""
    counted = select(func.count()).select_from(finding).where(finding.c.head)
    every = counted.where(finding.c.room.in_(rooms))
    # Joined to nothing, the room's name is no column: few have an end, and the index to take is theirs.
    ended = finding.c.until_us.is_not(None) & (finding.c.until_us <= read.at_us)
    over = counted.where(ended, finding.c.room.concat("").in_(rooms))
    return int(read.connection.scalar(every) or 0) - int(read.connection.scalar(over) or 0)


def heads_after(read: Read, room: str, after_seq: int, limit: int) -> list[Held]:
    """Return the next findings (heads) of a room, every version, in order of coming; empty: there are no more."""
    wanted = (finding.c.room == room) & finding.c.head & (finding.c.seq > after_seq) & may_be_held(read)
    seqs = read.connection.scalars(select(finding.c.seq).where(wanted).order_by(finding.c.seq).limit(limit))
    return list(findings_of(read, list(seqs)))


def unlabel(tx: Tx, seqs: Sequence[int]) -> None:
    """Take the label off findings, also the one that what is left of them has: without one nothing releases."""
    for chunk in chunks(seqs):
        tx.connection.execute(update(finding).where(finding.c.seq.in_(chunk)).values(label_id=None))
        classes.settle(tx.connection, chunk)
        tx.connection.execute(delete(torn).where(torn.c.finding_seq.in_(chunk)))
        # What was not looked at yet gets none then either.
        tx.connection.execute(update(handed_in).where(handed_in.c.finding_seq.in_(chunk)).values(unlabelled=True))


def resolve_all(read: Read, object_ids: Iterable[str]) -> list[int]:
    """Return the rows of all versions of some objects, whoever owns them."""
    found: list[int] = []
    for chunk in chunks(list(object_ids)):
        which = finding.c.object_id.in_(chunk) & may_be_held(read)
        found.extend(read.connection.scalars(select(finding.c.seq).where(which)))
    return sorted(found)
