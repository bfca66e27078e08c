"""Rows of a block of sentences: whole plain ones many at a time, the rest one by one, then all in the order of the stream."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from foedus.areas.maritime import fast, joining, messages, record
from foedus.areas.maritime.clock import Clock
from foedus.areas.maritime.fast import Ints, Lines, Sentences
from foedus.areas.maritime.lines import Block
from foedus.areas.maritime.nmea import Assembler, Message, Place, Sentence, missing, parse
from foedus.areas.maritime.record import Coded, Columns, Texts
from foedus.areas.maritime.tags import Tagged, scan_tags
from foedus.engine.refused import Refusal

if TYPE_CHECKING:
    import pyarrow as pa

FUTURE_MS = 3_600_000
_QUIET = np.zeros(256, bool)
_QUIET[[10, 13, 35, 36]] = True
_CHANNELS = [chr(code) for code in range(128)]
_REASONS = (
    ("mmsi-none", "MMSI 0 is nobody's", ""),
    ("position-impossible", "a place that is not on the earth", ""),
    ("time-none", "no time: no tag block, suffix or base station", 'say in the settings when it begins: start = "..."'),
    ("time-future", "made after the instant of this run", "is the clock of the station right?"),
)
_TIMELESS = 2


class Read(NamedTuple):
    """What became of a block: its rows, what is refused, how many reports had no time."""

    batch: pa.RecordBatch | None
    refused: list[Refusal]
    untimed: int = 0


class _Cut(NamedTuple):
    """A block cut into lines, with what their tag blocks say."""

    block: Block
    lines: Lines
    tagged: Tagged

    def raw(self, index: int) -> bytes:
        """The bytes of a line."""
        return self.block.raw[int(self.lines.start[index]) : int(self.lines.end[index])]


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
        cut = _Cut(block, lines, scan_tags(lines))
        refused: list[Refusal] = []
        stations = list(cut.tagged.stations)
        pieces = self._pieces(cut, stations, refused)
        payloads, came = joining.together(pieces)
        told = messages.read(payloads, came)
        for index, wrong in told.refused:
            # a message of one plain sentence is refused with its line, any other with its payload
            line = int(came.line[index])
            raw = (
                cut.raw(line - block.line) if index < len(pieces[0].at) else payloads.take(np.array([index])).each()[0]
            )
            refused.append(Refusal(f"line {line}", wrong.code, wrong.message, "", raw))
        if not sum(len(held["mmsi"]) for held, _ in told.parts):
            return Read(None, refused)
        return self._dated(record.joined(told.parts), stations, refused, cut)

    def end(self) -> list[Refusal]:
        """Return what never became whole."""
        return list(self._parts.end())

    def _pieces(self, cut: _Cut, stations: list[str], refused: list[Refusal]) -> list[joining.Piece]:
        """Whole messages: of one plain sentence, of parts that came in order, and what becomes of all other lines."""
        found = fast.scan(cut.lines, cut.tagged.mark)
        rest = ~_QUIET[cut.lines.buffer[cut.lines.start]]
        rest[found.line] = False
        slow = list(self._parsed(cut, np.flatnonzero(rest), refused))
        now_ms = np.maximum.accumulate(np.maximum(cut.tagged.received, self._parts.now_ms))
        several = found.parts > 1
        pieces: list[joining.Piece] = []
        if several.any():
            parts, found = found.take(several), found.take(~several)
            left = self._paired(cut, parts, now_ms[parts.line], slow, (refused, pieces))
            slow = sorted([*slow, *self._parsed(cut, left, refused)], key=lambda one: one.line)
        came = joining.came_by(found, cut.tagged, cut.block.line, cut.block.offset)
        whole = self._assembled(slow, now_ms, cut.block.line)
        refused.extend(one for one in whole if isinstance(one, Refusal))
        if others := [one for one in whole if isinstance(one, Message)]:
            pieces.append(joining.spelled(others, stations))
        return [joining.plain(cut.lines.buffer, found, came), *pieces]

    def _assembled(self, slow: list[Sentence], now_ms: Ints, line: int) -> list[Message | Refusal]:
        """What the assembler makes of sentences; all others that were heard move its clock, too."""
        whole: list[Message | Refusal] = []
        for one in slow:
            self._parts.passed(int(now_ms[one.line - line]))
            whole.extend(self._parts.take(one))
        self._parts.passed(int(now_ms[-1]) if len(now_ms) else -1)
        return whole

    def _paired(
        self,
        cut: _Cut,
        parts: Sentences,
        now_ms: Ints,
        slow: list[Sentence],
        out: tuple[list[Refusal], list[joining.Piece]],
    ) -> Ints:
        """Join what is whole; return the lines of parts that may still become so."""
        came = joining.came_by(parts, cut.tagged, cut.block.line, cut.block.offset)
        known = self._parts.open_keys | {one.key for one in slow if one.parts > 1}
        keys = fast.key_of(cut.lines.buffer, parts), joining.known_keys(known, cut.tagged.stations)
        pairs = joining.paired(parts, came, now_ms, keys)
        refused, pieces = out
        if len(pairs.late):
            pieces.append(joining.joined(cut.lines.buffer, parts, came, pairs))
        refused.extend(missing(one) for one in self._parsed(cut, parts.line[pairs.lost], refused))
        return parts.line[pairs.left]

    def _parsed(self, cut: _Cut, rest: Ints, refused: list[Refusal]) -> Iterator[Sentence]:
        for index in rest.tolist():
            place = Place(cut.block.line + index, cut.block.offset + int(cut.lines.start[index]))
            one = parse(cut.raw(index), place, self._prefix)
            if isinstance(one, Refusal):
                refused.append(one)
            elif one is not None:
                yield one

    def _dated(self, joined: tuple[Columns, Texts], stations: list[str], refused: list[Refusal], cut: _Cut) -> Read:
        """Date all rows in the order of the stream, refuse those that cannot be, make a batch of the rest."""
        held, words = joined
        absent = np.full(len(held["mmsi"]), -1)
        t, code = self._clock.stamp(held["received_ms"], held.get("second", absent), held.get("base_ms", absent))
        held["t"] = t
        reasons = _reasons(held, self.at_ms)
        wrong = np.flatnonzero(reasons >= 0)
        refused.extend(_unfit(cut, held["line"][wrong], reasons[wrong]))
        untimed = int((reasons[wrong] == _TIMELESS).sum())
        held["time_from"] = np.where(code > 0, code, held["time_from"])
        if len(wrong):
            held, words = _taken(held, words, np.flatnonzero(reasons < 0))
        if not len(held["mmsi"]):
            return Read(None, refused, untimed)
        held["flags"] = held["flags"] | self._clock.flags(held["t"], held["received_ms"])
        channel = held.pop("channel")
        words["channel"] = Coded(np.where(channel > 0, channel, -1), _CHANNELS)
        words["station"] = Coded(held.pop("station"), stations).without("")
        return Read(record.batch(held, words), refused, untimed)


def _taken(held: Columns, words: Texts, chosen: Ints) -> tuple[Columns, Texts]:
    return (
        {name: values[chosen] for name, values in held.items()},
        {name: Coded(said.codes[chosen], said.names) for name, said in words.items()},
    )


def _reasons(held: Columns, at_ms: int) -> Ints:
    """Why each row cannot stand, by the place in ``_REASONS``; -1 where it can."""
    made = np.full(len(held["t"]), -1)
    if at_ms >= 0:
        made[held["t"] > at_ms + FUTURE_MS] = 3
    made[held["t"] < 0] = _TIMELESS
    if "lat" in held:
        made[(np.abs(held["lat"]) > 90) | (np.abs(held["lon"]) > 180)] = 1
    made[held["mmsi"] == 0] = 0
    return made


def _unfit(cut: _Cut, line: Ints, reasons: Ints) -> Iterator[Refusal]:
    """Refusals of rows; those without any time are told once a block."""
    first = np.flatnonzero(reasons == _TIMELESS)[:1].tolist()
    for index in np.flatnonzero(reasons != _TIMELESS).tolist() + first:
        code, message, hint = _REASONS[int(reasons[index])]
        number = int(line[index])
        yield Refusal(f"line {number}", code, message, hint, cut.raw(number - cut.block.line))
