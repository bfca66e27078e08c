"""Kept stream: what a live source sent, line by line in files, from where what was not concluded yet is read again.

A file is named by the offset of its first byte in the whole stream and the number of its first line. Only whole lines are
appended, so every end is the end of a line; what a power cut left half is taken off when the stream is opened again.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from foedus.errors import StoreError

SEGMENT_BYTES = 16 * 2**20
MAX_BYTES = 2**30
"""So much may wait to be concluded; then a source is not read until some of it was."""
_ENDING = ".lines"


class _Segment(NamedTuple):
    offset: int
    line: int
    path: Path


class KeptStream:
    """One stream; one thread appends, another reads.

    Args:
        directory: where its files are, and no others with their ending.
        at_least: how much of it is known to have been there: offset and number of lines.
    """

    def __init__(self, directory: Path, at_least: tuple[int, int] = (0, 0)) -> None:
        self._directory = directory
        self._lock = threading.Lock()
        directory.mkdir(parents=True, exist_ok=True)
        self._segments = sorted(_segment(path) for path in directory.glob(f"*{_ENDING}"))
        self.offset, self.line = self._mended()
        if self.offset < at_least[0] or not self._segments:
            self.offset, self.line = max((self.offset, self.line), at_least)
            self._begin()
        self._file = self._opened()

    @property
    def start(self) -> int:
        """The offset of the first byte kept."""
        return self._segments[0].offset

    @property
    def is_full(self) -> bool:
        """Whether so much is kept that no more may come."""
        return self.offset - self.start > MAX_BYTES

    def append(self, lines: bytes) -> None:
        """Keep whole lines.

        Raises:
            StoreError: there is no room.
        """
        with self._lock:
            if self.offset - self._segments[-1].offset >= SEGMENT_BYTES:
                os.fsync(self._file)
                os.close(self._file)
                self._begin()
                self._file = self._opened()
            self._write(lines)
            self.line += lines.count(b"\n")
            self.offset += len(lines)

    def sync(self) -> None:
        """Make what was appended durable."""
        with self._lock:
            os.fsync(self._file)

    def forget(self, before: int) -> None:
        """Let go of what is needed no more; one file before an offset stays, in which what follows may have begun."""
        with self._lock:
            while len(self._segments) > 2 and self._segments[2].offset <= before:
                self._segments.pop(0).path.unlink(missing_ok=True)

    def close(self) -> None:
        """Close the file."""
        os.close(self._file)

    def feed(self, offset: int, now_ms: Callable[[], int]) -> Feed:
        """Return a reader from a file's start, at least one file before an offset where there is one."""
        with self._lock:
            before = [one for one in self._segments if one.offset <= offset]
            first = before[-2:][0] if before else self._segments[0]
        return Feed(self, (first.offset, first.line), now_ms)

    def read(self, offset: int, size: int) -> bytes:
        """Return whole lines from an offset on, up to a size; nothing where nothing follows.

        Raises:
            StoreError: it cannot be read.
        """
        with self._lock:
            held = [one for one in self._segments if one.offset <= offset]
            size = min(size, self.offset - offset)
        try:
            with held[-1].path.open("rb") as file:
                file.seek(offset - held[-1].offset)
                raw = file.read(max(0, size))
        except OSError as error:
            raise _unusable(self._directory) from error
        return raw[: raw.rfind(b"\n") + 1]

    def _write(self, lines: bytes) -> None:
        try:
            left = memoryview(lines)
            while left:
                left = left[os.write(self._file, left) :]
        except OSError as error:
            os.ftruncate(self._file, self.offset - self._segments[-1].offset)
            raise _unusable(self._directory) from error

    def _begin(self) -> None:
        name = f"{self.offset:020}-{self.line:020}{_ENDING}"
        self._segments.append(_Segment(self.offset, self.line, self._directory / name))

    def _opened(self) -> int:
        try:
            return os.open(self._segments[-1].path, os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600)
        except OSError as error:
            raise _unusable(self._directory) from error

    def _mended(self) -> tuple[int, int]:
        """Take half a line off the end; return where the stream ends."""
        if not self._segments:
            return 0, 0
        last = self._segments[-1]
        raw = last.path.read_bytes()
        whole = raw.rfind(b"\n") + 1
        if whole < len(raw):
            os.truncate(last.path, whole)
        return last.offset + whole, last.line + raw.count(b"\n")


class Feed:
    """A reader of a kept stream as a room's ``ingest`` takes it (``model.room.LiveSource``): gives what ``fill`` took.

    Args:
        stream: what is read.
        start: offset and number of the first line.
        now_ms: the node's clock.
    """

    live = True

    def __init__(self, stream: KeptStream, start: tuple[int, int], now_ms: Callable[[], int]) -> None:
        self.offset, self.line = start[0], start[1] + 1
        self.now_ms = now_ms
        self.place = self.offset
        """How far it was read."""
        self._stream = stream
        self._held = b""

    def fill(self, size: int) -> bool:
        """Take whole lines of up to a size to give; say whether there were any."""
        self._held = self._stream.read(self.place, size)
        self.place += len(self._held)
        return bool(self._held)

    def read(self, size: int, /) -> bytes | None:
        """Return up to so many bytes of what was taken, None where that was given."""
        part, self._held = self._held[:size], self._held[size:]
        return part or None


def _segment(path: Path) -> _Segment:
    offset, _, line = path.stem.partition("-")
    return _Segment(int(offset), int(line), path)


def _unusable(directory: Path) -> StoreError:
    hint = "check owner, rights and free space of the node's directory"
    return StoreError("what a live source sent cannot be kept", code="stream-unusable", where=str(directory), hint=hint)
