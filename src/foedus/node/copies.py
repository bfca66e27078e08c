"""This node's copies of logs as their rows say, for whoever compares them with another copy."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from functools import partial

from foedus.account.merkle import Position
from foedus.account.reconcile import Recomputed, recompute
from foedus.errors import BrokenChain
from foedus.model.entry import LogCopy
from foedus.store.engine import Store


class Copies:
    """Copies of logs, hashed again from their rows whenever their state is asked for.

    Args:
        store: where the logs are kept.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        # A comparison asks for the state once and then for subtrees of that state.
        self._recomputed: dict[str, Recomputed] = {}
        # One log is hashed at a time: who asks again and again waits, and slows nobody else's work but this.
        self._lock = threading.Lock()

    def holds(self, name: str) -> bool:
        """Say whether there is such a log, signed at least once."""
        with self._store.read() as read:
            return read.logs.log(name) is not None and read.logs.checkpoint(name) is not None

    def state(self, name: str) -> LogCopy | None:
        """Return a log's signed size, the root over its rows, and the note; None without the log or a checkpoint."""
        with self._lock, self._store.read() as read:
            info = read.logs.log(name)
            kept = None if info is None else read.logs.checkpoint(name)
            if info is None or kept is None:
                return None
            held = self._recomputed[name] = recompute(read.logs, name, kept.size)
            return LogCopy(info.origin, held.size, held.root, kept.note)

    def subtrees(self, name: str, wanted: Sequence[Position]) -> list[bytes] | None:
        """Return subtree hashes of the state given last; None where that state has no such subtree, or none was given."""
        if name not in self._recomputed and self.state(name) is None:
            return None
        held = self._recomputed[name]
        with self._store.read() as read:
            try:
                return held.nodes(partial(read.logs.nodes, name), wanted)
            except BrokenChain:
                return None
