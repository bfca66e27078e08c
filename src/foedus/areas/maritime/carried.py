"""Carried: what analysis remembers from one run to the next, and how new fixes join it. Bounded in every part.

Of each vessel the fixes of its last hours are kept, and those of what is still going on; so methods see the same around an
event however the input was cut. Two fixes of a vessel in the same ten seconds at the same place are one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from foedus.areas.maritime.methods.event import Event, Fixes
from foedus.errors import MalformedRecord

STATE_VERSION = 1
WINDOW_MS = 12 * 3_600_000
FORGET_MS = 30 * 86_400_000
MAX_FIXES = 400_000
MAX_NAMES = 100_000
MAX_CHANGES = 8
MAX_SAID = 50_000
MAX_HEARD = 500_000
CELL_DEG = 5
_COLUMNS = 360 // CELL_DEG
_CELLS = _COLUMNS * (180 // CELL_DEG + 1)
HOUR_MS = 3_600_000
FIX = np.dtype(
    [
        ("mmsi", "<u4"), ("t", "<i8"), ("lat", "<f8"), ("lon", "<f8"), ("sog", "<f4"), ("cog", "<f4"), ("heading", "<f4"),
        ("status", "u1"), ("src", "<u2"), ("pos", "<u8"), ("type", "u1"),
    ]
)  # fmt: skip

Table = NDArray[Any]
"""Fixes as rows of ``FIX``, by vessel and time."""


class Named(msgspec.Struct, frozen=True, array_like=True):
    """What a vessel last said of itself."""

    imo: int = 0
    call_sign: str = ""
    name: str = ""
    ship_type: int = 0
    length_m: int = 0


Names = dict[int, list[tuple[int, Named]]]
"""Of each vessel what it said of itself, and since when."""


class Said(msgspec.Struct, frozen=True, array_like=True):
    """What was last said under an id: of whom, from when, since when it is said, the hash of its content."""

    kind: str
    mmsis: tuple[int, ...]
    from_ms: int
    created: str
    digest: str


class State(msgspec.Struct):
    """What the room remembers between runs.

    ``heard`` says in which hours anybody was heard where (see ``hearing``), ``outages`` when a source was not there.
    """

    version: int = STATE_VERSION
    fixes: bytes = b""
    sources: list[str] = []
    names: Names = {}
    heard: list[int] = []
    said: dict[str, Said] = {}
    newest_ms: int = -1
    outages: dict[str, list[tuple[int, int]]] = {}


def restore(state: bytes) -> State:
    """Return the state of its bytes; empty bytes are a new state.

    Raises:
        MalformedRecord: not a state of this version.
    """
    try:
        held = msgspec.msgpack.decode(state, type=State) if state else State()
    except msgspec.DecodeError as error:
        hint = "analyse from the start"
        raise MalformedRecord("unreadable state of the room", code="state-malformed", hint=hint) from error
    if held.version != STATE_VERSION or len(held.fixes) % FIX.itemsize:
        raise MalformedRecord("state of another version", code="state-version", hint="analyse from the start")
    return held


def dump(state: State) -> bytes:
    """Return a state as bytes; names stand in the order in which they were last heard, what was said in order of start."""
    return msgspec.msgpack.encode(state)


def joined(held: Table, fresh: Table) -> tuple[Table, Table]:
    """Return the fixes held with new ones, and which of the new ones are indeed new.

    A new fix before all that is kept of its vessel came too late, and one that is there already is a repetition: neither
    counts.
    """
    if len(held):
        first = np.flatnonzero(np.r_[True, held["mmsi"][1:] != held["mmsi"][:-1]])
        place = np.searchsorted(held["mmsi"][first], fresh["mmsi"])
        known = (place < len(first)) & (held["mmsi"][first][np.minimum(place, len(first) - 1)] == fresh["mmsi"])
        begin = np.where(known, held["t"][first][np.minimum(place, len(first) - 1)], np.iinfo(np.int64).min)
        fresh = fresh[fresh["t"] >= begin]
    both = np.concatenate((held, fresh))
    new = np.r_[np.zeros(len(held), bool), np.ones(len(fresh), bool)]
    order = np.lexsort((both["lon"], both["lat"], both["t"] // 10_000, both["mmsi"]))
    both, new = both[order], new[order]
    same = np.zeros(len(both), bool)
    if len(both) > 1:
        pairs = (both["mmsi"], both["t"] // 10_000, both["lat"], both["lon"])
        same[1:] = np.logical_and.reduce([values[1:] == values[:-1] for values in pairs])
    # Of equal ones the sort, which is stable, put the one held first.
    both, new = both[~same], new[~same]
    order = np.lexsort((both["t"], both["mmsi"]))
    return both[order], both[order][new[order]]


def tracks(table: Table) -> Iterator[Fixes]:
    """Yield the fixes of each vessel; ``row`` is the index into the table."""
    edges = (
        np.flatnonzero(np.r_[True, table["mmsi"][1:] != table["mmsi"][:-1], True]) if len(table) else np.zeros(1, int)
    )
    numbers = {name: table[name].astype(np.float64) for name in ("lat", "lon", "sog", "cog", "heading")}
    times, status, row = table["t"].copy(), table["status"].copy(), np.arange(len(table), dtype=np.int64)
    for begin, end in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True):
        part = slice(begin, end)
        lat, lon, sog, cog, heading = (column[part] for column in numbers.values())
        yield Fixes(int(table["mmsi"][begin]), times[part], lat, lon, sog, cog, heading, status[part], row[part])


def kept(table: Table, events: Iterable[Event], newest_ms: int) -> Table:
    """Return the fixes that the next run needs: each vessel's last hours, and from before what touches them."""
    last, place = _last(table)
    cut = last - WINDOW_MS
    index = {mmsi: at for at, mmsi in enumerate(place)}
    for event in events:
        for mmsi in event.mmsis:
            at = index[mmsi]
            if event.to_ms >= last[at] - WINDOW_MS:
                cut[at] = min(cut[at], event.from_ms - WINDOW_MS)
    owner = np.searchsorted(np.array(place, np.uint32), table["mmsi"])
    keep = (table["t"] >= cut[owner]) & (last[owner] >= newest_ms - FORGET_MS)
    held = table[keep]
    if len(held) <= MAX_FIXES:
        return held
    each = max(1, MAX_FIXES // len(place))  # too many at once: of each vessel the latest ones
    ends = np.searchsorted(held["mmsi"], np.array(place, np.uint32), side="right")
    from_end = ends[np.searchsorted(np.array(place, np.uint32), held["mmsi"])] - np.arange(len(held))
    return held[from_end <= each][-MAX_FIXES:]


def _last(table: Table) -> tuple[NDArray[np.int64], list[int]]:
    ends = np.flatnonzero(np.r_[table["mmsi"][1:] != table["mmsi"][:-1], True]) if len(table) else np.zeros(0, int)
    return table["t"][ends].copy(), table["mmsi"][ends].tolist()


def trimmed(state: State) -> State:
    """Let go of what is too old to matter, then of the oldest where there is still too much."""
    oldest = ((state.newest_ms - FORGET_MS) // HOUR_MS - 1) * _CELLS
    state.heard = [one for one in state.heard if one >= oldest][-MAX_HEARD:]
    while len(state.names) > MAX_NAMES:
        del state.names[next(iter(state.names))]
    said = {id_: one for id_, one in state.said.items() if one.from_ms >= state.newest_ms - 2 * FORGET_MS}
    late = sorted(said, key=lambda id_: (said[id_].from_ms, id_))[-MAX_SAID:]
    state.said = {id_: said[id_] for id_ in late}
    return state


def hearing(table: Table) -> NDArray[np.int64]:
    """Return in which hours since 1970, in which cells of 5 degrees, the fixes of a table were heard, as one number each."""
    row = np.floor((table["lat"] + 90) / CELL_DEG).astype(np.int64)
    column = np.floor((table["lon"] + 180) / CELL_DEG).astype(np.int64) % _COLUMNS
    return np.unique(table["t"] // HOUR_MS * _CELLS + row * _COLUMNS + column)


def silent_hours(heard: NDArray[np.int64], place: tuple[float, float], from_ms: int, to_ms: int) -> int:
    """Return in how many whole hours between two instants nobody was heard in a place's cell or those around it.

    Args:
        heard: as ``hearing`` gives it, ascending.
        place: latitude and longitude.
        from_ms: the first instant.
        to_ms: the last one.
    """
    row, column = int((place[0] + 90) // CELL_DEG), int((place[1] + 180) // CELL_DEG)
    near = {(row + up) * _COLUMNS + (column + on) % _COLUMNS for up in (-1, 0, 1) for on in (-1, 0, 1)}
    first, last = -(-from_ms // HOUR_MS), to_ms // HOUR_MS
    known = heard[slice(*np.searchsorted(heard, [first * _CELLS, last * _CELLS]))]
    told = np.unique(known[np.isin(known % _CELLS, list(near))] // _CELLS)
    return max(0, int(last - first) - len(told))


def learn(names: Names, mmsi: int, t_ms: int, said: Mapping[str, Any]) -> None:
    """Take over what a static report says from its instant on; what it leaves out stays as it was, what is older is ignored."""
    history = names.pop(mmsi, [])
    names[mmsi] = history
    since, held = history[-1] if history else (-1, Named())
    if t_ms < since:
        return
    length = (said["dim_a"] or 0) + (said["dim_b"] or 0)
    now = Named(
        said["imo"] or held.imo,
        said["call_sign"] or held.call_sign,
        said["name"] or held.name,
        said["ship_type"] or held.ship_type,
        length or held.length_m,
    )
    if t_ms == since:
        history[-1] = (t_ms, now)
    elif now != held:
        history.append((t_ms, now))
        del history[:-MAX_CHANGES]


def named(names: Names, mmsi: int, at_ms: int) -> Named:
    """Return what a vessel had said of itself by an instant."""
    return next((held for since, held in reversed(names.get(mmsi, ())) if since <= at_ms), Named())
