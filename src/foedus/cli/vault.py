"""``foedus vault``: personal data as it came: what is kept until when, and looking into it, which is entered."""

from __future__ import annotations

from pathlib import Path

import click

from foedus.cli.command import Group
from foedus.cli.options import on_node, prints
from foedus.cli.person import by_person
from foedus.cli.terminal import Column, Terminal, day_and_time
from foedus.errors import InputError
from foedus.model.people import Person
from foedus.node import vault
from foedus.node.home import Node


@click.group("vault", cls=Group, short_help="Personal data as it came: until when it is kept, who looks into it.")
def command() -> None:
    """Personal data as it came: until when it is kept, who looks into it.

    Areas whose input holds personal data keep what came in encrypted, until its time is over (vault_days in node.toml). All
    that is concluded holds pseudonyms.
    """


@command.command("list", examples=["foedus vault list"])
@prints
@on_node
def list_(node: Node, terminal: Terminal) -> None:
    """List what sources brought and is still kept."""
    found = vault.captures(node)
    if terminal.as_json:
        terminal.document(found)
        return
    if not found:
        terminal.line("Nothing is in the vault.")
        return
    rows = [(one.source, one.area, f"{day_and_time(one.at)} UTC", f"{day_and_time(one.until)} UTC") for one in found]
    terminal.table([Column("source", whole=True), "area", "since", "until"], rows)


@command.command("open", ledger="vault.opened, in the private log.", examples=[
    'foedus --node jpn vault open file:0f5b3a9c1d2e4f60 --reason "case 12: is the account real" --out posts.csv --as ada',
])  # fmt: skip
@click.argument("source", metavar="SOURCE")
@click.option("--reason", required=True, help="Why; no content. It is entered.")
@click.option("-o", "--out", type=click.Path(path_type=Path), required=True, help="File to write.")
@prints
@on_node
@by_person
def open_(node: Node, terminal: Terminal, person: Person, source: str, reason: str, out: Path) -> None:
    """Write what a source brought, as it came; an analyst does, and it is entered."""
    if out.exists():
        raise InputError("the file exists", code="file-exists", where=str(out), hint="name a new one")
    size = 0
    chunks = vault.open_capture(node, source, person, reason)
    with out.open("xb") as file:
        out.chmod(0o600)
        for chunk in chunks:
            size += file.write(chunk)
    if terminal.as_json:
        terminal.document({"source": source, "file": str(out), "bytes": size})
    else:
        terminal.line(f"Written: {out} ({size:,} bytes). That you did is entered.")
