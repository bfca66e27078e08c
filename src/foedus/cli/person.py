"""Who acts: what commands take that only a person may run."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeVar

import click

from foedus.model.people import Person
from foedus.node import people
from foedus.node.home import Node

_Run = TypeVar("_Run", bound=Callable[..., Any])


def signed_in(node: Node, name: str, prompt: str = "") -> Person:
    """Ask for a person's password and return who they are."""
    password = click.prompt(prompt or f"Password of {name}", hide_input=True, err=True)
    return people.signed_in(node, name, password)


def by_person(run: _Run) -> _Run:
    """Add ``--as``, ask for the password, and give the command the person as ``person``; goes below ``on_node``."""

    @click.option("--as", "name", required=True, metavar="NAME", help="Who you are; the password is asked for.")
    @functools.wraps(run)
    def with_person(*args: Any, node: Node, name: str, **given: Any) -> Any:
        return run(*args, node=node, person=signed_in(node, name, "Password"), **given)

    return with_person  # type: ignore[return-value]
