"""Who may ask the node, and under which collection ids they know its views."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, delete, insert, select

from foedus.model.ports import Entropy
from foedus.store.bulk import upsert
from foedus.store.engine import Read, Tx
from foedus.store.people_tables import account
from foedus.store.state_tables import collection_id


class Account(NamedTuple):
    """A person or tool of the own party, or a tool of a partner's; no secret, only what verifies one."""

    name: str
    party: str
    role: str
    password_hash: str = ""
    token_sha256: bytes | None = None
    disabled: bool = False


def keep_account(tx: Tx, kept: Account) -> None:
    """Keep an account; the same name again replaces it."""
    values: dict[str, object] = {name: held for name, held in kept._asdict().items() if name != "name"}
    upsert(tx.connection, account, {"name": kept.name}, values)


def drop_account(tx: Tx, name: str) -> bool:
    """Forget an account; say whether there was one."""
    return tx.connection.execute(delete(account).where(account.c.name == name)).rowcount > 0


def account_named(read: Read, name: str) -> Account | None:
    """Return the account of a name."""
    return next(iter(_accounts(read, account.c.name == name)), None)


def account_with(read: Read, token_sha256: bytes) -> Account | None:
    """Return the account of a token, given its SHA-256."""
    return next(iter(_accounts(read, account.c.token_sha256 == token_sha256)), None)


def accounts(read: Read) -> Sequence[Account]:
    """Return all accounts, ordered by name."""
    return _accounts(read, account.c.name != "")


def collection_id_of(read: Read, reader: str, view: str) -> str | None:
    """Return the id under which a reader knows a view."""
    which = (collection_id.c.reader == reader) & (collection_id.c.view == view)
    return read.connection.scalar(select(collection_id.c.id).where(which))


def open_collection(tx: Tx, reader: str, view: str, entropy: Entropy) -> str:
    """Return the id under which a reader knows a view, a random UUID version 4 drawn on first use."""
    found = collection_id_of(tx, reader, view)
    if found is None:
        found = str(UUID(bytes=entropy(16), version=4))
        tx.connection.execute(insert(collection_id).values(reader=reader, view=view, id=found))
    return found


def _accounts(read: Read, which: ColumnElement[bool]) -> list[Account]:
    columns = select(*(account.c[name] for name in Account._fields))
    return [Account(*row) for row in read.connection.execute(columns.where(which).order_by(account.c.name))]
