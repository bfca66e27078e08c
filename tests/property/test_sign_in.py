"""However tries and pauses follow one another, no window holds more of them than it may, and every name is let in again."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.node.persons import Hand

from foedus.errors import TrustError
from foedus.node import init, throttle
from foedus.node.home import Node

STEPS = st.lists(st.tuples(st.sampled_from(["ann", "eve"]), st.integers(0, 6)), min_size=8, max_size=30)


def admitted(node: Node, name: str) -> bool:
    try:
        throttle.admit(node, name)
    except TrustError:
        return False
    return True


@given(STEPS)
@settings(max_examples=15, deadline=None)
def test_no_window_holds_more_tries_than_it_may_and_none_shuts_out_for_good(steps):
    with tempfile.TemporaryDirectory() as directory:
        init.init(Path(directory) / "n", "nato", [])
        with Node.open(Path(directory) / "n") as node:
            node.clock = clock = Hand()
            taken = []
            for name, minutes in steps:
                clock.move(minutes=minutes)
                if admitted(node, name):
                    taken.append((name, clock.at))
            for name, at in taken:
                within = [one for one in taken if one[0] == name and 0 <= (at - one[1]).total_seconds() < 900]
                assert len(within) <= throttle.NAME_TRIES
            clock.move(minutes=15)
            assert admitted(node, "ann")
