"""How administrators keep the people of a node.

The first person is an administrator, made by whoever owns the node's directory. From then on an administrator who showed who
they are adds and changes people; nobody changes their own roles or shuts themselves out, so there is always one left.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from foedus.errors import InputError
from foedus.model.people import Person, is_name, normal_name
from foedus.node import people, sessions
from foedus.node.home import Node
from foedus.store import passkeys as kept_passkeys
from foedus.store import people as kept_people
from foedus.store.engine import Read
from foedus.store.people import Kept

FIRST = ("administrator",)


class Listed(msgspec.Struct, frozen=True):
    """A person as people read it."""

    name: str
    roles: tuple[str, ...]
    party: str
    disabled: bool
    passkeys: int
    sessions: int


def everyone(node: Node) -> list[Listed]:
    """Return the people of the node, by name."""
    open_now = [one.person for one in sessions.sessions(node)]
    with node.store.read() as read:
        keys = kept_passkeys.counts(read)
        return [
            Listed(
                one.name,
                tuple(one.roles.split()),
                one.party,
                one.disabled,
                keys.get(one.name, 0),
                open_now.count(one.name),
            )
            for one in kept_people.people(read)
        ]


def join(node: Node, by: Person | None, name: str, roles: Sequence[str], password: str, party: str = "") -> Person:
    """Add a person.

    Args:
        node: the node.
        by: the administrator; None for the first person alone.
        name: what the person is called here.
        roles: what the person may do.
        password: what the person shows to sign in.
        party: whose view a liaison sees.

    Raises:
        InputError: a name, roles, party or password that cannot be, a name that is taken, or a first who is no administrator.
        TrustError: whoever adds is no administrator.
    """
    kept = people.made(node, name, roles, password, party)
    with node.store.write() as tx:
        if by is not None or kept_people.people(tx):
            people.require_administrator(tx, by)
        elif tuple(roles) != FIRST:
            raise InputError(
                "the first person is an administrator", code="administrator-first", hint="--role administrator"
            )
        if kept_people.person_named(tx, kept.name) is not None:
            raise InputError("there is somebody of that name", code="person-exists", hint="foedus people list")
        people.keep(node, tx, kept, "", by)
    return sessions.person_of(kept)


def change_roles(node: Node, by: Person, name: str, roles: Sequence[str], party: str = "") -> Person:
    """Give a person other roles.

    Raises:
        InputError: nobody of that name, roles or a party that cannot be, or one's own.
        TrustError: whoever changes is no administrator.
    """
    checked = people.checked_roles(node, roles, party)
    with node.store.write() as tx:
        people.require_administrator(tx, by)
        kept = _other(tx, by, name)._replace(roles=checked, party=party)
        people.keep(node, tx, kept, "roles", by)
    return sessions.person_of(kept)


def change_password(node: Node, by: Person, name: str, password: str) -> None:
    """Give a person another password: one's own, or an administrator anybody's.

    Raises:
        InputError: nobody of that name, or a password that cannot be.
        TrustError: somebody else's, and no administrator.
    """
    name = normal_name(name)
    password_hash = people.hashed(node, name, password)
    with node.store.write() as tx:
        if by.name != name:
            people.require_administrator(tx, by)
        people.keep(node, tx, _known(tx, name)._replace(password_hash=password_hash), "password", by)


def set_disabled(node: Node, by: Person, name: str, *, disabled: bool) -> None:
    """Shut a person out, or let them in again.

    Raises:
        InputError: nobody of that name, or oneself.
        TrustError: whoever does it is no administrator.
    """
    with node.store.write() as tx:
        people.require_administrator(tx, by)
        kept = _other(tx, by, name)._replace(disabled=disabled)
        people.keep(node, tx, kept, "disabled" if disabled else "enabled", by)


def _known(read: Read, name: str) -> Kept:
    name = normal_name(name)
    found = kept_people.person_named(read, name) if is_name(name) else None
    if found is None:
        raise InputError("nobody of that name", code="person-unknown", hint="foedus people list")
    return found


def _other(read: Read, by: Person, name: str) -> Kept:
    found = _known(read, name)
    if found.name == by.name:
        raise InputError(
            "nobody changes their own roles or shuts themselves out",
            code="person-own",
            hint="another administrator does it",
        )
    return found
