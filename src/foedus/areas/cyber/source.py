"""Source: what the bytes are, told by the bytes themselves; compressed input is opened on the way."""

from __future__ import annotations

import gzip
import io
import re
import zlib
from collections.abc import Iterator
from typing import Any, BinaryIO

from foedus.errors import InputError, MalformedRecord, UnsupportedFormat

HEAD_BYTES = 64 * 1024
CHUNK_BYTES = 256 * 1024
FORMATS = ("stix", "misp", "list")
_GZIP, _ZSTD, _BOM = b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"\xef\xbb\xbf"
_TOKEN = re.compile(rb'"((?:[^"\\]|\\.)*+)"(\s*:)?|[{}\[\]]', re.DOTALL)
_STIX_KEYS = frozenset({b"objects", b"spec_version", b"more"})
_MISP_KEYS = frozenset({b"Event", b"response", b"Attribute", b"Orgc", b"threat_level_id", b"analysis", b"orgc_id"})
_UUID_KEY = re.compile(rb"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_FEED_HASHES = re.compile(rb"[0-9a-f]{32},[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\s")


class Opened(io.RawIOBase):
    """A source whose head was looked at; reading it starts at the beginning.

    A compressed source that breaks off raises MalformedRecord (``compression-broken``) when the break is reached.
    """

    def __init__(self, source: BinaryIO) -> None:
        self._source = source
        self._head = b""
        self._at = 0
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


def format_of(head: bytes, given: str = "") -> str:
    """Return ``stix``, ``misp`` or ``list`` by what a head holds, or what the settings say.

    Raises:
        InputError: the settings name a format nobody here reads.
        MalformedRecord: nothing, or no UTF-8 text.
        UnsupportedFormat: JSON that is neither STIX nor MISP, or the index of a feed, which holds no values.

    >>> format_of(b'{"type": "bundle", "objects": ['), format_of(b'[{"Event": {'), format_of(b"203.0.113.9")
    ('stix', 'misp', 'list')
    """
    if given:
        if given not in FORMATS:
            raise InputError(
                "no such format", code="format-unknown", where="byte 0", hint=f"one of {', '.join(FORMATS)}"
            )
        return given
    text = head.removeprefix(_BOM).lstrip()
    if not text:
        raise MalformedRecord(
            "there is nothing here", code="input-empty", where="byte 0", hint="is this the right file?"
        )
    if text[:1] not in (b"{", b"["):
        if b"\0" in head[:1024] or head.startswith((b"\xff\xfe", b"\xfe\xff")):
            raise MalformedRecord("this is no UTF-8 text", code="encoding", where="byte 0", hint="write it as UTF-8")
        if _FEED_HASHES.match(text):
            raise _index("hashes.csv of a MISP feed")
        return "list"
    keys, values = _top(text)
    if keys & _STIX_KEYS or ({b"type", b"id"} <= keys and any(b"--" in value for value in values)):
        return "stix"
    if keys & _MISP_KEYS:
        return "misp"
    if any(_UUID_KEY.fullmatch(key) for key in keys):
        raise _index("manifest of a MISP feed")
    raise UnsupportedFormat(
        "JSON, but neither STIX nor a MISP event",
        code="format-unknown",
        where="byte 0",
        hint="if it is one, give the setting format",
    )


def _index(what: str) -> UnsupportedFormat:
    return UnsupportedFormat(
        f"the {what} names events, it holds none", code="feed-index", where="byte 0", hint="give the event files"
    )


def _top(text: bytes) -> tuple[set[bytes], set[bytes]]:
    """Keys and texts of the top object, or of a top array's objects, as far as the head goes."""
    keys: set[bytes] = set()
    values: set[bytes] = set()
    depth, top = 0, 2 if text.startswith(b"[") else 1
    for match in _TOKEN.finditer(text):
        mark = match.group()
        if mark in (b"{", b"["):
            depth += 1
        elif mark in (b"}", b"]"):
            depth -= 1
        elif depth == top:
            (keys if match.group(2) else values).add(match.group(1))
    return keys, values
