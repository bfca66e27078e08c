"""Carried: what analysis remembers from one run to the next, and how new fixes join it. Bounded in every part.

Of each vessel the fixes are kept that windows still need (see ``windows``); so methods see the same around an event however
the input was cut. Two fixes of a vessel in the same ten seconds at the same place are one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from foedus.areas.maritime import windows
from foedus.areas.maritime.methods.event import Fixes
from foedus.errors import MalformedRecord

STATE_VERSION = 3
FORGET_MS = 30 * 86_400_000
MAX_FIXES = 1_000_000
MAX_NAMES = 100_000
MAX_CHANGES = 8
MAX_SAID = 50_000
MAX_HEARD = 500_000
CELL_DEG = 5
_COLUMNS = 360 // CELL_DEG
_CELLS = _COLUMNS * (180 // CELL_DEG + 1)
HOUR_MS = 3_600_000
_APART = 10_000_000_000_000
_MOST_HOURS = 10_000_000
_MOMENT_MS = 10_000
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
    flag: str = ""


class Spell(msgspec.Struct, frozen=True, array_like=True):
    """What a vessel said of itself from an instant on; when it said so again (-1: never), so that it counts; when last."""

    since: int
    again: int
    last: int
    named: Named


Names = dict[int, list[Spell]]
"""Of each vessel what it said of itself, in order of time."""


class Said(msgspec.Struct, frozen=True, array_like=True):
    """What was last said under an id: of whom, from when to when, since when it is said, the hash of its content."""

    kind: str
    mmsis: tuple[int, ...]
    from_ms: int
    to_ms: int
    created: str
    digest: str


class State(msgspec.Struct):
    """What the room remembers between runs.

    ``heard`` says in which hours anybody was heard where (see ``hearing``); ``cut`` from when on the fixes of a vessel are whole
    of which more had to be let go of than the windows allow; ``outages`` when a source was not there; ``rates`` how
    many vessels a source heard in an hour; ``revise_ms`` when an event that goes on is said anew (-1: none waits for that).
    """

    version: int = STATE_VERSION
    fixes: bytes = b""
    cut: dict[int, int] = {}
    sources: list[str] = []
    names: Names = {}
    heard: list[int] = []
    said: dict[str, Said] = {}
    newest_ms: int = -1
    outages: dict[str, list[tuple[int, int]]] = {}
    rates: dict[str, dict[int, int]] = {}
    revise_ms: int = -1


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

    Args:
        held: by vessel and time.
        fresh: in the order of the stream. One that lies before all that its vessel still needs came too late, and one that is
            there already is a repetition: neither counts.
    """
    fresh = fresh[~_late(held, fresh)]
    mine = np.isin(held["mmsi"], np.unique(fresh["mmsi"]))
    both, new = _merged(held[mine], fresh)
    if mine.all():
        return both, both[new]
    others = held[~mine]
    return np.insert(others, np.searchsorted(others["mmsi"], both["mmsi"]), both), both[new]


def _merged(held: Table, fresh: Table) -> tuple[Table, NDArray[np.bool_]]:
    """Fixes of the same vessels in order, each once, and which of them are new."""
    both = np.concatenate((held, fresh))
    new = np.r_[np.zeros(len(held), bool), np.ones(len(fresh), bool)]
    order = np.lexsort((both["t"], both["mmsi"]))
    # Few vessels are heard twice within the same moment, and only there something can be repeated.
    beside = _alike((both["mmsi"][order], both["t"][order] // _MOMENT_MS))
    close = np.flatnonzero(np.r_[beside, False] | np.r_[False, beside])
    some = np.sort(order[close])
    mmsi, t, lat, lon = (both[name][some] for name in ("mmsi", "t", "lat", "lon"))
    order[close] = some[np.lexsort((lon, lat, t, mmsi))]
    places = np.lexsort((lon, lat, t // _MOMENT_MS, mmsi))
    # Of equal ones the sort, which is stable, put the one held first.
    once = np.ones(len(both), bool)
    once[some[places][1:][_alike((mmsi[places], t[places] // _MOMENT_MS, lat[places], lon[places]))]] = False
    order = order[once[order]]
    return both[order], new[order]


def _alike(columns: tuple[NDArray[Any], ...]) -> NDArray[np.bool_]:
    """Which rows equal the one before, from the second on."""
    alike: NDArray[np.bool_] = np.logical_and.reduce([column[1:] == column[:-1] for column in columns])
    return alike


def _late(held: Table, fresh: Table) -> NDArray[np.bool_]:
    """Which fixes lie before what their vessel needs, by the newest that the stream had brought of it by then."""
    if not len(fresh):
        return np.zeros(0, bool)
    places, order = np.unique(fresh["mmsi"], return_inverse=True)
    newest = np.full(len(places), -1, np.int64)
    last, known = _last(held)
    among = np.searchsorted(places, known)
    mine = (among < len(places)) & (places[np.minimum(among, len(places) - 1)] == known)
    newest[among[mine]] = last[mine]
    by_vessel = np.argsort(order, kind="stable")
    # The running maximum of each vessel: vessels are set so far apart that none reaches into the next.
    apart = order[by_vessel] * _APART
    running = np.maximum.accumulate(np.maximum(fresh["t"][by_vessel], newest[order[by_vessel]]) + apart) - apart
    late = np.zeros(len(fresh), bool)
    late[by_vessel] = fresh["t"][by_vessel] < windows.needed_from(running)
    return late


def tracks(table: Table, rows: NDArray[np.int64] | None = None) -> Iterator[Fixes]:
    """Yield the fixes of each vessel.

    Args:
        table: by vessel and time.
        rows: what each fix is told by in evidence; its place in the table where absent.
    """
    row = np.arange(len(table), dtype=np.int64) if rows is None else rows
    edges = (
        np.flatnonzero(np.r_[True, table["mmsi"][1:] != table["mmsi"][:-1], True]) if len(table) else np.zeros(1, int)
    )
    numbers = {name: table[name].astype(np.float64) for name in ("lat", "lon", "sog", "cog", "heading")}
    times, status = table["t"].copy(), table["status"].copy()
    for begin, end in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True):
        part = slice(begin, end)
        lat, lon, sog, cog, heading = (column[part] for column in numbers.values())
        yield Fixes(int(table["mmsi"][begin]), times[part], lat, lon, sog, cog, heading, status[part], row[part])


def kept(table: Table, newest_ms: int, cut: Mapping[int, int]) -> tuple[Table, dict[int, int]]:
    """Return the fixes that the next run needs, and from when on they are whole where there were more than may be kept.

    Args:
        table: by vessel and time.
        newest_ms: the newest instant heard of.
        cut: from when on the fixes of a vessel are whole by now, where some were let go of.
    """
    last, place = _last(table)
    owner = np.searchsorted(place, table["mmsi"])
    keep = (table["t"] >= windows.needed_from(last)[owner]) & (last[owner] >= newest_ms - FORGET_MS)
    held = table[keep]
    needed = dict(zip(place.tolist(), windows.needed_from(last).tolist(), strict=True))
    still = {mmsi: since for mmsi, since in cut.items() if since > needed.get(mmsi, since)}
    if len(held) <= MAX_FIXES:
        return held, still
    each = max(1, MAX_FIXES // len(place))  # too many at once: of each vessel the latest ones
    ends = np.searchsorted(held["mmsi"], place, side="right")
    from_end = ends[np.searchsorted(place, held["mmsi"])] - np.arange(len(held))
    first = np.flatnonzero(from_end == each)
    lost = held[first[(first > 0) & (held["mmsi"][first - 1] == held["mmsi"][first])]]
    now = dict(zip(lost["mmsi"].tolist(), lost["t"].tolist(), strict=True))
    return held[from_end <= each][-MAX_FIXES:], still | now


def known_since(table: Table, cut: Mapping[int, int]) -> dict[int, int]:
    """Return from when on everything that was heard of each vessel is in a table; of others everything is."""
    last, place = _last(table)
    since = dict(zip(place.tolist(), windows.needed_from(last).tolist(), strict=True))
    return since | {mmsi: max(since[mmsi], at) for mmsi, at in cut.items() if mmsi in since}


def _last(table: Table) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The newest instant of each vessel, and the vessels."""
    ends = np.flatnonzero(np.r_[table["mmsi"][1:] != table["mmsi"][:-1], True]) if len(table) else np.zeros(0, int)
    return table["t"][ends].astype(np.int64), table["mmsi"][ends].astype(np.int64)


def trimmed(state: State) -> State:
    """Let go of what is too old to matter, then of the oldest where there is still too much."""
    oldest = ((state.newest_ms - FORGET_MS) // HOUR_MS - 1) * _CELLS
    state.heard = [one for one in state.heard if one >= oldest][-MAX_HEARD:]
    for source, rates in state.rates.items():
        state.rates[source] = {hour: rates[hour] for hour in sorted(rates) if hour >= oldest // _CELLS}
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


def newly_heard(before: Table, new: Table, number: int) -> dict[int, int]:
    """Return of how many vessels a source has the first fixes in an hour since 1970.

    Args:
        before: all fixes at hand, by vessel and time.
        new: those that join them, all of one source.
        number: of that source.
    """
    known = before[(before["src"] == number) & np.isin(before["mmsi"], np.unique(new["mmsi"]))]
    hours = np.setdiff1d(_hours_of(new), _hours_of(known)) % _MOST_HOURS
    return dict(zip(*(part.tolist() for part in np.unique(hours, return_counts=True)), strict=True))


def _hours_of(table: Table) -> NDArray[np.int64]:
    """Vessels and the hours they were heard in, as one number each."""
    told: NDArray[np.int64] = table["mmsi"].astype(np.int64) * _MOST_HOURS + table["t"] // HOUR_MS
    return told


def silent_hours(heard: NDArray[np.int64], place: tuple[float, float], from_ms: int, to_ms: int) -> NDArray[np.int64]:
    """Return in which whole hours between two instants nobody was heard in a place's cell or those around it.

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
    return np.setdiff1d(np.arange(first, last), told)


def learn(names: Names, mmsi: int, t_ms: int, said: Mapping[str, Any]) -> None:
    """Take over what a static report says from its instant on; what it leaves out stays as it was, what is older is ignored."""
    spells = names.pop(mmsi, [])
    names[mmsi] = spells
    before = spells[-1] if spells else Spell(-1, -1, -1, Named())
    if t_ms < before.last:
        return
    held, length = before.named, (said["dim_a"] or 0) + (said["dim_b"] or 0)
    now = Named(
        said["imo"] or held.imo,
        said["call_sign"] or held.call_sign,
        said["name"] or held.name,
        said["ship_type"] or held.ship_type,
        length or held.length_m,
        said["declared_flag"] or held.flag,
    )
    if spells and t_ms == before.since:
        spells[-1] = Spell(t_ms, -1, t_ms, now)
    elif spells and now == held:
        spells[-1] = Spell(before.since, t_ms if before.again < 0 else before.again, t_ms, now)
    elif now != held:
        spells.append(Spell(t_ms, -1, t_ms, now))
        del spells[:-MAX_CHANGES]


def named(names: Names, mmsi: int, at_ms: int) -> Named:
    """Return what a vessel had said of itself by an instant."""
    return next((spell.named for spell in reversed(names.get(mmsi, ())) if spell.since <= at_ms), Named())
