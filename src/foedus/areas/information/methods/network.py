"""The network of groups and objects, as it may leave the room: aggregates of ``k`` accounts and more, and no account.

A node is a group (how many accounts) or a public object (kind and name); an edge says how many accounts of a group shared an
object, how many records, and when first and last. Groups and edges of fewer than ``k`` accounts are not there. All counts of
accounts and records are rounded down to multiples of ``k``: two exports differ by nothing, or by ``k`` and more, so that
no account shows in the difference. Instants are cut to the hour.

Written as GraphML, or as two CSV tables (nodes, edges); a cell that a spreadsheet would take for a formula is quoted.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple
from xml.sax.saxutils import escape, quoteattr

import numpy as np

from foedus.areas.information.few import K, rounded
from foedus.areas.information.methods.components import Index
from foedus.areas.information.methods.pairs import Shares
from foedus.areas.information.methods.runs import opens

_HOUR = 3600
_CONTROL = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


class Node(NamedTuple):
    """A group, with its accounts rounded down, or an object, with none."""

    id: str
    kind: str
    name: str
    accounts: int


class Tie(NamedTuple):
    """What a group did with an object; counts rounded down, instants cut to the hour."""

    group: str
    object: str
    accounts: int
    records: int
    first_s: int
    last_s: int


class Picture(NamedTuple):
    """Nodes and ties that may leave; ``suppressed`` says whether anything was held back, and not how much."""

    nodes: tuple[Node, ...]
    ties: tuple[Tie, ...]
    suppressed: bool


def picture(
    groups: Sequence[Sequence[int]], kinds: Mapping[str, Shares], objects: Mapping[str, Sequence[str]], k: int = K
) -> Picture:
    """Aggregate what groups of accounts shared.

    Args:
        groups: accounts of each group.
        kinds: shares by kind.
        objects: names of objects, by kind.
        k: least number of accounts behind anything that is told.
    """
    nodes: list[Node] = []
    ties: list[Tie] = []
    suppressed = False
    named: dict[str, Node] = {}
    for number, accounts in enumerate(groups):
        if len(set(accounts)) < k:
            suppressed = True
            continue
        group = Node(f"group-{number}", "group", f"group {number}", rounded(len(set(accounts)), k))
        nodes.append(group)
        for kind, shares in sorted(kinds.items()):
            held, less = _ties(group.id, np.array(sorted(set(accounts))), (kind, shares), k)
            suppressed |= less
            ties += held
            named.update({tie.object: _object(tie.object, kind, objects[kind]) for tie in held})
    return Picture((*nodes, *(named[name] for name in sorted(named))), tuple(ties), suppressed)


def graphml(shown: Picture) -> str:
    """Write a picture as GraphML."""
    fields = (("kind", "node", "string"), ("name", "node", "string"), ("accounts", "all", "long"))
    counted = tuple((name, "edge", "long") for name in ("records", "first_s", "last_s"))
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', '<graphml xmlns="http://graphml.graphdrawing.org/xmlns">']
    lines += [f'<key id="{n}" for="{of}" attr.name="{n}" attr.type="{kind}"/>' for n, of, kind in (*fields, *counted)]
    lines.append('<graph edgedefault="undirected">')
    for node in shown.nodes:
        lines.append(f"<node id={quoteattr(node.id)}>{_data(node._asdict(), ('kind', 'name', 'accounts'))}</node>")
    for tie in shown.ties:
        data = _data(tie._asdict(), ("accounts", "records", "first_s", "last_s"))
        lines.append(f"<edge source={quoteattr(tie.group)} target={quoteattr(tie.object)}>{data}</edge>")
    return "\n".join([*lines, "</graph>", "</graphml>", ""])


def tables(shown: Picture) -> tuple[str, str]:
    """Write a picture as two CSV tables: nodes and ties."""
    return _csv(Node._fields, shown.nodes), _csv(Tie._fields, shown.ties)


def _ties(group: str, accounts: Index, of: tuple[str, Shares], k: int) -> tuple[list[Tie], bool]:
    """Ties of a group to the objects of a kind, and whether any was held back."""
    kind, shares = of
    held = shares.take(np.isin(shares.account, accounts))
    held = held.take(np.lexsort((held.account, held.object)))
    starts = opens(held.object)
    ends = [*starts[1:].tolist(), len(held.object)]
    found, less = [], False
    for start, end in zip(starts.tolist(), ends, strict=False):
        sharers = len(np.unique(held.account[start:end]))
        if sharers < k:
            less = True
            continue
        records = rounded(len(np.unique(held.content[start:end])), k)
        when = held.t_s[start:end]
        first, last = int(when.min()) // _HOUR * _HOUR, int(when.max()) // _HOUR * _HOUR
        found.append(Tie(group, f"{kind}-{int(held.object[start])}", rounded(sharers, k), records, first, last))
    return found, less


def _object(name: str, kind: str, objects: Sequence[str]) -> Node:
    return Node(name, kind, objects[int(name.rpartition("-")[2])], 0)


def _data(values: Mapping[str, object], names: Sequence[str]) -> str:
    shown = ((name, values[name]) for name in names)
    return "".join(f'<data key="{name}">{escape(_CONTROL.sub("", str(value)))}</data>' for name, value in shown)


def _csv(head: Sequence[str], rows: Sequence[tuple[object, ...]]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(head)
    for row in rows:
        writer.writerow(["'" + cell if isinstance(cell, str) and cell.startswith(_FORMULA) else cell for cell in row])
    return out.getvalue()
