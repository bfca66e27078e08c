"""People of the node's party: added with their roles, and who is who when they act."""

from __future__ import annotations

from collections.abc import Sequence

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerifyMismatchError

from foedus.account.bodies import PersonAdded, PersonChanged
from foedus.errors import InputError, TrustError
from foedus.model import passwords
from foedus.model.people import ROLES, Person, Role, alike, is_name, normal_name, roles_of, undone
from foedus.node import sessions, throttle
from foedus.node.entered import enter
from foedus.node.home import Node
from foedus.store import people as kept_people
from foedus.store.engine import Read, Tx
from foedus.store.people import Kept

# RFC 9106, second recommended option: 3 passes over 64 MiB in 4 lanes; about a third of a second.
_HASHER = PasswordHasher(time_cost=3, memory_cost=65_536, parallelism=4, type=Type.ID)
# What a try is compared with where there is nobody: it costs the same, and whoever guesses it is nobody still.
_NOBODY = "$argon2id$v=19$m=65536,t=3,p=4$u1fF6PV7Xp5xfNRoESPS8g$phf6wtIpucYW3wUwIW8J8wxuWGeDMUTwifHAYq8qrqI"


def add(
    node: Node, name: str, roles: Sequence[Role], password: str, party: str = "", by: Person | None = None
) -> Person:
    """Add a person, or replace what was known of one.

    Args:
        node: the node.
        name: what the person is called here.
        roles: what the person may do.
        password: what the person shows to sign in.
        party: whose view a liaison sees.
        by: the administrator who does it; None: whoever owns the node's directory.

    Raises:
        InputError: a name, roles, party or password that cannot be.
    """
    kept = made(node, name, roles, password, party)
    with node.store.write() as tx:
        keep(node, tx, kept, "replaced", by)
    return sessions.person_of(kept)


def signed_in(node: Node, name: str, password: str) -> Person:
    """Return the person who shows a name and password.

    Raises:
        TrustError: nobody of that name, not that password, or too many tries; it does not say which.
    """
    name = normal_name(name) if is_name(normal_name(name)) else ""
    throttle.admit(node, name)
    with node.store.read() as read:
        found = kept_people.person_named(read, name)
    matches = _verified(found.password_hash if found is not None else "", password)
    with node.store.write() as tx:
        # Whoever was changed while the password was compared shows who they are once more.
        found = found if found == kept_people.person_named(tx, name) else None
        if found is not None and matches and not found.disabled:
            throttle.forget(node, tx, name)
            return sessions.person_of(found)
        throttle.enter_refusal(node, tx, name, "password")
    raise throttle.refused()


def is_anybody(node: Node) -> bool:
    """Say whether the node has people."""
    with node.store.read() as read:
        return bool(kept_people.people(read))


def made(node: Node, name: str, roles: Sequence[str], password: str, party: str = "") -> Kept:
    """Return a new person as they will be kept.

    Raises:
        InputError: a name, roles, party or password that cannot be.
    """
    name = normal_name(name)
    if not is_name(name):
        raise InputError(
            "not a name for a person",
            code="person-name",
            hint="up to 64 letters and digits, with blanks and . _ - @ ' between them",
        )
    return Kept(name, checked_roles(node, roles, party), party, hashed(node, name, password))


def checked_roles(node: Node, roles: Sequence[str], party: str) -> str:
    """Return roles as they are kept.

    Raises:
        InputError: a role nobody knows, roles that one person cannot hold together, or a party missing or out of place.
    """
    if not roles or set(roles) - set(ROLES):
        raise InputError("not a role" if roles else "no role", code="role-unknown", hint=f"some of {', '.join(ROLES)}")
    if why := undone(roles):
        raise InputError(f"not together: {why}", code="roles-apart", hint="give the other roles to another person")
    if ("liaison" in roles) != bool(party):
        raise InputError(
            "a liaison sees the view of one party, and nobody else has one",
            code="liaison-party",
            hint="--role liaison --party PARTY",
        )
    known = other_parties(node)
    if party and party not in known:
        raise InputError(
            f"no programme held has the party {party!r}",
            code="party-unknown",
            hint=f"parties: {', '.join(known) or 'none yet'}",
        )
    return " ".join(roles_of(roles))


def other_parties(node: Node) -> list[str]:
    """Return the other parties of the programmes held: those whose view a liaison may see."""
    held = node.agreements.all(node.clock.now())
    return sorted({one.id for agreement in held for one in agreement.programme.parties} - {node.party})


def hashed(node: Node, name: str, password: str) -> str:
    """Return what is kept of a password.

    Raises:
        InputError: it is too short, too long, or one of the first that anybody tries; it does not repeat it.
    """
    password = passwords.normal(password)
    if why := passwords.weakness(password, (name, node.party, node.config.name)):
        raise InputError(
            f"not taken as a password: {why}",
            code="password-weak",
            hint=f"{passwords.MIN_CHARS} characters or more; four or five words that have nothing to do with each other",
        )
    return _HASHER.hash(_octets(password))


def keep(node: Node, tx: Tx, kept: Kept, change: str, by: Person | None) -> None:
    """Keep a person, new or changed, and enter it; the sessions of a changed one end.

    Raises:
        InputError: somebody else's name looks the same.
    """
    others = [one.name for one in kept_people.people(tx) if one.name != kept.name]
    if alike(kept.name) in map(alike, others):
        raise InputError("a name that looks the same is taken", code="person-alike", hint="foedus people list")
    known = kept_people.person_named(tx, kept.name)
    kept_people.keep_person(tx, kept)
    facts = {"person": kept.name, "roles": tuple(kept.roles.split()), "party": kept.party, "by": by.name if by else ""}
    if known is None:
        enter(node, tx, PersonAdded, **facts)
        return
    if known.password_hash != kept.password_hash:
        throttle.forget(node, tx, kept.name)
    enter(node, tx, PersonChanged, change=change, **facts)
    sessions.end_all(node, tx, kept.name)


def require_administrator(read: Read, by: Person | None) -> None:
    """Refuse whoever is not an administrator now.

    Raises:
        TrustError: nobody, or not an administrator any more.
    """
    kept = kept_people.person_named(read, by.name) if by is not None else None
    if kept is None or kept.disabled or not sessions.person_of(kept).has("administrator"):
        raise TrustError("this takes an administrator", code="administrator-needed", hint="--as ADMINISTRATOR")


def _verified(password_hash: str, password: str) -> bool:
    """Say whether a password is that of a hash; in the same time where there is no hash."""
    try:
        return _HASHER.verify(password_hash or _NOBODY, _octets(passwords.normal(password)[: passwords.MAX_CHARS + 1]))
    except (VerifyMismatchError, InvalidHashError):
        return False


def _octets(password: str) -> bytes:
    # What a terminal could not decode is kept as it came.
    return password.encode("utf-8", "surrogatepass")
