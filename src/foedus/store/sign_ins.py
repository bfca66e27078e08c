"""Tries to sign in, for as long as limits count them, and refusals that wait to be entered together."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import delete, func, insert, select

from foedus.store.bulk import upsert
from foedus.store.engine import Read, Tx
from foedus.store.people_tables import sign_in_refusal, sign_in_try


class Tries(NamedTuple):
    """How many tries count now: of one name, and of all."""

    own: int
    all: int


class Refusal(NamedTuple):
    """When refusals of a person and reason were last entered, and how many came since."""

    entered_us: int
    waiting: int


def tries(read: Read, who: bytes, since_us: int) -> Tries:
    """Return how often it was tried after an instant."""
    count = select(func.count()).select_from(sign_in_try).where(sign_in_try.c.at_us > since_us)
    own = read.connection.scalar(count.where(sign_in_try.c.who == who))
    return Tries(int(own or 0), int(read.connection.scalar(count) or 0))


def keep_try(tx: Tx, who: bytes, at_us: int, window_us: int) -> None:
    """Keep a try, and forget those outside the window on either side: clocks are set back as well."""
    past, ahead = sign_in_try.c.at_us <= at_us - window_us, sign_in_try.c.at_us > at_us + window_us
    tx.connection.execute(delete(sign_in_try).where(past | ahead))
    tx.connection.execute(insert(sign_in_try).values(who=who, at_us=at_us))


def forget_tries(tx: Tx, who: bytes) -> None:
    """Forget the tries of a name."""
    tx.connection.execute(delete(sign_in_try).where(sign_in_try.c.who == who))


def refusal(read: Read, name: str, reason: str) -> Refusal | None:
    """Return what is known of a person's refusals."""
    which = (sign_in_refusal.c.name == name) & (sign_in_refusal.c.reason == reason)
    columns = select(sign_in_refusal.c.entered_us, sign_in_refusal.c.waiting).where(which)
    found = read.connection.execute(columns).first()
    return Refusal(*found) if found is not None else None


def keep_refusal(tx: Tx, name: str, reason: str, kept: Refusal) -> None:
    """Keep when refusals were entered, and how many wait."""
    upsert(tx.connection, sign_in_refusal, {"name": name, "reason": reason}, dict(kept._asdict()))
