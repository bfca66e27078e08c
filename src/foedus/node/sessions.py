"""Sessions of people: kept on the node's side, carried by a random token of which only the hash is kept.

A session ends when it rests too long, at its limit, when its person signs out, and when anything about the person changes. An act
that matters asks for a *fresh* one: its person showed who they are a short time ago. Each such use changes the token.
"""

from __future__ import annotations

import base64
import hashlib
from typing import Literal, NamedTuple

import msgspec

from foedus.account.bodies import SessionEnded, SessionOpened
from foedus.errors import TrustError
from foedus.model import instant
from foedus.model.people import Person, roles_of
from foedus.node.entered import enter
from foedus.node.home import Node
from foedus.node.throttle import refused
from foedus.store import people as kept_people
from foedus.store import sessions as kept_sessions
from foedus.store.engine import Read, Tx
from foedus.store.people import Kept
from foedus.store.sessions import Session

Method = Literal["password", "passkey"]
Reason = Literal["signed-out", "idle", "limit", "person-changed"]

TOKEN_BYTES = 32
_MINUTE_US = 60 * 1_000_000


class Fresh(NamedTuple):
    """Who acts, and the token that carries the session from now on."""

    person: Person
    token: str

    def __repr__(self) -> str:
        """Show who, never the token."""
        return f"Fresh({self.person!r})"


class Held(NamedTuple):
    """Whose session a token carries, the session's public id, and whether its person showed who they are a short time ago."""

    person: Person
    id: str
    fresh: bool


class Open(msgspec.Struct, frozen=True):
    """A session as people read it."""

    id: str
    person: str
    method: str
    opened: str
    used: str
    until: str


def person_of(kept: Kept) -> Person:
    """Return a kept person as who acts."""
    return Person(kept.name, roles_of(kept.roles.split()), kept.party)


def open_session(node: Node, person: Person, method: Method) -> str:
    """Open a session of a person who showed who they are, and return its token.

    Raises:
        TrustError: the person was changed since.
    """
    token, at_us = _token(node), _now_us(node)
    kept = Session(node.entropy(8).hex(), _hash(token), person.name, method, at_us, at_us, at_us)
    with node.store.write() as tx:
        _sweep(node, tx)
        if _usable(tx, person.name) != person:
            raise refused()
        kept_sessions.keep_session(tx, kept)
        enter(node, tx, SessionOpened, person=person.name, session=kept.id, method=method)
    return token


def resume(node: Node, token: str) -> Person:
    """Return whose session a token carries; it has been used now.

    Raises:
        TrustError: none, or it ended.
    """
    return held(node, token).person


def held(node: Node, token: str) -> Held:
    """Return the session that a token carries; it has been used now.

    Raises:
        TrustError: none, or it ended.
    """
    at_us = _now_us(node)
    with node.store.read() as read:
        session, person = _held(node, read, token)
    # A write for every page would cost more than the minute by which it may end early.
    if at_us - session.used_us >= _MINUTE_US:
        with node.store.write() as tx:
            kept_sessions.change_session(tx, session, session._replace(used_us=at_us))
    return Held(person, session.id, _is_fresh(node, session, at_us))


def looked_at(node: Node, token: str) -> Held:
    """Return the session that a token carries, without using it: what asks by itself keeps nobody signed in.

    Raises:
        TrustError: none, or it ended.
    """
    with node.store.read() as read:
        session, person = _held(node, read, token)
    return Held(person, session.id, _is_fresh(node, session, _now_us(node)))


def goes_on(node: Node, session_id: str) -> bool:
    """Say whether the session of a public id goes on; it is not used by that."""
    return any(one.id == session_id for one in sessions(node))


def fresh(node: Node, token: str) -> Fresh:
    """Use a session for an act that needs its person shown; the token is another one after.

    Raises:
        TrustError: no session, it ended, or too long since the person showed who they are.
    """
    at_us = _now_us(node)
    with node.store.write() as tx:
        session, person = _held(node, tx, token)
        if not _is_fresh(node, session, at_us):
            raise TrustError(
                "it is too long since you showed who you are",
                code="session-stale",
                hint=f"foedus people sign-in {person.name}, then again",
            )
        return Fresh(person, _rotated(node, tx, session._replace(used_us=at_us)))


def confirm(node: Node, token: str, person: Person) -> str:
    """Make a session fresh for its person, who has just shown again who they are; return its new token.

    Raises:
        TrustError: no session, it ended, or it is somebody else's.
    """
    at_us = _now_us(node)
    with node.store.write() as tx:
        session, holder = _held(node, tx, token)
        if holder != person:
            raise refused()
        return _rotated(node, tx, session._replace(used_us=at_us, confirmed_us=at_us))


def end(node: Node, token: str, *, everywhere: bool = False) -> int:
    """End the session of a token, or all of its person; return how many ended."""
    with node.store.write() as tx:
        found = kept_sessions.session_with(tx, _hash(token))
        ended = kept_sessions.sessions_of(tx, found.name) if found and everywhere else [found] if found else []
        return sum(_end(node, tx, one, "signed-out") for one in ended)


def end_all(node: Node, tx: Tx, name: str) -> None:
    """End the sessions of a person of whom something changed."""
    for one in kept_sessions.sessions_of(tx, name):
        _end(node, tx, one, "person-changed")


def sessions(node: Node) -> list[Open]:
    """Return the sessions that are open now, oldest first."""
    at_us = _now_us(node)
    with node.store.read() as read:
        held = [one for one in kept_sessions.sessions(read) if not _over(node, one, at_us)]
    return [
        Open(one.id, one.name, one.method, *map(instant.text, (one.opened_us, one.used_us, _limit_us(node, one))))
        for one in held
    ]


def _held(node: Node, read: Read, token: str) -> tuple[Session, Person]:
    found = kept_sessions.session_and_person(read, _hash(token))
    if found is None or found[1].disabled or _over(node, found[0], _now_us(node)):
        raise TrustError("the session ended", code="session-ended", hint="foedus people sign-in NAME")
    return found[0], person_of(found[1])


def _usable(read: Read, name: str) -> Person | None:
    kept = kept_people.person_named(read, name)
    return person_of(kept) if kept is not None and not kept.disabled else None


def _over(node: Node, session: Session, at_us: int) -> Reason | None:
    """Return the limit that a session has reached."""
    if at_us >= _limit_us(node, session):
        return "limit"
    return "idle" if at_us - session.used_us >= node.config.session_idle_minutes * _MINUTE_US else None


def _is_fresh(node: Node, session: Session, at_us: int) -> bool:
    return at_us - session.confirmed_us < node.config.session_fresh_minutes * _MINUTE_US


def _limit_us(node: Node, session: Session) -> int:
    return session.opened_us + node.config.session_hours * 60 * _MINUTE_US


def _rotated(node: Node, tx: Tx, session: Session) -> str:
    token = _token(node)
    kept_sessions.change_session(tx, session, session._replace(token_sha256=_hash(token)))
    return token


def _sweep(node: Node, tx: Tx) -> None:
    """End what reached a limit; nobody comes back to say so."""
    at_us = _now_us(node)
    for one in kept_sessions.sessions(tx):
        if (reason := _over(node, one, at_us)) is not None:
            _end(node, tx, one, reason)


def _end(node: Node, tx: Tx, session: Session, reason: Reason) -> bool:
    gone = kept_sessions.drop_session(tx, session)
    if gone:
        known = {"person": session.name, "session": session.id, "method": session.method}
        enter(node, tx, SessionEnded, reason=reason, **known)
    return gone


def _token(node: Node) -> str:
    return base64.urlsafe_b64encode(node.entropy(TOKEN_BYTES)).rstrip(b"=").decode()


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()


def _now_us(node: Node) -> int:
    return instant.to_us(node.clock.now())
