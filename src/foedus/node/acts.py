"""People's acts about releases, read from the private log: what the index says counts only where the signed log says the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

import msgspec

from foedus.account import ledger
from foedus.account.bodies import Act as Body
from foedus.account.bodies import draft
from foedus.account.bodies import read as read_body
from foedus.errors import FoedusError
from foedus.model.entry import MASTER, StoredEntry
from foedus.model.instant import parse_ns
from foedus.node.home import Node
from foedus.release.approval import Act, Bound, Kind
from foedus.store import approvals
from foedus.store.approvals import Row
from foedus.store.engine import Read, Tx

_HALVES = (approvals.REQUESTED, approvals.GIVEN)
_MARKS = (b'"kind":"approval.', b'"kind":"decision.held"')


class Acts(NamedTuple):
    """What was done about what goes to a party: per object id the area, the version and the act; index rows that lie."""

    of: dict[str, list[tuple[str, str, Act]]]
    altered: list[Row]

    def about(self, area: str, object_id: str, version: str) -> list[Act]:
        """Return the acts about one object version in one area; a hold is one for all versions and areas."""
        found = self.of.get(object_id, ())
        return [act for place, about, act in found if act.kind == "held" or (place, about) == (area, version)]


class Kept:
    """People's acts that may still count, for every programme and party: index and log, read once.

    Args:
        node: the node.
        read: the transaction.
    """

    def __init__(self, node: Node, read: Read) -> None:
        self._node = node
        self._rows, self._others = approvals.all_open(read, _MARKS)
        self._acts: dict[tuple[str, str], Acts] | None = None
        self.held = _held_back(self._rows)

    def acts(self, read: Read, programme: str, party: str) -> Acts:
        """Return the acts that bear on what waits for people on its way to a party now.

        They are read from the signed log: holds and denials that stand, then everything from the oldest request or approval
        on that may still count. A request or approval counts only where the index has it too, as it is.
        """
        if self._acts is None:
            self._acts = self._proven(read)
        return self._acts.get((programme, party), Acts({}, []))

    def _proven(self, read: Read) -> dict[tuple[str, str], Acts]:
        indexed = {row.seq: row for row in self._rows if row.kind in _HALVES}
        begun: dict[tuple[str, str], int] = {}
        for row in indexed.values():
            begun.setdefault((row.programme, row.party), row.seq)
        older = {row.seq: (row, stored) for row, stored in self._rows.items() if row.kind not in _HALVES}
        entries = self._others | {seq: stored for seq, (_, stored) in older.items() if stored is not None}
        found: dict[tuple[str, str], Acts] = {}
        known: set[int] = set()
        for seq, (kind, body) in _bodies(self._node, read, entries).items():
            pair = body.programme, body.parties[-1]
            if pair not in begun or seq < begun[pair]:
                # Before the oldest request or approval only what the index says of this pair counts.
                if seq not in older or (older[seq][0].programme, older[seq][0].party) != pair:
                    continue
            if kind in _HALVES and indexed.get(seq) != _row(seq, kind, body):
                continue
            known.add(seq)
            about = body.area, body.modified, _act(seq, kind, body)
            found.setdefault(pair, Acts({}, [])).of.setdefault(body.object_id, []).append(about)
        for seq, row in indexed.items():
            if seq not in known:
                found.setdefault((row.programme, row.party), Acts({}, [])).altered.append(row)
        return found


def acts_of(node: Node, read: Read, programme: str, party: str) -> Acts:
    """Return the acts that bear on what waits for people on its way to a party now (see ``Kept.acts``)."""
    return Kept(node, read).acts(read, programme, party)


def _held_back(rows: Mapping[Row, StoredEntry | None]) -> dict[tuple[str, str], frozenset[tuple[str, str]]]:
    """Return by programme and party the (object id, version) that people hold back; without a version: every one.

    Where index and log differ, both hold back.
    """
    found: dict[tuple[str, str], set[tuple[str, str]]] = {}
    for row, stored in rows.items():
        if row.kind in _HALVES:
            continue
        held = found.setdefault((row.programme, row.party), set())
        held.add((row.object_id, row.version))
        if stored is not None:
            facts = stored.facts()
            held.add((str(facts.get("object_id")), str(facts.get("modified", ""))))
    return {pair: frozenset(held) for pair, held in found.items()}


def enter(node: Node, tx: Tx, bodies: Sequence[Body], at: datetime) -> list[Row]:
    """Enter acts in the private log and return what the index would hold of them; sign the log before the end."""
    seqs = ledger.append(tx.logs, MASTER, [draft(body) for body in bodies], at=at, entropy=node.entropy)
    return [_row(seq, body.kind_of_entry, body) for seq, body in zip(seqs, bodies, strict=True)]


def _bodies(node: Node, read: Read, entries: Mapping[int, StoredEntry]) -> dict[int, tuple[str, Body]]:
    """Return the acts of entries that the signed log holds, in order; what is no person's act is left out."""
    found: dict[int, tuple[str, Body]] = {}
    proven = ledger.proven(read.logs, MASTER, entries, [node.keys.public("log")]) if entries else {}
    for seq in sorted(proven):
        try:
            body = read_body(proven[seq])
        except FoedusError:
            continue
        if isinstance(body, Body) and (body.person or body.kind_of_entry != approvals.HELD):
            found[seq] = proven[seq].entry().kind, body
    return found


def _row(seq: int, kind: str, body: Body) -> Row:
    at_us = parse_ns(body.at) // 1_000
    return Row(seq, body.programme, body.parties[-1], body.area, body.object_id, body.modified, kind, at_us)


def _act(seq: int, kind: str, body: Body) -> Act:
    word = msgspec.convert(kind.rpartition(".")[2], Kind)
    recipient, under = body.parties[-1], (body.programme, body.area, body.purpose, body.rules_hash)
    return Act(
        word,
        body.person,
        body.role,
        body.hash,
        parse_ns(body.at) // 1_000,
        seq,
        Bound(body.bytes_hash, body.label_hash, recipient, *under),
    )
