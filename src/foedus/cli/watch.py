"""``foedus watch``: acknowledge, assign and dismiss findings; what was dismissed of which method."""

from __future__ import annotations

from typing import Any

import click

from foedus.cli import options
from foedus.cli.command import Group
from foedus.cli.options import on_node, prints
from foedus.cli.person import by_person
from foedus.cli.terminal import Column, Terminal, day_and_time, styled
from foedus.model.people import Person
from foedus.node import methods as records
from foedus.node import watch
from foedus.node.home import Node
from foedus.node.situation import Wanted, situation
from foedus.node.watch import Meant, Standing

_OBJECT = click.argument("object_id", metavar="OBJECT")
_ONE = "indicator--26d1c08b-9b6e-4f3e-8a58-5a0b1c7d2e3f"


@click.group("watch", cls=Group, short_help="Acknowledge, assign and dismiss findings; hand the watch over.")
def command() -> None:
    """Acknowledge, assign and dismiss findings; hand the watch over.

    What people say here is the node's own: no partner learns of it, and it decides nothing that is released. Whoever is an
    analyst, a releaser or an approver may.
    """


@command.command("list", examples=["foedus watch list", "foedus watch list --state dismissed --area maritime"])
@click.option(
    "--state", type=click.Choice(["open", "acknowledged", "dismissed"]), default="open", show_default=True, help="How they stand."
)  # fmt: skip
@click.option("--area", default="", help="Only of this area.", shell_complete=options.areas)
@click.option("--urgency", type=click.IntRange(0, 3), default=1, show_default=True, help="From this urgency on.")
@click.option("--after", default="", help="Where an earlier list ended.")
@prints
@on_node
def list_(node: Node, terminal: Terminal, state: str, area: str, urgency: int, after: str) -> None:
    """List findings by how they stand on the watch, the newest first."""
    found = situation(node, Wanted(area=area, urgency=str(urgency), after=after, watch=state))
    if terminal.as_json:
        terminal.document({"items": found.items, "next": found.next})
        return
    if not found.items:
        terminal.line("Nothing.")
        return
    rows = [(one.urgency, day_and_time(one.at)[:16], one.title, one.assigned, one.object_id) for one in found.items]
    columns = [Column("urgency", right=True), "at", "what", "assigned to", Column("object", whole=True)]
    terminal.table(columns, rows)
    if found.next:
        terminal.line(f"There is more: --after {found.next}", "dim")


@command.command("show", examples=[f"foedus watch show {_ONE}"])
@_OBJECT
@prints
@on_node
def show(node: Node, terminal: Terminal, object_id: str) -> None:
    """Show how a finding stands on the watch, and all that was done about it."""
    _say(terminal, watch.standing(node, object_id))


@command.command(
    "acknowledge",
    ledger="watch.acknowledged, in the private log, which is signed.",
    examples=[f"foedus watch acknowledge {_ONE} --as ann"],
)
@_OBJECT
@prints
@on_node
@by_person
def acknowledge(node: Node, terminal: Terminal, person: Person, object_id: str) -> None:
    """Say that you have seen a finding and answer for it."""
    _say(terminal, watch.acknowledge(node, person, Meant(object_id)))


@command.command(
    "assign",
    ledger="watch.assigned, in the private log, which is signed.",
    examples=[f"foedus watch assign {_ONE} --to ben --as ann", f"foedus watch assign {_ONE} --nobody --as ann"],
)
@_OBJECT
@click.option("--to", default="", help="Who is to follow it up; you where nobody is named.")
@click.option("--nobody", is_flag=True, help="Take it from whoever has it.")
@prints
@on_node
@by_person
def assign(node: Node, terminal: Terminal, person: Person, object_id: str, to: str, nobody: bool) -> None:
    """Give a finding to somebody to follow up."""
    _say(terminal, watch.assign(node, person, Meant(object_id), "" if nobody else to or person.name))


@command.command(
    "dismiss",
    ledger="watch.dismissed, with the reason and the hash of the note, in the private log, which is signed.",
    examples=[f'foedus watch dismiss {_ONE} --reason known-activity --note "ferry in port" --as ann'],
)
@_OBJECT
@click.option("--reason", required=True, type=click.Choice(watch.REASONS), help="Why it is false.")
@click.option("--note", default="", help="What is to be read beside; it stays on this node.")
@prints
@on_node
@by_person
def dismiss(node: Node, terminal: Terminal, person: Person, object_id: str, **said: Any) -> None:
    """Say that a finding is false, and why.

    The reason counts against the method that concluded it (foedus watch methods). What was released is not recalled by it.
    """
    _say(terminal, watch.dismiss(node, person, Meant(object_id), said["reason"], said["note"]))


@command.command(
    "undo",
    ledger="watch.undone, naming the entry that counts no more, in the private log, which is signed.",
    examples=[f"foedus watch undo {_ONE} --as ann"],
)
@_OBJECT
@prints
@on_node
@by_person
def undo(node: Node, terminal: Terminal, person: Person, object_id: str) -> None:
    """Take back the newest act about a finding that stands, whoever's it was."""
    _say(terminal, watch.undo(node, person, Meant(object_id)))


@command.command("methods", examples=["foedus watch methods", "foedus watch methods --area maritime --json"])
@click.option("--area", default="", help="Only of this area.", shell_complete=options.areas)
@prints
@on_node
def methods(node: Node, terminal: Terminal, area: str) -> None:
    """Say of each method how much it told, and how much of that people dismissed as false.

    Each version of a finding is told once. What is taken back by undo counts no more.
    """
    found = records.methods(node, area)
    if terminal.as_json:
        terminal.document(found)
        return
    if not found:
        terminal.line("Nothing was told yet.")
        return
    numbers = [Column(name, right=True) for name in ("told", "dismissed", "share")]
    rows = [(one.area, one.kind, one.owner, one.told, one.dismissed, _share(one.share), _reasons(one)) for one in found]
    terminal.table(["area", Column("kind", whole=True), "by", *numbers, "reasons"], rows)


def _share(share: float | None) -> str:
    return "–" if share is None else f"{share:.1%}"


def _reasons(one: records.MethodRecord) -> str:
    return ", ".join(f"{reason} {count}" for reason, count in one.reasons.items())


def _say(terminal: Terminal, found: Standing) -> None:
    if terminal.as_json:
        terminal.document(found)
        return
    terminal.heading(f"{found.object_id}: {found.state}")
    terminal.facts([(name, f"{one.person}, {day_and_time(one.at)} UTC") for name, one in _facts(found) if one])
    if found.assigned:
        terminal.facts([("assigned to", found.assigned.to)])
    if found.dismissed:
        terminal.facts([("reason", found.dismissed.reason)])
    if found.changed:
        terminal.indented("It changed since the last of these acts.", "yellow")
    rows = [
        (one.entry, day_and_time(one.at), one.act, one.person, one.to or one.reason, one.note, _mark(one))
        for one in found.history
    ]
    if rows:
        terminal.line()
        terminal.table([Column("entry", right=True), "at", "act", "by", "", "note", ""], rows)


def _facts(found: Standing) -> list[tuple[str, watch.Done | None]]:
    return [("acknowledged by", found.acknowledged), ("dismissed by", found.dismissed)]


def _mark(one: watch.Done) -> object:
    if one.altered:
        return styled("not what was written", "red")
    return "taken back" if one.undone else ""
