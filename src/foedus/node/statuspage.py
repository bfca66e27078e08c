"""The plain status page: how the node stands, in one static page without scripts."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from foedus.model import instant
from foedus.node import account, programmes
from foedus.node.home import Node
from foedus.store import lookups, quarantine, views

_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:60rem;padding:0 1rem;"
    "color:#1b2733;background:#fbfcfd}"
    "h1{font-size:1.6rem;margin:0}h2{font-size:1.1rem;margin:2rem 0 .5rem}p{margin:.2rem 0}"
    "table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:.35rem .8rem .35rem 0;"
    "border-bottom:1px solid #dde3e9;"
    "vertical-align:top}th{font-weight:600;color:#51606e}td.n{text-align:right;font-variant-numeric:tabular-nums}"
    ".ok{color:#146c43}.no{color:#a12622}code{font-size:.9em}"
    "@media(prefers-color-scheme:dark){body{color:#e6ebf0;background:#12181e}th{color:#9fb0c0}th,td{border-color:#2a343e}"
    ".ok{color:#5ad19a}.no{color:#ff8f88}}"
)


def status_page(node: Node) -> str:
    """Return the page as HTML."""
    at = node.clock.now()
    held = programmes.held(node)
    sections = [
        _table("Programmes", ("programme", "version", "parties", "in force"), [
            (one.title, one.version, ", ".join(one.parties), _yes(one.in_force, one.why_not)) for one in held
        ]),
        _table("Released", ("to", "programme", "area", "objects"), _released(node, instant.to_us(at))),
        _table("Ledgers", ("log", "entries", "signed", "signatures"), [
            (_pair(one.name), str(one.entries), str(one.signed), str(one.signatures)) for one in account.logs(node)
        ]),
        _scores(node),
        _held(node),
    ]  # fmt: skip
    title = f"{node.party} · {node.config.name}"
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f'<meta name="viewport" content="width=device-width"><meta http-equiv="refresh" content="10">'
        f"<style>{_STYLE}</style></head>"
        f"<body><h1>{escape(title)}</h1><p>{escape(at.strftime('%Y-%m-%d %H:%M:%S'))} UTC on this node's clock</p>"
        f"{''.join(sections)}</body></html>"
    )


def _table(title: str, columns: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    head = "".join(f"<th>{escape(column)}</th>" for column in columns)
    body = "".join("<tr>" + "".join(_cell(value) for value in row) + "</tr>" for row in rows)
    return f"<h2>{escape(title)}</h2>" + (f"<table><tr>{head}</tr>{body}</table>" if rows else "<p>nothing yet</p>")


def _cell(value: str) -> str:
    if value.startswith("<span"):
        return f"<td>{value}</td>"
    return f'<td class="n">{value}</td>' if value.replace(".", "", 1).isdigit() else f"<td>{escape(value)}</td>"


def _yes(yes: bool, why: str) -> str:
    return '<span class="ok">yes</span>' if yes else f'<span class="no">no: {escape(why)}</span>'


def _pair(name: str) -> str:
    parts = name.split("|")
    return f"{parts[1]} → {parts[2]} ({parts[0].rsplit(':', 1)[1]})" if len(parts) == 3 else "private log"


def _released(node: Node, at_us: int) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = []
    with node.store.read() as read:
        for name in sorted(lookups.views_named(read, "released|")):
            _, programme, party, area = name.split("|")
            count = views.view_size(read, name, at_us)
            if count:
                rows.append((party, programme.rsplit(":", 1)[1], area, str(count)))
    return rows


def _scores(node: Node) -> str:
    rows: list[tuple[str, ...]] = []
    for board in account.score(node):
        for figure in board.indicators:
            if figure.entries:
                actual = "" if figure.actual is None else str(figure.actual)
                rows.append((figure.id, str(figure.baseline), actual, str(figure.target), figure.status))
    return _table("Indicators with entries behind them", ("indicator", "baseline", "actual", "target", "status"), rows)


def _held(node: Node) -> str:
    with node.store.read() as read:
        refused = quarantine.open_refusals(read)
        rooms = [(room, str(lookups.heads_of(read, [room]))) for room in sorted(node.rooms)]
    return _table("Held", ("room", "findings"), rooms) + f"<p>{refused} parts in quarantine</p>"
