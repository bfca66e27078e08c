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
    short_help="Write findings as GeoJSON or CSV, for maps and sheets.",
    examples=[
        "foedus export sea.geojson --area maritime --kind rendezvous",
        "foedus export meeting.csv incident--8b0f5d0c-0d4f-5a53-9e0e-0f6f2c9b3f11",
    ],
)
@click.argument("file", type=click.Path(path_type=Path), metavar="FILE.geojson|FILE.csv")
@click.argument("object_id", metavar="[OBJECT]", default="")
@click.option("--area", default="", help="Only of this area.", shell_complete=options.areas)
@click.option("--kind", default="", help="Only of this kind.")
@click.option("--owner", default="", help="Only of this originator.")
@prints
@on_node
def command(node: Node, terminal: Terminal, file: Path, object_id: str, **only: str) -> None:
    """Write findings with where they happened to a file that QGIS and spreadsheets open.

    One finding, or all there are. Each says its label: the file is to be kept under the strictest of them. Only the own people
    get it; to a partner things go by release.
    """
    form = file.suffix[1:].lower()
    if form not in exporting.FORMS:
        raise InputError("neither GeoJSON nor CSV", code="usage", where=str(file), hint="FILE.geojson or FILE.csv")
    if file.exists():
        raise InputError("the file exists", code="file-exists", where=str(file), hint="name a new one")
    if object_id and any(only.values()):
        raise InputError(
            "one object, or those of an area, kind or owner", code="usage", where=object_id, hint="not both"
        )
    room = node.room(only["area"]).name if only["area"] else ""
    with file.open("x", encoding="utf-8", newline="") as out:
        file.chmod(0o600)
        try:
            count = exporting.export(node, out, form, object_id or exporting.wanted(room, only["kind"], only["owner"]))
        except BaseException:
            file.unlink()  # half a file is none
            raise
    if terminal.as_json:
        terminal.document({"file": str(file), "findings": count})
    else:
        terminal.line(f"Written: {file} ({count:,} {'finding' if count == 1 else 'findings'})")
