"""Rows of a block of sentences: plain reports by ``fast``, the rest one by one, then all in the order of the stream."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from foedus.areas.maritime import fast, record
from foedus.areas.maritime.clock import Clock
from foedus.areas.maritime.fast import Lines
from foedus.areas.maritime.lines import Block
from foedus.areas.maritime.messages import named, rows_of
from foedus.areas.maritime.nmea import Assembler, Message, Place, parse
from foedus.areas.maritime.positions import Came, own_columns, position_columns
from foedus.areas.maritime.record import Columns, Row
from foedus.areas.maritime.tags import scan_tags
from foedus.engine.refused import Refusal

if TYPE_CHECKING:
    import pyarrow as pa

Ints = NDArray[np.int64]
Texts = dict[str, list[str | None]]

FUTURE_MS = 3_600_000
_QUIET = np.zeros(256, bool)
_QUIET[[10, 13, 35, 36]] = True
_REASONS = {
    "mmsi-none": ("MMSI 0 is nobody's", ""),
    "position-impossible": ("a place that is not on the earth", ""),
    "time-future": ("made after the instant of this run", "is the clock of the station right?"),
    "time-none": ("no time: no tag block, suffix or base station", 'say in the settings when it begins: start = "..."'),
}  # fmt: skip


class Read(NamedTuple):
    """What became of a block: its rows, what is refused, how many reports had no time."""

    batch: pa.RecordBatch | None
    refused: list[Refusal]
    untimed: int = 0


class Stream:
    """Turns one stream of sentences into batches.

    Args:
        start_ms: instant it begins, -1 unknown.
        at_ms: instant of the run, after which no report can have been made; -1 unknown.
        prefix: what a logger wrote before each sentence.
    """

    def __init__(self, start_ms: int, at_ms: int, prefix: str) -> None:
        self._clock = Clock(start_ms)
        self.at_ms = at_ms
        self._prefix = prefix
        self._parts = Assembler()

    def read(self, block: Block) -> Read:
        """Return a block's rows and what is refused of it."""
        lines = fast.lines(block.raw)
        tagged = scan_tags(lines)
        found = fast.scan(lines, np.arange(len(lines.start)), tagged.mark)
        rest = ~_QUIET[lines.buffer[lines.start]]
        rest[found.line] = False
        refused: list[Refusal] = []
        came = Came.of(found, block, tagged)
        rows: list[Row] = list(_kept(named(found, block, came), refused))
        owned: list[Message] = []
        for one in self._messages(block, lines, np.flatnonzero(rest)):
            if isinstance(one, Refusal):
                refused.append(one)
            elif one.is_plain:
                owned.append(one)
            else:
                rows.extend(_kept(rows_of(one), refused))
        plain = position_columns(found.reports, came)
        parts = [plain, own_columns(owned)] if owned else [plain]
        for one in owned:
            rows.extend(_kept(rows_of(one), refused))
        if rows:
            parts.append((record.columns(rows), record.texts(rows)))
        return self._dated(_joined(parts), refused, block)

    def end(self) -> list[Refusal]:
        """Return what never became whole."""
        return list(self._parts.end())

    def _messages(self, block: Block, lines: Lines, rest: Ints) -> Iterator[Message | Refusal]:
        for index in rest.tolist():
            begin = int(lines.start[index])
            place = Place(block.line + index, block.offset + begin)
            one = parse(block.raw[begin : int(lines.end[index])], place, self._prefix)
            if isinstance(one, Refusal):
                yield one
            elif one is not None:
                yield from self._parts.take(one)

    def _dated(self, joined: tuple[Columns, Texts], refused: list[Refusal], block: Block) -> Read:
        """Date all rows in the order of the stream, refuse those that cannot be, make a batch of the rest."""
        held, words = joined
        order = np.lexsort((held["what"], held["line"]))
        held = {name: values[order] for name, values in held.items()}
        held["t"], code = self._clock.stamp(held["received_ms"], held["second"], held["base_ms"])
        reasons = _reasons(held, self.at_ms)
        untimed = int((reasons == "time-none").sum())
        refused.extend(_unfit(block, held["line"], reasons))
        keep = np.flatnonzero(reasons == "")
        if not len(keep):
            return Read(None, refused, untimed)
        held["time_from"] = np.where(code > 0, code, held["time_from"])
        held = {name: values[keep] for name, values in held.items()}
        held["flags"] = held["flags"] | self._clock.flags(held["t"], held["received_ms"])
        places = order[keep].tolist()
        chosen = {name: [values[index] for index in places] for name, values in words.items()}
        return Read(record.batch(held, chosen), refused, untimed)


def _kept(found: Iterator[Row | Refusal], refused: list[Refusal]) -> Iterator[Row]:
    for one in found:
        if isinstance(one, Refusal):
            refused.append(one)
        else:
            yield one


def _joined(parts: list[tuple[Columns, Texts]]) -> tuple[Columns, Texts]:
    names = parts[-1][0].keys()
    held = {name: np.concatenate([part[name] for part, _ in parts]) for name in names}
    words: Texts = {}
    for name in sorted({name for _, part in parts for name in part}):
        words[name] = [value for part, text in parts for value in text.get(name) or [None] * len(part["mmsi"])]
    return held, words


def _reasons(held: Columns, at_ms: int) -> NDArray[np.str_]:
    """Why each row cannot stand; empty where it can."""
    future = (held["t"] > at_ms + FUTURE_MS) if at_ms >= 0 else np.zeros(len(held["t"]), bool)
    astray = (np.abs(held["lat"]) > 90) | (np.abs(held["lon"]) > 180)
    tests = [held["mmsi"] == 0, astray, held["t"] < 0, future]
    return np.select(tests, ["mmsi-none", "position-impossible", "time-none", "time-future"], "")


def _unfit(block: Block, line: Ints, reasons: NDArray[np.str_]) -> Iterator[Refusal]:
    """Refusals of rows; those without any time are told once a block."""
    text: list[bytes] = []
    timeless = False
    for index in np.flatnonzero(reasons != "").tolist():
        code = str(reasons[index])
        text = text or block.raw.split(b"\n")
        if code == "time-none" and timeless:
            continue
        timeless |= code == "time-none"
        message, hint = _REASONS[code]
        number = int(line[index])
        yield Refusal(f"line {number}", code, message, hint, text[number - block.line].rstrip(b"\r"))
