"""What the ledger and people's decisions say that bears on a decision: read for a recipient and an area, given to ``release``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

from foedus.model import instant
from foedus.model.decision import Bound, Facts, Grant
from foedus.node.acts import held_back
from foedus.node.agreements import Agreement
from foedus.node.home import Node
from foedus.node.limits import Used, used
from foedus.store import bounds, breakglass, grants, recalls
from foedus.store.engine import Read


def facts_of(node: Node, read: Read, agreement: Agreement, party: str, area: str, at: datetime) -> Facts:
    """Return the facts before the first finding of an area is decided on for a party; they are read while ``read`` is open."""
    programme, at_us = agreement.programme, instant.to_us(at)
    log = f"{programme.id}|{node.party}|{party}"
    policy = node.agreements.policy(agreement, at)
    places = used(read.logs, programme, policy, (log, area), at_us) if read.logs.log(log) else Used({}, frozenset())
    given = (one for one in grants.usable(read, programme.id, at_us) if one.holder == node.party)
    return Facts(
        sender=node.party,
        counts=places.counts,
        sent=places.sent,
        grants=tuple(map(_grant, given)),
        received=_Received(read),
        lifted=breakglass.lifted(read, programme.id, party, at_us),
        held=held_back(read, programme.id, party),
        recalled=recalls.withheld(read, party),
    )


def _grant(given: grants.Given) -> Grant:
    return Grant(
        given.object_id,
        given.recipients,
        given.until_us,
        given.id,
        given.owner,
        given.versions,
        given.purposes,
        given.clause,
    )


class _Received(Mapping[tuple[str, str, str], tuple[Bound, ...]]):
    """What received objects are bound by, looked up when a decision asks: few of all that came are passed on."""

    def __init__(self, read: Read) -> None:
        self._read = read

    def __getitem__(self, key: tuple[str, str, str]) -> tuple[Bound, ...]:
        return bounds.bounds_of(self._read, *key)

    def __iter__(self) -> Iterator[tuple[str, str, str]]:
        return iter(())

    def __len__(self) -> int:
        return 0
