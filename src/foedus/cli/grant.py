"""``foedus grant``: the originator's consent to what moves on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from foedus.cli import options
from foedus.cli.command import Group
from foedus.cli.options import on_node, prints
from foedus.cli.person import by_person
from foedus.cli.terminal import Column, Terminal, day_and_time
from foedus.model.people import Person
from foedus.node import grants
from foedus.node.grants import Told, Wanted
from foedus.node.home import Node

_Run = TypeVar("_Run", bound=Callable[..., Any])


def _what(run: _Run) -> _Run:
    """Add what is granted or asked for: objects, recipients, purposes, programme."""
    for add in (
        options.programme(),
        click.option("--purpose", "purposes", multiple=True, help="Only for this purpose; may be repeated."),
        click.option("--to", "to", multiple=True, required=True, help="A recipient.", shell_complete=options.parties),
        click.argument("objects", metavar="OBJECT...", nargs=-1, required=True),
    ):
        run = add(run)
    return run


@click.group("grant", cls=Group, short_help="Consent to what moves on, and take it back.")
def command() -> None:
    """Consent to what moves on, and take it back.

    What is marked ORCON, and what was received under "originator-consent", moves only under a grant of its originator.
    """


@command.command(
    "give",
    ledger="grant.given, in the log of the pair with the holder; for what this node itself sends, in the private log.",
    examples=[
        "foedus --node nato grant give indicator--f9cba273-18a4-524c-b5f9-e18c8a146e75 --to kor --holder jpn --as ada"
    ],
)
@_what
@click.option("--holder", default="", help="Who passes it on; else this node.", shell_complete=options.parties)
@click.option("--version", "versions", multiple=True, help="Only this version; may be repeated.")
@click.option("--until", default="", help="Last day, or an instant; else the end of the programme.")
@click.option("--clause", default="", help="Only for a release by this clause, or past this forbid.")
@prints
@on_node
@by_person
def give(node: Node, terminal: Terminal, person: Person, **wanted: Any) -> None:
    """Consent that own objects go to parties.

    A holder, who was sent them, may then pass them on; without one, this node itself may send what it marked ORCON. A clause
    must permit the release all the same, and a forbid that consent does not lift stays.
    """
    _say(terminal, grants.give(node, Wanted(**wanted), person))
    if not terminal.as_json and not wanted["holder"]:
        terminal.line("Next: foedus release")


@command.command(
    "withdraw",
    ledger="grant.withdrawn, in the log in which it was given; release.expired for what leaves a party's view.",
    examples=["foedus --node nato grant withdraw 4ba34554043e99c5 --as ada"],
)
@click.argument("grant", metavar="GRANT")
@prints
@on_node
@by_person
def withdraw(node: Node, terminal: Terminal, person: Person, grant: str) -> None:
    """Withdraw a grant: nothing moves under it any more.

    The holder's node takes what went on under it out of its partners' views when it next reads this node's ledger.
    """
    _say(terminal, [grants.withdraw(node, grant, person)])


@command.command(
    "ask",
    ledger="grant.asked, in the log of the pair with the originator.",
    examples=["foedus --node jpn grant ask indicator--f9cba273-18a4-524c-b5f9-e18c8a146e75 --to kor --as aki"],
)
@_what
@prints
@on_node
@by_person
def ask(node: Node, terminal: Terminal, person: Person, **wanted: Any) -> None:
    """Ask the originator of received objects for grants to pass them on.

    The originator sees the question in its list of grants, and answers with a grant or not at all.
    """
    _say(terminal, grants.ask(node, Wanted(**wanted), person))


@command.command("list", examples=["foedus --node nato grant list"])
@prints
@on_node
def list_(node: Node, terminal: Terminal) -> None:
    """List the grants that this node gave or was given, and what was asked for."""
    _say(terminal, grants.listed(node))


def _say(terminal: Terminal, told: list[Told]) -> None:
    if terminal.as_json:
        terminal.document(told)
        return
    if not told:
        terminal.line("No grants yet: foedus grant give OBJECT --to PARTY --as NAME")
        return
    rows = [
        (
            one.id,
            one.state,
            f"{one.object_id}\n{_way(one)}",
            _narrowed(one),
        )
        for one in told
    ]
    whole = [Column(name, whole=True) for name in ("grant", "state", "object, and its way")]
    terminal.table([*whole, "only"], rows)


def _way(one: Told) -> str:
    """Say from whom to whom it may go, through whom."""
    return " → ".join([*dict.fromkeys((one.owner, one.holder)), ", ".join(one.to)])


def _narrowed(one: Told) -> str:
    until = f"until {day_and_time(one.until)} UTC" if one.until else ""
    clause = f"by {one.clause}" if one.clause else ""
    return "\n".join(filter(None, (until, ", ".join(one.purposes), ", ".join(one.versions), clause)))
