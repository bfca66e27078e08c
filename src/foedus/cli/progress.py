"""How far long work is: a bar in bytes where the size is known, a count where it is not; on a terminal only."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.filesize import decimal
from rich.progress import (
    BarColumn,
    Progress,
    ProgressColumn,
    Task,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from foedus.cli.terminal import Terminal

_STEPS = {"ingest": "reading", "analyse": "analysing", "release": "deciding", "impact": "comparing", "pull": "pulling"}
_BYTES = ("ingest",)

Tell = Callable[[str, int, int | None], None]


@contextmanager
def progress(terminal: Terminal) -> Iterator[Tell]:
    """Show progress on standard error while the block runs."""
    console = Console(stderr=True)
    if terminal.as_json or not console.is_terminal:
        yield _quiet
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(bar_width=30),
        Amount(),
        TimeElapsedColumn(),
        TimeRemainingColumn(compact=True),
    )
    with Progress(*columns, console=console, transient=True) as bars:
        tasks: dict[str, TaskID] = {}

        def tell(step: str, done: int, total: int | None) -> None:
            if step not in tasks:
                tasks[step] = bars.add_task(_STEPS.get(step, step), total=total, bytes=step in _BYTES)
            bars.update(tasks[step], completed=done, total=total)

        yield tell


class Amount(ProgressColumn):
    """How much is done, of how much, and how fast: bytes or objects."""

    def render(self, task: Task) -> Text:
        """Return the column's text."""
        say: Callable[[float], str] = _size if task.fields.get("bytes") else _count
        amount = say(task.completed) + (f" of {say(task.total)}" if task.total is not None else "")
        return Text(f"{amount}  {say(task.speed)}/s" if task.speed else amount)


def _size(amount: float) -> str:
    return decimal(int(amount))


def _count(amount: float) -> str:
    return f"{int(amount):,}"


def _quiet(_step: str, _done: int, _total: int | None) -> None:
    return
