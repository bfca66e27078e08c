"""``foedus export``: findings for maps and sheets."""

from __future__ import annotations

from pathlib import Path

import click

from foedus.cli import options
from foedus.cli.command import Command
from foedus.cli.options import on_node, prints
from foedus.cli.terminal import Terminal
from foedus.errors import InputError
from foedus.node import export as exporting
from foedus.node.home import Node


@click.command(
    "export",
    cls=Command,
    short_help="Write findings for maps and sheets, or one as a network.",
    examples=[
        "foedus export sea.geojson --area maritime --kind rendezvous",
        "foedus export meeting.csv incident--8b0f5d0c-0d4f-5a53-9e0e-0f6f2c9b3f11",
        "foedus export group.graphml incident--8b0f5d0c-0d4f-5a53-9e0e-0f6f2c9b3f11",
        "foedus export group.csv incident--8b0f5d0c-0d4f-5a53-9e0e-0f6f2c9b3f11 --network",
    ],
)
@click.argument("file", type=click.Path(path_type=Path), metavar="FILE.geojson|FILE.csv|FILE.graphml")
@click.argument("object_id", metavar="[OBJECT]", default="")
@click.option("--area", default="", help="Only of this area.", shell_complete=options.areas)
@click.option("--kind", default="", help="Only of this kind.")
@click.option("--owner", default="", help="Only of this originator.")
@click.option("--network", is_flag=True, help="What one object ties to what; so is a FILE.graphml.")
@prints
@on_node
def command(node: Node, terminal: Terminal, file: Path, object_id: str, network: bool, **only: str) -> None:
    """Write findings with where they happened to a file that QGIS and spreadsheets open.

    One finding, or all there are. Or one as a network, for Gephi, Cytoscape and networkx: what a group shared and carried, in
    counts that go in steps of three, and no account. Each says its label: the file is to be kept under the strictest of them.
    Only the own people get it; to a partner things go by release.
    """
    form = file.suffix[1:].lower()
    network = network or form == "graphml"
    if form not in (exporting.NETWORKS if network else exporting.FORMS):
        hint = "FILE.graphml or FILE.csv" if network else "FILE.geojson, FILE.csv or FILE.graphml"
        raise InputError("no format to write", code="usage", where=str(file), hint=hint)
    if file.exists():
        raise InputError("the file exists", code="file-exists", where=str(file), hint="name a new one")
    if object_id and any(only.values()):
        raise InputError(
            "one object, or those of an area, kind or owner", code="usage", where=object_id, hint="not both"
        )
    if network and not object_id:
        raise InputError("a network of which object?", code="usage", where=str(file), hint="FILE OBJECT")
    room = node.room(only["area"]).name if only["area"] else ""
    with file.open("x", encoding="utf-8", newline="") as out:
        file.chmod(0o600)
        try:
            if network:
                count = exporting.export_network(node, out, form, object_id)
            else:
                asked = object_id or exporting.wanted(room, only["kind"], only["owner"])
                count = exporting.export(node, out, form, asked)
        except BaseException:
            file.unlink()  # half a file is none
            raise
    if terminal.as_json:
        terminal.document({"file": str(file), "ties" if network else "findings": count})
    else:
        what = "tie" if network else "finding"
        terminal.line(f"Written: {file} ({count:,} {what}{'' if count == 1 else 's'})")
