"""Lines: a source in blocks of whole lines; a line without end is refused, not held."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from foedus.engine.opened import Opened
from foedus.engine.refused import Refusal, refusal
from foedus.errors import FoedusError

BLOCK_BYTES = 1024 * 1024


class Block(NamedTuple):
    """Whole lines: their bytes (the last one ends too), where they begin, the number of the first."""

    raw: bytes
    offset: int
    line: int


def blocks(opened: Opened, size: int) -> Iterator[Block | Refusal | None]:
    """Yield a source in blocks of whole lines, cut the same way however its bytes arrive.

    A line longer than a block is refused and skipped. Where the source breaks off, its whole lines are yielded, then the
    refusal; the cut line is part of that. A source that goes on is yielded as far as it came, then None.
    """
    reading = _Reading(opened, size)
    offset, line, held = (opened.live.offset, opened.live.line, b"") if opened.live else (0, 1, b"")
    while True:
        held = reading.filled(held)
        end = held.rfind(b"\n") + 1
        if not end and len(held) >= size:
            yield Refusal(f"line {line}", "line-too-long", f"a line of more than {size:,} bytes", "", held)
            skipped, held = reading.after_line(held)
            offset, line = offset + skipped, line + 1
            continue
        whole = held if reading.ended and not reading.broken else held[:end]
        if whole:
            yield Block(whole if whole.endswith(b"\n") else whole + b"\n", offset, line)
        offset, line, held = offset + len(whole), line + whole.count(b"\n"), held[len(whole) :]
        if reading.ended:
            break
        if reading.idle:
            yield None
    if reading.broken is not None:
        yield refusal(reading.broken, f"line {line}, ", held)


class _Reading:
    """Fills blocks; remembers how the source ended."""

    def __init__(self, opened: Opened, size: int) -> None:
        self._opened = opened
        self._size = size
        self.idle = False
        self.ended = False
        self.broken: FoedusError | None = None

    def filled(self, held: bytes) -> bytes:
        parts, have, self.idle = [held], len(held), False
        while have < self._size and not self.ended and not self.idle:
            part = self._part(self._size - have)
            parts.append(part)
            have += len(part)
        return b"".join(parts)

    def after_line(self, held: bytes) -> tuple[int, bytes]:
        """Skip to the end of a line; return how many bytes that took, and what follows it."""
        skipped = 0
        while held and (end := held.find(b"\n") + 1) == 0:
            skipped += len(held)
            held = self._part(self._size)
        return (skipped + end, held[end:]) if held else (skipped, b"")

    def _part(self, size: int) -> bytes:
        try:
            part = self._opened.now(size)
        except FoedusError as error:
            self.broken, part = error, b""
        self.idle, self.ended = part is None, part == b""
        return part or b""
