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
from foedus.model.entry import MASTER, Draft, StoredEntry
from foedus.model.finding import Finding
from foedus.node.expire import expire
from foedus.node.home import Node
from foedus.node.signing import may_sign, sign_log
from foedus.node.view import pair_log
from foedus.store import bounds, erase, findings, views
from foedus.store.bounds import Came, Due
from foedus.store.engine import Tx
from foedus.store.findings import Held
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


def inherit(tx: Tx, placed: Sequence[tuple[Finding, Placed]]) -> None:
    """Let conclusions end with the first of what they rest on: those just stored, and those that rest on what came again."""
    fresh = {where.seq for finding, where in placed if not finding.document and where.outcome != "conflict"}
    again = [
        bytes.fromhex(finding.head.sha256) for finding, where in placed if finding.document and where.outcome == "same"
    ]
    fresh.update(erase.resting_on(tx, again) if again else ())
    rest = [one for one in findings.findings_of(tx, sorted(fresh)) if not one.document]
    known: dict[int, int | None] = {}
    # A conclusion may rest on another: what ends is handed on until nothing changes.
    while (ends := _inherited(tx, rest)) != known:
        for seq, until_us in ends.items():
            if until_us is not None or known.get(seq) is not None:
                bounds.put_end(tx, [seq], until_us, DESK)
            if until_us is not None:
                bounds.put_end_of_supports(tx, seq, until_us)
        known = ends


def _inherited(tx: Tx, rest: Sequence[Held]) -> dict[int, int | None]:
    grounds = {one.seq: [_sha256(each) for each in one.because if each.startswith("object:")] for one in rest}
    ends = bounds.ends_of_bytes(tx, sorted({sha256 for of in grounds.values() for sha256 in of}))
    return {
        seq: min((end for sha256 in of if (end := ends.get(sha256)) is not None), default=None)
        for seq, of in grounds.items()
    }


def _sha256(ground: str) -> bytes:
    return bytes.fromhex(ground.removeprefix("object:"))


def due(node: Node) -> list[ToDelete]:
    """Return what of partners is to be deleted now, the longest over first; what was concluded from it goes with it."""
    with node.store.read() as read:
        held = bounds.due(read, instant.to_us(node.clock.now()))
    return [
        ToDelete(one.object_id, one.version, one.owner, instant.text(one.until_us), *one.log.split("|")[:2])
        for one in held
        if one.log
    ]


def delete_due(node: Node) -> int:
    """Delete what is due and enter it in the log of each pair it came from, or went on to; return how many findings."""
    expire(node)
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
        if not one.log:
            continue
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
        # Its time is over whether or not anything may be said to the party now: then the private log alone says it.
        log = log if may_sign(node, tx, log) else MASTER
        append(tx.logs, log, drafts, at=at, entropy=node.entropy)
        sign_log(node, tx, log)
