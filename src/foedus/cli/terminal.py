"""What a command prints: calm tables for people, or one JSON document; errors on standard error."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Self

import msgspec
from rich import box
from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from foedus.errors import FoedusError, InvalidProgramme

WIDTH = 100
"""Columns where no terminal says how many it has."""

# C0 and C1 controls but line feed, and what turns the direction of writing: an object's text must not drive the terminal.
_UNSAFE = {
    code: f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
    for code in (*range(10), *range(11, 32), *range(127, 160), *range(0x202A, 0x202F), *range(0x2066, 0x206A))
}
_UNSAFE_JSON = {code: f"\\u{code:04x}" for code in _UNSAFE if code > 31}


def plain(value: object) -> str:
    r"""Return text in which control characters show themselves instead of acting.

    >>> plain("a\x1b[31mb")
    'a\\x1b[31mb'
    """
    return str(value).translate(_UNSAFE)


class Column(str):  # noqa: SLOT000 — a dozen of them, with two attributes each
    """The heading of a column that is more than text: numbers stand right, ids are never wrapped."""

    right: bool
    whole: bool

    def __new__(cls, name: str, *, right: bool = False, whole: bool = False) -> Self:
        """Return the heading."""
        made = super().__new__(cls, name)
        made.right, made.whole = right, whole
        return made


class Terminal:
    """Standard output of one command.

    Args:
        as_json: print one JSON document and nothing else.
    """

    def __init__(self, *, as_json: bool = False) -> None:
        self.as_json = as_json
        self.out = _console(stderr=False)

    def document(self, value: Any) -> None:
        """Print a report as one JSON document, keys in the order of its fields."""
        self.text(msgspec.json.format(msgspec.json.encode(value), indent=2).decode().translate(_UNSAFE_JSON) + "\n")

    def text(self, text: str) -> None:
        """Print a text that is somebody's document, untouched."""
        sys.stdout.write(text)
        sys.stdout.flush()

    def put(self, what: RenderableType) -> None:
        """Print something rich makes, without the blanks that fill its lines."""
        with self.out.capture() as taken:
            self.out.print(what)
        self.text("\n".join(line.rstrip() for line in taken.get().split("\n")))

    def heading(self, text: str) -> None:
        """Print what the next lines are about."""
        self.put(Text(plain(text), style="bold"))

    def line(self, text: str = "", style: str = "") -> None:
        """Print a line."""
        self.put(Text(plain(text), style=style))

    def indented(self, text: str, style: str = "", by: int = 2) -> None:
        """Print a paragraph, indented as a whole."""
        grid = Table.grid(padding=0)
        grid.add_column(width=by)
        grid.add_column(overflow="fold")
        grid.add_row("", Text(plain(text), style=style))
        self.put(grid)

    def facts(self, pairs: Iterable[tuple[str, object]], by: int = 2) -> None:
        """Print what is known of one thing, name by name; what is empty is left out."""
        grid = Table.grid(padding=(0, 2, 0, 0))
        grid.add_column(width=by - 2 if by > 2 else 0)
        grid.add_column(style="dim", no_wrap=True)
        grid.add_column(overflow="fold")
        for name, value in pairs:
            if value not in ("", None, ()):
                grid.add_row("", name, _cell(value))
        self.put(grid)

    def table(self, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
        """Print rows under their columns."""
        table = Table(box=box.SIMPLE_HEAD, header_style="dim", pad_edge=False, padding=(0, 1, 0, 0), show_edge=False)
        for column in columns:
            said = column if isinstance(column, Column) else Column(column)
            table.add_column(
                str(said),
                justify="right" if said.right else "left",
                no_wrap=said.whole,
                min_width=len(said),
                overflow="ellipsis" if said.whole else "fold",
            )
        for row in rows:
            table.add_row(*(_cell(value) for value in row))
        self.put(table)


def _cell(value: object) -> Text:
    if isinstance(value, Text):
        return value
    return Text(plain(f"{value:,}" if type(value) is int else value))


def tail(uri: str) -> str:
    """Return the last part of a path or URL, which is what people know it by.

    >>> tail("/srv/in/report.json")
    'report.json'
    """
    return uri.rstrip("/").rpartition("/")[2] or uri


def count(number: int, what: str) -> str:
    """Return a number of things.

    >>> count(1, "record"), count(1200, "record")
    ('1 record', '1,200 records')
    """
    return f"{number:,} {what}" + ("" if number == 1 else "s")


def styled(text: object, style: str) -> Text:
    """Return a cell in a style."""
    return Text(plain(text), style=style)


def _console(*, stderr: bool) -> Console:
    console = Console(stderr=stderr, highlight=False, markup=False, emoji=False)
    if not console.is_terminal and "COLUMNS" not in os.environ:
        console.width = WIDTH
    return console


def report(error: FoedusError, *, as_json: bool) -> None:
    """Say on standard error what went wrong, where, and what to do."""
    if as_json:
        said: dict[str, Any] = {
            "code": error.code, "message": error.message, "where": error.where, "hint": error.hint,
        }  # fmt: skip
        if isinstance(error, InvalidProgramme):
            said["findings"] = [finding_line(one) for one in error.findings]
        sys.stderr.write(json.dumps({"error": said}, ensure_ascii=False) + "\n")
        return
    console = _console(stderr=True)
    console.print(Text.assemble(("error: ", "bold red"), plain(error.message)), soft_wrap=True)
    if isinstance(error, InvalidProgramme):
        for one in error.findings:
            console.print(Text(plain(finding_line(one))), soft_wrap=True)
    elif error.where:
        console.print(Text(f"  where: {plain(error.where)}"), soft_wrap=True)
    if error.hint:
        console.print(Text(f"  what to do: {plain(error.hint)}"), soft_wrap=True)
    console.print(Text(f"  code: {error.code}", style="dim"), soft_wrap=True)


def finding_line(one: Any) -> str:
    """Return one finding about a programme as compilers say it: ``file:line:column: code: message (hint)``."""
    place = f"{one.file or 'programme'}:{one.line}:{one.column}"
    warning = "warning " if one.severity == "warning" else ""
    at = f" at {one.pointer}" if one.pointer else ""
    hint = f" ({one.hint})" if one.hint else ""
    return f"{place}: {warning}{one.code}: {one.message}{at}{hint}"


def day_and_time(at: str) -> str:
    """Return an instant to the second, as people read it.

    >>> day_and_time("2026-06-01T00:00:03.184487Z")
    '2026-06-01 00:00:03'
    """
    return at[:19].replace("T", " ")


@contextmanager
def lines_to_stderr() -> Iterator[Console]:
    """Give a console for what is said beside a document on standard output."""
    yield _console(stderr=True)
