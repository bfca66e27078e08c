"""``foedus label``: see and give the labels that findings rest on."""

from __future__ import annotations

import click

from foedus.cli.command import Group
from foedus.cli.options import on_node, prints
from foedus.cli.terminal import Column, Terminal, day_and_time, tail
from foedus.node.grounds import grounds
from foedus.node.home import Node
from foedus.node.label import relabel_source
from foedus.node.show import sources as sources_of


@click.group("label", cls=Group, short_help="See and give the labels that findings rest on.")
def command() -> None:
    """See and give the labels that findings rest on.

    A person labels sources; a finding's label is the dominant one of everything it rests on. What has none stays.
    """


@command.command("show", examples=["foedus label show indicator--f9cba273-18a4-524c-b5f9-e18c8a146e75"])
@click.argument("object_id", metavar="OBJECT")
@prints
@on_node
def show(node: Node, terminal: Terminal, object_id: str) -> None:
    """Show the label of an object and what it rests on.

    Where it has none, it says which ground lacks one and what to do.
    """
    found = grounds(node, object_id)
    if terminal.as_json:
        terminal.document(found)
        return
    terminal.heading(found.object_id)
    terminal.facts(
        [("label", found.label), ("missing", found.missing), ("originator", found.owner), ("version", found.version)]
    )
    terminal.line()
    terminal.heading("It rests on")
    rows = [(one.kind, tail(one.what) or one.id, one.id if one.what else "", one.label) for one in found.grounds]
    terminal.table(["kind", "what", Column("id", whole=True), "label"], rows)


@command.command("sources", examples=["foedus label sources"])
@prints
@on_node
def sources(node: Node, terminal: Terminal) -> None:
    """List the sources with the labels that people gave them."""
    found = sources_of(node)
    if terminal.as_json:
        terminal.document(found)
        return
    if not found:
        terminal.line("No sources yet: foedus ingest AREA SOURCE --label TEXT")
        return
    rows = [(one.id, one.area, tail(one.uri), one.label, one.given_by, day_and_time(one.at)[:10]) for one in found]
    terminal.table([Column("source", whole=True), "area", "what", "label", "given by", Column("on", whole=True)], rows)


@command.command(
    "source",
    ledger="source.labelled, in the private log.",
    examples=['foedus label source file:92f725ae2d33cef1 --label "NATO RESTRICTED Releasable to Japan"'],
)
@click.argument("source")
@click.option("--label", "text", required=True, help="The label, as people write it.")
@click.option("--role", default="operator", show_default=True, help="In which role it is given.")
@prints
@on_node
def source(node: Node, terminal: Terminal, source: str, text: str, role: str) -> None:
    """Give a source another label.

    Every finding that rests on it is labelled anew. What a stricter label no longer lets go is withdrawn by the next release.
    """
    found = relabel_source(node, source, text, role=role)
    if terminal.as_json:
        terminal.document(found)
        return
    terminal.line(f"{found.source} is now {found.label}; {found.findings:,} findings got another label.")
    terminal.line("Next: foedus release")
