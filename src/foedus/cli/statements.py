"""``foedus programme attest`` and ``publish``: what an approver states for the party."""

from __future__ import annotations

from typing import Any

import click

from foedus.cli import options
from foedus.cli.command import Command
from foedus.cli.options import on_node, prints
from foedus.cli.person import by_person
from foedus.cli.terminal import Terminal
from foedus.model.people import Person
from foedus.node import account, statements
from foedus.node.home import Node
from foedus.node.statements import REVIEW_KINDS, Chosen

_PROGRAMME = click.argument("programme", metavar="ID", shell_complete=options.programmes)
_YEAR = click.option("--period", default="", metavar="YEAR", help="The year; the newest that has begun where absent.")


@click.command(
    "attest",
    cls=Command,
    ledger="indicator.attested, in the log of each pair; statement.made, with who did it, in the private log.",
    examples=["foedus --node nato programme attest nato-jpn-itpp-2023 ct-rating substantial --as ann"],
)
@_PROGRAMME
@click.argument("indicator")
@click.argument("value")
@_YEAR
@prints
@on_node
@by_person
def attest(node: Node, terminal: Terminal, person: Person, programme: str, period: str, **stated: str) -> None:
    """State the value of an indicator that no ledger can compute.

    It counts once every party states the same. The newest statement of a party is the one that holds.
    """
    indicator = stated["indicator"]
    said = statements.attest(node, person, Chosen(programme, period), indicator, stated["value"])
    if terminal.as_json:
        terminal.document({"indicator": indicator, "value": said})
        return
    terminal.line(f"{indicator}: {account.figure(said)} is stated for {node.party}.")


@click.command(
    "publish",
    cls=Command,
    ledger="review.published, in the log of each pair; statement.made, with who did it, in the private log.",
    examples=["foedus --node nato programme publish nato-jpn-itpp-2023 --period 2025 --public --as ann"],
)
@_PROGRAMME
@_YEAR
@click.option(
    "--kind", type=click.Choice(REVIEW_KINDS), default="annual", show_default=True, help="Of the whole year or the term so far."
)  # fmt: skip
@click.option("--public", is_flag=True, help="For everybody, not the parties alone.")
@prints
@on_node
@by_person
def publish(node: Node, terminal: Terminal, person: Person, programme: str, period: str, **how: Any) -> None:
    """Publish the review of a year as it stands.

    What is published is kept byte for byte, and every party learns its hash. A year is reviewed as a whole once it is over.
    """
    made = statements.publish(node, person, Chosen(programme, period), how["kind"], public=how["public"])
    if terminal.as_json:
        terminal.document(made)
        return
    terminal.line(f"The {made.kind} review of {made.period} is published; SHA-256 {made.sha256}")
