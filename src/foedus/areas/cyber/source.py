"""Source: what the bytes are, told by the bytes themselves."""

from __future__ import annotations

import re

from foedus.errors import InputError, MalformedRecord, UnsupportedFormat

FORMATS = ("stix", "misp", "list")
_BOM = b"\xef\xbb\xbf"
_TOKEN = re.compile(rb'"((?:[^"\\]|\\.)*+)"(\s*:)?|[{}\[\]]', re.DOTALL)
_STIX_KEYS = frozenset({b"objects", b"spec_version", b"more"})
_MISP_KEYS = frozenset({b"Event", b"response", b"Attribute", b"Orgc", b"threat_level_id", b"analysis", b"orgc_id"})
_UUID_KEY = re.compile(rb"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_FEED_HASHES = re.compile(rb"[0-9a-f]{32},[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\s")


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
