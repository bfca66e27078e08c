"""Sign in, by password or passkey, and out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from foedus.errors import FoedusError, TrustError
from foedus.model import ijson
from foedus.model.people import Person, Role
from foedus.node import passkeys, people, sessions
from foedus.node.sessions import Method
from foedus.web.answer import Answer, Json, Moved, Shown
from foedus.web.pages.look import own_path
from foedus.web.visit import Visit


def show(visit: Visit) -> Answer:
    """Ask who somebody is."""
    if visit.someone is not None:
        return Moved("/")
    return _form(visit, refused=False)


def _form(visit: Visit, *, refused: bool) -> Shown:
    data = {
        "next": own_path(visit.value("next")),
        "name": visit.value("name") if refused else "",
        "refused": refused,
        "anybody": people.is_anybody(visit.node),
    }
    return Shown("sign-in.html", data, status=403 if refused else 200)


def by_password(visit: Visit, only: Role | None = None) -> Answer:
    """Sign in whoever shows a name and password, or only who has a role; there is one answer to everybody else."""
    try:
        person = _admitted(people.signed_in(visit.node, visit.value("name"), visit.value("password")), only)
        _open(visit, person, "password")
    except TrustError:
        return _form(visit, refused=True)
    return Moved(own_path(visit.value("next")) or "/")


def passkey_begin(visit: Visit) -> Answer:
    """Give a browser the question that any passkey of this site answers."""
    return Json(passkeys.begin_sign_in(visit.node))


def by_passkey(visit: Visit, only: Role | None = None) -> Answer:
    """Sign in whose passkey answered, or only who has a role; a session that is open is made fresh."""
    try:
        person = _admitted(passkeys.signed_in(visit.node, answer_of(visit)), only)
        if visit.held is not None:
            visit.carries(sessions.confirm(visit.node, visit.token, person))
        else:
            _open(visit, person, "passkey")
    except FoedusError as error:
        return Json({"code": error.code}, 403)
    return Json({"code": ""})


def out(visit: Visit) -> Answer:
    """End the session."""
    sessions.end(visit.node, visit.token)
    visit.carries("")
    return Moved("/sign-in")


def answer_of(visit: Visit) -> Mapping[str, Any]:
    """Return what a script sent, as JSON.

    Raises:
        FoedusError: it is no object.
    """
    found = ijson.decode(visit.value("json").encode())
    if not isinstance(found, dict):
        raise TrustError("not an answer", code="passkey-refused")
    return found


def _open(visit: Visit, person: Person, method: Method) -> None:
    if visit.token:
        sessions.end(visit.node, visit.token)
    visit.carries(sessions.open_session(visit.node, person, method))


def _admitted(person: Person, only: Role | None) -> Person:
    """Return who signed in, where the pages are for them."""
    if only is not None and not person.has(only):
        raise TrustError("these pages are for others", code="sign-in-refused")
    return person
