"""How the live sources stand, for people: from the list, what the serving process last said, and the outages stored."""

from __future__ import annotations

import msgspec

from foedus.label.text import marking
from foedus.model import instant
from foedus.node.home import Node
from foedus.node.live_source import health_of
from foedus.node.sources import listed
from foedus.store import live, state
from foedus.store.engine import Read

STALE_US = 10 * 1_000_000
SHOWN = 20


class Away(msgspec.Struct, frozen=True):
    """A time in which nothing came from a source, and why."""

    since: str
    until: str
    cause: str


class SourceState(msgspec.Struct, frozen=True):
    """How a live source stands.

    ``state`` is ``up``, ``quiet``, ``lost``, ``connecting``, ``full`` or ``stopped`` (nobody serves it); ``heard`` is when
    something last came, ``away_since`` since when nothing does, empty where it is there; ``rate`` lines a second over the last
    minute; ``lines``, ``bytes``, ``dropped_bytes`` and ``refused`` count since the node was last started; ``behind_bytes``
    came and were not concluded yet.
    """

    name: str
    area: str
    uri: str
    source: str
    label: str
    state: str
    heard: str
    away_since: str
    rate: float
    lines: int
    bytes: int
    dropped_bytes: int
    behind_bytes: int
    refused: int
    error: str
    outages: tuple[Away, ...]


def source_states(node: Node) -> list[SourceState]:
    """Return how each source of the list stands, in its order.

    Raises:
        MalformedRecord: the list cannot be read.
    """
    with node.store.read() as read:
        return states_in(node, read)


def states_in(node: Node, read: Read) -> list[SourceState]:
    """Return the same within a read at hand.

    Raises:
        MalformedRecord: the list cannot be read.
    """
    now_us = instant.to_us(node.clock.now())
    found: list[SourceState] = []
    sources = listed(node.directory)
    held = state.sources_named(read, [one.id for one in sources])
    away = live.outages_of(read, [one.id for one in sources], SHOWN)
    for one in sources:
        health, kept = health_of(node.directory, one.name), held.get(one.id)
        served = abs(now_us - health.written_us) < STALE_US
        found.append(
            SourceState(
                one.name,
                one.area,
                one.uri,
                one.id,
                marking(kept.label) if kept and kept.label else "no label",
                health.state if served else "stopped",
                _text(health.heard_us),
                _text(health.away_us or (0 if served else health.heard_us)),
                health.rate if served else 0.0,
                health.lines,
                health.bytes,
                health.dropped_bytes,
                health.behind_bytes,
                health.refused,
                health.error,
                tuple(Away(_text(out.from_us), _text(out.to_us), out.cause) for out in away.get(one.id, ())),
            )
        )
    return found


def _text(us: int) -> str:
    return instant.text(us) if us > 0 else ""
