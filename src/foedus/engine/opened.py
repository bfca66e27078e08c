"""Opened: source bytes behind their compression, which the bytes themselves tell; the head can be looked at first."""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Iterator
from typing import Any, BinaryIO

from foedus.errors import MalformedRecord
from foedus.model.room import LiveSource

HEAD_BYTES = 64 * 1024
CHUNK_BYTES = 256 * 1024
_GZIP, _ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"


class Opened(io.RawIOBase):
    """A source whose head was looked at; reading it starts at the beginning.

    ``live`` is the source itself where it goes on: nothing of that is looked at first, and it is never compressed.
    A compressed source that breaks off raises MalformedRecord (``compression-broken``) when the break is reached.
    """

    def __init__(self, source: BinaryIO) -> None:
        self._source = source
        self._head = b""
        self._at = 0
        self.live: LiveSource | None = source if getattr(source, "live", False) else None  # type: ignore[assignment]
        if self.live is not None:
            self.head = b""
            return
        start = self._filled(b"", len(_ZSTD))
        if start.startswith(_GZIP):
            self._source, start = gzip.GzipFile(fileobj=_Joined(start, source)), b""  # type: ignore[assignment]
        elif start.startswith(_ZSTD):
            self._source, start = _zstd(_Joined(start, source)), b""
        self.head = self._head = self._filled(start, HEAD_BYTES)

    def readable(self) -> bool:
        """Say that it can be read."""
        return True

    def read(self, size: int | None = -1, /) -> bytes:
        """Return up to ``size`` bytes; all that is left for a negative size."""
        if size is None or size < 0:
            return b"".join(self.chunks())
        if self._at < len(self._head):
            part = self._head[self._at : self._at + size]
            self._at += len(part)
            return part
        self._head = b""
        self._at = 0
        return self._take(size)

    def now(self, size: int) -> bytes | None:
        """Return up to ``size`` bytes; None where a source that goes on has none now."""
        return self.read(size) if self.live is None else self.live.read(size)

    def readinto(self, buffer: Any, /) -> int:
        """Read into a buffer; return how many bytes."""
        part = self.read(len(buffer))
        buffer[: len(part)] = part
        return len(part)

    def chunks(self) -> Iterator[bytes]:
        """Yield what is left, in pieces."""
        while part := self.read(CHUNK_BYTES):
            yield part

    def _filled(self, start: bytes, size: int) -> bytes:
        while len(start) < size and (part := self._take(size - len(start))):
            start += part
        return start

    def _take(self, size: int) -> bytes:
        try:
            return self._source.read(size) or b""
        except (EOFError, zlib.error, OSError) as error:
            raise MalformedRecord(
                "compressed input is broken or cut short",
                code="compression-broken",
                where="end of input",
                hint="fetch it again",
            ) from error


class _Joined(io.RawIOBase):
    """A start that was read already, and the rest of its source."""

    def __init__(self, start: bytes, source: BinaryIO) -> None:
        self._start, self._source = start, source

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1, /) -> bytes:
        if not self._start:
            return self._source.read(size)
        part, self._start = (self._start, b"") if size < 0 else (self._start[:size], self._start[size:])
        return part


def _zstd(source: io.RawIOBase) -> BinaryIO:
    import pyarrow as pa  # noqa: PLC0415

    held: BinaryIO = pa.CompressedInputStream(pa.PythonFile(source, mode="r"), "zstd")
    return held
