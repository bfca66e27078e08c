"""Passkeys of people: public keys and counters; and the questions put to authenticators, each for one answer."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import ColumnElement, delete, func, insert, select, update

from foedus.store.engine import Read, Tx
from foedus.store.people_tables import challenge, passkey


class Passkey(NamedTuple):
    """A passkey as kept; ``name`` is the person's, ``handle`` what authenticators know the person by, ``label`` its own name."""

    id: bytes
    name: str
    handle: bytes
    public_key: bytes
    sign_count: int
    transports: str
    label: str
    added_us: int
    used_us: int | None = None

    def __repr__(self) -> str:
        """Show whose it is and its name; keys and handles say nothing to a reader."""
        return f"Passkey({self.name!r}, {self.label!r})"


class Challenge(NamedTuple):
    """A question as kept: for whom (empty: whoever answers), the handle given with it, until when."""

    sha256: bytes
    name: str
    handle: bytes
    until_us: int

    def __repr__(self) -> str:
        """Show for whom it is."""
        return f"Challenge({self.name!r})"


def keep_passkey(tx: Tx, kept: Passkey) -> None:
    """Keep a new passkey."""
    tx.connection.execute(insert(passkey).values(kept._asdict()))


def used_passkey(tx: Tx, kept: Passkey, sign_count: int, at_us: int) -> None:
    """Keep the count that a passkey said, and when."""
    tx.connection.execute(update(passkey).where(passkey.c.id == kept.id).values(sign_count=sign_count, used_us=at_us))


def drop_passkey(tx: Tx, kept: Passkey) -> None:
    """Forget a passkey."""
    tx.connection.execute(delete(passkey).where(passkey.c.id == kept.id))


def passkey_with(read: Read, credential_id: bytes) -> Passkey | None:
    """Return the passkey of a credential id."""
    return next(iter(_passkeys(read, passkey.c.id == credential_id)), None)


def passkeys_of(read: Read, name: str) -> list[Passkey]:
    """Return a person's passkeys, oldest first."""
    return _passkeys(read, passkey.c.name == name)


def counts(read: Read) -> dict[str, int]:
    """Return how many passkeys each person has; who has none is absent."""
    rows = read.connection.execute(select(passkey.c.name, func.count()).group_by(passkey.c.name))
    return {row[0]: row[1] for row in rows}


def put_challenge(tx: Tx, kept: Challenge, at_us: int, most: int) -> None:
    """Keep a question; those that ended go, and the oldest beyond ``most``."""
    tx.connection.execute(delete(challenge).where(challenge.c.until_us <= at_us))
    newest = select(challenge.c.sha256).order_by(challenge.c.until_us.desc()).limit(most - 1)
    tx.connection.execute(delete(challenge).where(challenge.c.sha256.not_in(newest)))
    tx.connection.execute(insert(challenge).values(kept._asdict()))


def take_challenge(tx: Tx, sha256: bytes) -> Challenge | None:
    """Return a question and forget it: there is one answer to it, right or wrong."""
    columns = select(*(challenge.c[name] for name in Challenge._fields)).where(challenge.c.sha256 == sha256)
    found = tx.connection.execute(columns).first()
    tx.connection.execute(delete(challenge).where(challenge.c.sha256 == sha256))
    return Challenge(*found) if found is not None else None


def _passkeys(read: Read, which: ColumnElement[bool]) -> list[Passkey]:
    columns = select(*(passkey.c[name] for name in Passkey._fields)).where(which)
    return [Passkey(*row) for row in read.connection.execute(columns.order_by(passkey.c.added_us, passkey.c.id))]
