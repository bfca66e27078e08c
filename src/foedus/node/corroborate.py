"""Findings of two parties that tell one story: found by shared values, judged by the room, entered in the ledger.

Of documents without a place, which say what somebody knows, those that share a value are compared. What says where and when
something was, whoever concluded it, is compared with what others say of the same value at about that time; so is what was said
in a week, wherever it was.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from foedus.account.bodies import FindingCorroborated, draft
from foedus.account.ledger import append
from foedus.model import instant
from foedus.model.entry import MASTER, Draft
from foedus.model.finding import WEEK, About, Finding, Key
from foedus.model.room import Room
from foedus.node.home import Node
from foedus.store import dated, findings, values
from foedus.store.engine import Read, Tx
from foedus.store.findings import Held
from foedus.store.objects import Placed

_SLACK_US = 86_400_000_000


class Came(NamedTuple):
    """A finding that was stored, with what the room says of it."""

    finding: Finding
    about: About
    placed: Placed


def corroborate(node: Node, tx: Tx, room: Room, came: Sequence[Came], at: datetime) -> int:
    """Match new findings with those of other owners; return how many pairs there are.

    A value that more findings hold than the store counts to says nothing and is left out, and so is a warned one.
    """
    new = [one for one in came if one.placed.outcome in ("new", "newer") and one.about.keys]
    fresh = [one for one in new if one.finding.document and not _dated(one.about)]
    shared = values.shared(tx, [one.placed.seq for one in fresh])
    pairs = 0
    for finding, about, placed in fresh:
        for other in _others(tx, finding, [key for key in about.keys if (key.kind, key.norm) in shared]):
            pairs += _judge(node, tx, room, (placed.seq, other), at)
    for finding, about, placed in new:
        if _dated(about) and not finding.head.revoked and "+" not in finding.owner:
            for other in _at_that_time(tx, about, but=finding.owner):
                pairs += _judge(node, tx, room, (placed.seq, other), at)
    return pairs


def _dated(about: About) -> bool:
    return about.from_at is not None and (bool(about.places) or any(key.kind.endswith(WEEK) for key in about.keys))


def _at_that_time(read: Read, about: About, *, owner: str = "", but: str = "") -> list[Held]:
    """What others say of the same values within a day of it; the room judges how near that is."""
    if about.from_at is None:
        return []
    begun, ended = instant.to_us(about.from_at), instant.to_us(about.to_at or about.from_at)
    asked = dated.Asked(begun - _SLACK_US, ended + _SLACK_US, owner, but)
    keys = [(key.kind, key.norm) for key in about.keys if not key.warned]
    return list(findings.findings_of(read, dated.holding(read, keys, asked)))


def _others(tx: Tx, finding: Finding, keys: Sequence[Key]) -> list[Held]:
    found: dict[int, None] = {}
    for key in keys:
        if key.warned:
            continue
        holders = values.holders(tx, key.kind, key.norm)
        if holders is not None and holders.held <= values.COMMON:
            found.update((one.seq, None) for one in holders.newest if one.owner != finding.owner)
    return [one for one in findings.findings_of(tx, sorted(found)) if one.document and one.owner != finding.owner]


def _judge(node: Node, tx: Tx, room: Room, pair: tuple[int, Held], at: datetime) -> int:
    seq, other = pair
    new = findings.finding_of(tx, seq)
    if new is None:
        return 0
    match = room.same(_about(tx, new), _about(tx, other))
    if match is None:
        return 0
    findings.keep_match(tx, seq, other.seq, match.score, match.why, instant.to_us(at))
    own, theirs = (new, other) if new.owner == node.party else (other, new)
    body = _entry(node, (own, theirs), ("", room.name), at)
    append(tx.logs, MASTER, [body], at=at, entropy=node.entropy)
    return 1


def due(node: Node, tx: Tx, log: str, area: str, shown: Sequence[int], at: datetime) -> list[Draft]:
    """Return the corroborations that a party may hear of now: own findings it was just shown that match its own.

    A word about a match tells the party that this node holds the value; so it is said only of findings released to it. And it
    is judged anew, between these and the party's alone: what others hold, or this node holds back, must not change the word.
    """
    programme, _, recipient = log.split("|")
    drafts: list[Draft] = []
    for own, theirs in _shared_with(node, tx, shown, recipient):
        if node.rooms[own.room].same(_about(tx, own), _about(tx, theirs)) is not None:
            drafts.append(_entry(node, (own, theirs), (programme, area), at))
    return drafts


def _shared_with(node: Node, tx: Tx, shown: Sequence[int], recipient: str) -> Iterator[tuple[Held, Held]]:
    """Yield own findings just shown to a party, each with what of its own may tell the same."""
    for seq, other_seq in values.held_by(tx, shown, recipient):
        own, theirs = findings.finding_of(tx, seq), findings.finding_of(tx, other_seq)
        if own is not None and theirs is not None and own.owner == node.party and own.document and not own.places:
            yield own, theirs
    for own in findings.findings_of(tx, shown):
        if own.owner == node.party and not own.revoked and _dated(about := _about(tx, own)):
            yield from ((own, theirs) for theirs in _at_that_time(tx, about, owner=recipient))


def _entry(node: Node, pair: tuple[Held, Held], where: tuple[str, str], at: datetime) -> Draft:
    own, theirs = pair
    body = FindingCorroborated(
        at=instant.text(instant.to_us(at)),
        programme=where[0],
        parties=(node.party, theirs.owner),
        area=where[1],
        object_id=theirs.object_id,
        event_id=theirs.object_id,
        kind=theirs.kind,
        because=(f"object:{own.sha256.hex()}", f"object:{theirs.sha256.hex()}"),
    )
    return draft(body)


def _about(read: Read, held: Held) -> About:
    return About(
        kind=held.kind,
        title=held.title,
        urgency=held.urgency,
        confidence=held.confidence,
        from_at=None if held.from_us is None else instant.from_us(held.from_us),
        to_at=None if held.to_us is None else instant.from_us(held.to_us),
        places=held.places,
        keys=tuple(values.values_of(read, held.seq)),
    )
