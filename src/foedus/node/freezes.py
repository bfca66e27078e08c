"""Pairs that are frozen: nothing is taken from or released to the peer under that programme until two people thaw it."""

from __future__ import annotations

from foedus.errors import TrustError
from foedus.model import instant
from foedus.model.ports import Clock
from foedus.store import freezes
from foedus.store.engine import Store
from foedus.store.freezes import Freeze


class Freezes:
    """Which pairs of a node are frozen; release, exchange and every answer to a partner ask here.

    Args:
        store: where freezes are kept.
        clock: the node's; every request of a partner asks, so what is known counts for a second.
    """

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._known: tuple[int, tuple[Freeze, ...]] = (-1, ())

    def all(self) -> tuple[Freeze, ...]:
        """Return what is frozen, oldest first."""
        second = int(self._clock.now().timestamp())
        if self._known[0] != second:
            with self._store.read() as read:
                self._known = (second, tuple(freezes.freezes(read)))
        return self._known[1]

    def of(self, programme: str, peer: str) -> Freeze | None:
        """Return what froze a pair, None where it is not frozen."""
        return next((one for one in self.all() if (one.programme, one.peer) == (programme, peer)), None)

    def refuse(self, programme: str, peer: str) -> None:
        """Go no further with a frozen pair.

        Raises:
            TrustError: the pair is frozen.
        """
        held = self.of(programme, peer)
        if held is not None:
            raise TrustError(
                f"FROZEN since {instant.text(held.at_us)[:19]}Z: a log of the pair with {peer} was signed twice",
                code="pair-frozen",
                where=programme,
                hint=f"foedus ledger reconcile {peer} --evidence FILE; talk to {peer}; foedus ledger thaw {peer}",
            )

    def forget(self) -> None:
        """Look again with the next question: something was frozen or thawed."""
        self._known = (-1, ())
