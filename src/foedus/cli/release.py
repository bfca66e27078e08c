"""``foedus release``: decide what may go to whom, and show it to them."""

from __future__ import annotations

import click

from foedus.cli import options
from foedus.cli.command import Verb, unless_command
from foedus.cli.options import on_node, prints
from foedus.cli.progress import progress
from foedus.cli.queue import approve, cancel, deny, hold, pending
from foedus.cli.terminal import Column, Terminal
from foedus.errors import ExpiredProgramme, UnknownParty
from foedus.node import programmes
from foedus.node.home import Node
from foedus.node.release import Run
from foedus.node.release import release as run_release

_OUTCOMES = {"hold": "held", "withhold": "withheld", "dropped": "waiting for references"}


@click.command(
    "release",
    cls=Verb,
    short_help="Decide what may go to whom, and show it to them.",
    ledger="release.sent for each object and release.expired for each withdrawn one, in the log of the pair; release.run, in "
    "the private log. Both are signed.",
    examples=["foedus --node nato release", "foedus --node nato release --to jpn --explain"],
)
@click.option("--to", "party", default="", help="Only to this party.", shell_complete=options.parties)
@options.programme()
@click.option("--explain", is_flag=True, help="Show examples of what did not go, and why.")
@unless_command
@prints
@on_node
def command(node: Node, terminal: Terminal, party: str, programme: str, explain: bool) -> None:
    """Decide what may go to whom, and show it to them.

    Whatever no clause of a signed programme in force permits stays. What goes is shown in the party's views, untouched or
    redacted; an object whose references the party does not see waits. What is no longer covered is withdrawn. What is held
    waits for people: the commands below are theirs.
    """
    with progress(terminal) as tell:
        tell("release", 0, None)
        runs = run_release(node, party, programme, tell)
    if not runs:
        raise _why_none(node, party)
    if terminal.as_json:
        terminal.document(runs)
        return
    _counts(terminal, runs)
    if any(run.counts.hold for run in runs):
        terminal.indented("held: they wait for people, foedus release pending says for whom", "dim")
    examples = [(run, example) for run in runs for example in run.examples]
    if explain:
        for run, example in examples:
            terminal.line()
            terminal.heading(example.object_id)
            terminal.indented(f"{_OUTCOMES.get(example.outcome, example.outcome)} for {run.party}: {example.why}")
    if examples:
        run, example = examples[0]
        terminal.line()
        terminal.line(
            "Why in full:" if explain else "Why something did not go: add --explain, or ask for one object:", "dim"
        )
        terminal.indented(f"foedus why {example.object_id} --to {run.party}", "dim")


for _one in (pending, approve, deny, cancel, hold):
    command.add_command(_one)


def _counts(terminal: Terminal, runs: list[Run]) -> None:
    names = ("released", "redacted", "held", "withheld", "waiting", "withdrawn", "shown before")
    columns = ["to", *(Column(name, right=True) for name in names)]
    for programme in dict.fromkeys(run.programme for run in runs):
        terminal.heading(programme.rsplit(":", 1)[1])
        rows = []
        for run in runs:
            if run.programme == programme:
                counts = run.counts
                went = (counts.release, counts.redact, counts.hold, counts.withhold, counts.dropped)
                rows.append((run.party, *went, counts.withdrawn, counts.unchanged))
        terminal.table(columns, rows)
    for run in runs:
        if run.note:
            terminal.indented(run.note)
    if any(run.counts.dropped for run in runs):
        terminal.indented("waiting: permitted, but they refer to something the party does not see", "dim")


def _why_none(node: Node, party: str) -> ExpiredProgramme | UnknownParty:
    """Say why there was nobody to release to."""
    held = programmes.held(node)
    others = sorted({one for each in held if each.in_force for one in each.parties if one != node.party})
    if others:
        return UnknownParty(f"no release goes to {party!r}", hint=f"parties: {', '.join(others)}")
    return ExpiredProgramme(
        "no programme is in force on this node, so nothing may go",
        where="; ".join(f"{one.word}: {one.why_not}" for one in held),
        hint="foedus programme show says what is missing",
    )
