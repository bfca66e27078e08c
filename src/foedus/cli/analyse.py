"""``foedus analyse``: conclude findings from what was read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from foedus.cli import options
from foedus.cli.command import Command
from foedus.cli.options import on_node, prints
from foedus.cli.progress import progress
from foedus.cli.terminal import Terminal
from foedus.errors import InputError
from foedus.node.analyse import Analysed, analyse
from foedus.node.home import Node
from foedus.node.survey import ENGINES, Engine, Survey, survey


@click.command(
    "analyse",
    cls=Command,
    short_help="Conclude findings from what was read.",
    ledger="finding.created for each conclusion, in the private log; with --engine nothing.",
    examples=[
        "foedus --node nato analyse cyber",
        "foedus --node nato analyse maritime --settings thresholds.toml",
        "foedus --node nato analyse maritime --engine spark --master spark://10.0.0.5:7077 --out events.jsonl",
    ],
)
@click.argument("area", shell_complete=options.areas)
@click.option(
    "--settings", "file", default="", metavar="FILE", help="TOML file of the area's settings, such as thresholds."
)
@click.option("--engine", type=click.Choice(ENGINES), help="Survey all records there are, here or by Spark.")
@click.option("--master", default="local[*]", show_default=True, help="Where Spark runs.")
@click.option("--out", type=click.Path(path_type=Path), help="File for the survey's events, a JSON line each.")
@prints
@on_node
def command(node: Node, terminal: Terminal, area: str, file: str, engine: Engine | None, **at: Any) -> None:
    """Conclude findings from what was read.

    Takes up whatever was ingested and not analysed yet; after an interruption it goes on where it was. Ingest does it by
    itself unless told otherwise. What a node always sets for an area stands in settings/AREA.toml of its directory.

    With --engine the area's methods survey all records on disk, in this process or by Spark (extra spark and Java 17), for
    records that outgrow one machine. Nothing is stored: events are counted, and written where --out says.
    """
    settings = options.settings_in(file) if file else None
    if engine:
        _surveyed(terminal, survey(node, area, engine, at["master"], at["out"], settings), at["out"])
        return
    if at["out"] is not None:
        raise InputError("only a survey is written to a file", code="usage", where=str(at["out"]), hint="--engine here")
    with progress(terminal) as told:
        found = analyse(node, area, settings, progress=told)
    if terminal.as_json:
        terminal.document(found)
    else:
        tell(terminal, found)


def _surveyed(terminal: Terminal, found: Survey, out: Path | None) -> None:
    if terminal.as_json:
        terminal.document(found)
        return
    terminal.heading(f"Surveyed {found.area}")
    kinds = ", ".join(f"{held:,} {kind}" for kind, held in sorted(found.events.items()))
    terminal.facts([("sources", found.sources), ("events", kinds or "none"), ("in", str(out or ""))])


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
