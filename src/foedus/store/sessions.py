"""Sessions of people: who, since when, and the hash of the token that carries them."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import ColumnElement, delete, insert, select, update

from foedus.store.engine import Read, Tx
from foedus.store.people import Kept
from foedus.store.people_tables import person, session


class Session(NamedTuple):
    """A session as kept: opened, last confirmed (shown anew who it is), last used."""

    id: str
    token_sha256: bytes
    name: str
    method: str
    opened_us: int
    confirmed_us: int
    used_us: int

    def __repr__(self) -> str:
        """Show whose it is, never what verifies its token."""
        return f"Session({self.id!r}, {self.name!r}, {self.method!r})"


def keep_session(tx: Tx, kept: Session) -> None:
    """Keep a new session."""
    tx.connection.execute(insert(session).values(kept._asdict()))


def change_session(tx: Tx, known: Session, changed: Session) -> bool:
    """Write what changed of a session; say whether it still had the token it was known by."""
    which = (session.c.id == known.id) & (session.c.token_sha256 == known.token_sha256)
    return tx.connection.execute(update(session).where(which).values(changed._asdict())).rowcount > 0


def drop_session(tx: Tx, kept: Session) -> bool:
    """Forget a session; say whether there was one."""
    return tx.connection.execute(delete(session).where(session.c.id == kept.id)).rowcount > 0


def session_and_person(read: Read, token_sha256: bytes) -> tuple[Session, Kept] | None:
    """Return the session of a token, given its SHA-256, and whose it is, in one question."""
    columns = [*(session.c[name] for name in Session._fields), *(person.c[name] for name in Kept._fields)]
    joined = select(*columns).join(person, person.c.name == session.c.name)
    row = read.connection.execute(joined.where(session.c.token_sha256 == token_sha256)).one_or_none()
    size = len(Session._fields)
    return None if row is None else (Session(*row[:size]), Kept(*row[size:]))


def session_with(read: Read, token_sha256: bytes) -> Session | None:
    """Return the session of a token, given its SHA-256."""
    return next(iter(_sessions(read, session.c.token_sha256 == token_sha256)), None)


def sessions_of(read: Read, name: str) -> list[Session]:
    """Return a person's sessions, oldest first."""
    return _sessions(read, session.c.name == name)


def sessions(read: Read) -> list[Session]:
    """Return all sessions, oldest first."""
    return _sessions(read, session.c.id != "")


def _sessions(read: Read, which: ColumnElement[bool]) -> list[Session]:
    columns = select(*(session.c[name] for name in Session._fields)).where(which)
    return [Session(*row) for row in read.connection.execute(columns.order_by(session.c.opened_us, session.c.id))]
