"""People's acts about releases, read from the private log: what the index says counts only where the signed log says the same."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

import msgspec

from foedus.account import ledger
from foedus.account.bodies import Act as Body
from foedus.account.bodies import draft
from foedus.account.bodies import read as read_body
from foedus.errors import FoedusError
from foedus.model.entry import MASTER
from foedus.model.instant import parse_ns
from foedus.node.home import Node
from foedus.release.approval import Act, Bound, Kind
from foedus.store import approvals
from foedus.store.approvals import Row
from foedus.store.engine import Read, Tx

_MARKS = (b'"kind":"approval.', b'"kind":"decision.held"')


class Acts(NamedTuple):
    """What was done about what goes to a party: per object id the area, the version and the act; index rows that lie."""

    of: dict[str, list[tuple[str, str, Act]]]
    altered: list[Row]

    def about(self, area: str, object_id: str, version: str) -> list[Act]:
        """Return the acts about one object version in one area; a hold is one for all versions and areas."""
        found = self.of.get(object_id, ())
        return [act for place, about, act in found if act.kind == "held" or (place, about) == (area, version)]


def acts_of(node: Node, read: Read, programme: str, party: str) -> Acts:
    """Return the acts that bear on what waits for people on its way to a party now.

    They are read from the signed log: holds and denials that stand, then everything from the oldest request or approval
    on that may still count. A request or approval counts only where the index has it too, as it is.
    """
    indexed = {row.seq: row for row in approvals.standing(read, programme, party)}
    size = read.logs.size(MASTER)
    start = min(indexed, default=size)
    older = [row.seq for row in approvals.held_back(read, programme, party) if row.seq < start]
    acts = Acts({}, [])
    known: set[int] = set()
    for seq in (*older, *_marked(read, start, size)):
        found = _proven(node, read, seq)
        if found is None or (found[1].programme, found[1].parties[-1]) != (programme, party):
            continue
        kind, body = found
        if kind in (approvals.REQUESTED, approvals.GIVEN) and indexed.get(seq) != _row(seq, kind, body):
            continue
        known.add(seq)
        acts.of.setdefault(body.object_id, []).append((body.area, body.modified, _act(seq, kind, body)))
    acts.altered.extend(row for seq, row in indexed.items() if seq not in known)
    return acts


def _marked(read: Read, start: int, end: int) -> list[int]:
    """Return the places of entries that may be acts."""
    entries = enumerate(read.logs.entries(MASTER, start, end), start)
    return [seq for seq, stored in entries if any(mark in stored.leaf for mark in _MARKS)]


def held_back(read: Read, programme: str, party: str) -> frozenset[tuple[str, str]]:
    """Return the (object id, version) that people hold back from a party; without a version: every one.

    Where index and log differ, both hold back.
    """
    found: set[tuple[str, str]] = set()
    for row in approvals.held_back(read, programme, party):
        found.add((row.object_id, row.version))
        for stored in read.logs.entries(MASTER, row.seq, row.seq + 1):
            facts = stored.facts()
            found.add((str(facts.get("object_id")), str(facts.get("modified", ""))))
    return frozenset(found)


def enter(node: Node, tx: Tx, bodies: Sequence[Body], at: datetime) -> list[Row]:
    """Enter acts in the private log and return what the index would hold of them; sign the log before the end."""
    seqs = ledger.append(tx.logs, MASTER, [draft(body) for body in bodies], at=at, entropy=node.entropy)
    return [_row(seq, body.kind_of_entry, body) for seq, body in zip(seqs, bodies, strict=True)]


def _proven(node: Node, read: Read, seq: int) -> tuple[str, Body] | None:
    """Return the act of an entry that the signed log holds; None for what it does not hold, or what is no person's act."""
    info = read.logs.log(MASTER)
    assert info is not None, "every node has it"
    try:
        proof = ledger.prove(read.logs, MASTER, seq)
        stored = ledger.verify_proof(proof, info.origin, [node.keys.public("log")])
        body = read_body(stored)
    except FoedusError:
        return None
    if not isinstance(body, Body) or (not body.person and body.kind_of_entry == approvals.HELD):
        return None
    return stored.entry().kind, body


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
