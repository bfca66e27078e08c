"""``foedus demo``: run a whole partnership on this machine."""

from __future__ import annotations

from pathlib import Path

import click

from foedus.cli.command import Command
from foedus.cli.terminal import Terminal


@click.command(
    "demo",
    cls=Command,
    short_help="Run a whole partnership on this machine.",
    ledger="Whatever the nodes of the demonstration do, in their own ledgers.",
    examples=["foedus demo", "foedus demo --once --directory /tmp/foedus-demo"],
)
@click.option("--once", is_flag=True, help="Run the line once and end, instead of serving.")
@click.option("--directory", type=click.Path(path_type=Path, file_okay=False), help="Where the nodes are made.")
def command(once: bool, directory: Path | None) -> int:
    """Run a whole partnership on this machine.

    Nodes of several parties are made on loopback, sign a programme, ingest samples, release, exchange, and come to the same
    score. No network beyond this machine is touched.
    """
    from foedus.node.demo import demo  # noqa: PLC0415 — the samples are only for this

    terminal = Terminal()

    def say(text: str) -> None:
        words = text.lstrip()
        if words.startswith("# "):
            terminal.heading(words)
        else:
            terminal.indented(words, by=len(text) - len(words))

    return demo(directory, once, say)
