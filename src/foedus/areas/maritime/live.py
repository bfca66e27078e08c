r"""Door ``live``: what a receiver's logger does for sentences that go on, and when silence alone may give a finding.

A bare sentence gets a tag block with the instant it was received at, in milliseconds; one with a tag block or a suffix of its
own stays as it is, because its station's clock was nearer to it.
"""

from __future__ import annotations

import re
from functools import reduce
from operator import xor

import numpy as np

from foedus.areas.maritime import carried, thresholds
from foedus.areas.maritime.carried import FIX, Table
from foedus.areas.maritime.methods import gaps
from foedus.model.room import Settings

_BARE = re.compile(rb"^(?=![^*\n]*\*[0-9A-Fa-f]{2}\r?$)", re.MULTILINE)


def stamped(lines: bytes, at_ms: int) -> bytes:
    r"""Return whole lines with the instant they were received at.

    >>> stamped(b"!AIVDM,1,1,,A,15RTgt0PAso;90TKcjM8h6g208CQ,0*4A\n", 1_780_000_000_000)
    b'\\c:1780000000000*67\\!AIVDM,1,1,,A,15RTgt0PAso;90TKcjM8h6g208CQ,0*4A\n'
    """
    inside = b"c:%d" % at_ms
    tag = b"\\\\%s*%02X\\\\" % (inside, reduce(xor, inside))
    return _BARE.sub(tag, lines)


def due_ms(state: bytes, settings: Settings) -> int:
    """Return when the next vessel will have been silent for too long, or a finding is to be said anew; -1: nothing waits."""
    held = carried.restore(state)
    waiting = [one for one in (_silent_ms(held, settings), held.revise_ms) if one >= 0]
    return min(waiting, default=-1)


def _silent_ms(held: carried.State, settings: Settings) -> int:
    table: Table = np.frombuffer(held.fixes, FIX)
    if not len(table):
        return -1
    last = table[np.flatnonzero(np.r_[table["mmsi"][1:] != table["mmsi"][:-1], True])]
    silence = thresholds.chosen(settings)[gaps.KIND]["silence_min_h"] * carried.HOUR_MS
    due = last["t"] + int(silence) + 1
    for number, source in enumerate(held.sources):
        mine = last["src"] == number
        for since, until in held.outages.get(source, ()):
            due[mine] += np.maximum(0, until - np.maximum(last["t"][mine], since))
    waiting = due[due > held.newest_ms]
    return int(waiting.min()) if len(waiting) else -1
