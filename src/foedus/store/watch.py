"""Acts of the watch by object, how findings stand by them, and what people wrote; the acts themselves are in the private log."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Row, delete, exists, func, insert, select

from foedus.model.entry import MASTER, StoredEntry
from foedus.store.bulk import chunks, upsert
from foedus.store.engine import Read, Tx
from foedus.store.log_tables import entry, log
from foedus.store.logs import stored_entry
from foedus.store.state_tables import watch_act, watch_mark, watch_state
from foedus.store.tables import finding, view, view_tally

OPEN, ACKNOWLEDGED, DISMISSED = "open", "acknowledged", "dismissed"


class State(NamedTuple):
    """How a finding stands: for whom, and of which bytes (``sha256``) it was said; ``last`` is the newest entry about it."""

    object_id: str
    state: str
    assigned: str
    area: str
    kind: str
    owner: str
    method: str
    reason: str
    sha256: bytes
    last: int


class Standing(NamedTuple):
    """How findings are wanted to stand, and to whom given; empty: however, to whoever."""

    state: str = ""
    assigned: str = ""


ANY = Standing()


class Against(NamedTuple):
    """How many findings of a kind, by one owner and method, were dismissed for one reason."""

    area: str
    kind: str
    owner: str
    method: str
    reason: str
    findings: int


def keep_act(tx: Tx, seq: int, object_id: str, note: str) -> None:
    """Keep where an act stands in the private log, and what was written with it."""
    tx.connection.execute(insert(watch_act).values(seq=seq, object_id=object_id, note=note))


class Acted(NamedTuple):
    """An act about an object: its entry's place and the entry (None: the log has none), and what was written with it."""

    seq: int
    note: str
    stored: StoredEntry | None


def state_and_acts(read: Read, object_id: str) -> tuple[State | None, list[Acted]]:
    """Return how an object stands, None where nobody did anything about it, and all acts about it, in one question."""
    columns = [watch_state.c[name] for name in State._fields]
    rows = _acted.add_columns(*columns).join(
        watch_state, watch_state.c.object_id == watch_act.c.object_id, isouter=True
    )
    found = read.connection.execute(rows.where(watch_act.c.object_id == object_id).order_by(watch_act.c.seq)).fetchall()
    state = State(*found[0][-len(columns) :]) if found and found[0].last is not None else None
    return state, _acts(found)


def acts_between(read: Read, first: int, end: int, limit: int) -> list[Acted]:
    """Return the acts about whatever object with ``first <= entry < end``, the newest first."""
    which = _acted.where(watch_act.c.seq >= first, watch_act.c.seq < end)
    return _acts(read.connection.execute(which.order_by(watch_act.c.seq.desc()).limit(limit)))


def keep_state(tx: Tx, state: State) -> None:
    """Keep how a finding stands."""
    values: dict[str, object] = {name: held for name, held in state._asdict().items() if name != "object_id"}
    upsert(tx.connection, watch_state, {"object_id": state.object_id}, values)


def states(read: Read, object_ids: Sequence[str]) -> dict[str, State]:
    """Return how objects stand; those about which nobody did anything are absent."""
    columns = select(*(watch_state.c[name] for name in State._fields))
    rows = (read.connection.execute(columns.where(watch_state.c.object_id.in_(part))) for part in chunks(object_ids))
    return {row.object_id: State(*row) for part in rows for row in part}


def seen(sha256: bytes, state: State | None) -> str:
    """Return what a person saw of a finding: its bytes, and the newest act about it.

    >>> seen(bytes(32), None)[-4:]
    '00-0'
    """
    return f"{sha256.hex()}-{state.last if state else 0}"


def stands(state: str, assigned: str = "") -> ColumnElement[bool]:
    """Say that a finding stands so; what nobody did anything about is open."""
    row = exists(1).where(watch_state.c.object_id == finding.c.object_id)
    if state == OPEN and not assigned:
        return ~row.where(watch_state.c.state != OPEN)
    which = select(watch_state.c.object_id)
    which = which.where(watch_state.c.state == state) if state else which.where(watch_state.c.state != DISMISSED)
    return finding.c.object_id.in_(which.where(watch_state.c.assigned == assigned) if assigned else which)


def touched() -> ColumnElement[bool]:
    """Say that a finding is open no more."""
    return finding.c.object_id.in_(select(watch_state.c.object_id).where(watch_state.c.state != OPEN))


def against(read: Read) -> list[Against]:
    """Return what was dismissed, counted by method and reason."""
    by = [watch_state.c[name] for name in Against._fields[:-1]]
    rows = select(*by, func.count()).where(watch_state.c.state == DISMISSED).group_by(*by).order_by(*by)
    return [Against._make(row) for row in read.connection.execute(rows)]


def told(read: Read, desk: str) -> dict[tuple[str, str], int]:
    """Return how many versions of findings a room's desk holds by (kind, owner), without counting any."""
    total = func.sum(view_tally.c.shown)
    rows = (
        select(view_tally.c.kind, view_tally.c.owner, total)
        .join(view, view.c.id == view_tally.c.view_id)
        .where(view.c.name == desk)
        .group_by(view_tally.c.kind, view_tally.c.owner)
        .having(total > 0)
    )
    return {(kind, owner): int(count) for kind, owner, count in read.connection.execute(rows)}


def forget_notes(tx: Tx, object_ids: Sequence[str]) -> None:
    """Forget what was written about objects that are held no more."""
    for part in chunks(object_ids):
        held = exists(1).where(finding.c.object_id == watch_act.c.object_id)
        tx.connection.execute(delete(watch_act).where(watch_act.c.object_id.in_(part), ~held))
        gone = ~exists(1).where(finding.c.object_id == watch_state.c.object_id)
        tx.connection.execute(delete(watch_state).where(watch_state.c.object_id.in_(part), gone))


def mark(read: Read, name: str) -> int | None:
    """Return up to which row somebody has looked."""
    return read.connection.scalar(select(watch_mark.c.seq).where(watch_mark.c.name == name))


def keep_mark(tx: Tx, name: str, seq: int) -> None:
    """Keep up to which row somebody has looked."""
    upsert(tx.connection, watch_mark, {"name": name}, {"seq": seq})


_acted = (
    select(watch_act.c.seq, watch_act.c.note, entry.c.leaf, entry.c.salt, entry.c.body)
    .select_from(watch_act)
    .join(
        entry,
        (entry.c.log_id == select(log.c.id).where(log.c.name == MASTER).scalar_subquery())
        & (entry.c.seq == watch_act.c.seq),
        isouter=True,
    )
)


def _acts(rows: Iterable[Row[Any]]) -> list[Acted]:
    return [
        Acted(row.seq, row.note, None if row.leaf is None else stored_entry((row.leaf, row.salt, row.body)))
        for row in rows
    ]
