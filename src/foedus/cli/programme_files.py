"""``foedus programme calendar`` and ``iati``: a programme for the tools of others."""

from __future__ import annotations

from pathlib import Path

import click

from foedus.cli import options
from foedus.cli.command import Command
from foedus.cli.document import OUTPUT, write
from foedus.cli.options import on_node, prints
from foedus.cli.terminal import Column, Terminal
from foedus.node import agenda
from foedus.node import iati as for_iati
from foedus.node.home import Node


@click.command(
    "calendar", cls=Command, examples=["foedus --node nato programme calendar nato-jpn-itpp-2023 -o programme.ics"]
)
@click.argument("programme", metavar="ID", shell_complete=options.programmes)
@click.option("--language", default="en", show_default=True, help="Of titles, where the programme has it.")
@OUTPUT
@prints
@on_node
def calendar(node: Node, terminal: Terminal, programme: str, language: str, output: Path | None) -> None:
    """Write the agenda of a programme as a calendar (RFC 5545).

    Every review, report, milestone, activity and last day of the whole term, past and to come, and what is owed under it on this
    node. An event keeps its UID when its day moves, so that a calendar that imports the file again moves it too.
    """
    if terminal.as_json and output is None:
        terminal.document(agenda.agenda(node, programme, language))
        return
    write(terminal, agenda.ics(node, programme, language), output, "The calendar")


@click.command("iati", cls=Command, examples=["foedus --node nato programme iati nato-jpn-itpp-2023 -o programme.xml"])
@click.argument("programme", metavar="ID", shell_complete=options.programmes)
@click.option("-o", "output", type=click.Path(path_type=Path), required=True, help="File to write.")
@prints
@on_node
def iati(node: Node, terminal: Terminal, programme: str, output: Path) -> None:
    """Write a programme and its results as an IATI 2.03 activity.

    Areas with their indicators are results, with baseline, targets and what was scored in every year; milestones too. What the
    format cannot say is listed, never dropped in silence. Whether the file is published is a decision of the parties.
    """
    found = for_iati.export(node, programme)
    output.write_bytes(found.raw)
    if terminal.as_json:
        terminal.document({"file": str(output), "losses": dict(found.losses)})
        return
    terminal.line(f"The activity is in {output}. It does not say:")
    terminal.table(["what", Column("how many", right=True)], [(code.replace("-", " "), n) for code, n in found.losses])
