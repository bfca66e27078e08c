"""Whole: a source that is one document, held up to a limit; more than that is refused and read past, never held."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from foedus.engine.opened import Opened
from foedus.errors import LimitExceeded, MalformedRecord

_MARKS = (
    (b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe\x00\x00", "utf-32-le"), (b"\x00\x00\xfe\xff", "utf-32-be"),
    (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"),
)  # fmt: skip
_NAMED = re.compile(rb"(?:charset|encoding)\s{0,8}=\s{0,8}[\"']?\s{0,8}([A-Za-z0-9_.:\-]{2,40})", re.IGNORECASE)
# What the web calls by one name and means by another (WHATWG Encoding Standard, section 4.2).
_MEANT = {"iso-8859-1": "cp1252", "latin1": "cp1252", "ascii": "cp1252", "us-ascii": "cp1252", "shift_jis": "cp932",
          "shift-jis": "cp932", "x-sjis": "cp932", "gb2312": "gb18030", "gbk": "gb18030", "ks_c_5601-1987": "cp949",
          "euc-kr": "cp949", "utf8": "utf-8"}  # fmt: skip
_KNOWN = frozenset({
    "utf-8", "cp1252", "cp1251", "cp1250", "cp1254", "cp932", "euc-jp", "iso-2022-jp", "gb18030", "big5", "cp949", "koi8-r",
    "koi8-u", "iso-8859-2", "iso-8859-5", "iso-8859-15", "windows-1250", "windows-1251", "windows-1252", "windows-1254", "utf-16",
})  # fmt: skip


class Decoded(NamedTuple):
    """A text, and what was noticed while its bytes were read."""

    text: str
    noticed: tuple[str, ...]


class Held:
    """Reads a document; iterate over ``rest`` to the end of the source when it is too long.

    Args:
        opened: the source.
        limit: how many bytes are held.
    """

    def __init__(self, opened: Opened, limit: int) -> None:
        self._opened = opened
        parts, size = [], 0
        while size <= limit and (part := opened.read(min(64 * 1024, limit + 1 - size))):
            parts.append(part)
            size += len(part)
        self.raw = b"".join(parts)
        self.error = (
            LimitExceeded(f"a document of more than {limit:,} bytes", code="document-too-long", where="byte 0")
            if size > limit
            else None
        )

    def rest(self) -> Iterator[None]:
        """Read past what is left: it counts and is hashed like the rest."""
        for _ in self._opened.chunks():
            yield None


def decoded(raw: bytes) -> Decoded:
    """Return the text of a document: as its mark says, as it says itself, as UTF-8, else as Windows' Latin and marked so.

    Raises:
        MalformedRecord: it is no text at all.
    """
    for mark, name in _MARKS:
        if raw.startswith(mark):
            return _strict(raw[len(mark) :], name)
    if b"\x00" in raw[:4096]:
        raise MalformedRecord(
            "bytes that are no text", code="encoding-wrong", where="byte 0", hint="is this the right file?"
        )
    if b"\x1b$" in raw[:65_536]:
        return _strict(raw, "iso-2022-jp")  # seven bits, so that it looks like ASCII
    try:
        return Decoded(raw.decode("utf-8"), ())
    except UnicodeDecodeError:
        named = _NAMED.search(raw[:4096])
    name = named[1].decode().lower() if named else ""
    name = _MEANT.get(name, name)
    if name in _KNOWN and name != "utf-8":
        return _strict(raw, name)
    # Mixed: most of it UTF-8, some not. What cannot be read is marked in the text, at the place where it stood.
    utf8, latin = raw.decode("utf-8", "replace"), raw.decode("cp1252", "replace")
    if utf8.count("\ufffd") * 100 < len(utf8) and not utf8.isascii():
        return Decoded(utf8, ("encoding-mixed",))
    return Decoded(latin, ("encoding-guessed",))


def _strict(raw: bytes, name: str) -> Decoded:
    try:
        return Decoded(raw.decode(name), ())
    except (UnicodeDecodeError, LookupError):
        return Decoded(raw.decode(name, "replace"), ("encoding-mixed",))
