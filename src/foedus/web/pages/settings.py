"""Settings of the person who is here: look, password, passkeys, sessions; administrators see who is known."""

from __future__ import annotations

import msgspec

from foedus.errors import FoedusError
from foedus.node import administer, passkeys, people, sessions
from foedus.web.answer import Answer, Json, Moved, Shown, Table
from foedus.web.pages.sign_in import answer_of
from foedus.web.visit import THEMES, Visit

_TOLD = ("password", "passkey", "removed", "sessions")


def show(visit: Visit, refused: str = "") -> Answer:
    """Show what the person can set, and what the node knows of them."""
    node, person = visit.node, visit.person
    admin = visit.may("administrator")
    everyone = administer.everyone(node) if admin else []
    told = visit.value("told")
    data = {
        "person": person,
        "passkeys": passkeys.passkeys(node, person.name),
        "sessions": [one for one in sessions.sessions(node) if one.person == person.name],
        "own": visit.held.id if visit.held else "",
        "people": everyone,
        "admin": admin,
        "node_settings": _of_the_node(visit) if admin else (),
        "themes": THEMES,
        "told": told if told in _TOLD else "",
        "refused": refused,
    }
    columns = ("name", "roles", "party", "disabled", "passkeys", "sessions")
    rows = [(one.name, " ".join(one.roles), *msgspec.structs.astuple(one)[2:]) for one in everyone]
    return Shown("settings.html", data, Table(columns, rows), status=422 if refused else 200)


def _of_the_node(visit: Visit) -> list[tuple[str, object]]:
    """Return the settings of the node by name; they are changed in its directory, and read when it starts."""
    return [
        (name, value) for name, value in msgspec.structs.asdict(visit.node.config).items() if value not in (None, "")
    ]


def password(visit: Visit) -> Answer:
    """Change one's own password; it takes the present one."""
    try:
        found = people.signed_in(visit.node, visit.person.name, visit.value("password"))
        administer.change_password(visit.node, found, found.name, visit.value("new"))
    except FoedusError as error:
        return show(visit, refused=error.code)
    visit.carries(sessions.open_session(visit.node, found, "password"))
    return Moved("/settings?told=password")


def end_sessions(visit: Visit) -> Answer:
    """End every session of the person, this one too."""
    sessions.end(visit.node, visit.token, everywhere=True)
    visit.carries("")
    return Moved("/sign-in")


def passkey_begin(visit: Visit) -> Answer:
    """Give the browser what it makes a passkey from; takes a fresh session."""
    try:
        return Json(passkeys.begin(visit.node, visit.act()))
    except FoedusError as error:
        return Json({"code": error.code}, 403)


def passkey_finish(visit: Visit) -> Answer:
    """Keep the passkey that the browser made."""
    try:
        said = answer_of(visit)
        label = str(said.get("label") or visit.person.name)
        passkeys.finish(visit.node, visit.act(), said.get("answer") or {}, label)
    except FoedusError as error:
        return Json({"code": error.code}, 403)
    return Json({"code": ""})


def passkey_remove(visit: Visit) -> Answer:
    """Forget a passkey; every session of the person ends, so they sign in again."""
    try:
        passkeys.remove(visit.node, visit.act(), visit.person.name, visit.value("passkey"))
    except FoedusError as error:
        return show(visit, refused=error.code)
    visit.carries("")
    return Moved("/sign-in")
