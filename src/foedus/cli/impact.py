"""``foedus programme impact``: what a new version would let go or keep, of what the node holds, before anybody signs."""

from __future__ import annotations

from typing import Any

import click

from foedus.cli import options
from foedus.cli.command import Command
from foedus.cli.options import Day, on_node, prints
from foedus.cli.progress import progress
from foedus.cli.terminal import Column, Terminal, count, day_and_time, styled
from foedus.node.home import Node
from foedus.node.impact import Asked, Change, Example, Impact, PartyImpact, Version
from foedus.node.impact import impact as compare

_WORDS = {"release": "released", "redact": "redacted", "hold": "held", "withhold": "withheld"}
_WAYS = {
    "loosening": ("more goes out", "bold yellow"),
    "tightening": ("less goes out", "green"),
    "different": ("as before, on other terms", ""),
}
_STANDING = {
    "joins": "{} is a party of the new document only: whatever it sees is new to it.",
    "leaves": "{} is a party of the old document only: it would see nothing any more.",
}


@click.command(
    "impact",
    cls=Command,
    short_help="Tell what of the node's findings would go differently.",
    examples=[
        "foedus --node nato programme impact nato-jpn-itpp-2023 p.yaml",
        "foedus --node nato programme impact old.yaml new.yaml --party jpn --examples 10 --json",
    ],
)
@click.argument("old", shell_complete=options.programmes)
@click.argument("new")
@click.option("--party", default="", help="Only for this recipient.", shell_complete=options.parties)
@click.option(
    "--examples",
    type=click.IntRange(0, 1_000),
    default=3,
    show_default=True,
    help="How many objects to show of each change.",
)
@click.option("--on", "day", type=Day(), help="Day, from its first instant, for both documents; now where absent.")
@prints
@on_node
def command(node: Node, terminal: Terminal, old: str, new: str, **asked: Any) -> None:
    """Tell which of the node's findings would be released, redacted, held or withheld differently under NEW than under OLD.

    OLD is a file, a programme the node holds, or one that ships; NEW a file or one that ships. Both are taken as if everybody
    had signed. What more would go out comes first. Nothing is written: neither to a ledger nor to what parties see.
    """
    with progress(terminal) as tell:
        tell("impact", 0, None)
        found = compare(node, old, new, Asked(**asked), tell)
    if terminal.as_json:
        terminal.document(found)
        return
    _summary(terminal, found)
    for one in found.parties:
        if one.changes or one.standing != "both":
            _party(terminal, one)


def _summary(terminal: Terminal, found: Impact) -> None:
    terminal.heading(f"{_name(found.old)} -> {_name(found.new)}")
    terminal.facts(
        [
            ("old", found.old.name),
            ("new", found.new.name),
            ("taken as", "signed by everybody"),
            ("as of", day_and_time(found.at)),
            ("findings", found.findings),
        ]
    )
    for said in (found.old, found.new):
        if said.note:
            terminal.indented(f"Nothing goes under {_name(said)} at that instant: {said.note}.", "bold yellow")
    terminal.line()
    numbers = ("more goes out", "less goes out", "other terms", "unchanged")
    rows = [
        (
            one.party,
            _number(one.loosening, "bold yellow"),
            _number(one.tightening, "green"),
            one.different,
            one.unchanged,
        )
        for one in found.parties
    ]
    terminal.table(["to", *(Column(name, right=True) for name in numbers)], rows)
    if not any(one.changes for one in found.parties):
        terminal.line("Nothing would go differently.")


def _name(said: Version) -> str:
    return f"{said.id.rsplit(':', 1)[1]} {said.version}"


def _number(number: int, style: str) -> object:
    return styled(f"{number:,}", style) if number else 0


def _party(terminal: Terminal, one: PartyImpact) -> None:
    terminal.line()
    terminal.heading(one.party)
    if one.standing != "both":
        terminal.indented(_STANDING[one.standing].format(one.party))
    if one.changes:
        rows = [
            (styled(*_WAYS[each.way]), _WORDS[each.before], _WORDS[each.after], each.objects) for each in one.changes
        ]
        terminal.table(["for release", "was", "would be", Column("objects", right=True)], rows)
    if one.differs:
        differs = ", ".join(f"{name} {number:,}" for name, number in one.differs.items())
        terminal.indented(f"On other terms: {differs}", "dim")
    if one.shows_more:
        text = f"{count(one.shows_more, 'object')} would go with fewer redactions than before."
        terminal.indented(text, "bold yellow")
    for each in one.changes:
        for example in each.examples:
            _example(terminal, each, example)


def _example(terminal: Terminal, change: Change, one: Example) -> None:
    terminal.line()
    turn = f"{_WORDS[change.before]} -> {_WORDS[change.after]}"
    terminal.put(styled(f"{turn}  {one.object_id}", _WAYS[change.way][1]))
    lost, gained = _profiles(one)
    terminal.facts(
        [
            ("title", f"{one.title} (supports another finding)" if one.supports else one.title),
            ("label", one.label),
            ("area", one.area),
            ("was", _decided(one.clauses_before, one.why_before)),
            ("would be", _decided(one.clauses_after, one.why_after)),
            ("no longer redacted", lost),
            ("redacted by", gained),
            ("differs in", ", ".join(one.differs)),
        ],
        by=4,
    )


def _profiles(one: Example) -> tuple[str, str]:
    """Return the redaction profiles that no longer apply and those that newly do; what does not go loses none."""
    lost = [name for name in one.profiles_before if name not in one.profiles_after and one.after != "withhold"]
    return ", ".join(lost), ", ".join(name for name in one.profiles_after if name not in one.profiles_before)


def _decided(clauses: tuple[str, ...], why: str) -> str:
    by = f"by {', '.join(clauses)}" if clauses else "by no clause"
    return f"{by}; {why}" if why else by
