"""``foedus why``: explain why something goes to a party, or does not."""

from __future__ import annotations

import click

from foedus.cli import options
from foedus.cli.command import Command
from foedus.cli.options import on_node, prints
from foedus.cli.terminal import Terminal, day_and_time
from foedus.errors import InputError
from foedus.node.home import Node
from foedus.node.show import Why
from foedus.node.show import why as explain

_STYLES = {"release": "green", "redact": "green", "hold": "yellow", "withhold": "red"}
_CHANGES = {
    "consent": "the consent of",
    "approval": "an approval by",
    "window": "room in the limit of",
    "later": "not before",
    "lower-level": "a level of at most",
    "lower-tlp": "a TLP of at most",
    "drop-caveat": "no caveat",
    "purpose": "the purpose",
    "profile": "the redaction profile",
}
_WORDS = {
    "release": "may go",
    "redact": "may go, redacted where its profiles find something",
    "hold": "held",
    "withhold": "withheld",
}


@click.command(
    "why",
    cls=Command,
    short_help="Explain why something goes to a party, or does not.",
    ledger="Asking about a denial is itself entered: release.denied or decision.held, in the private log.",
    examples=["foedus --node nato why indicator--f9cba273-18a4-524c-b5f9-e18c8a146e75 --to jpn"],
)
@click.argument("object_id", metavar="OBJECT")
@click.option("--to", "party", required=True, help="For which party.", shell_complete=options.parties)
@options.programme()
@prints
@on_node
def command(node: Node, terminal: Terminal, object_id: str, party: str, programme: str) -> None:
    """Explain why something goes to a party, or does not.

    The same decision as release makes, taken now and spelled out: the clauses that cover it, what each other clause fails on,
    the duties that go with it, and the least change under which it would go.
    """
    if party == node.party:
        raise InputError(
            "this node's own party holds it already", code="party-own", where=party, hint="name another party"
        )
    found = explain(node, object_id, party, programme)
    if terminal.as_json:
        terminal.document(found)
        return
    if not found:
        terminal.line("No area of the programmes here takes what this object belongs to, so it goes to nobody.")
    for number, one in enumerate(found):
        if number:
            terminal.line()
        _one(terminal, one)


def _one(terminal: Terminal, one: Why) -> None:
    terminal.heading(one.object_id)
    shown = f", shown since {day_and_time(one.shown_since)} UTC" if one.shown_since else ""
    waiting = " but waits for what it refers to" if one.waits_for else ""
    terminal.line(
        f"To {one.party}: {_WORDS.get(one.outcome, one.outcome)}{waiting}{shown}", _STYLES.get(one.outcome, "")
    )
    terminal.facts(
        [
            ("label", one.label),
            ("programme", f"{one.programme.rsplit(':', 1)[1]}, area {one.area}"),
            ("version", one.version),
        ]
    )
    told = {f"Duty {name}: {value} ({clause})." for name, value, clause in one.duties}
    terminal.line()
    for sentence in one.sentences:
        if sentence not in told:
            terminal.indented(sentence)
    if one.waits_for:
        terminal.line()
        terminal.heading("It waits for")
        for reference in one.waits_for:
            terminal.indented(reference)
    if one.would_release:
        terminal.line()
        terminal.heading("It would go with any of these")
        for changes in one.would_release:
            terminal.indented(" and ".join(_change(one) for one in changes))
    if one.duties:
        terminal.line()
        terminal.heading("Duties that go with it")
        terminal.facts([(name.replace("_", " "), f"{value}  ({clause})") for name, value, clause in one.duties])


def _change(said: str) -> str:
    """Return a change in words.

    >>> _change("consent:nato"), _change("lower-level:restricted"), _change("programme-in-force")
    ('the consent of nato', 'a level of at most restricted', 'programme in force')
    """
    what, _, value = said.partition(":")
    told = _CHANGES.get(what, what.replace("-", " "))
    return told if value in ("", "none") else f"{told} {value.replace('two-persons', 'two persons')}"
