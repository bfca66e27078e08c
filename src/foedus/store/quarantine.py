"""Quarantine: what was refused, with the place and the reason, until a person has looked at it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

from sqlalchemy import func, select, update

from foedus.store.bulk import bulk_insert, chunks, first_free
from foedus.store.engine import Read, Tx
from foedus.store.state_tables import quarantine

State = Literal["open", "accepted", "discarded"]

KEPT_BYTES = 64 * 1024
MOST_COUNTED = 10_000
"""How many of the newest open parts are counted by reason."""


class Refusal(NamedTuple):
    """A refused part: where it stood in which source, why, what to do; the first bytes of it."""

    area: str
    source: str
    where: str
    code: str
    message: str
    hint: str
    raw: bytes


class Quarantined(NamedTuple):
    """A refused part in quarantine."""

    id: int
    at_us: int
    refusal: Refusal
    state: State


class Tally(NamedTuple):
    """How many parts of an area wait for one reason, and since when the latest does."""

    area: str
    code: str
    many: int
    latest_us: int


def put_refusals(tx: Tx, refusals: Sequence[Refusal], at_us: int) -> list[int]:
    """Keep refused parts; of each at most 64 kB."""
    if not refusals:
        return []
    first = first_free(tx.connection, quarantine.c.id)
    rows = [
        (number, at_us, *refusal[:-1], refusal.raw[:KEPT_BYTES], "open")
        for number, refusal in enumerate(refusals, first)
    ]
    bulk_insert(tx.connection, quarantine, ("id", "at_us", *Refusal._fields, "state"), rows)
    return [row[0] for row in rows]


def refusals(
    read: Read, state: State = "open", *, area: str = "", before_id: int | None = None, limit: int = 100
) -> list[Quarantined]:
    """Return one page of refused parts, of an area or of all, the newest first."""
    statement = select(quarantine).where(quarantine.c.state == state).order_by(quarantine.c.id.desc()).limit(limit)
    if area:
        statement = statement.where(quarantine.c.area == area)
    if before_id is not None:
        statement = statement.where(quarantine.c.id < before_id)
    return [_quarantined(tuple(row)) for row in read.connection.execute(statement)]


def refusal(read: Read, number: int) -> Quarantined | None:
    """Return one refused part."""
    row = read.connection.execute(select(quarantine).where(quarantine.c.id == number)).one_or_none()
    return None if row is None else _quarantined(tuple(row))


def settle(tx: Tx, numbers: Sequence[int], state: State) -> int:
    """Mark refused parts as looked at; return how many were."""
    return sum(
        tx.connection.execute(update(quarantine).where(quarantine.c.id.in_(chunk)).values(state=state)).rowcount
        for chunk in chunks(numbers)
    )


def open_by_code(read: Read) -> list[Tally]:
    """Return of each area how many of the newest parts were refused for each reason, the most frequent first."""
    newest = (
        select(quarantine.c.area, quarantine.c.code, quarantine.c.at_us)
        .where(quarantine.c.state == "open")
        .order_by(quarantine.c.id.desc())
        .limit(MOST_COUNTED)
        .subquery()
    )
    many = func.count()
    columns = select(newest.c.area, newest.c.code, many, func.max(newest.c.at_us))
    rows = read.connection.execute(
        columns.group_by(newest.c.area, newest.c.code).order_by(many.desc(), newest.c.area, newest.c.code)
    )
    return [Tally(*row) for row in rows]


def open_refusals(read: Read) -> int:
    """Return how many parts wait for somebody to look at them."""
    statement = select(func.count()).select_from(quarantine).where(quarantine.c.state == "open")
    return int(read.connection.scalar(statement) or 0)


def _quarantined(row: tuple[object, ...]) -> Quarantined:
    number, at_us, *refused, state = row
    return Quarantined(number, at_us, Refusal(*refused), state)  # type: ignore[arg-type]
