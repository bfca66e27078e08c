"""``foedus show``: show what the node holds."""

from __future__ import annotations

import click

from foedus.cli import options
from foedus.cli.command import Command
from foedus.cli.options import on_node, prints
from foedus.cli.terminal import Column, Terminal, day_and_time
from foedus.errors import InputError
from foedus.model.picture import Graph, Map, Picture, Series, Table, Words
from foedus.node import retention
from foedus.node import show as showing
from foedus.node.home import Node
from foedus.node.partial import Partial
from foedus.node.retention import ToDelete
from foedus.node.show import Row, Shown

_MAX_EDGES, _TITLE = 30, 55


@click.command(
    "show",
    cls=Command,
    short_help="Show what the node holds.",
    examples=[
        "foedus show --list --area cyber --kind report --limit 10",
        "foedus show indicator--f9cba273-18a4-524c-b5f9-e18c8a146e75",
    ],
)
@click.argument("object_id", metavar="[OBJECT]", default="")
@click.option("--list", "listing", is_flag=True, help="List the newest findings.")
@click.option("--due", is_flag=True, help="List what was received and is to be deleted now.")
@click.option("--area", default="", help="Only of this area.", shell_complete=options.areas)
@click.option("--kind", default="", help="Only of this kind.")
@click.option("--owner", default="", help="Only of this originator.")
@click.option("--limit", type=click.IntRange(min=1), default=50, show_default=True, help="So many.")
@prints
@on_node
def command(node: Node, terminal: Terminal, object_id: str, listing: bool, due: bool, limit: int, **only: str) -> None:
    """Show what the node holds: one object, a list, or what is to be deleted.

    Of an object: its label, where it came from, what it says, who is shown it and since when, and what of others tells the
    same story.
    """
    if listing + due + bool(object_id) != 1:
        raise InputError("name one object, or --list, or --due", code="usage", hint="foedus show --list")
    if due:
        _due(terminal, retention.due(node))
        return
    if listing:
        room = node.room(only["area"]).name if only["area"] else ""
        rows = showing.rows(node, room=room, kind=only["kind"], owner=only["owner"], limit=limit)
        if terminal.as_json:
            terminal.document(rows)
        else:
            _list(terminal, rows)
        return
    found = showing.show(node, object_id)
    if terminal.as_json:
        terminal.document(found)
        return
    _shown(terminal, found[0])
    if len(found) > 1:
        versions = ", ".join(f"{one.version or 'without version'} ({one.owner})" for one in found[1:])
        terminal.facts([("also held", versions)])
    _picture(terminal, showing.picture(node, object_id))


def _due(terminal: Terminal, due: list[ToDelete]) -> None:
    if terminal.as_json:
        terminal.document(due)
        return
    if not due:
        terminal.line("Nothing is to be deleted.")
        return
    rows = [(one.object_id, one.originator, one.peer, f"{day_and_time(one.since)} UTC") for one in due]
    terminal.table([Column("object", whole=True), "originator", "came from", "since"], rows)
    terminal.line("The next pull, or the serving node, deletes it and enters that.", "dim")


def _list(terminal: Terminal, rows: list[Row]) -> None:
    if not rows:
        terminal.line("Nothing of that kind is held.")
        return
    cells = [(f"{_short(one.title or one.kind)}\n{one.object_id}", one.owner, one.label) for one in rows]
    terminal.table([Column("object", whole=True), "from", "label"], cells)


def _short(title: str) -> str:
    return title if len(title) <= _TITLE else f"{title[: _TITLE - 1]}…"


def _shown(terminal: Terminal, one: Shown) -> None:
    terminal.heading(one.title or one.object_id)
    terminal.facts(
        [
            ("id", one.object_id),
            ("kind", one.kind),
            ("label", one.label),
            ("originator", one.owner),
            ("version", one.version),
            ("stored", f"{day_and_time(one.stored_at)} UTC"),
            ("from", f"{one.source} {one.pointer}".strip()),
            ("rests on", "\n".join(one.because)),
            *([("redacted", _partial(one.partial))] if one.partial else []),
            ("shown to", "\n".join(f"{party} since {day_and_time(at)} UTC" for party, at in one.released) or "nobody"),
            ("same story", "\n".join(one.corroborated)),
        ]
    )


def _partial(one: Partial) -> str:
    """Say who tore parts off, and whether what is left verifies."""
    by = f"by {one.by}" if one.by else "by its sender"
    profiles = ", ".join(one.profiles) or "references that are not shared"
    if one.fault:
        return f"{by}, NOT VERIFIED ({one.fault}): {profiles}"
    lines = [f"{by}, verified: {profiles}", f"{one.shown} parts under root {one.root[:16]}…"]
    if one.edited:
        lines.append(f"changed by the sender: {', '.join(one.edited)}")
    if not one.by:
        lines.append("no ledger held that root when it came: it vouches for itself alone")
    return "\n".join(lines)


def _picture(terminal: Terminal, picture: Picture) -> None:
    for pane in picture.panes:
        terminal.line()
        match pane:
            case Words(text):
                terminal.indented(text)
            case Table(title, columns, rows):
                terminal.heading(title)
                terminal.table(columns, rows)
            case Graph(title):
                terminal.heading(title)
                _graph(terminal, pane)
            case Series(title, lines):
                terminal.heading(title)
                terminal.table(["series", "from", "to", "last"], [
                    (line.name, str(line.at[0]), str(line.at[-1]), f"{line.value[-1]:g} {line.unit}")
                    for line in lines if line.at
                ])  # fmt: skip
            case Map(title, tracks):
                terminal.heading(title)
                terminal.table(["track", "points"], [(track.name, len(track.lat_deg)) for track in tracks])


def _graph(terminal: Terminal, graph: Graph) -> None:
    names = dict(graph.nodes)
    rows = [(names.get(a, a), how, names.get(b, b)) for a, b, how in graph.edges[:_MAX_EDGES]]
    terminal.table(["from", "by", "to"], rows)
    if len(graph.edges) > _MAX_EDGES:
        terminal.indented(f"and {len(graph.edges) - _MAX_EDGES:,} more")
