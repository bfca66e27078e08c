"""Where people's acts about releases stand in the private log: an index, never the acts themselves."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from sqlalchemy import ColumnElement, false, func, literal, null, or_, select, union_all, update

from foedus.model.entry import MASTER, StoredEntry
from foedus.store.bulk import bulk_insert, chunks
from foedus.store.dialects import PlaceOf
from foedus.store.engine import Read, Tx
from foedus.store.log_tables import entry, log
from foedus.store.logs import stored_entry
from foedus.store.release_tables import approval

REQUESTED, GIVEN, DENIED, HELD = "approval.requested", "approval.given", "approval.denied", "decision.held"


class Row(NamedTuple):
    """One act: its entry's place in the private log and what the entry is about; ``version`` empty: every version."""

    seq: int
    programme: str
    party: str
    area: str
    object_id: str
    version: str
    kind: str
    at_us: int


def keep(tx: Tx, rows: Sequence[Row]) -> None:
    """Index acts that may count from now on."""
    bulk_insert(tx.connection, approval, (*Row._fields, "open"), [(*row, True) for row in rows])


def close(tx: Tx, seqs: Iterable[int]) -> None:
    """Let acts count no more."""
    for chunk in chunks(list(seqs)):
        tx.connection.execute(update(approval).where(approval.c.seq.in_(chunk)).values(open=False))


def standing(read: Read, programme: str, party: str) -> list[Row]:
    """Return the requests and approvals for a party that may still count, in order."""
    return _rows(read, _for(programme, party) & approval.c.kind.in_((REQUESTED, GIVEN)))


def all_standing(read: Read) -> list[Row]:
    """Return the requests and approvals that may still count, for whichever party, in order."""
    return _rows(read, approval.c.kind.in_((REQUESTED, GIVEN)))


def held_back(read: Read, programme: str, party: str) -> list[Row]:
    """Return the holds and denials that stand, in order."""
    return _rows(read, _for(programme, party) & approval.c.kind.in_((DENIED, HELD)))


class Open(NamedTuple):
    """Acts that may still count, for whichever party, in order, each with its entry where the log has one.

    ``others`` are the entries from the oldest request or approval on that may be acts, by their place.
    """

    rows: dict[Row, StoredEntry | None]
    others: dict[int, StoredEntry]


def all_open(read: Read, marks: Sequence[bytes]) -> Open:
    """Return what index and log have of acts, in one question.

    Args:
        read: the transaction.
        marks: what stands in the leaf of an entry that may be an act.
    """
    master = entry.c.log_id == select(log.c.id).where(log.c.name == MASTER).scalar_subquery()
    columns = [approval.c[name] for name in Row._fields]
    stored = entry.c.seq, entry.c.leaf, entry.c.salt, entry.c.body
    held = select(*columns, *stored).select_from(approval).where(approval.c.open)
    held = held.join(entry, master & (entry.c.seq == approval.c.seq), isouter=True)
    other = approval.alias()
    begun = select(func.min(other.c.seq)).where(other.c.open, other.c.kind.in_((REQUESTED, GIVEN))).scalar_subquery()
    marked = or_(false(), *(PlaceOf(entry.c.leaf, literal(mark)) > 0 for mark in marks))
    rest = select(*(null() for _ in columns), *stored).where(master, entry.c.seq >= begun, marked)
    found = Open({}, {})
    size = len(columns)
    for one in read.connection.execute(union_all(held, rest)):
        if one[0] is None:
            found.others[one[size]] = stored_entry(one[size + 1 :])
        else:
            found.rows[Row(*one[:size])] = None if one[size] is None else stored_entry(one[size + 1 :])
    return Open(dict(sorted(found.rows.items(), key=lambda held: held[0].seq)), found.others)


def given_before(read: Read, at_us: int) -> set[tuple[str, str]]:
    """Return (programme, party) of the approvals that may still count and were given at an instant or before."""
    due = approval.c.open & (approval.c.kind == GIVEN) & (approval.c.at_us <= at_us)
    return {(programme, party) for programme, party in read.connection.execute(_pairs.where(due))}


_pairs = select(approval.c.programme, approval.c.party).distinct()


def _for(programme: str, party: str) -> ColumnElement[bool]:
    return (approval.c.programme == programme) & (approval.c.party == party)


def _rows(read: Read, which: ColumnElement[bool]) -> list[Row]:
    columns = select(*(approval.c[name] for name in Row._fields)).where(approval.c.open, which).order_by(approval.c.seq)
    return [Row(*row) for row in read.connection.execute(columns)]
