"""Rows: lines of a source one at a time, and of a table those that belong together; what has no end is refused, not held."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from foedus.engine.opened import Opened
from foedus.engine.refused import Refusal, refusal
from foedus.errors import FoedusError

MAX_LINE = 1024 * 1024
MAX_LINES_A_ROW = 2_000


class Line(NamedTuple):
    """One line without its end, and its number in the source."""

    raw: bytes
    number: int


def lines(opened: Opened, limit: int = MAX_LINE) -> Iterator[Line | Refusal]:
    """Yield the lines of a source; one longer than the limit is refused and skipped."""
    held, number, skipping = b"", 0, False
    chunks = opened.chunks()
    while True:
        try:
            chunk = next(chunks, b"")
        except FoedusError as error:
            yield refusal(error, f"line {number + 1}, ", held)
            return
        *whole, held = (held + chunk).split(b"\n")
        for raw in whole:
            number += 1
            if skipping:
                skipping = False
            elif len(raw) > limit:
                yield _too_long(raw, number, limit)
            else:
                yield Line(raw.rstrip(b"\r"), number)
        if len(held) > limit:
            if not skipping:
                yield _too_long(held, number + 1, limit)
            skipping, held = True, b""
        if not chunk:
            if held and not skipping:
                yield Line(held.rstrip(b"\r"), number + 1)
            return


def rows(opened: Opened, limit: int = MAX_LINE) -> Iterator[Line | Refusal]:
    """Yield the rows of a table: a quoted cell may go over several lines.

    A quote that is never closed costs its line only: what follows it is read anew.
    """
    source = lines(opened, limit)
    held: list[Line] = []
    again: list[Line] = []
    size = quotes = 0
    while True:
        one = again.pop() if again else next(source, None)
        if isinstance(one, Line):
            if not held and b'"' not in one.raw:
                yield one
                continue
            held.append(one)
            size, quotes = size + len(one.raw) + 1, quotes + one.raw.count(b'"')
            if quotes % 2 == 0:
                yield Line(b"\n".join(part.raw for part in held), held[0].number)
                held, size, quotes = [], 0, 0
            if size <= limit and len(held) <= MAX_LINES_A_ROW:
                continue
        if held:
            first, *rest = held
            yield Refusal(f"line {first.number}", "quote-unclosed", "a quoted cell that never ends", "", first.raw)
            if isinstance(one, Refusal):
                yield one
            again.extend(reversed(rest))
            held, size, quotes = [], 0, 0
        elif isinstance(one, Refusal):
            yield one
        if one is None and not again:
            return


def _too_long(raw: bytes, number: int, limit: int) -> Refusal:
    return Refusal(f"line {number}", "line-too-long", f"a line of more than {limit:,} bytes", "", raw)
