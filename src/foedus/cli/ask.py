"""``foedus ask``: learn with a partner which values both hold, before either releases anything."""

from __future__ import annotations

import click

from foedus.cli import options
from foedus.cli.command import Command
from foedus.cli.options import on_node, prints
from foedus.cli.progress import progress
from foedus.cli.terminal import Column, Terminal, count, day_and_time
from foedus.node.ask import Known, Learnt, known
from foedus.node.ask import ask as ask_peer
from foedus.node.home import Node


@click.command(
    "ask",
    cls=Command,
    short_help="Learn with a partner which values both hold.",
    ledger="ask.made before anything leaves, ask.learnt after; on the partner's side ask.answered and ask.learnt. In the private "
    "logs, with sizes and numbers, never a value.",
    examples=["foedus --node jpn ask nato --area cyber", "foedus --node nato ask jpn --area cyber --known"],
)
@click.argument("peer", metavar="PEER", shell_complete=options.parties)
@click.option("--area", required=True, help="Which area of the programme.", shell_complete=options.areas)
@options.programme()
@click.option("--known", "past", is_flag=True, help="Ask nothing: show what earlier questions of either side brought.")
@prints
@on_node
def command(node: Node, terminal: Terminal, peer: str, area: str, programme: str, *, past: bool) -> None:
    """Learn with a partner which values both hold.

    Both sides learn the values they share, and of all others nothing but a bucket of size. Compared are only values whose
    findings would go to the partner now.
    """
    if past:
        _known(terminal, known(node, peer, area))
        return
    with progress(terminal) as tell:
        found = ask_peer(node, peer, area, programme, tell)
    if terminal.as_json:
        terminal.document(found)
    else:
        _learnt(terminal, found)


def _learnt(terminal: Terminal, found: Learnt) -> None:
    of = count(found.values, "value")
    terminal.line(f"{len(found.shared):,} of {of} compared are also {found.peer}'s")
    if found.shared:
        columns = ["kind", "value", Column("own findings", whole=True)]
        terminal.table(columns, [(one.kind, one.value, _ids(one.findings)) for one in found.shared])
    told = "learnt the same values" if found.told else "did not take its part of the answer"
    terminal.indented(
        f"{found.peer} {told}; the lists were filled up to {found.points:,} points here "
        f"and {found.peer_points:,} there."
    )
    if found.left_out:
        terminal.indented(f"{count(found.left_out, 'older value')} beyond ask_max_values not compared", "yellow")


def _ids(ids: tuple[str, ...]) -> str:
    return ids[0] + (f" and {len(ids) - 1} more" if len(ids) > 1 else "")


def _known(terminal: Terminal, found: list[Known]) -> None:
    if terminal.as_json:
        terminal.document(found)
    elif not found:
        terminal.line("Nothing was learnt by asking so far.")
    else:
        columns = ["kind", "value", "learnt", "asked by"]
        terminal.table(columns, [(one.kind, one.value, day_and_time(one.at), one.asker) for one in found])
