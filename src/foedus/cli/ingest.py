"""``foedus ingest``: read sources into an area, under a label."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import click

from foedus.cli import options
from foedus.cli.analyse import tell as tell_analysed
from foedus.cli.command import Command
from foedus.cli.options import on_node, prints
from foedus.cli.progress import Tell, progress
from foedus.cli.terminal import Column, Terminal, count
from foedus.errors import InputError
from foedus.model.label import Label
from foedus.node.analyse import analyse
from foedus.node.home import Node
from foedus.node.ingest import Ingested, Origin
from foedus.node.ingest import ingest as read_in
from foedus.node.label import read_text

_SHOWN = 20


class _Asked(NamedTuple):
    """The command's options."""

    text: str
    role: str
    format_: str
    columns: str
    file: str
    no_analyse: bool


@click.command(
    "ingest",
    cls=Command,
    short_help="Read sources into an area, under a label.",
    ledger="source.labelled and ingest.done, and finding.created for each conclusion; all in the private log.",
    examples=[
        'foedus ingest cyber report.json --label "NATO RESTRICTED Releasable to Japan TLP:AMBER"',
        'foedus ingest cyber iocs.csv --label "PUBLIC TLP:CLEAR" --columns value=ioc,comment=note',
        'foedus ingest maritime station.nmea --label "PUBLIC TLP:CLEAR" --settings station.toml',
        "curl -s https://feed.example/bundle.json | foedus ingest cyber - --label 'PUBLIC TLP:CLEAR'",
    ],
)
@click.argument("area", shell_complete=options.areas)
@click.argument("sources", nargs=-1, required=True, metavar="SOURCE...", type=click.Path(allow_dash=True))
@click.option("--label", "text", default="", help="The label a person gives the sources.")
@click.option("--role", default="operator", show_default=True, help="In which role it is given.")
@click.option("--format", "format_", default="", help="The sources' format; told by their bytes where absent.")
@click.option("--columns", default="", metavar="K=V,...", help="Which column of a list is what.")
@click.option("--settings", "file", default="", metavar="FILE", help="TOML file of the area's settings.")
@click.option("--no-analyse", is_flag=True, help="Only read; foedus analyse AREA takes it up later.")
@prints
@on_node
def command(node: Node, terminal: Terminal, area: str, sources: tuple[str, ...], **asked: Any) -> int:
    """Read sources into an area, under a label.

    SOURCE is a path, or - for standard input. What cannot be read goes to quarantine with its place and reason, and the rest
    goes on. Then the area concludes its findings; each gets the dominant label of what it rests on.
    """
    wanted = _Asked(**asked)
    node.room(area)
    given = read_text(node, wanted.text, node.clock.now()) if wanted.text else None
    kept = options.settings_in(wanted.file) if wanted.file else {}
    settings = dict(kept)
    if wanted.format_:
        settings["format"] = wanted.format_
    if wanted.columns:
        settings["columns"] = _columns(wanted.columns)
    _all_there(sources)
    with progress(terminal) as tell:
        done = [_read(node, (area, source), (given, wanted.text, wanted.role), settings, tell) for source in sources]
        analysed = None if wanted.no_analyse else analyse(node, area, kept, progress=tell)
    if terminal.as_json:
        terminal.document({"ingested": done, "analysed": analysed})
    else:
        for one in done:
            _told(terminal, one)
        if analysed is not None:
            tell_analysed(terminal, analysed)
    nothing = all(one.refused_count and not one.records for one in done)
    return InputError.exit_code if nothing else 0


def _read(
    node: Node, where: tuple[str, str], given: tuple[Label | None, str, str], settings: dict[str, Any], tell: Tell
) -> Ingested:
    area, source = where
    label, text, role = given
    origin = Origin("standard input" if source == "-" else source, label, text, role)
    if source == "-":
        return read_in(node, area, sys.stdin.buffer, origin, settings, tell)
    with Path(source).open("rb") as opened:
        stream: BinaryIO = opened
        return read_in(node, area, stream, origin, settings, tell)


def _all_there(sources: Sequence[str]) -> None:
    """Refuse before anything is read: half of a command line is nobody's wish."""
    for source in sources:
        if source != "-" and not Path(source).exists():
            raise InputError("no such file", code="file-missing", where=source)
        if source != "-" and Path(source).is_dir():
            raise InputError(
                "a directory, not a file", code="file-directory", where=source, hint=f"name files: {source}/*"
            )


def _columns(text: str) -> dict[str, str]:
    pairs = [part.partition("=") for part in text.split(",")]
    if not all(name.strip() and sign and value.strip() for name, sign, value in pairs):
        raise InputError(
            "columns not understood", code="columns-malformed", where=text, hint="--columns value=ioc,comment=note"
        )
    return {name.strip(): value.strip() for name, _, value in pairs}


def _told(terminal: Terminal, one: Ingested) -> None:
    terminal.heading(one.uri)
    read = count(one.records, "record")
    if one.known:
        read += "; these very bytes were read before under this label, so nothing is new"
    elif not one.records and not one.refused_count:
        read = "nothing in it"
    terminal.facts(
        [
            ("area", one.area),
            ("source", one.source),
            ("label", one.label or "none"),
            ("read", read),
            *([("columns", ", ".join(f"{name}={one.guessed[name]}" for name in one.guessed))] if one.guessed else []),
            ("refused", f"{count(one.refused_count, 'part')}, in quarantine" if one.refused_count else "nothing"),
        ]
    )
    if one.refused:
        rows = [(part.number, part.where, part.message, part.hint) for part in one.refused[:_SHOWN]]
        terminal.table([Column("number", right=True), "where", "why", "what to do"], rows)
        if one.refused_count > _SHOWN:
            terminal.indented(f"and {one.refused_count - _SHOWN:,} more: foedus quarantine list")
    if one.before:
        terminal.line(f"These bytes were read before, as {one.before}: what rests on them keeps that label.", "yellow")
        terminal.indented(f"to change it: foedus label source {one.before} --label TEXT")
    if not one.label:
        terminal.line(
            "No label was given, so nothing that rests on this source can be released. To label it:", "yellow"
        )
        terminal.indented(f"foedus label source {one.source} --label TEXT")
