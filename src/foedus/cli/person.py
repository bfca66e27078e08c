"""Who acts: what commands take that only a person may run."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from typing import Any, TypeVar

import click

from foedus.cli import session_file
from foedus.errors import InputError
from foedus.model.people import Person
from foedus.node import people, sessions
from foedus.node.home import Node

_Run = TypeVar("_Run", bound=Callable[..., Any])


def as_person(run: _Run) -> _Run:
    """Add ``--as``, given to the command as ``name_as``."""
    words = "Who you are; the password is asked for. Without it: who signed in a short time ago."
    return click.option("--as", "name_as", default="", metavar="NAME", help=words)(run)


def signed_in(node: Node, name: str, prompt: str = "") -> Person:
    """Ask for a person's password and return who they are."""
    return people.signed_in(node, name, asked(prompt or f"Password of {name}"))


def by_person(run: _Run) -> _Run:
    """Add ``--as``, ask for the password or take the session, and give the command the person as ``person``.

    It goes below ``on_node``.
    """

    @as_person
    @functools.wraps(run)
    def with_person(*args: Any, node: Node, name_as: str, **given: Any) -> Any:
        return run(*args, node=node, person=acting(node, name_as), **given)

    return with_person  # type: ignore[return-value]


def acting(node: Node, name: str) -> Person:
    """Return who acts: whoever shows a name's password, else whose fresh session is open.

    Raises:
        TrustError: not shown to be them; the session ended, or is not fresh.
        InputError: no name, and nobody signed in.
    """
    if name:
        return people.signed_in(node, name, asked())
    token = session_file.read(node)
    if not token:
        raise InputError(
            "nobody is signed in", code="person-needed", hint="--as NAME, or sign in: foedus people sign-in NAME"
        )
    used = sessions.fresh(node, token)
    session_file.write(node, used.token)
    return used.person


def asked(words: str = "Password", *, twice: bool = False) -> str:
    """Ask for a password on the terminal, without showing it; where there is none, take the next line of standard input.

    Raises:
        InputError: no line, or one that is no text.
    """
    if sys.stdin.isatty():
        found: str = click.prompt(words, hide_input=True, err=True, confirmation_prompt=twice)
        return found
    try:
        line = sys.stdin.readline()
    except UnicodeDecodeError as error:
        raise InputError("not text in UTF-8", code="password-text", where="standard input") from error
    if not line:
        raise InputError(
            "no password", code="password-missing", where="standard input", hint="a line for each password asked for"
        )
    return line.removesuffix("\n").removesuffix("\r")
