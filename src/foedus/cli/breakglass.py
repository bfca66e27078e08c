"""``foedus break-glass``: lift a hold in need, by two persons, for a short time, reviewed."""

from __future__ import annotations

from typing import Literal

import click

from foedus.cli import options
from foedus.cli.command import Group
from foedus.cli.options import on_node, prints
from foedus.cli.person import by_person
from foedus.cli.terminal import Column, Terminal, day_and_time
from foedus.model.people import Person
from foedus.node import breakglass
from foedus.node.breakglass import Used, Wanted
from foedus.node.home import Node

_STATES = {"ok": "reviewed: ok", "not-ok": "reviewed: not ok"}


@click.group("break-glass", cls=Group, short_help="Lift a hold in need, by two persons, for a short time.")
def command() -> None:
    """Lift a hold in need, by two persons, for a short time.

    It lifts a missing second approval and a limit that is reached, nothing else: no forbid, no clause that does not permit, no
    other party's consent. What went so ends with the time; every use waits for an auditor.
    """


@command.command(
    "ask",
    examples=[
        'foedus --node nato break-glass ask indicator--f9cba273-18a4 --to jpn --reason "attack under way" --as ada'
    ],
)
@click.argument("object_id", metavar="OBJECT")
@click.option("--to", "party", required=True, help="The recipient.", shell_complete=options.parties)
@click.option("--reason", required=True, help="Why it cannot wait; no content.")
@click.option("--for", "lasts", default="PT1H", show_default=True, help="How long from now, at most PT24H.")
@options.programme()
@prints
@on_node
@by_person
def ask(node: Node, terminal: Terminal, person: Person, **wanted: str) -> None:
    """Ask for it, as a releaser; an approver must agree before the time is over."""
    one = breakglass.ask(node, Wanted(**wanted), person)
    _say(terminal, [one])
    if not terminal.as_json:
        terminal.line(f"Next: foedus break-glass agree {one.id} --as NAME")


@command.command(
    "agree",
    ledger="break-glass, in the private log.",
    examples=["foedus --node nato break-glass agree 4ba34554043e99c5 --as bob"],
)
@click.argument("use", metavar="USE")
@prints
@on_node
@by_person
def agree(node: Node, terminal: Terminal, person: Person, use: str) -> None:
    """Agree, as an approver who did not ask; then foedus release sends it."""
    _say(terminal, [breakglass.agree(node, use, person)])
    if not terminal.as_json:
        terminal.line("Next: foedus release")


@command.command("list", examples=["foedus --node nato break-glass list"])
@click.option("--all", "all_", is_flag=True, help="Those reviewed too.")
@prints
@on_node
def list_(node: Node, terminal: Terminal, all_: bool) -> None:
    """List what waits for a second person or for review."""
    _say(terminal, breakglass.uses(node, all_=all_))


@command.command(
    "review",
    ledger="break-glass.reviewed, in the private log.",
    examples=["foedus --node nato break-glass review 4ba34554043e99c5 --finding ok --as eve"],
)
@click.argument("use", metavar="USE")
@click.option("--finding", required=True, type=click.Choice(["ok", "not-ok"]), help="What is to be thought of it.")
@prints
@on_node
@by_person
def review(node: Node, terminal: Terminal, person: Person, use: str, finding: Literal["ok", "not-ok"]) -> None:
    """Review a use, as an auditor who took no part in it."""
    _say(terminal, [breakglass.review(node, use, finding, person)])


def _say(terminal: Terminal, uses: list[Used]) -> None:
    if terminal.as_json:
        terminal.document(uses)
        return
    if not uses:
        terminal.line("No use waits for a second person or for review; all: foedus break-glass list --all")
        return
    rows = [
        (
            one.id,
            _STATES.get(one.state, one.state),
            f"{one.object_id}\nto {one.party}",
            f"{one.persons}\n{one.reason}",
            f"{day_and_time(one.until)} UTC",
        )
        for one in uses
    ]
    terminal.table([Column("use", whole=True), "state", Column("object", whole=True), "who and why", "until"], rows)
