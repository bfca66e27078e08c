"""``foedus quarantine``: look at what was refused, try it again, put it aside."""

from __future__ import annotations

import click

from foedus.cli.command import Group
from foedus.cli.options import on_node, prints
from foedus.cli.terminal import Column, Terminal, count, day_and_time
from foedus.errors import InputError
from foedus.node.home import Node
from foedus.node.quarantine import dismiss
from foedus.node.quarantine import retry as try_again
from foedus.node.show import refused, refused_one

_NUMBER = click.argument("number", type=click.IntRange(min=1))


@click.group("quarantine", cls=Group, short_help="Look at what was refused, try it again, put it aside.")
def command() -> None:
    """Look at what was refused, try it again, put it aside.

    A part that cannot be taken never stops the rest: it waits here with its place and its reason.
    """


@command.command("list", examples=["foedus quarantine list"])
@click.option("--all", "all_states", is_flag=True, help="Also what was settled.")
@click.option("--limit", type=click.IntRange(min=1), default=100, show_default=True, help="So many.")
@prints
@on_node
def list_(node: Node, terminal: Terminal, all_states: bool, limit: int) -> None:
    """List the refused parts, the newest first."""
    found = refused(node, all_states=all_states, limit=limit)
    if terminal.as_json:
        terminal.document(found)
        return
    if not found:
        terminal.line("Quarantine is empty.")
        return
    columns = [Column("number", right=True), "source", "where", "why", "what to do", *(["state"] if all_states else [])]
    rows = [
        (
            one.number,
            one.source,
            one.where,
            f"{one.message} ({one.code})",
            one.hint,
            *([one.state] if all_states else []),
        )
        for one in found
    ]
    terminal.table(columns, rows)


@command.command("show", examples=["foedus quarantine show 3"])
@_NUMBER
@prints
@on_node
def show(node: Node, terminal: Terminal, number: int) -> None:
    """Show one refused part with what is kept of its bytes (the first 64 kB)."""
    one = refused_one(node, number)
    if terminal.as_json:
        terminal.document(one)
        return
    terminal.heading(f"Part {one.number}: {one.message}")
    terminal.facts(
        [
            ("where", one.where),
            ("what to do", one.hint),
            ("code", one.code),
            ("source", one.source),
            ("area", one.area),
            ("since", f"{day_and_time(one.at)} UTC"),
            ("state", one.state),
        ]
    )
    terminal.line()
    terminal.indented(one.head)


@command.command("retry", ledger="finding.created for each conclusion, and quarantine.settled, in the private log.",
                 examples=["foedus quarantine retry 3"])  # fmt: skip
@_NUMBER
@prints
@on_node
def retry(node: Node, terminal: Terminal, number: int) -> int:
    """Try a refused part again, as the area reads today.

    It keeps its source and so its label. Ends with 2 if it is refused again.
    """
    found = try_again(node, number)
    if terminal.as_json:
        terminal.document(found)
    elif found.refused:
        terminal.line(f"Part {number} is refused again:", "red")
        for reason in found.refused:
            terminal.indented(reason)
    else:
        terminal.line(f"Part {number} was taken: {count(found.taken, 'object')}.")
    return InputError.exit_code if found.refused else 0


@command.command("discard", ledger="quarantine.settled, in the private log, which is signed.",
                 examples=["foedus quarantine discard 3"])  # fmt: skip
@_NUMBER
@prints
@on_node
def discard(node: Node, terminal: Terminal, number: int) -> None:
    """Put a refused part aside: somebody looked at it."""
    dismiss(node, number)
    if terminal.as_json:
        terminal.document({"number": number, "state": "discarded"})
    else:
        terminal.line(f"Part {number} is put aside.")
