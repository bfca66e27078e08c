"""The line, spelled once: ingest, analyse, label, release, exchange, account."""

from __future__ import annotations

from collections.abc import Sequence
from typing import IO

import msgspec

from foedus.account.audit import Report
from foedus.account.score import Scoreboard
from foedus.node import account
from foedus.node.analyse import Analysed, analyse
from foedus.node.exchange import Pulled, pull
from foedus.node.home import Node, Progress, silent
from foedus.node.ingest import Ingested, Origin, ingest
from foedus.node.release import Run, release


class Through(msgspec.Struct, frozen=True):
    """What one turn of the line did."""

    ingested: tuple[Ingested, ...]
    analysed: tuple[Analysed, ...]
    released: tuple[Run, ...]
    pulled: tuple[Pulled, ...]
    verified: tuple[Report, ...]
    scored: tuple[Scoreboard, ...]


def run(
    node: Node,
    sources: Sequence[tuple[str, IO[bytes], Origin]],
    *,
    decide: bool = True,
    exchange: bool = True,
    progress: Progress = silent,
) -> Through:
    """Run the line once: source bytes to Records to Findings with a Label to Decisions to the wire to Entries.

    Args:
        node: the node.
        sources: area, bytes and origin (with the label a person gave) of what is new.
        decide: whether to release what may go.
        exchange: whether to pull from the peers, which is the one step that waits for a network.
        progress: told what is going on.
    """
    ingested = [ingest(node, area, source, origin, progress=progress) for area, source, origin in sources]
    # Labelling is part of storing: no finding is ever kept without the label of what it rests on, or the lack of one.
    analysed = [analyse(node, room, progress=progress) for room in sorted({one.area for one in ingested})]
    released = release(node, progress=progress) if decide else []
    pulled = pull(node, progress=progress) if exchange else []
    return Through(
        tuple(ingested),
        tuple(analysed),
        tuple(released),
        tuple(pulled),
        tuple(account.verify(node)),
        tuple(account.score(node)),
    )
