"""People of the node's party: added with their roles, and who is who when they act."""

from __future__ import annotations

from collections.abc import Sequence
from typing import get_args

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerifyMismatchError

from foedus.errors import InputError, TrustError
from foedus.model.people import Person, Role
from foedus.node.home import Node
from foedus.store import people as kept_people
from foedus.store.people import Kept

ROLES: tuple[Role, ...] = get_args(Role)
# RFC 9106, second recommended option: 3 passes over 64 MiB in 4 lanes; about a third of a second.
_HASHER = PasswordHasher(time_cost=3, memory_cost=65_536, parallelism=4, type=Type.ID)
_NOBODY = _HASHER.hash("nobody")


def add(node: Node, name: str, roles: Sequence[Role], password: str, party: str = "") -> Person:
    """Add a person, or replace what was known of one.

    Raises:
        InputError: a role that nobody knows.
    """
    unknown = [role for role in roles if role not in ROLES]
    if unknown or not roles:
        raise InputError(
            "not a role" if unknown else "no role", code="role-unknown", hint=f"some of {', '.join(ROLES)}"
        )
    with node.store.write() as tx:
        kept_people.keep_person(tx, Kept(name, " ".join(roles), party, _HASHER.hash(password)))
    return Person(name, tuple(roles), party)


def signed_in(node: Node, name: str, password: str) -> Person:
    """Return the person who shows a name and password.

    Raises:
        TrustError: nobody of that name, or not that password; it does not say which, in words or in time.
    """
    with node.store.read() as read:
        found = kept_people.person_named(read, name)
    usable = found is not None and not found.disabled
    try:
        _HASHER.verify(found.password_hash if found is not None and usable else _NOBODY, password)
    except (VerifyMismatchError, InvalidHashError) as error:
        raise _refused() from error
    if found is None or not usable:
        raise _refused()
    return Person(found.name, tuple(role for role in ROLES if role in found.roles.split()), found.party)


def _refused() -> TrustError:
    return TrustError("no such person, or not that password", code="sign-in-refused", hint="foedus people list")
