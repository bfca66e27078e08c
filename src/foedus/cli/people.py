"""``foedus people``: who may do what, who is signed in, passkeys."""

from __future__ import annotations

from typing import Any

import click
import msgspec

from foedus.cli import options, session_file
from foedus.cli.command import Group
from foedus.cli.options import on_node, prints
from foedus.cli.person import acting, as_person, asked, by_person
from foedus.cli.terminal import Column, Terminal, count, day_and_time, styled
from foedus.errors import InputError
from foedus.model.people import ROLES, Person
from foedus.node import administer, passkeys, people, sessions
from foedus.node.home import Node

_ROLE = click.Choice(ROLES)
_CHANGED = "person.changed, and session.ended for each session of theirs; in the private log."


@click.group("people", cls=Group, short_help="Keep the people of the node; sign in and out.")
def command() -> None:
    """Keep the people of the node; sign in and out.

    The first person is an administrator, made by whoever owns the node's directory; from then on administrators add and change
    people. Passwords are asked for on the terminal; without one, each is a line of standard input.
    """


@command.command(
    "add",
    ledger="person.added, in the private log.",
    examples=[
        "foedus --node nato people add root --role administrator",
        "foedus --node nato people add ann --role analyst --role releaser --as root",
        "foedus --node nato people add lee --role liaison --party jpn --as root",
    ],
)
@click.argument("name")
@click.option("--role", "roles", multiple=True, required=True, type=_ROLE, help="What the person may do. Repeatable.")
@click.option("--party", default="", help="Whose view a liaison sees.", shell_complete=options.parties)
@prints
@on_node
@as_person
def add(node: Node, terminal: Terminal, name: str, roles: tuple[str, ...], party: str, name_as: str) -> None:
    """Add a person.

    Administrators, auditors and liaisons hold no other role. The new person's password is asked for after that of whoever adds;
    the person changes it with people password.
    """
    by = acting(node, name_as) if name_as or people.is_anybody(node) else None
    made = administer.join(node, by, name, roles, asked(f"New password of {name}", twice=True), party)
    _say(terminal, made, f"{made.name} is {_roles(made)}.")


@command.command("list", examples=["foedus people list"])
@prints
@on_node
def list_(node: Node, terminal: Terminal) -> None:
    """List the people: roles, passkeys, open sessions."""
    found = administer.everyone(node)
    if terminal.as_json:
        terminal.document(found)
        return
    if not found:
        terminal.line("Nobody yet: foedus people add NAME --role administrator")
        return
    rows = [
        (one.name, _roles(one), styled("disabled", "red") if one.disabled else "", one.passkeys, one.sessions)
        for one in found
    ]
    numbers = [Column(name, right=True) for name in ("passkeys", "sessions")]
    terminal.table([Column("name", whole=True), "roles", "", *numbers], rows)


@command.command("roles", ledger=_CHANGED, examples=["foedus people roles ann --role analyst --as root"])
@click.argument("name")
@click.option(
    "--role", "roles", multiple=True, required=True, type=_ROLE, help="All that the person may do from now on."
)
@click.option("--party", default="", help="Whose view a liaison sees.", shell_complete=options.parties)
@prints
@on_node
@by_person
def roles(node: Node, terminal: Terminal, person: Person, name: str, roles: tuple[str, ...], party: str) -> None:
    """Give a person other roles, in place of those held.

    Nobody changes their own. The person's sessions end.
    """
    made = administer.change_roles(node, person, name, roles, party)
    _say(terminal, made, f"{made.name} is {_roles(made)}.")


@command.command("password", ledger=_CHANGED,
                 examples=["foedus people password ann --as ann", "foedus people password ann --as root"])  # fmt: skip
@click.argument("name")
@prints
@on_node
@as_person
def password(node: Node, terminal: Terminal, name: str, name_as: str) -> None:
    """Give a person another password.

    One's own takes the present one (--as), somebody else's an administrator. The person's sessions end.
    """
    person = acting(node, name_as)
    if person.name == name and not name_as:
        raise InputError("your own takes the present one", code="password-present", hint=f"--as {name}")
    administer.change_password(node, person, name, asked(f"New password of {name}", twice=True))
    _say(terminal, {"name": name, "changed": True}, f"{name} has another password; their sessions ended.")


@command.command("disable", ledger=_CHANGED, examples=["foedus people disable ann --as root"])
@click.argument("name")
@prints
@on_node
@by_person
def disable(node: Node, terminal: Terminal, person: Person, name: str) -> None:
    """Shut a person out.

    Nobody is ever deleted: the ledger names them.
    """
    administer.set_disabled(node, person, name, disabled=True)
    _say(terminal, {"name": name, "disabled": True}, f"{name} is shut out; their sessions ended.")


@command.command("enable", ledger=_CHANGED, examples=["foedus people enable ann --as root"])
@click.argument("name")
@prints
@on_node
@by_person
def enable(node: Node, terminal: Terminal, person: Person, name: str) -> None:
    """Let a person in again who was shut out."""
    administer.set_disabled(node, person, name, disabled=False)
    _say(terminal, {"name": name, "disabled": False}, f"{name} can sign in again.")


@command.command("sessions", examples=["foedus people sessions"])
@prints
@on_node
def sessions_(node: Node, terminal: Terminal) -> None:
    """List the sessions that are open now."""
    found = sessions.sessions(node)
    if terminal.as_json:
        terminal.document(found)
        return
    if not found:
        terminal.line("Nobody is signed in.")
        return
    columns = [Column(name, whole=True) for name in ("session", "who", "by", "since", "last used", "until at most")]
    rows = [(one.id, one.person, one.method, *map(day_and_time, (one.opened, one.used, one.until))) for one in found]
    terminal.table(columns, rows)


@command.command(
    "sign-in",
    ledger="session.opened, or sign-in.refused at most once an hour for a person and reason; in the private log.",
    examples=["foedus people sign-in ann"],
)
@click.argument("name")
@prints
@on_node
def sign_in(node: Node, terminal: Terminal, name: str) -> None:
    """Open a session.

    The commands that follow need no password then. Its token is written to a file that only you can read: where FOEDUS_SESSION
    says, else one for each node in your runtime or state directory. For acts that matter the session is good for a few minutes;
    then sign in again.
    """
    person = people.signed_in(node, name, asked())
    _end(node, everywhere=False)
    path = session_file.write(node, sessions.open_session(node, person, "password"))
    _say(terminal, {"name": person.name, "roles": person.roles, "file": str(path)}, f"{person.name} is signed in.")


@command.command(
    "sign-out",
    ledger="session.ended, in the private log.",
    examples=["foedus people sign-out", "foedus people sign-out --everywhere"],
)
@click.option("--everywhere", is_flag=True, help="End all your sessions, not only this one.")
@prints
@on_node
def sign_out(node: Node, terminal: Terminal, *, everywhere: bool) -> None:
    """End your session."""
    ended = _end(node, everywhere=everywhere)
    _say(terminal, {"ended": ended}, f"{count(ended, 'session')} ended." if ended else "Nobody was signed in.")


@command.command("passkeys", examples=["foedus people passkeys ann"])
@click.argument("name")
@prints
@on_node
def passkeys_(node: Node, terminal: Terminal, name: str) -> None:
    """List a person's passkeys."""
    found = passkeys.passkeys(node, name)
    if terminal.as_json:
        terminal.document(found)
        return
    if not found:
        terminal.line(f"{name} has no passkey.")
        return
    rows = [
        (one.id[:16], one.label, ", ".join(one.transports), *map(day_and_time, (one.added, one.used))) for one in found
    ]
    terminal.table([Column("passkey", whole=True), "name", "reached by", "added", "last used"], rows)


@command.command(
    "remove-passkey",
    ledger="credential.removed, and session.ended for each session of theirs; in the private log.",
    examples=["foedus people remove-passkey ann 5f16f4c7f149ac4f --as root"],
)
@click.argument("name")
@click.argument("passkey")
@prints
@on_node
@by_person
def remove_passkey(node: Node, terminal: Terminal, person: Person, name: str, passkey: str) -> None:
    """Forget a passkey.

    One of your own, or as an administrator anybody's.
    """
    passkeys.remove(node, person, name, passkey)
    _say(terminal, {"name": name, "removed": passkey}, f"{name} has that passkey no more; their sessions ended.")


def _end(node: Node, *, everywhere: bool) -> int:
    token = session_file.token(node)
    session_file.forget(node)
    return sessions.end(node, token, everywhere=everywhere) if token else 0


def _roles(one: Person | administer.Listed) -> str:
    return ", ".join(one.roles) + (f" for {one.party}" if one.party else "")


def _say(terminal: Terminal, document: Any, words: str) -> None:
    if terminal.as_json:
        terminal.document(msgspec.to_builtins(document))
    else:
        terminal.line(words)
