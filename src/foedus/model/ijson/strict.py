"""Strict decoding of I-JSON.

orjson refuses NaN, infinite numbers, lone surrogates and invalid UTF-8 by itself; duplicate keys and depth it does not.
Both are checked with one count: a key ends in ``"`` and ``:``, so a text holds at most as many keys as it holds that pair;
where the decoded value has exactly as many, no key was given twice. Only where it has fewer is the text read exactly.

Source: RFC 7493 (I-JSON), RFC 8259, RFC 6901 (JSON pointer).
"""

from __future__ import annotations

import re
from typing import Any

import msgspec
import orjson

from foedus.errors import InputError, LimitExceeded, MalformedRecord

MAX_DEPTH = 64
MAX_BYTES = 64 * 2**20

_KEY_END = re.compile(rb'"[ \t\r\n]*:')
_TOKEN = re.compile(
    rb'(?:(?P<text>"(?:[^"\\]++|\\.)*+")(?P<key>[ \t\r\n]*+:)?+|(?P<open>[{\[])|(?P<close>[}\]])|(?P<comma>,)|[^"{}\[\],]++)',
    re.DOTALL,
)


class Fault(msgspec.Struct, frozen=True):
    """What the exact reading found first: a code of the errors below, and its JSON pointer."""

    code: str
    pointer: str


def loads(raw: bytes, *, max_depth: int = MAX_DEPTH, max_bytes: int = MAX_BYTES) -> Any:
    """Return the value of strict I-JSON bytes.

    Args:
        raw: UTF-8 without byte order mark.
        max_depth: how many objects and arrays may stand inside each other.
        max_bytes: how long the text may be.

    Raises:
        MalformedRecord: no JSON, NaN or infinite number, lone surrogate, invalid UTF-8 (``json-malformed``), a key given
            twice (``json-duplicate-key``), UTF-16 or byte order mark (``json-encoding``), nothing (``json-empty``).
        LimitExceeded: ``json-too-deep`` or ``json-too-large``.

    >>> loads(b'{"a": [1, 2.5]}')
    {'a': [1, 2.5]}
    >>> loads(b'{"a": {"b": 1, "b": 2}}')
    Traceback (most recent call last):
    foedus.errors.MalformedRecord: /a/b: a key is given twice (write each key once)
    """
    value = decode(raw, max_bytes=max_bytes)
    count = _keys(value, max_depth)
    if count < 0 or not all_keys_met(raw, value, count):
        refuse_faults(raw, max_depth=max_depth)
    return value


def decode(raw: bytes, *, max_bytes: int = MAX_BYTES) -> Any:
    """Return the value of JSON bytes; neither duplicate keys nor depth are checked (see ``all_keys_met``).

    Raises:
        MalformedRecord: as ``loads``.
        LimitExceeded: ``json-too-large``, or beyond the decoder's own depth.
    """
    if len(raw) > max_bytes:
        raise LimitExceeded("text is too large", code="json-too-large", hint=f"at most {max_bytes} bytes")
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise _undecodable(raw, error) from None


def all_keys_met(raw: bytes, value: Any, count: int) -> bool:
    """Say whether a text surely holds no more keys than the ``count`` that its decoded value has.

    Either the value written again is the text; or the text has as many ends of keys. False means doubt, not a fault.

    >>> all_keys_met(b'{"a": 1, "b": {"c": 2}}', {"a": 1, "b": {"c": 2}}, 3)
    True
    """
    compact = b" " not in raw[:16]
    return (compact and orjson.dumps(value) == raw) or count == len(_KEY_END.findall(raw))


def refuse_faults(raw: bytes, *, max_depth: int = MAX_DEPTH) -> None:
    """Read a well-formed JSON text exactly and raise at the first key given twice or the first value too deep.

    Raises:
        MalformedRecord: ``json-duplicate-key``.
        LimitExceeded: ``json-too-deep``.
    """
    fault = _exact(raw, max_depth)
    if fault.code == "json-duplicate-key":
        raise MalformedRecord("a key is given twice", code=fault.code, where=fault.pointer, hint="write each key once")
    if fault.code:
        raise _too_deep(fault.pointer, max_depth)


def escape(key: str) -> str:
    """Return a key as a JSON pointer spells it.

    >>> escape("a/b~c")
    'a~1b~0c'
    """
    return key.replace("~", "~0").replace("/", "~1") if "/" in key or "~" in key else key


def encoding_fault(head: bytes) -> tuple[str, str]:
    """Return code and message of a start that is no UTF-8 JSON (RFC 8259 section 8.1), two empty texts where it may be."""
    if not head.strip():
        return "json-empty", "there is no JSON here"
    if head.startswith(b"\xef\xbb\xbf"):
        return "json-encoding", "begins with a byte order mark"
    if head.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\0" in head[:4]:
        return "json-encoding", "is UTF-16 or UTF-32"
    return "", ""


def _keys(value: Any, depth: int) -> int:
    """Number of keys in a value, -1 where it is deeper than ``depth``."""
    kind = type(value)
    if kind is not dict and kind is not list:
        return 0
    if depth <= 0:
        return -1
    count = len(value) if kind is dict else 0
    for item in value.values() if kind is dict else value:
        kind = type(item)
        if kind is dict or kind is list:
            below = _keys(item, depth - 1)
            if below < 0:
                return -1
            count += below
    return count


def _undecodable(raw: bytes, error: orjson.JSONDecodeError) -> InputError:
    code, message = encoding_fault(raw[:4] if raw[:4].strip() else raw)
    if code:
        hint = "write UTF-8 without byte order mark" if code == "json-encoding" else "is this the right file?"
        return MalformedRecord(message, code=code, hint=hint)
    if "depth" in error.msg:
        return _too_deep(_exact(raw, MAX_DEPTH).pointer, MAX_DEPTH)
    # orjson counts characters, and decodes before it counts; a text that is no UTF-8 has position 0.
    until = len(error.doc[: error.pos].encode()) if error.pos else _utf8_until(raw)
    where = _exact(raw, MAX_DEPTH, until).pointer
    line, column = raw.count(b"\n", 0, until) + 1, until - raw.rfind(b"\n", 0, until)
    return MalformedRecord(
        f"not I-JSON: {error.msg}", code="json-malformed", where=where, hint=f"line {line}, byte {column}"
    )


def _utf8_until(raw: bytes) -> int:
    try:
        raw.decode()
    except UnicodeDecodeError as error:
        return error.start
    return 0


def _too_deep(pointer: str, max_depth: int) -> LimitExceeded:
    return LimitExceeded("nested too deep", code="json-too-deep", where=pointer, hint=f"at most {max_depth} levels")


def _exact(raw: bytes, max_depth: int, until: int = -1) -> Fault:
    """Read token by token; stop at the first fault, or at the byte ``until`` with no code but the place."""
    at: list[str | int] = []
    seen: list[set[str]] = []
    for token in _TOKEN.finditer(raw):
        if 0 <= until < token.end():
            return Fault("", _pointer(at))
        if token["key"] is not None and at:
            key = _text(token["text"])
            at[-1] = key
            if key in seen[-1] and until < 0:
                return Fault("json-duplicate-key", _pointer(at))
            seen[-1].add(key)
        elif token["open"] is not None:
            if len(at) >= max_depth:
                return Fault("json-too-deep", _pointer(at))
            at.append("" if token["open"] == b"{" else 0)
            seen.append(set())
        elif token["close"] is not None and at:
            at.pop()
            seen.pop()
        elif token["comma"] is not None and at:
            last = at[-1]
            at[-1] = last + 1 if isinstance(last, int) else last
    return Fault("", _pointer(at))


def _text(raw: bytes) -> str:
    try:
        return str(orjson.loads(raw))
    except orjson.JSONDecodeError:
        return raw[1:-1].decode(errors="replace")


def _pointer(at: list[str | int]) -> str:
    return "".join(f"/{escape(str(step))}" for step in at)


def spans(raw: bytes) -> dict[str, tuple[int, int]]:
    """Return where each value of a well-formed JSON text stands: start and end in bytes, by JSON pointer.

    >>> spans(b'{"a": [1, 23]}')["/a/1"]
    (10, 12)
    """
    found: dict[str, tuple[int, int]] = {}
    at: list[str | int] = []
    starts: list[int] = []
    for token in _TOKEN.finditer(raw):
        if token["key"] is not None:
            at[-1] = _text(token["text"])
        elif token["open"] is not None:
            starts.append(token.start())
            at.append("" if token["open"] == b"{" else 0)
        elif token["close"] is not None:
            at.pop()
            found[_pointer(at)] = (starts.pop(), token.end())
        elif token["comma"] is not None:
            last = at[-1]
            at[-1] = last + 1 if isinstance(last, int) else last
        elif token[0].strip():
            start = token.start() + len(token[0]) - len(token[0].lstrip())
            found[_pointer(at)] = (start, start + len(token[0].strip()))
    return found
