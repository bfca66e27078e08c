"""``foedus score``: compute the scoreboard from the ledgers."""

from __future__ import annotations

from datetime import date
from typing import Any

import click
import msgspec
from rich.text import Text

from foedus.cli import options
from foedus.cli.command import Command
from foedus.cli.options import Day, on_node, prints
from foedus.cli.terminal import Column, Terminal, styled
from foedus.errors import ExpiredProgramme, InputError
from foedus.model.canonical import canonical
from foedus.node import account
from foedus.node.home import Node

_STYLES = {"green": "green", "amber": "yellow", "red": "red", "not-scored": "dim"}


@click.command(
    "score",
    cls=Command,
    short_help="Compute the scoreboard from the ledgers.",
    examples=["foedus --node nato score", "foedus --node nato score --on 2026-06-30 --json > board.json"],
)
@options.programme()
@click.option("--on", "day", type=Day(), help="The review day; today on the node's clock where absent.")
@prints
@on_node
def command(node: Node, terminal: Terminal, programme: str, day: date | None) -> None:
    """Compute the scoreboard from the ledgers.

    Every figure comes from entries that both sides hold, so both come to the same bytes: --json prints them in canonical form
    (RFC 8785). What cannot be said is not scored; coverage says how much of the weight due is.
    """
    found = account.score(node, programme, day.isoformat() if day else "")
    if not found:
        raise ExpiredProgramme(
            "no programme is in force on this node", hint="foedus programme show says what is missing"
        )
    if terminal.as_json:
        if len(found) > 1:
            words = ", ".join(one.programme.rsplit(":", 1)[1] for one in found)
            raise InputError("several programmes are in force", code="programme-several", hint=f"--programme: {words}")
        terminal.text(canonical(msgspec.to_builtins(found[0])).decode())
        return
    for number, one in enumerate(found):
        if number:
            terminal.line()
        _board(terminal, one)


def _board(terminal: Terminal, board: Any) -> None:
    terminal.heading(f"{board.programme.rsplit(':', 1)[1]} {board.version}, on {board.day}")
    terminal.facts(
        [
            ("score", Text.assemble((account.figure(board.score), "bold"), "  ", _light(board.status))),
            ("coverage", f"{_percent(board.coverage)} of the weight due in {board.period} could be scored"),
            ("milestones", _milestones(board)),
        ]
    )
    terminal.line()
    numbers = [Column(name, right=True) for name in ("baseline", "actual", "target", "score")]
    columns = [Column("area and indicator", whole=True), *numbers, Column("status", whole=True)]
    terminal.table([*columns, Column("entries", right=True)], _rows(board))


def _rows(board: Any) -> list[tuple[object, ...]]:
    """Rows of the table: each area with its mean, and its indicators below."""
    figures = {one.id: one for one in board.indicators}
    rows: list[tuple[object, ...]] = []
    for area in board.areas:
        if area.indicators:
            life = "" if area.life == "open" else f" ({area.life})"
            rows.append(
                (styled(f"{area.id}{life}", "bold"), "", "", "", account.figure(area.score), _light(area.status), "")
            )
            rows += [_row(figures[one]) for one in area.indicators]
    return [*rows, *(_row(one) for one in board.indicators if not one.area)]


def _row(one: Any) -> tuple[object, ...]:
    actual = styled(one.why.replace("-", " "), "dim") if one.actual is None else account.figure(one.actual)
    values = (account.figure(one.baseline), actual, account.figure(one.target), account.figure(one.score))
    return (f"  {one.id}", *values, _light(one.status), len(one.entries))


def _light(status: str) -> Text:
    return styled(status.replace("-", " "), _STYLES[status])


def _milestones(board: Any) -> str:
    if not board.milestones:
        return ""
    done = sum(one.state == "done" for one in board.milestones)
    late = [one.id for one in board.milestones if one.late and one.state == "open"]
    overdue = f"; overdue: {', '.join(late)}" if late else ""
    return f"{done} of {len(board.milestones)} done{overdue}"


def _percent(value: Any) -> str:
    return "–" if value is None else f"{float(value) * 100:.0f} %"
