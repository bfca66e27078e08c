"""Documents that a command makes: to a file, or to standard output."""

from __future__ import annotations

from pathlib import Path

import click

from foedus.cli.terminal import Terminal

OUTPUT = click.option(
    "-o", "output", type=click.Path(path_type=Path), help="File to write; standard output where absent."
)


def write(terminal: Terminal, raw: bytes, output: Path | None, what: str) -> None:
    """Write a document to a file and say so, or print it."""
    if output is None:
        document = raw.decode()
        if terminal.as_json and not document.startswith("{"):
            terminal.document({"document": document})
        else:
            terminal.text(document)
        return
    output.write_bytes(raw)
    if terminal.as_json:
        terminal.document({"file": str(output)})
    else:
        terminal.line(f"{what} is in {output}.")
