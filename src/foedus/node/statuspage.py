"""The plain status page: how the node stands, in one static page without scripts."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import msgspec

from foedus.model import instant
from foedus.node import account
from foedus.node.home import Node
from foedus.node.status import Status, status

_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:60rem;padding:0 1rem;"
    "color:#1b2733;background:#fbfcfd}"
    "h1{font-size:1.6rem;margin:0}h2{font-size:1.1rem;margin:2rem 0 .5rem}p{margin:.2rem 0}div{overflow-x:auto}"
    "table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:.35rem 1.2rem .35rem 0;"
    "border-bottom:1px solid #dde3e9;vertical-align:top}"
    "th{font-weight:600;color:#51606e}.n{text-align:right;font-variant-numeric:tabular-nums;width:1%;white-space:nowrap}"
    ".green,.yes{color:#146c43}.red,.no{color:#a12622}.amber{color:#8a5a00}.not-scored{color:#51606e}"
    "@media(prefers-color-scheme:dark){body{color:#e6ebf0;background:#12181e}th,.not-scored{color:#9fb0c0}"
    "th,td{border-color:#2a343e}.green,.yes{color:#5ad19a}.red,.no{color:#ff8f88}.amber{color:#f0c060}}"
)


class _Marked(msgspec.Struct, frozen=True):
    """A text in the colour of what it says."""

    style: str
    text: str


_Cell = str | int | _Marked


def status_page(node: Node) -> str:
    """Return the page as HTML."""
    found = status(node)
    title = f"{found.party} · {found.name}"
    parts = "part" if found.quarantine == 1 else "parts"
    sections = [
        _table("Programmes", ("programme", "version", "parties", "in force"), [
            (one.title, one.version, ", ".join(one.parties), _yes(one.in_force, one.why_not))
            for one in found.programmes
        ]),
        _table("Released", ("to", "programme", "area", "#objects"), [
            (one.party, _word(one.programme), one.area, one.objects) for one in found.released if one.objects
        ]),
        _waits(found),
        _table("Ledgers", ("log", "#entries", "#signed", "#signatures"), [
            (_pair(one.name), one.entries, one.signed, one.signatures) for one in found.logs
        ]),
        _scores(node),
        _table("Findings here", ("room", "#findings"), [(one.name, one.findings) for one in found.rooms]),
        *_sources(found),
        f"<p>{found.quarantine} {parts} in quarantine</p>",
    ]  # fmt: skip
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f'<meta name="viewport" content="width=device-width"><meta http-equiv="refresh" content="10">'
        f"<style>{_STYLE}</style></head><body><h1>{escape(title)}</h1><p>{_clock(found)}</p>"
        f"{_halted(found)}{''.join(sections)}</body></html>"
    )


def _sources(found: Status) -> list[str]:
    """The live sources, where there are any, or that their list cannot be read."""
    columns = ("source", "area", "state", "#lines a second", "last heard")
    rows = [
        (
            one.name,
            one.area,
            _Marked("yes" if one.state == "up" else "no", one.state),
            f"{one.rate:,.1f}",
            one.heard[:19],
        )
        for one in found.sources
    ]
    fault = (
        "<p>The list of live sources cannot be read: foedus source list says why.</p>" if found.sources_fault else ""
    )
    return [_table("Live sources", columns, rows)] if rows else [fault]


def _halted(found: Status) -> str:
    """Say for whom nothing is signed, before everything else."""
    words = [f"{'FROZEN' if one.frozen else 'HALTED'} {one.why}" for one in found.halts]
    return "".join(f'<p class="no"><strong>{escape(one)}</strong></p>' for one in words)


def _clock(found: Status) -> str:
    return escape(f"{instant.parse(found.at):%Y-%m-%d %H:%M:%S} UTC on this node's clock")


def _table(title: str, columns: tuple[str, ...], rows: Sequence[tuple[_Cell, ...]]) -> str:
    """Return a titled table; columns that begin with ``#`` hold figures."""
    sides = [' class="n"' if column.startswith("#") else "" for column in columns]
    head = "".join(f"<th{side}>{escape(column.lstrip('#'))}</th>" for side, column in zip(sides, columns, strict=True))
    body = "".join(
        "<tr>" + "".join(f"<td{side}>{_text(cell)}</td>" for side, cell in zip(sides, row, strict=True)) + "</tr>"
        for row in rows
    )
    return f"<h2>{escape(title)}</h2>" + (
        f"<div><table><tr>{head}</tr>{body}</table></div>" if rows else "<p>nothing yet</p>"
    )


def _text(cell: _Cell) -> str:
    if isinstance(cell, _Marked):
        return f'<span class="{cell.style}">{escape(cell.text)}</span>'
    return f"{cell:,}" if isinstance(cell, int) else escape(cell)


def _waits(found: Status) -> str:
    """What waits with each party, where anything does."""
    columns = ("with", "programme", "#on hold", "#without receipt", "#recalls not confirmed")
    rows: list[tuple[_Cell, ...]] = [
        (one.party, _word(one.programme), one.on_hold, one.without_receipt, one.recalls) for one in found.waits
    ]
    return _table("What waits", columns, rows) if rows else ""


def _yes(yes: bool, why: str) -> _Marked:
    return _Marked("yes", "yes") if yes else _Marked("no", f"no: {why}")


def _word(programme: str) -> str:
    return programme.rsplit(":", 1)[1]


def _pair(name: str) -> str:
    parts = name.split("|")
    return f"{parts[1]} → {parts[2]} ({_word(parts[0])})" if len(parts) == 3 else "private log"


def _scores(node: Node) -> str:
    """Indicators of all programmes that an entry stands behind."""
    rows: list[tuple[_Cell, ...]] = []
    for board in account.score(node):
        for one in board.indicators:
            if one.entries:
                figures = (account.figure(one.baseline), account.figure(one.actual), account.figure(one.target))
                light = _Marked(one.status, one.status.replace("-", " "))
                rows.append((_word(board.programme), one.id, *figures, len(one.entries), light))
    columns = ("programme", "indicator", "#baseline", "#actual", "#target", "#entries", "status")
    return _table("Indicators with entries behind them", columns, rows)
