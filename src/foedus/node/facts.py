"""What the ledger and people's decisions say that bears on a decision: read for a recipient and an area, given to ``release``."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime

from foedus.model import instant
from foedus.model.decision import Bound, Facts, Grant
from foedus.node.acts import Acts, Kept
from foedus.node.agreements import Agreement
from foedus.node.home import Node
from foedus.node.limits import Limited, Usage
from foedus.store import bounds, breakglass, grants
from foedus.store.bounds import Key
from foedus.store.engine import Read

Pair = tuple[Agreement, str]
"""An agreement and the other party of it."""


def facts_of(node: Node, read: Read, agreement: Agreement, party: str, area: str, at: datetime) -> Facts:
    """Return the facts before the first finding of an area is decided on for a party; they are read while ``read`` is open."""
    return Known(node, read, [(agreement, party)], at).facts(agreement, party, area)


class Known:
    """What bears on what goes to some parties, read for all of them in one go, while a transaction is open.

    Args:
        node: the node.
        read: the transaction.
        pairs: to whom, under which agreement.
        at: the present.
    """

    def __init__(self, node: Node, read: Read, pairs: Sequence[Pair], at: datetime) -> None:
        at_us = instant.to_us(at)
        self._node = node
        self._read = read
        self._kept = Kept(node, read)
        self._grants = grants.usable(read, node.party, at_us)
        self._exceptions = breakglass.exceptions(read, {party for _, party in pairs}, at_us)
        self._received = _Received(read)
        logs = {self._log(one): one for one in pairs if read.logs.log(self._log(one)) is not None}
        limited = [
            Limited(log, agreement.programme, node.agreements.policy(agreement, at))
            for log, (agreement, _) in logs.items()
        ]
        self._usage = Usage(read.logs, limited, at_us)

    def facts(self, agreement: Agreement, party: str, area: str) -> Facts:
        """Return the facts before the first finding of an area is decided on for a party."""
        programme = agreement.programme.id
        used = self._usage.of(self._log((agreement, party)), area)
        return Facts(
            sender=self._node.party,
            counts=used.counts,
            sent=used.sent,
            grants=tuple(_grant(one) for one in self._grants if one.programme == programme),
            received=self._received,
            lifted=self._exceptions.lifted.get((programme, party), {}),
            held=self._kept.held.get((programme, party), frozenset()),
            recalled=frozenset(self._exceptions.withheld.get(party, ())),
        )

    def acts(self, agreement: Agreement, party: str) -> Acts:
        """Return people's acts about what goes to a party."""
        return self._kept.acts(self._read, agreement.programme.id, party)

    def look_up(self, keys: Collection[Key]) -> None:
        """Read what received objects are bound by that are decided on next, all in one go."""
        self._received.look_up(keys)

    def _log(self, pair: Pair) -> str:
        agreement, party = pair
        return f"{agreement.programme.id}|{self._node.party}|{party}"


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


class _Received(Mapping[Key, tuple[Bound, ...]]):
    """What received objects are bound by, looked up when a decision asks: few of all that came are passed on."""

    def __init__(self, read: Read) -> None:
        self._read = read
        self._known: dict[Key, tuple[Bound, ...]] = {}

    def look_up(self, keys: Collection[Key]) -> None:
        """Read several in one go."""
        if keys:
            self._known |= bounds.bounds_of(self._read, keys)

    def __getitem__(self, key: Key) -> tuple[Bound, ...]:
        return self._known[key] if key in self._known else bounds.bounds_of(self._read, [key])[key]

    def __iter__(self) -> Iterator[Key]:
        return iter(())

    def __len__(self) -> int:
        return 0
