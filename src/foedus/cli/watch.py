"""``foedus watch``: acknowledge, assign and dismiss findings; what was dismissed of which method."""

from __future__ import annotations

from typing import Any

import click

from foedus.cli import options
from foedus.cli.command import Group
from foedus.cli.options import on_node, prints
from foedus.cli.person import by_person
from foedus.cli.terminal import Column, Terminal, count, day_and_time, styled
from foedus.model.people import Person
from foedus.node import methods as records
from foedus.node import notify, shifts, watch
from foedus.node.home import Node
from foedus.node.shifts import ShiftReport, ShiftRow
from foedus.node.situation import Wanted, situation
from foedus.node.watch import Meant, Standing

_OBJECT = click.argument("object_id", metavar="OBJECT")
_NOTE = click.option("--note", default="", help="What is to be read; it stays on this node.")
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
@_NOTE
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


@command.command("open", ledger="shift.opened, in the private log, which is signed.",
                 examples=["foedus watch open --as ann"])  # fmt: skip
@_NOTE
@prints
@on_node
@by_person
def open_(node: Node, terminal: Terminal, person: Person, note: str) -> None:
    """Take the watch: a shift begins where the one before ended."""
    _row(terminal, shifts.open_shift(node, person, note))


@command.command(
    "note",
    ledger="shift.noted, with the hash of the note, in the private log, which is signed.",
    examples=['foedus watch note "two ships without a signal off Nagasaki" --as ann'],
)
@click.argument("note")
@prints
@on_node
@by_person
def write(node: Node, terminal: Terminal, person: Person, note: str) -> None:
    """Write something down for whoever has the watch next."""
    _row(terminal, shifts.write(node, person, note))


@command.command(
    "close",
    ledger="shift.closed, naming who is to take over, in the private log, which is signed.",
    examples=['foedus watch close --to ben --note "all quiet" --as ann'],
)
@click.option("--to", default="", help="Who is to take over.")
@_NOTE
@prints
@on_node
@by_person
def close(node: Node, terminal: Terminal, person: Person, to: str, note: str) -> None:
    """End the shift that goes on, whoever's it is, and hand it over."""
    _row(terminal, shifts.close_shift(node, person, note, to))


@command.command(
    "shift", examples=["foedus watch shift", "foedus watch shift --list", "foedus watch shift 5f0c2c3e30fb5d5f"]
)
@click.argument("name", default="")
@click.option("--list", "all_of_them", is_flag=True, help="List the shifts instead.")
@prints
@on_node
def shift(node: Node, terminal: Terminal, name: str, all_of_them: bool) -> None:
    """Show what a shift hands over, the one that goes on or the last where none is named."""
    if all_of_them:
        _rows(terminal, shifts.listing(node))
        return
    found = shifts.report(node, name)
    if terminal.as_json:
        terminal.document(found)
    elif found is None:
        terminal.line("Nobody had the watch yet.")
    else:
        _report(terminal, found)


@command.command("notify", examples=["foedus watch notify"])
@prints
@on_node
def mail(node: Node, terminal: Terminal) -> None:
    """Send the mail about urgent findings now, if any came since the last one.

    It says how many, and where to look; nothing of any of them. A serving node sends it by itself (settings mail_to and others);
    the first time it only remembers what is there.
    """
    told = notify.tell(node, at_once=True)
    if terminal.as_json:
        terminal.document(told)
    elif told.findings:
        terminal.line(f"Told {', '.join(told.to)} of {count(told.findings, 'finding')}.")
    else:
        terminal.line("Nothing to tell.")


def _rows(terminal: Terminal, found: list[ShiftRow]) -> None:
    if terminal.as_json:
        terminal.document(found)
        return
    columns = [Column("shift", whole=True), "of", "from", "until", "handed to", "taken by"]
    rows = [
        (one.name, one.person, day_and_time(one.opened_at), day_and_time(one.closed_at), one.to, one.taken_by)
        for one in found
    ]
    terminal.table(columns, rows)


def _row(terminal: Terminal, one: ShiftRow) -> None:
    if terminal.as_json:
        terminal.document(one)
        return
    until = f"until {day_and_time(one.closed_at)} UTC" if one.closed_at else "goes on"
    terminal.line(f"Shift of {one.person} from {day_and_time(one.opened_at)} UTC, {until} ({one.name})")
    if one.to:
        terminal.indented(f"handed to {one.to}" + (f", taken over by {one.taken_by}" if one.taken_by else ""))


def _report(terminal: Terminal, found: ShiftReport) -> None:
    _row(terminal, found.shift)
    for wrote in reversed(found.wrote):
        said = wrote.note or ("(not what was written)" if wrote.altered else "")
        terminal.indented(f"{day_and_time(wrote.at)} {wrote.person} {wrote.act} {said}".rstrip())
    for title, seen in (("Open now", found.open), ("Came in", found.came)):
        terminal.heading(f"{title}: {len(seen)}{' or more' if title.split()[0].lower() in found.more else ''}")
        rows = [(one.urgency, one.title, one.watch, one.assigned, one.object_id) for one in seen]
        columns = [Column("urgency", right=True), "what", "stands", "with", Column("object", whole=True)]
        if rows:
            terminal.table(columns, rows)
    terminal.heading(f"Done: {len(found.acts)}{' or more' if 'acts' in found.more else ''}")
    done = [(day_and_time(one.at), one.person, one.act, one.to or one.reason, one.object_id) for one in found.acts]
    if done:
        terminal.table(["at", "by", "act", "", Column("object", whole=True)], done)


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
