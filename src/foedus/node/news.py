"""What is new since somebody last looked: how many findings, how many of them urgent; never which."""

from __future__ import annotations

import threading
from typing import NamedTuple

import msgspec

from foedus.model.people import Person
from foedus.node.home import Node
from foedus.store import findings, watch
from foedus.store.findings import Newer

MOST = 100
"""From so many on it is only said that there are many."""
URGENT = 2
_KEPT = 1_000
# Whoever looked so long ago is told of the newest rows only: nothing is counted over a million.
_WINDOW = 50_000


class News(msgspec.Struct, frozen=True):
    """How many findings came since a row (``mark``), and how many of them are urgent, each at most ``MOST``; up to which row."""

    new: int
    urgent: int
    mark: int
    upto: int


class _Held(NamedTuple):
    changes: int | None
    newer: Newer


class Feed:
    """What came in last, read once for everybody who is told of it, and only when something was written.

    Args:
        node: the node.
    """

    def __init__(self, node: Node) -> None:
        self._node = node
        self._lock = threading.Lock()
        self._held: _Held | None = None

    def since(self, mark: int) -> News:
        """Return what is new since a row."""
        with self._lock:
            changes = self._node.store.changes()
            if self._held is None or changes is None or changes != self._held.changes:
                with self._node.store.read() as read:
                    self._held = _Held(changes, findings.since_looked(read, "", _WINDOW, _KEPT))
            held = self._held
        return _counted(held.newer._replace(mark=mark))


def news(node: Node, person: Person) -> News:
    """Return what is new since a person last looked; who never did is told of all that is held."""
    with node.store.read() as read:
        return _counted(findings.since_looked(read, _name(person), _WINDOW, _KEPT))


def looked(node: Node, person: Person, upto: int) -> None:
    """Keep up to which row a person has looked; never back, and never beyond what there is."""
    with node.store.write() as tx:
        before = watch.mark(tx, _name(person)) or 0
        watch.keep_mark(tx, _name(person), max(before, min(upto, findings.newest_seq(tx))))


def _counted(newer: Newer) -> News:
    new = [urgency for seq, urgency in newer.rows if seq > newer.mark]
    urgent = sum(urgency >= URGENT for urgency in new)
    return News(min(len(new), MOST), min(urgent, MOST), newer.mark, newer.newest)


def _name(person: Person) -> str:
    return f"person:{person.name}"
