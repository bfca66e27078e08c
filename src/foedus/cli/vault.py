"""``foedus vault``: personal data as it came: what is kept until when, and looking into it, which is entered."""

from __future__ import annotations

from pathlib import Path

import click
import msgspec

from foedus.cli.command import Group
from foedus.cli.options import on_node, prints
from foedus.cli.person import by_person
from foedus.cli.terminal import Column, Terminal, day_and_time
from foedus.errors import InputError, TrustError
from foedus.model.people import Person
from foedus.node import packs, vault
from foedus.node.home import Node

HASH_CHARACTERS = 64


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


@command.command("replay", examples=["foedus vault replay incident--8b0f5d0c-0d4f-5a53-9e0e-0f6f2c9b3f11"])
@click.argument("object_id", metavar="OBJECT")
@prints
@on_node
def replay(node: Node, terminal: Terminal, object_id: str) -> int:
    """Conclude a finding again, from what is kept for that.

    What it was measured from lies in the vault until the first of its sources is over. The same method runs on it again; what
    comes out otherwise is named. No account and no text is shown. Ends with 5 if anything differs.
    """
    found = packs.replay(node, object_id)
    if terminal.as_json:
        terminal.document({**msgspec.to_builtins(found), "same": found.same})
        return 0 if found.same else TrustError.exit_code
    outcome = "It comes out as it was concluded." if found.same else "It comes out otherwise."
    terminal.line(outcome, "green" if found.same else "bold red")
    terminal.facts(
        [("object", found.object_id), ("version", found.version), ("until", f"{day_and_time(found.until)} UTC")]
    )
    rows = [(one.what, _short(one.said), _short(one.again), _many(one.number)) for one in found.again]
    terminal.table(["what", "concluded", "again", Column("number", right=True)], rows)
    return 0 if found.same else TrustError.exit_code


def _short(value: str) -> str:
    return f"{value[:16]}…" if len(value) == HASH_CHARACTERS else value


def _many(number: int | None) -> str:
    return "" if number is None else f"{number:,}"
