"""``foedus recall``: call back what was released, see who confirmed, prove its absence."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, get_args

import click

from foedus.cli import options
from foedus.cli.command import Group
from foedus.cli.options import handle, on_node, prints
from foedus.cli.person import by_person
from foedus.cli.terminal import Column, Terminal, day_and_time, styled
from foedus.errors import ExchangeError, TrustError
from foedus.model.events import RecallReason
from foedus.model.people import Person
from foedus.node import recall as recalling
from foedus.node import recall_state
from foedus.node.home import Node
from foedus.node.recall import Made, Order, Target
from foedus.node.recall_state import Shown, Standing

_OBJECT = click.argument("object_id", metavar="OBJECT")
_MADE = {
    "waiting": "waits: nothing is signed for it",
    "requested": "not seen yet",
    "seen": "seen, not answered",
}


@click.group("recall", cls=Group, short_help="Call back what was released, see who confirmed, prove its absence.")
def command() -> None:
    """Call back what was released, see who confirmed, prove its absence.

    What is called back leaves the party's views at once; its node forgets it and answers. Both happen in the ledger of the
    pair, so that either side can prove that it was not sent again.
    """


@command.command(
    "make",
    ledger="recall.requested for each party, in the log of the pair; recall.made, in the private log. All are signed.",
    examples=[
        "foedus --node nato recall make indicator--26d1c08b-9b6e-4f3e-8a58-5a0b1c7d2e3f --reason wrong --as kim",
        "foedus --node nato recall make indicator--26d1c08b-9b6e-4f3e-8a58-5a0b1c7d2e3f --to jpn --as kim",
    ],
)
@_OBJECT
@click.option("--version", help="Only this version, as its modified says; every one where absent.")
@click.option(
    "--reason", type=click.Choice(get_args(RecallReason)), default="other", show_default=True, help="What is told why."
)
@click.option("--to", "party", default="", help="Only from this party.", shell_complete=options.parties)
@prints
@on_node
@by_person
def make(node: Node, terminal: Terminal, person: Person, object_id: str, reason: RecallReason, **only: Any) -> None:
    """Call an object back from every party that was sent it.

    Under every programme, also from parties that see it no more. It is not released to them again until somebody lifts the
    recall. A releaser may do this.
    """
    order = Order(reason, parties=(only["party"],) if only["party"] else ())
    made = recalling.recall(node, person, Target(object_id, only["version"]), order)
    if terminal.as_json:
        terminal.document(made)
        return
    terminal.heading(f"{object_id} is called back.")
    rows = [(one.party, one.programme.rsplit(":", 1)[1], len(one.versions), *_by(one)) for one in made]
    columns = ["from", "programme", Column("versions", right=True), "to answer by", Column("entry", right=True)]
    terminal.table(columns, rows)
    terminal.line()
    terminal.line("Who has not confirmed:", "dim")
    terminal.indented("foedus recall list --waiting", "dim")


def _by(one: Made) -> tuple[str, str]:
    """Return until when to answer, and the entry, where there is one."""
    return (f"{day_and_time(one.deadline)} UTC", str(one.entry)) if one.deadline else ("nothing is signed for it", "")


@command.command(
    "lift",
    ledger="recall.lifted for each party, in the private log.",
    examples=["foedus --node nato recall lift indicator--26d1c08b-9b6e-4f3e-8a58-5a0b1c7d2e3f --to jpn --as kim"],
)
@_OBJECT
@click.option("--to", "party", default="", help="Only for this party.", shell_complete=options.parties)
@prints
@on_node
@by_person
def lift(node: Node, terminal: Terminal, person: Person, object_id: str, party: str) -> None:
    """Let what was called back be released again.

    Nothing goes by this alone: the next release decides, as on the first day. A releaser may do this.
    """
    lifted = recalling.lift(node, person, object_id, party)
    if terminal.as_json:
        terminal.document(lifted)
        return
    parties = ", ".join(sorted({one.party for one in lifted}))
    terminal.line(f"{object_id} may be released to {parties} again.")


@command.command("list", examples=["foedus --node nato recall list", "foedus --node nato recall list --waiting"])
@click.option("--waiting", is_flag=True, help="Only those that a party has not answered.")
@prints
@on_node
def list_(node: Node, terminal: Terminal, waiting: bool) -> int:
    """List recalls, made and taken, and how far each is.

    Ends with 6 while a party has not answered one of ours by its deadline.
    """
    found = recall_state.standings(node, waiting=waiting)
    code = ExchangeError.exit_code if any(one.overdue for one in found if one.direction == "made") else 0
    if terminal.as_json:
        terminal.document(found)
        return code
    if not found:
        terminal.line("Nobody has to confirm anything." if waiting else "Nothing was called back.")
    for title, whom, direction in (("Made", "from", "made"), ("Taken", "by", "taken")):
        of_these = [one for one in found if one.direction == direction]
        for programme in dict.fromkeys(one.programme for one in of_these):
            terminal.heading(f"{title} under {programme.rsplit(':', 1)[1]}")
            _listed(terminal, whom, [one for one in of_these if one.programme == programme])
    return code


def _listed(terminal: Terminal, whom: str, found: Sequence[Standing]) -> None:
    columns = [Column("object", whole=True), whom, Column("state", whole=True), "reason", "to answer by"]
    rows = [(one.object_id, one.party, _state(one), one.reason, day_and_time(one.deadline)[:16]) for one in found]
    terminal.table(columns, rows)


def _state(one: Standing) -> object:
    lifted = ", lifted" if one.lifted_at else ""
    if one.result:
        return f"{one.result}{f' ({one.code})' if one.code else ''}{lifted}"
    said = _MADE[one.state] + lifted
    return styled(f"overdue: {said}", "bold red") if one.overdue else said


@command.command(
    "show",
    examples=["foedus --node nato recall show indicator--26d1c08b-9b6e-4f3e-8a58-5a0b1c7d2e3f --to jpn"],
)
@_OBJECT
@click.option(
    "--to", "party", required=True, help="The other party, whoever called back.", shell_complete=options.parties
)
@prints
@on_node
def show(node: Node, terminal: Terminal, object_id: str, party: str) -> int:
    """Show an object's recalls with a party, and prove that it was not sent again.

    The log in which the recall stands is recomputed, from bodies to the signed root, and searched from the recall on. Both
    sides can do this, each over its own copy. Ends with 5 where the log does not say so.
    """
    found = recall_state.show(node, object_id, party)
    if terminal.as_json:
        terminal.document(found)
    else:
        for one in found:
            _shown(terminal, one)
    return 0 if all(one.absence.proven for one in found) else TrustError.exit_code


def _shown(terminal: Terminal, one: Shown) -> None:
    recall, proof = one.recall, one.absence
    terminal.heading(f"{proof.sender} called {recall.object_id} back from {proof.recipient}")
    terminal.facts(
        [
            ("versions", ", ".join(recall.versions)),
            ("reason", recall.reason),
            ("at", f"{day_and_time(recall.at)} UTC, entry {recall.entry} of {handle(recall.log)}"),
            ("to answer by", f"{day_and_time(recall.deadline)} UTC"),
            ("state", _state(recall)),
            (
                "answered",
                f"{day_and_time(recall.answered_at)} UTC, entry {recall.answer}" if recall.answered_at else "",
            ),
            ("signed for", _signed_for(one)),
            ("passed on to", ", ".join(recall.passed_on_to)),
            ("lifted", f"{day_and_time(recall.lifted_at)} UTC" if recall.lifted_at else ""),
        ]
    )
    terminal.line(_claim(one), "green" if proof.proven else "bold red")
    for fault in proof.faults:
        terminal.indented(f"{fault.code}: {fault.message} ({fault.where})", "red")


def _signed_for(one: Shown) -> str:
    lines = one.receipt.split("\n")
    return f"{one.absence.recipient} cosigned a state of {int(lines[1]):,} entries" if len(lines) > 1 else ""


def _claim(one: Shown) -> str:
    proof = one.absence
    signed = f"the {proof.entries:,} entries signed by {', '.join(proof.signed_by)}"
    if proof.proven:
        return f"No later release in {signed}; root {proof.root[:16]}."
    if proof.later:
        return f"Released again in entry {', '.join(map(str, proof.later))} of {signed}."
    return f"Nothing is proven: the kept copy of the log does not lead to {signed}."
