"""People: who is known, their roles, passkeys and sessions; an administrator adds and changes them, as by commands."""

from __future__ import annotations

from urllib.parse import quote

import msgspec

from foedus.errors import FoedusError, InputError
from foedus.model.people import ROLES
from foedus.node import administer, passkeys, people, sessions
from foedus.web.answer import Answer, Moved, Shown, Table
from foedus.web.pages.field import NONE, Refusal, refusal, typed
from foedus.web.visit import Visit

_CODES = {
    "person-name": "name", "person-exists": "name", "person-alike": "name", "role-unknown": "roles", "roles-apart": "roles",
    "liaison-party": "party", "party-unknown": "party", "password-weak": "new",
}  # fmt: skip
_COLUMNS = ("name", "roles", "party", "disabled", "passkeys", "sessions")
_TOLD = ("added", "roles", "password", "disable", "enable", "passkey")


def show(visit: Visit, refused: Refusal = NONE) -> Answer:
    """Show everybody, and the form that adds somebody."""
    everyone = administer.everyone(visit.node)
    data = {"people": everyone, **_form(visit, refused), "typed": _typed(visit)}
    rows = [(one.name, " ".join(one.roles), *msgspec.structs.astuple(one)[2:]) for one in everyone]
    return Shown("people.html", data, Table(_COLUMNS, rows), status=422 if refused.code else 200)


def add(visit: Visit) -> Answer:
    """Add a person."""
    given = visit.asked.form
    try:
        administer.join(
            visit.node,
            visit.act(),
            visit.value("name"),
            [one for one in given.get("role", ()) if one],
            visit.value("new"),
            visit.value("party"),
        )
    except FoedusError as error:
        return show(visit, refusal(error, _CODES))
    return Moved("/people?told=added")


def one(visit: Visit, refused: Refusal = NONE) -> Answer:
    """Show one person: roles, passkeys, sessions, and the forms that change them."""
    found = _found(visit)
    held = [one for one in sessions.sessions(visit.node) if one.person == found.name]
    data = {
        "one": found,
        "passkeys": passkeys.passkeys(visit.node, found.name),
        "sessions": held,
        **_form(visit, refused),
        "typed": _typed(visit)
        if refused.code and visit.value("act") == "roles"
        else {"role": found.roles, "party": found.party},
        "meant": visit.value("act") if refused.code else "",
    }
    row = (found.name, " ".join(found.roles), *msgspec.structs.astuple(found)[2:])
    return Shown("person.html", data, Table(_COLUMNS, [row]), status=422 if refused.code else 200)


def change(visit: Visit) -> Answer:
    """Change a person: roles, password, in or out, a passkey that is lost."""
    name, act = _found(visit).name, visit.value("act")
    try:
        by = visit.act()
        if act == "roles":
            administer.change_roles(visit.node, by, name, visit.asked.form.get("role", ()), visit.value("party"))
        elif act == "password":
            administer.change_password(visit.node, by, name, visit.value("new"))
        elif act == "passkey":
            passkeys.remove(visit.node, by, name, visit.value("passkey"))
        elif act in ("disable", "enable"):
            administer.set_disabled(visit.node, by, name, disabled=act == "disable")
        else:
            raise InputError("not an act", code="form-malformed")
    except FoedusError as error:
        return one(visit, refusal(error, _CODES))
    if name == by.name:
        # What changes a person ends their sessions, this one too.
        visit.carries("")
        return Moved("/sign-in")
    return Moved(f"/person?name={quote(name)}&told={act}")


def _found(visit: Visit) -> administer.Listed:
    name = visit.value("name")
    found = next((one for one in administer.everyone(visit.node) if one.name == name), None)
    if found is None:
        raise InputError("nobody of that name", code="person-unknown")
    return found


def _form(visit: Visit, refused: Refusal) -> dict[str, object]:
    told = visit.value("told")
    return {
        "roles_known": ROLES,
        "parties": people.other_parties(visit.node),
        "refused": refused,
        "stale": visit.held is not None and not visit.held.fresh,
        "told": told if told in _TOLD else "",
    }


def _typed(visit: Visit) -> dict[str, object]:
    return {**typed(visit, ("name", "party")), "role": visit.asked.form.get("role", ())}
