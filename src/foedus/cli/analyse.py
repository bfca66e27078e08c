"""``foedus analyse``: conclude findings from what was read."""

from __future__ import annotations

import click

from foedus.cli import options
from foedus.cli.command import Command
from foedus.cli.options import on_node, prints
from foedus.cli.progress import progress
from foedus.cli.terminal import Terminal
from foedus.node.analyse import Analysed, analyse
from foedus.node.home import Node


@click.command(
    "analyse",
    cls=Command,
    short_help="Conclude findings from what was read.",
    ledger="finding.created for each conclusion, in the private log.",
    examples=["foedus --node nato analyse cyber", "foedus --node nato analyse maritime --settings thresholds.toml"],
)
@click.argument("area", shell_complete=options.areas)
@click.option(
    "--settings", "file", default="", metavar="FILE", help="TOML file of the area's settings, such as thresholds."
)
@prints
@on_node
def command(node: Node, terminal: Terminal, area: str, file: str) -> None:
    """Conclude findings from what was read.

    Takes up whatever was ingested and not analysed yet; after an interruption it goes on where it was. Ingest does it by
    itself unless told otherwise. What a node always sets for an area stands in settings/AREA.toml of its directory.
    """
    settings = options.settings_in(file) if file else None
    with progress(terminal) as told:
        found = analyse(node, area, settings, progress=told)
    if terminal.as_json:
        terminal.document(found)
    else:
        tell(terminal, found)


def tell(terminal: Terminal, found: Analysed) -> None:
    """Say what was found."""
    terminal.heading(f"Found in {found.area}")
    concluded = ", ".join(f"{count:,} {kind}" for kind, count in sorted(found.concluded.items()))
    terminal.facts(
        [
            ("new", f"{found.new:,}"),
            ("known before", f"{found.same:,}" if found.same else ""),
            ("concluded", concluded),
            ("corroborated", f"{found.corroborated:,} tell what another party told" if found.corroborated else ""),
            ("without a label", f"{found.unlabelled:,}: none of them can be released" if found.unlabelled else ""),
            ("in conflict", f"{found.conflicts:,}, in quarantine" if found.conflicts else ""),
        ]
    )
