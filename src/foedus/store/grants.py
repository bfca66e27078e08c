"""Consents of originators and what was asked of them; here they are only kept, the rules are the policy's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import Row, Table, insert, select, update

from foedus.store.engine import Read, Tx
from foedus.store.release_tables import grant_, grant_asked


class Given(NamedTuple):
    """A consent: of which originator, under which programme, to which holder, for what; ``holder`` may be the originator."""

    owner: str
    programme: str
    id: str
    holder: str
    object_id: str
    versions: tuple[str, ...]
    recipients: tuple[str, ...]
    purposes: tuple[str, ...]
    clause: str
    until_us: int
    given_us: int
    withdrawn_us: int | None = None


class Asked(NamedTuple):
    """A consent that a holder asks for."""

    asker: str
    programme: str
    id: str
    object_id: str
    recipients: tuple[str, ...]
    purposes: tuple[str, ...]
    at_us: int


def keep_given(tx: Tx, given: Given) -> None:
    """Keep a consent."""
    _keep(tx, grant_, given)


def keep_asked(tx: Tx, asked: Asked) -> None:
    """Keep what was asked for."""
    _keep(tx, grant_asked, asked)


def close(tx: Tx, given: Given, at_us: int) -> None:
    """Keep that a consent was withdrawn."""
    which = (grant_.c.owner == given.owner) & (grant_.c.programme == given.programme) & (grant_.c.id == given.id)
    tx.connection.execute(update(grant_).where(which).values(withdrawn_us=at_us))


def given(read: Read, owner: str, programme: str, id_: str) -> Given | None:
    """Return one consent."""
    which = (grant_.c.owner == owner) & (grant_.c.programme == programme) & (grant_.c.id == id_)
    return next((_given(row) for row in read.connection.execute(select(grant_).where(which))), None)


def asked_one(read: Read, asker: str, programme: str, id_: str) -> Asked | None:
    """Return one question."""
    return next((one for one in asked(read) if (one.asker, one.programme, one.id) == (asker, programme, id_)), None)


def usable(read: Read, holder: str, at_us: int) -> list[Given]:
    """Return the consents given to a holder that are neither withdrawn nor over."""
    which = (grant_.c.holder == holder) & grant_.c.withdrawn_us.is_(None) & (grant_.c.until_us > at_us)
    rows = select(grant_).where(which).order_by(grant_.c.owner, grant_.c.id)
    return [_given(row) for row in read.connection.execute(rows)]


def all_given(read: Read) -> list[Given]:
    """Return all consents, the newest first; of a withdrawal without its grant there is nothing to show."""
    rows = (
        select(grant_).where(grant_.c.object_id != "").order_by(grant_.c.given_us.desc(), grant_.c.id, grant_.c.owner)
    )
    return [_given(row) for row in read.connection.execute(rows)]


def asked(read: Read) -> list[Asked]:
    """Return all that was asked for, the oldest first."""
    rows = read.connection.execute(
        select(grant_asked).order_by(grant_asked.c.at_us, grant_asked.c.id, grant_asked.c.asker)
    )
    return [
        Asked(r.asker, r.programme, r.id, r.object_id, _names(r.recipients), _names(r.purposes), r.at_us) for r in rows
    ]


def _keep(tx: Tx, table: Table, kept: Given | Asked) -> None:
    values = {name: _text(held) if isinstance(held, tuple) else held for name, held in kept._asdict().items()}
    tx.connection.execute(insert(table).values(values))


def _given(row: Row[Any]) -> Given:
    held = dict(row._mapping)  # noqa: SLF001 (SQLAlchemy's public name for it)
    return Given(**{**held, **{name: _names(held[name]) for name in ("versions", "recipients", "purposes")}})


def _text(names: Sequence[str]) -> str:
    return msgspec.json.encode(names).decode()


def _names(text: str) -> tuple[str, ...]:
    return msgspec.json.decode(text, type=tuple[str, ...])
