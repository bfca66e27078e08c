"""Retention: what was received is not found from the instant its time is over; then it is deleted, and that is entered."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from foedus.account.bodies import ReleaseExpired, draft
from foedus.account.ledger import append
from foedus.errors import MalformedRecord
from foedus.model import instant
from foedus.model.decision import Bound
from foedus.model.duration import shift_us
from foedus.model.entry import Draft, StoredEntry
from foedus.model.finding import Finding
from foedus.node.home import Node
from foedus.node.signing import sign_log
from foedus.node.view import pair_log
from foedus.store import bounds, views
from foedus.store.bounds import Came, Due
from foedus.store.engine import Tx
from foedus.store.objects import Placed

DESK = "desk|"
_BATCH = 500


class _Gone(NamedTuple):
    """An object that a pair's log must say is gone."""

    programme: str
    party: str
    area: str
    object_id: str


class ToDelete(msgspec.Struct, frozen=True):
    """A received object whose time is over and whose bytes are still stored."""

    object_id: str
    version: str
    originator: str
    since: str
    programme: str
    peer: str


def came(seq: int, stored: StoredEntry) -> Came | None:
    """Return what a release.sent entry binds its object by; None where it says nothing that can be read."""
    facts = stored.facts()
    try:
        duties = facts["duties"]
        sent_us = instant.to_us(instant.parse(facts["at"]))
        ends = [shift_us(sent_us, duties["delete_after"])] if duties.get("delete_after") else []
        ends += [instant.to_us(instant.parse(facts["expires_at"]))] if facts["expires_at"] else []
        until_us = min(ends, default=None)
        bound = Bound(tuple(map(str, duties["purposes"])), str(duties["onward"]), str(duties["action"]), until_us)
        return Came(seq, facts["object_id"], facts["modified"], facts["originator"], facts["area"], bound)
    except (MalformedRecord, KeyError, TypeError, ValueError, AttributeError, OverflowError):
        return None


def put_ends(tx: Tx, placed: Sequence[tuple[Finding, Placed]], own: str) -> None:
    """Say of received findings until when they may be held: as long as one entry lets; what is own has no end."""
    received = {
        (finding.head.id, finding.head.version, finding.owner): where.seq
        for finding, where in placed
        if where.outcome != "conflict" and finding.document and finding.owner != own
    }
    by_end: dict[int | None, list[int]] = defaultdict(list)
    for key, until_us in bounds.ends_of(tx, list(received)).items():
        by_end[until_us].append(received[key])
    for until_us, seqs in by_end.items():
        bounds.put_end(tx, seqs, until_us, DESK)


def due(node: Node) -> list[ToDelete]:
    """Return what is to be deleted now, the longest over first."""
    with node.store.read() as read:
        held = bounds.due(read, instant.to_us(node.clock.now()))
    return [
        ToDelete(one.object_id, one.version, one.owner, instant.text(one.until_us), *one.log.split("|")[:2])
        for one in held
    ]


def delete_due(node: Node) -> int:
    """Delete what is due and enter it in the log of each pair it came from, or went on to; return how many findings."""
    deleted = 0
    while True:
        with node.store.write() as tx:
            held = bounds.due(tx, instant.to_us(node.clock.now()), _BATCH)
            if not held:
                return deleted
            seqs = sorted({one.seq for one in held})
            _enter(tx, node, [*_back(held), *_leave_views(tx, node, seqs)])
            bounds.erase(tx, seqs)
            deleted += len(seqs)


def _back(held: Sequence[Due]) -> list[_Gone]:
    found = []
    for one in held:
        programme, sender, _ = one.log.split("|")
        found.append(_Gone(programme, sender, one.area, one.object_id))
    return found


def _leave_views(tx: Tx, node: Node, seqs: Sequence[int]) -> list[_Gone]:
    """Take findings out of every view; return which left a party's."""
    at_us = instant.to_us(node.clock.now())
    gone: list[_Gone] = []
    for name in bounds.views_showing(tx, seqs):
        rows = list(views.shown(tx, name, seqs))
        views.withdraw_rows(tx, name, [row.added_us for row in rows], at_us)
        kind, _, rest = name.partition("|")
        if kind == "released":
            programme, party, area = rest.split("|")
            gone += [_Gone(programme, party, area, row.object_id) for row in rows]
    return gone


def _enter(tx: Tx, node: Node, gone: Sequence[_Gone]) -> None:
    at = node.clock.now()
    by_pair: dict[tuple[str, str], list[Draft]] = defaultdict(list)
    for one in gone:
        body = ReleaseExpired(
            at=instant.text(instant.to_us(at)),
            programme=one.programme,
            parties=(node.party, one.party),
            area=one.area,
            object_id=one.object_id,
            cause="retention",
        )
        by_pair[one.programme, one.party].append(draft(body))
    for pair, drafts in by_pair.items():
        log = pair_log(node, tx, *pair)
        append(tx.logs, log, drafts, at=at, entropy=node.entropy)
        sign_log(node, tx, log)
