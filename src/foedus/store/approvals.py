"""Where people's acts about releases stand in the private log: an index, never the acts themselves."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from sqlalchemy import ColumnElement, select, update

from foedus.store.bulk import bulk_insert, chunks
from foedus.store.engine import Read, Tx
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
    return _rows(read, programme, party, (REQUESTED, GIVEN))


def held_back(read: Read, programme: str, party: str) -> list[Row]:
    """Return the holds and denials that stand, in order."""
    return _rows(read, programme, party, (DENIED, HELD))


def given_before(read: Read, at_us: int) -> set[tuple[str, str]]:
    """Return (programme, party) of the approvals that may still count and were given at an instant or before."""
    due = approval.c.open & (approval.c.kind == GIVEN) & (approval.c.at_us <= at_us)
    return {(programme, party) for programme, party in read.connection.execute(_pairs.where(due))}


_pairs = select(approval.c.programme, approval.c.party).distinct()


def _rows(read: Read, programme: str, party: str, kinds: tuple[str, ...]) -> list[Row]:
    which: ColumnElement[bool] = approval.c.open & approval.c.kind.in_(kinds)
    which = which & (approval.c.programme == programme) & (approval.c.party == party)
    columns = select(*(approval.c[name] for name in Row._fields)).where(which).order_by(approval.c.seq)
    return [Row(*row) for row in read.connection.execute(columns)]
