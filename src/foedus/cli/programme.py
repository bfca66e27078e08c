"""``foedus programme``: check, compare, enrol, sign and accept programmes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import click
import msgspec

from foedus.cli import impact, options, programme_files, statements
from foedus.cli.command import Group
from foedus.cli.document import OUTPUT, write
from foedus.cli.options import Day, on_node, prints
from foedus.cli.person import signed_in
from foedus.cli.terminal import Column, Terminal, count, finding_line, styled
from foedus.errors import InvalidProgramme
from foedus.model.programme import Programme, in_language, to_builtins
from foedus.node import due as coming
from foedus.node import programmes
from foedus.node.clock import SystemClock
from foedus.node.due import Item
from foedus.node.home import Node
from foedus.node.programmes import Held

_EFFECT = {"tightening": "green", "loosening": "yellow", "neutral": ""}
_ENTERED = "programme.agreed, in the private log and in the log of each pair; both are signed."


@click.group("programme", cls=Group, short_help="Check, compare, enrol, sign and accept programmes.")
def command() -> None:
    """Check, compare, enrol, sign and accept programmes.

    A programme is the agreement as a document; nothing else in foedus is a source of policy. FILE is a path, or the name of a
    programme that ships (foedus programme list).
    """


@command.command("check", examples=["foedus programme check nato-japan-2023.yaml"])
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@prints
def check(terminal: Terminal, files: tuple[str, ...]) -> int:
    """Check documents and report everything that is wrong with them.

    Each finding is a line that editors can jump to. Ends with 3 if any document is invalid.
    """
    found = [programmes.check(name) for name in files]
    if terminal.as_json:
        terminal.document(found)
    else:
        for one in found:
            for remark in one.remarks:
                terminal.out.print(finding_line(remark), soft_wrap=True)
            errors = sum(remark.severity == "error" for remark in one.remarks)
            warnings = f", {count(len(one.remarks) - errors, 'warning')}" if len(one.remarks) > errors else ""
            state = (
                f"valid{warnings}, digest {one.digest}" if one.valid else f"invalid: {count(errors, 'error')}{warnings}"
            )
            terminal.out.print(styled(f"{one.file}: {state}", "" if one.valid else "bold red"), soft_wrap=True)
    return 0 if all(one.valid for one in found) else InvalidProgramme.exit_code


@command.command(
    "show", examples=["foedus --node nato programme show", "foedus --node nato programme show nato-jpn-itpp-2023"]
)
@click.argument("programme", default="", metavar="[ID]", shell_complete=options.programmes)
@prints
@on_node
def show(node: Node, terminal: Terminal, programme: str) -> None:
    """Show the programmes the node holds, or one of them in full.

    It says whether the programme is in force here and, if not, what is missing.
    """
    if programme:
        held, document = programmes.document_of(node, programme)
        if terminal.as_json:
            terminal.document({**msgspec.to_builtins(held), "document": to_builtins(document)})
        else:
            _one(terminal, held, document)
        return
    found = programmes.held(node)
    if terminal.as_json:
        terminal.document(found)
        return
    rows = [(one.word, one.version, one.term, ", ".join(one.signed) or "nobody", _in_force(one)) for one in found]
    terminal.table([Column("programme", whole=True), "version", "term", "signed by", "in force"], rows)


def _in_force(one: Held) -> object:
    return styled("yes", "green") if one.in_force else f"no: {one.why_not}"


def _one(terminal: Terminal, held: Held, document: Programme) -> None:
    terminal.heading(held.title)
    terminal.facts(
        [
            ("id", held.id),
            ("version", held.version),
            ("term", held.term),
            ("in force", _in_force(held)),
            ("digest", held.digest),
        ]
    )
    terminal.line()
    terminal.heading("Parties")
    rows = [
        (one.id, in_language(one.name), one.clearance, f"TLP:{one.tlp_max.upper()}", _yes(one.id in held.enrolled),
         _yes(one.id in held.signed))
        for one in document.parties
    ]  # fmt: skip
    terminal.table(["party", "name", "cleared to", "TLP up to", "enrolled", "signed"], rows)
    terminal.line()
    terminal.heading("Areas")
    areas = [(one.id, in_language(one.title), one.status, len(one.indicators)) for one in document.areas]
    terminal.table(["area", "title", "status", Column("indicators", right=True)], areas)
    terminal.line()
    terminal.heading("Release clauses (what none of them permits stays)")
    clauses = [
        (one.id, one.effect, ", ".join(one.owners), ", ".join(one.to), ", ".join(one.areas),
         f"up to {one.what.max_classification}" if one.what.max_classification else "")
        for one in document.release.clauses
    ]  # fmt: skip
    terminal.table(["clause", "effect", "from", "to", "areas", "level"], clauses)


def _yes(yes: bool) -> str:
    return "yes" if yes else "no"


@command.command(
    "due", examples=["foedus --node nato programme due", "foedus --node nato programme due nato-jpn-itpp-2023"]
)
@click.argument("programme", default="", metavar="[ID]", shell_complete=options.programmes)
@prints
@on_node
def due(node: Node, terminal: Terminal, programme: str) -> None:
    """Show what is due, the earliest first, with the days left.

    Renewal before the end of the term, reviews and their reports, milestones, activities, last days of clauses and of keys;
    requests that lapse, recalls nobody confirmed, objects to delete; and the node's own certificates. Overdue is below zero.
    """
    found = coming.due(node, programme)
    if terminal.as_json:
        terminal.document([{**msgspec.to_builtins(one.due), "programme": one.programme} for one in found])
        return
    due_table(terminal, found)


def due_table(terminal: Terminal, items: Sequence[Item]) -> None:
    """Print what is due."""
    rows = [
        (one.due.day, styled(one.due.days, "red" if one.due.days < 0 else ""), one.due.text, one.programme)
        for one in items
    ]
    terminal.table([Column("day", whole=True), Column("days", right=True), "what", "programme"], rows)


@command.command("digest", examples=["foedus programme digest nato-japan-2023.yaml"])
@click.argument("file")
@prints
def digest(terminal: Terminal, file: str) -> None:
    """Print the digest that signatures and ledgers name.

    SHA-256 of the document's RFC 8785 form without its signatures: the same for YAML and JSON and any comments.
    """
    found = programmes.digest(file)
    if terminal.as_json:
        terminal.document({"file": file, "digest": found})
    else:
        terminal.text(f"{found}\n")


@command.command("schema", examples=["foedus programme schema -o programme.schema.json"])
@OUTPUT
@prints
def schema(terminal: Terminal, output: Path | None) -> None:
    """Print the JSON Schema of programme documents, for editors that complete and check."""
    write(terminal, programmes.schema(), output, "The schema")


@command.command("diff", examples=["foedus programme diff old.yaml new.yaml --on 2026-07-01"])
@click.argument("old")
@click.argument("new")
@click.option("--on", "day", type=Day(), help="Day on which memberships are compared; today where absent.")
@prints
def diff(terminal: Terminal, old: str, new: str, day: date | None) -> None:
    """Tell the differences of two versions in sentences.

    Each is classed for release: tightening, loosening or neutral. In doubt it is loosening, which needs all signatures.
    """
    changes = programmes.diff(old, new, day or _today())
    if terminal.as_json:
        terminal.document(changes)
        return
    if not changes:
        terminal.line("No differences.")
        return
    terminal.table(
        ["effect", "change", "place"],
        [(styled(one.effect, _EFFECT[one.effect]), one.text, one.place) for one in changes],
    )


command.add_command(impact.command)
command.add_command(programme_files.calendar)
command.add_command(programme_files.iati)
command.add_command(statements.attest)
command.add_command(statements.publish)


@command.command("list", examples=["foedus programme list"])
@prints
def list_(terminal: Terminal) -> None:
    """List the programmes that come with foedus, to start from."""
    found = programmes.packaged()
    if terminal.as_json:
        terminal.document(found)
        return
    rows = [(one.name, one.version, one.title, one.term, ", ".join(one.parties)) for one in found]
    terminal.table([Column("name", whole=True), "version", "title", "term", "parties"], rows)


@command.command(
    "enrol", examples=["foedus programme enrol nato-japan-2023 nato/card.json jpn/card.json --version 1.1.0 -o p.yaml"]
)
@click.argument("file")
@click.argument("cards", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="CARD...")
@click.option("--version", required=True, help="Version of the new document.")
@click.option("--on", "day", type=Day(), help="Day of the amendment; today where absent.")
@click.option(
    "--keep-old-until",
    "until",
    type=Day(),
    help="Last day of the card that a new one follows; it goes at once where absent.",
)
@OUTPUT
@prints
def enrol(terminal: Terminal, file: str, cards: tuple[Path, ...], output: Path | None, **given: Any) -> None:
    """Write the next version of a programme with nodes' cards enrolled.

    The document gets a new version that follows the old one by its digest; everything else stays as it was written. While a
    node's keys change, --keep-old-until lets the card with the old ones hold beside the new one.
    """
    on = given["day"] or _today()
    raw = programmes.enrol(file, cards, version=given["version"], on=on, old_until=given["until"])
    version = given["version"]
    write(terminal, raw, output, f"Version {version} with {count(len(cards), 'node')} enrolled")


@command.command(
    "amend",
    examples=[
        "foedus programme amend edited.yaml --follows p-1.1.0.yaml --version 1.2.0 --text 'More tools.' -o p-1.2.0.yaml"
    ],
)
@click.argument("file")
@click.option("--follows", required=True, metavar="OLD", help="The version in force, as a file.")
@click.option("--version", required=True, help="Version of the new document.")
@click.option("--text", required=True, help="What the amendment does, in a sentence.")
@click.option("--on", "day", type=Day(), help="Day of the amendment; today where absent.")
@OUTPUT
@prints
def amend(terminal: Terminal, file: str, follows: str, output: Path | None, **given: Any) -> None:
    """Write an edited programme as the version that follows another.

    FILE is the text as it shall be. It gets the new version, the digest of OLD and the amendment, and loses its signatures;
    nothing else is touched. Then have it signed by every party and accepted.
    """
    version = given["version"]
    raw = programmes.amend_text(file, follows, version=version, on=given["day"] or _today(), text=given["text"])
    write(terminal, raw, output, f"Version {version}, to be signed by all,")


@command.command("sign", ledger="Nothing is entered before the programme is accepted.",
                 examples=["foedus --node nato programme sign p.yaml --role 'Director' -o p.yaml"])  # fmt: skip
@click.argument("file")
@click.option("--role", default="", help="In which office somebody signs.")
@OUTPUT
@prints
@on_node
def sign(node: Node, terminal: Terminal, file: str, role: str, output: Path | None) -> None:
    """Sign a programme for the node's party.

    The signature is added to the document; the text is otherwise untouched. Hand it on to the other parties, and accept it
    once all have signed.
    """
    write(terminal, programmes.sign(node, file, role=role), output, f"The document with the signature of {node.party}")


@command.command(
    "accept",
    ledger=_ENTERED + " Where more may go: programme.loosened, in the private log.",
    examples=[
        "foedus --node nato programme accept p.yaml",
        "foedus --node nato programme accept p.yaml --as ann --with bo",
    ],
)
@click.argument("file")
@click.option("--as", "name", default="", metavar="NAME", help="Who lets more go; the password is asked for.")
@click.option(
    "--with", "second", default="", metavar="NAME", help="Who stands for it with them; the password is asked for."
)
@prints
@on_node
def accept(node: Node, terminal: Terminal, file: str, name: str, second: str) -> None:
    """Accept a programme on the node.

    It is in force here once all parties have signed and its term runs; the version before holds until then and never again. A
    version that does not follow the accepted one, or rivals it, is refused. One that lets more go is shown, and two persons
    must stand for it: a releaser and an approver.
    """
    wider = programmes.loosening(node, file)
    if wider and not terminal.as_json:
        terminal.heading("More may go under it")
        terminal.table(["change", "place"], [(one.text, one.place) for one in wider])
        terminal.line()
    persons = [signed_in(node, one) for one in (name, second) if one]
    held = programmes.accept(node, file, persons)
    if terminal.as_json:
        terminal.document(held)
        return
    terminal.heading(f"{held.title}, version {held.version}, is accepted on this node.")
    terminal.facts([("signed by", ", ".join(held.signed) or "nobody"), ("in force", _in_force(held))])


def _today() -> date:
    return SystemClock().now().date()
