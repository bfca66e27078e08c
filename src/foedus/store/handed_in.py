"""Findings that parties handed in: stored at once, looked at beside what the node holds when their turn comes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import bindparam, delete, select, update

from foedus.errors import StoreError
from foedus.store import classes
from foedus.store.bulk import bulk_insert, chunks
from foedus.store.dialects import streamed
from foedus.store.engine import Read, Tx
from foedus.store.objects import Arrival, Placed, keep_labels, keep_uses
from foedus.store.state_tables import handed_in
from foedus.store.tables import blob, finding, occurrence
from foedus.store.values import keep_occurrences

MAX_ROWS = 500
MAX_BYTES = 8 * 2**20


class Waiting(NamedTuple):
    """A finding that waits: its row, the room and source it came through, its owner, its bytes."""

    seq: int
    room: str
    source: str
    owner: str
    raw: bytes


def put(tx: Tx, seqs: Sequence[int]) -> None:
    """Let findings wait for their turn, in the transaction that stores them."""
    for chunk in chunks(seqs):
        tx.connection.execute(delete(handed_in).where(handed_in.c.finding_seq.in_(chunk)))
    columns = ("finding_seq", "taken", "unlabelled")
    bulk_insert(tx.connection, handed_in, columns, [(seq, False, False) for seq in seqs])


def waiting(read: Read, after_seq: int = -1) -> list[Waiting]:
    """Return the next findings that wait and came the same way, by row: at most 500, and about 8 MiB."""
    found: list[Waiting] = []
    size = 0
    options = streamed(read.connection)
    with read.connection.execute(_waiting, {"after": after_seq}, execution_options=options) as rows:
        for row in rows:
            one = Waiting._make(row)
            size += len(one.raw)
            if found and (size > MAX_BYTES or one[1:4] != found[0][1:4]):
                break
            found.append(one)
    return found


def take_up(tx: Tx, arrivals: Sequence[Arrival], _stored_us: int) -> list[Placed]:
    """Give findings that wait their labels and values, as :func:`foedus.store.objects.put_findings` does new ones.

    What was taken up before, in a run that did not come to its end, is placed as "same".

    Raises:
        StoreError: one of them does not wait any more, as what its originator called back.
    """
    held = _rows(tx, arrivals)
    placed: list[Placed] = []
    fresh: list[tuple[int, Arrival]] = []
    for one in arrivals:
        sha256 = one.finding.head.sha256
        seq, taken = held.get((one.finding.head.id, bytes.fromhex(sha256)), (0, False))
        if not seq:
            raise StoreError("what waited is gone", code="state-moved", where=one.finding.area, hint="run it again")
        placed.append(Placed("same" if taken else "new", seq, one.finding.head.id, sha256))
        if not taken:
            fresh.append((seq, one))
    _label(tx, fresh)
    _retake(tx, [seq for seq, _ in fresh])
    classes.settle(tx.connection, classes.versions(tx.connection, [one.finding.head.id for _, one in fresh]))
    keep_occurrences(tx, [(seq, one.about.keys) for seq, one in fresh])
    return placed


def unlabelled(read: Read, seqs: Sequence[int]) -> list[int]:
    """Return those of some findings that lost their label while they waited."""
    found: list[int] = []
    for chunk in chunks(seqs):
        which = handed_in.c.finding_seq.in_(chunk) & handed_in.c.unlabelled
        found += read.connection.scalars(select(handed_in.c.finding_seq).where(which))
    return sorted(found)


def settle(tx: Tx, seqs: Sequence[int]) -> None:
    """End the wait of findings that were taken up, once what follows from them is kept."""
    for chunk in chunks(seqs):
        tx.connection.execute(delete(handed_in).where(handed_in.c.finding_seq.in_(chunk), handed_in.c.taken))


_waiting = (
    select(finding.c.seq, finding.c.room, finding.c.source, finding.c.owner, blob.c.raw)
    .join_from(handed_in, finding, finding.c.seq == handed_in.c.finding_seq)
    .join(blob, blob.c.id == finding.c.blob_id)
    .where(handed_in.c.finding_seq > bindparam("after"))
    .order_by(handed_in.c.finding_seq)
    .limit(MAX_ROWS)
)


_relabel = (
    update(finding)
    .where(finding.c.seq == bindparam("of"))
    .values(label_id=bindparam("label_id"), labelled_us=bindparam("labelled_us"))
)


def _rows(tx: Tx, arrivals: Sequence[Arrival]) -> dict[tuple[str, bytes], tuple[int, bool]]:
    """Return row and state of what came, by id and hash; all of it came from one source."""
    found: dict[tuple[str, bytes], tuple[int, bool]] = {}
    columns = select(finding.c.object_id, blob.c.sha256, finding.c.seq, handed_in.c.taken)
    joined = columns.join_from(handed_in, finding, finding.c.seq == handed_in.c.finding_seq)
    joined = joined.join(blob, blob.c.id == finding.c.blob_id)
    for chunk in chunks(arrivals):
        which = finding.c.object_id.in_([one.finding.head.id for one in chunk])
        rows = tx.connection.execute(joined.where(which, finding.c.source == chunk[0].source))
        found.update(((row.object_id, row.sha256), (row.seq, row.taken)) for row in rows)
    return found


def _label(tx: Tx, fresh: Sequence[tuple[int, Arrival]]) -> None:
    given = [(seq, one.finding.owner, one.finding.label, one.labelled_us) for seq, one in fresh]
    labels = keep_labels(tx, [label for _, _, label, _ in given if label is not None])
    known = [(seq, owner, labels[label.hash()], at_us) for seq, owner, label, at_us in given if label is not None]
    keep_uses(tx, {(label_id, owner) for _, owner, label_id, _ in known})
    if known:
        rows = [{"of": seq, "label_id": label_id, "labelled_us": at_us} for seq, _, label_id, at_us in known]
        tx.connection.execute(_relabel, rows)


def _retake(tx: Tx, seqs: Sequence[int]) -> None:
    """Mark findings as taken up; those that came again after they were deleted have their values already."""
    for chunk in chunks(seqs):
        tx.connection.execute(delete(occurrence).where(occurrence.c.finding_seq.in_(chunk)))
        tx.connection.execute(update(handed_in).where(handed_in.c.finding_seq.in_(chunk)).values(taken=True))
