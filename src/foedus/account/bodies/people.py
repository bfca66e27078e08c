"""Bodies about people of the own party: accounts, sessions, passkeys."""

from __future__ import annotations

from typing import ClassVar, Literal

from foedus.account.bodies.body import Body


class PersonAdded(Body, frozen=True, kw_only=True):
    """A person of the own party was added; ``by`` is the administrator, empty for the owner of the node's directory."""

    kind_of_entry: ClassVar[str] = "person.added"

    person: str
    roles: tuple[str, ...]
    party: str
    by: str


class PersonChanged(PersonAdded, frozen=True, kw_only=True):
    """What is known of a person changed; roles and party as they are after it."""

    kind_of_entry: ClassVar[str] = "person.changed"

    change: Literal["roles", "password", "disabled", "enabled", "replaced"]


class SessionOpened(Body, frozen=True, kw_only=True):
    """A person signed in; ``session`` is a public id, nothing of the token."""

    kind_of_entry: ClassVar[str] = "session.opened"

    person: str
    session: str
    method: Literal["password", "passkey"]


class SessionEnded(SessionOpened, frozen=True, kw_only=True):
    """A session ended, and why."""

    kind_of_entry: ClassVar[str] = "session.ended"

    reason: Literal["signed-out", "idle", "limit", "person-changed"]


class SignInRefused(Body, frozen=True, kw_only=True):
    """Signing in was refused ``count`` times since the last such entry; ``person`` is empty for names nobody here has."""

    kind_of_entry: ClassVar[str] = "sign-in.refused"

    person: str
    reason: Literal["password", "passkey", "throttled", "cloned"]
    count: int


class CredentialAdded(Body, frozen=True, kw_only=True):
    """A person's passkey was added; ``credential`` is the hash of its id."""

    kind_of_entry: ClassVar[str] = "credential.added"

    person: str
    credential: str
    by: str


class CredentialRemoved(CredentialAdded, frozen=True, kw_only=True):
    """A person's passkey was removed."""

    kind_of_entry: ClassVar[str] = "credential.removed"
