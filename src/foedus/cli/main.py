"""``foedus``: one program, one verb a file."""

from __future__ import annotations

from pathlib import Path

import click

from foedus import __version__
from foedus.cli.command import Main, remember

VERBS = {
    "node": ("foedus.cli.node", "Make a node, serve it, see how it stands."),
    "programme": ("foedus.cli.programme", "Check, compare, enrol, sign and accept programmes."),
    "source": ("foedus.cli.source", "Open live sources, and see how they stand."),
    "ingest": ("foedus.cli.ingest", "Read sources into an area, under a label."),
    "analyse": ("foedus.cli.analyse", "Conclude findings from what was read."),
    "label": ("foedus.cli.label", "See and give the labels that findings rest on."),
    "release": ("foedus.cli.release", "Decide what may go to whom, and show it to them."),
    "recall": ("foedus.cli.recall", "Call back what was released, see who confirmed, prove its absence."),
    "grant": ("foedus.cli.grant", "Consent to what moves on, and take it back."),
    "break-glass": ("foedus.cli.breakglass", "Lift a hold in need, by two persons, for a short time."),
    "exchange": ("foedus.cli.exchange", "Pull from peers, push to tools, write MISP feeds."),
    "ask": ("foedus.cli.ask", "Learn with a partner which values both hold."),
    "ledger": ("foedus.cli.ledger", "Show, verify and prove what happened."),
    "score": ("foedus.cli.score", "Compute the scoreboard from the ledgers."),
    "why": ("foedus.cli.why", "Explain why something goes to a party, or does not."),
    "show": ("foedus.cli.show", "Show what the node holds."),
    "export": ("foedus.cli.export", "Write findings for maps and sheets, or one as a network."),
    "quarantine": ("foedus.cli.quarantine", "Look at what was refused, try it again, put it aside."),
    "vault": ("foedus.cli.vault", "Personal data as it came: until when it is kept, who looks into it."),
    "watch": ("foedus.cli.watch", "Acknowledge, assign and dismiss findings; hand the watch over."),
    "people": ("foedus.cli.people", "Keep the people of the node; sign in and out."),
    "demo": ("foedus.cli.demo", "Run a whole partnership on this machine."),
}

_EPILOG = """\b
Exit codes: 0 done, 2 input, 3 programme, 4 release, 5 trust, 6 exchange, 7 store, 70 a fault of foedus.

\b
Completion in bash, zsh or fish:
  eval "$(_FOEDUS_COMPLETE=bash_source foedus)"
  eval "$(_FOEDUS_COMPLETE=zsh_source foedus)"
  _FOEDUS_COMPLETE=fish_source foedus | source

\b
Example:
  foedus node init nato --party nato --programme nato-japan-2023
  foedus --node nato ingest cyber report.json --label "NATO RESTRICTED Releasable to Japan TLP:AMBER"
  foedus --node nato release --explain
"""


@click.command(cls=Main, verbs=VERBS, epilog=_EPILOG)
@click.option(
    "--node",
    type=click.Path(path_type=Path),
    envvar="FOEDUS_NODE",
    callback=remember,
    expose_value=False,
    help="The node's directory (FOEDUS_NODE; else the current one).",
)
@click.version_option(__version__, prog_name="foedus")
def main() -> None:
    """Run a partnership agreement as software.

    Source bytes become records, records become findings with a label, and the programme that the parties signed decides what
    goes to whom. All that happens is entered in ledgers that both sides hold, and the score is computed from them.
    """
