"""People of the own party: their roles, and what verifies them."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import ColumnElement, select

from foedus.store.bulk import upsert
from foedus.store.engine import Read, Tx
from foedus.store.people_tables import person


class Kept(NamedTuple):
    """A person as kept: roles joined by blanks, the argon2id hash of the password (empty: none)."""

    name: str
    roles: str
    party: str = ""
    password_hash: str = ""
    disabled: bool = False

    def __repr__(self) -> str:
        """Show the person, never what verifies them."""
        return f"Kept({self.name!r}, {self.roles!r}, {self.party!r}, disabled={self.disabled})"


def keep_person(tx: Tx, kept: Kept) -> None:
    """Keep a person; the same name again replaces what was known."""
    values: dict[str, object] = {name: held for name, held in kept._asdict().items() if name != "name"}
    upsert(tx.connection, person, {"name": kept.name}, values)


def person_named(read: Read, name: str) -> Kept | None:
    """Return the person of a name."""
    return next(iter(_people(read, person.c.name == name)), None)


def people(read: Read) -> list[Kept]:
    """Return all people, ordered by name."""
    return _people(read, person.c.name != "")


def able(read: Read) -> frozenset[tuple[str, str]]:
    """Return the (name, role) of everybody who may act."""
    return frozenset((one.name, role) for one in people(read) if not one.disabled for role in one.roles.split())


def _people(read: Read, which: ColumnElement[bool]) -> list[Kept]:
    columns = select(*(person.c[name] for name in Kept._fields))
    return [Kept(*row) for row in read.connection.execute(columns.where(which).order_by(person.c.name))]
