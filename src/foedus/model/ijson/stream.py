"""Objects cut out of a stream of JSON, with their bytes as they came.

Three ways, each for what the one before leaves: the decoder cuts all elements of a list that stand in the buffer whole;
one regular expression takes one object of up to six levels; a scanner counts brackets outside strings and never looks at a
byte twice, for what is deeper, cut by a chunk, or damaged.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import msgspec

from foedus.errors import InputError
from foedus.model.ijson.strict import encoding_fault, loads

MAX_OBJECT_BYTES = 8 * 2**20

_HEAD_BYTES = 200
_MEMBERS = 64
_WINDOW = 64 * 1024
_PUNCTUATION = rb'[^"{}\[\]]*+'
_STRING = rb'(?:"[^"\\]*+(?:\\.[^"\\]*+)*+"' + _PUNCTUATION + rb")++"
_NEST = rb"[{\[]" + _PUNCTUATION + rb"(?:" + _STRING + rb")?+[}\]]"
for _ in range(5):
    _NEST = rb"[{\[]" + _PUNCTUATION + rb"(?:" + _STRING + rb"|" + _NEST + _PUNCTUATION + rb")*+[}\]]"
_WHOLE = re.compile(_NEST, re.DOTALL)
_PLAIN = re.compile(rb'[^"{}\[\]]*+')
_QUOTED = re.compile(rb'(?:[^"\\]++|\\.)*+', re.DOTALL)
_SCALAR = re.compile(rb'[^",:\[\]{} \t\r\n]*+')
_SPACE = re.compile(rb"[ \t\r\n]*+")
_BRACE, _BRACKET, _QUOTE, _BACKSLASH, _COMMA, _COLON = b'{["\\,:'
_END = -1
_NOT_AN_OBJECT = ("not an object", "a list of STIX objects holds objects only")
_CUT = msgspec.json.Decoder(list[msgspec.Raw])


class Piece(msgspec.Struct, frozen=True):
    """One object of a stream: its bytes as received without outer white space, and where it stood.

    ``pointer`` is a JSON pointer into the top-level value; after the first value of a JSON-lines stream it begins with
    ``line N``.
    """

    raw: bytes
    pointer: str


class Refused(msgspec.Struct, frozen=True):
    """Something in a stream that is no object, or cannot be taken; ``raw_head`` is how it begins (at most 200 bytes)."""

    raw_head: bytes
    pointer: str
    code: str
    message: str
    hint: str


def split(chunks: Iterable[bytes], *, max_object_bytes: int = MAX_OBJECT_BYTES) -> Iterator[Piece | Refused]:
    """Cut the objects out of a STIX bundle, TAXII envelope, JSON array, single object or JSON lines.

    At most one object is held. A piece is cut where its brackets balance; who reads it finds out whether it is JSON.

    Args:
        chunks: the input, in pieces of any size.
        max_object_bytes: a larger object is refused and skipped in bounded memory.

    Yields:
        Piece or Refused, in the order of the input; an input cut short ends with ``json-truncated``.

    >>> [piece.pointer for piece in split([b'{"type":"bundle","objects":[{"id":1},', b'{"id":2}]}'])]
    ['/objects/0', '/objects/1']
    """
    return _Splitter(chunks, max_object_bytes).run()


class _Truncated(Exception):
    """The input ended inside a value."""


class _Splitter:
    """Pull parser: ``buf[pos:]`` was read and not yet taken; from ``mark`` on, when it is not -1, bytes are kept."""

    def __init__(self, chunks: Iterable[bytes], limit: int) -> None:
        self.windows = (chunk[i : i + _WINDOW] for chunk in chunks for i in range(0, len(chunk), _WINDOW))
        self.limit = limit
        self.buf = bytearray()
        self.pos = 0
        self.mark = -1
        self.line = 1
        self.base = 0
        self.tried = -1
        self.pointer = ""
        self.head = b""

    def run(self) -> Iterator[Piece | Refused]:
        """Cut one top-level value after another."""
        while len(self.buf) < 4 and self.fill():
            pass
        code, message = encoding_fault(bytes(self.buf[:4]))
        if code == "json-encoding":
            yield self.refused(code, message, "write UTF-8 without byte order mark")
            return
        first = True
        try:
            while self.peek(may_end=True) != _END:
                line = self.line + self.buf.count(b"\n", 0, self.pos)
                self.pointer = "" if first else f"line {line}"
                first = False
                yield from self.top()
        except _Truncated:
            yield self.refused("json-truncated", "the input ends inside a value", "all that came before it was read")
        if first:
            yield self.refused("json-empty", "there is no JSON here", "is this the right file?")

    # What stands in the stream.

    def top(self) -> Iterator[Piece | Refused]:
        """Cut the top-level value that begins here."""
        byte = self.buf[self.pos]
        if byte == _BRACKET:
            self.pos += 1
            yield from self.elements(self.pointer)
        elif byte == _BRACE:
            whole = _WHOLE.match(self.buf, self.pos)
            if whole is not None and b'"objects"' not in whole.group():
                yield self.taken(self.value())
            else:
                yield from self.object()
        else:
            self.skip_line()
            yield self.refused(
                "json-not-an-object", "neither an object nor a list of objects", "is this the right file?"
            )

    def object(self) -> Iterator[Piece | Refused]:
        """A container (it has ``objects``, a list), or one object whose end, or whose size, is not known yet."""
        base, kind, contained = self.pointer, b"", False
        members: dict[bytes, bytes | None] = {}
        self.mark = self.pos
        self.pos += 1
        while (byte := self.peek()) != 0x7D:
            if byte == _COMMA:
                self.pos += 1
                continue
            key = self.value() if byte == _QUOTE else None
            if key is None or self.peek() != _COLON or len(members) >= _MEMBERS:
                break
            self.pos += 1
            if key == b'"objects"' and self.peek() == _BRACKET and kind in (b"", b'"bundle"') and not contained:
                contained, self.mark = True, -1
                self.pos += 1
                yield from self.elements(f"{base}/objects")
                self.pointer = base
                yield from (fault for name, value in members.items() if (fault := self.member(base, name, value)))
                members[key] = b"[]"
                continue
            self.peek()
            value = self.value()
            kind = value or b"" if key == b'"type"' else kind
            if contained and (fault := self.member(base, key, value, twice=key in members)):
                yield fault
            members[key] = value
            if self.pos - self.mark > self.limit:
                self.mark = -1
        yield from self.object_end(contained=contained)

    def object_end(self, *, contained: bool) -> Iterator[Piece | Refused]:
        """Finish the object that ``object`` began, whatever stood in it."""
        ended = self.buf[self.pos] == 0x7D
        if contained:
            self.scan(0, depth=1)
            if not ended:
                yield self.refused(
                    "json-malformed", "members beside the objects cannot be read", "send a bundle or envelope"
                )
        elif self.mark < 0:
            head = self.head
            self.scan(0, depth=1)
            self.head = head
            yield self.taken(None)
        else:
            self.pos, self.mark = self.mark, -1
            yield self.taken(self.value())

    def member(self, base: str, key: bytes, value: bytes | None, *, twice: bool = False) -> Refused | None:
        """What is wrong with one member beside ``objects``."""
        name = key.strip(b'"').decode(errors="replace")
        self.pointer, self.head = f"{base}/{name}", (value or b"")[:_HEAD_BYTES]
        try:
            if twice:
                return self.refused("json-duplicate-key", "a key is given twice", "write each key once")
            if value is None:
                return self.refused("json-too-large", "value is too large", f"at most {self.limit} bytes")
            loads(value)
        except InputError as error:
            return self.refused(error.code, error.message, error.hint)
        return None

    def elements(self, base: str) -> Iterator[Piece | Refused]:
        """Elements of a list, up to and with its closing bracket."""
        index, comma = 0, False
        while (byte := self.peek()) != 0x5D or comma:
            for raw in self.batch() if byte == _BRACE else ():
                yield self.element(bytes(raw), f"{base}/{index}")
                index += 1
            byte = self.buf[self.pos]
            self.pointer = f"{base}/{index}"
            if byte == _BRACE:
                yield self.taken(self.value())
            elif byte in b",:}]":
                self.head = bytes((byte,))
                yield self.refused("json-malformed", "an object is missing", "one comma between two objects")
            else:
                self.head = (self.value() or self.head)[:_HEAD_BYTES]
                yield self.refused("json-not-an-object", *_NOT_AN_OBJECT)
            index += 1
            if self.peek() not in b",]":
                self.skip_garbage()
                yield self.refused(
                    "json-malformed", "no comma after the object", "the rest is read from the next one on"
                )
            comma = self.buf[self.pos] == _COMMA
            self.pos += comma
        self.pos += 1

    def batch(self) -> list[msgspec.Raw]:
        """Take the elements in the buffer up to the last one that begins as this one does; none where that fails.

        A text between two elements that decodes as a list is that list: no guess about the place can cut it elsewhere.
        """
        if self.tried == (at := self.base + len(self.buf)):
            return []
        self.tried = at
        colon = self.buf.find(b":", self.pos) + 1
        first = bytes(self.buf[self.pos : colon])
        last = len(self.buf)
        for _ in range(3 if colon else 0):
            last = self.buf.rfind(first, self.pos + 1, last)
            if last < 0:
                break
            try:
                raws = self.cut(last)
            except (msgspec.DecodeError, RecursionError):
                continue
            self.pos = last
            return raws[:-1]
        return []

    def cut(self, last: int) -> list[msgspec.Raw]:
        """Decode what stands before ``last`` as the elements of a list, and one more that is nothing."""
        with memoryview(self.buf) as view, view[self.pos : last] as text:
            return _CUT.decode(b"".join((b"[", text, b"{}]")))

    def element(self, raw: bytes, pointer: str) -> Piece | Refused:
        """Return one element of a batch as what it is."""
        if raw[0] == _BRACE and len(raw) <= self.limit:
            return Piece(raw, pointer)
        self.pointer, self.head = pointer, raw[:_HEAD_BYTES]
        return self.taken(None) if raw[0] == _BRACE else self.refused("json-not-an-object", *_NOT_AN_OBJECT)

    def taken(self, raw: bytes | None) -> Piece | Refused:
        """Return a piece, or the refusal of one too large."""
        if raw is not None:
            return Piece(raw, self.pointer)
        return self.refused("json-too-large", "object is too large", f"at most {self.limit} bytes")

    def refused(self, code: str, message: str, hint: str) -> Refused:
        """Return a refusal at the place read last."""
        return Refused(self.head, self.pointer, code, message, hint)

    # The bytes.

    def fill(self) -> bool:
        """Read one more chunk, let go of what was taken; say whether there was one."""
        keep = self.pos if self.mark < 0 else self.mark
        if keep:
            self.line += self.buf.count(b"\n", 0, keep)
            del self.buf[:keep]
            self.base += keep
            self.pos -= keep
            self.mark = min(self.mark, 0)
        chunk = next(self.windows, None)
        if chunk is None:
            return False
        self.buf += chunk
        return True

    def peek(self, *, may_end: bool = False) -> int:
        """Next byte that is no white space, which is skipped."""
        while True:
            self.pos = _SPACE.match(self.buf, self.pos).end()  # type: ignore[union-attr]
            if self.pos < len(self.buf):
                return self.buf[self.pos]
            if not self.fill():
                if may_end:
                    return _END
                raise _Truncated

    def value(self) -> bytes | None:
        """Take the value that begins here; None where it is too large."""
        whole = _WHOLE.match(self.buf, self.pos)
        if whole is None or len(whole.group()) > self.limit:
            return self.scan(self.limit)
        self.pos = whole.end()
        return whole.group()

    def scan(self, limit: int, *, depth: int = 0) -> bytes | None:
        """Take a value, or the rest of one that is ``depth`` deep, looking at each byte once; None where over ``limit``."""
        at, quoted, over = 0, False, False
        self.head = bytes(self.buf[self.pos : self.pos + _HEAD_BYTES])
        while True:
            pattern = _QUOTED if quoted else _PLAIN if depth else _SCALAR
            at = pattern.match(self.buf, self.pos + at).end() - self.pos  # type: ignore[union-attr]
            if at > limit:
                if not over and limit:
                    self.head = bytes(self.buf[self.pos : self.pos + _HEAD_BYTES])
                over, self.mark = True, -1
                self.pos, at = self.pos + at, 0
            stop = self.pos + at
            byte = self.buf[stop] if stop < len(self.buf) else _END
            if byte == _END or (byte == _BACKSLASH and quoted):
                if self.fill():
                    continue
                if depth or quoted:
                    self.head = self.head if over else bytes(self.buf[self.pos : self.pos + _HEAD_BYTES])
                    raise _Truncated
                break
            if byte == _QUOTE:
                quoted = not quoted
            elif byte in b"{[":
                depth += 1
            elif byte in b"}]" and depth:
                depth -= 1
            else:
                break
            at += 1
            if not depth and not quoted:
                break
        raw = bytes(self.buf[self.pos : self.pos + at])
        self.pos += at
        return None if over or len(raw) > limit else raw

    def skip_line(self) -> None:
        """Skip to the next line, keeping how this one begins."""
        self.head = b""
        while True:
            end = self.buf.find(b"\n", self.pos)
            self.head += bytes(self.buf[self.pos : end if end >= 0 else None])[: _HEAD_BYTES - len(self.head)]
            self.pos = end + 1 if end >= 0 else len(self.buf)
            if end >= 0 or not self.fill():
                return

    def skip_garbage(self) -> None:
        """Skip to the next comma, object or end of the list; strings are skipped whole."""
        while (byte := self.peek()) not in b",]{":
            if byte in b"}:":
                self.pos += 1
            else:
                self.value()
