"""``foedus source``: open live sources, see how they stand, close them."""

from __future__ import annotations

import click

from foedus.cli import options
from foedus.cli.command import Group
from foedus.cli.options import on_node, prints
from foedus.cli.person import by_person
from foedus.cli.terminal import Column, Terminal, day_and_time, styled
from foedus.model.people import Person
from foedus.node import sources
from foedus.node.home import Node
from foedus.node.source_state import SourceState, source_states
from foedus.node.sources import LiveSource


@click.group("source", cls=Group, short_help="Open live sources, and see how they stand.")
def command() -> None:
    """Open live sources, and see how they stand.

    A live source goes on: a server that is connected to (tcp), or a port of this machine that is listened on (udp). foedus node
    serve reads those on the list, whatever stands in the file sources.toml of the node's directory.
    """


@command.command(
    "add",
    ledger="source.labelled and source.added, in the private log.",
    examples=[
        'foedus source add bay tcp://10.0.0.7:5631 --label "PUBLIC TLP:CLEAR" --as ann',
        'foedus source add roof udp://0.0.0.0:10110 --label "PUBLIC TLP:CLEAR" --as ann',
    ],
)
@click.argument("name")
@click.argument("uri", metavar="tcp://HOST:PORT|udp://HOST:PORT")
@click.option(
    "--area", default="maritime", show_default=True, help="Which area reads it.", shell_complete=options.areas
)
@click.option("--label", "text", required=True, help="The label, as people write it.")
@prints
@on_node
@by_person
def add(node: Node, terminal: Terminal, person: Person, text: str, **listed: str) -> None:
    """Open a live source under a label.

    A serving node opens it at once. What cannot be read of it goes to quarantine, and the stream goes on.
    """
    made = sources.add(node, person, LiveSource(**listed), text)
    if terminal.as_json:
        terminal.document({"name": made.name, "area": made.area, "uri": made.uri, "source": made.id, "label": text})
        return
    terminal.line(f"{made.name} is on the list as {made.id}, labelled {text}.")
    terminal.line("A serving node reads it from now on: foedus node serve; how it stands: foedus source list")


@command.command("list", examples=["foedus source list", "foedus source list --json"])
@prints
@on_node
def list_(node: Node, terminal: Terminal) -> None:
    """List the live sources: how they stand, how much comes, when nothing came."""
    found = source_states(node)
    if terminal.as_json:
        terminal.document(found)
        return
    if not found:
        terminal.line("No live sources: foedus source add NAME tcp://HOST:PORT --label TEXT")
        return
    numbers = [Column(name, right=True) for name in ("lines/s", "lines", "refused")]
    rows = [
        (
            one.name,
            one.uri,
            one.label,
            styled(one.state, "green" if one.state == "up" else "red"),
            f"{one.rate:,.1f}",
            f"{one.lines:,}",
            f"{one.refused:,}",
            f"{day_and_time(one.heard)} UTC" if one.heard else "never",
        )
        for one in found
    ]
    terminal.table([Column("name", whole=True), "where", "label", "state", *numbers, "last heard"], rows)
    for one in found:
        _away(terminal, one)


@command.command("remove", ledger="source.removed, in the private log.", examples=["foedus source remove bay --as ann"])
@click.argument("name")
@prints
@on_node
@by_person
def remove(node: Node, terminal: Terminal, person: Person, name: str) -> None:
    """Close a live source: a serving node reads it no more.

    What came from it stays, under its label.
    """
    gone = sources.remove(node, person, name)
    if terminal.as_json:
        terminal.document({"name": gone.name, "source": gone.id, "removed": True})
    else:
        terminal.line(f"{gone.name} is off the list; what came from it stays.")


def _away(terminal: Terminal, one: SourceState) -> None:
    """Say since when nothing comes, and the last times it did not."""
    if one.state != "up" and one.away_since:
        why = f" ({one.error})" if one.error else ""
        terminal.line(f"{one.name}: nothing since {day_and_time(one.away_since)} UTC{why}", "yellow")
    for out in one.outages[:3]:
        terminal.indented(f"{one.name} was away from {out.since[:19]}Z to {out.until[:19]}Z: {out.cause}")
