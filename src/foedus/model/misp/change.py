"""A stored event with only what changed replaced: every other byte stays as it was received."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from foedus.errors import InputError, MalformedRecord
from foedus.model import ijson
from foedus.model.misp.event import MispEvent


def event_with(event: MispEvent, changes: Mapping[str, Any]) -> bytes:
    """Return the event's bytes with some values replaced.

    Args:
        event: the stored event.
        changes: new values by JSON pointer into the event. A key that the object does not have is added to it; ``-`` as
            last step appends to a list (RFC 6902).

    Raises:
        MalformedRecord: a pointer that leads nowhere, or into a value that is replaced too (``misp-no-such-place``).

    >>> from foedus.model.misp import read_event
    >>> event = read_event(b'{"Event": {"info": "a",  "Attribute": [ ]}}')
    >>> event_with(event, {"/info": "b", "/date": "2026-06-01"})
    b'{"Event": {"info": "b",  "Attribute": [ ],"date":"2026-06-01"}}'
    """
    edits = sorted((_edit(event, pointer, value) for pointer, value in changes.items()), key=lambda edit: edit[:2])
    out, last = [], 0
    for start, end, text in edits:
        if start < last:
            raise _nowhere("a change inside another one")
        out += [event.raw[last:start], text]
        last = end
    raw = b"".join((*out, event.raw[last:]))
    ijson.loads(raw)
    return raw


def _edit(event: MispEvent, pointer: str, value: Any) -> tuple[int, int, bytes]:
    """Start, end and new bytes of one change."""
    text = orjson.dumps(value)
    whole = event.pointer + pointer
    span = ijson.spans(event.raw).get(whole)
    if span is not None:
        return *span, text
    holder, _, key = whole.rpartition("/")
    outer = ijson.spans(event.raw).get(holder)
    if outer is None:
        raise _nowhere(pointer)
    opening, end = event.raw[outer[0] : outer[0] + 1], outer[1] - 1
    if opening == b"{":
        name = key.replace("~1", "/").replace("~0", "~")
        text = orjson.dumps(name) + b":" + text
    elif opening != b"[" or key != "-":
        raise _nowhere(pointer)
    empty = not event.raw[outer[0] + 1 : end].strip()
    return end, end, text if empty else b"," + text


def _nowhere(pointer: str) -> InputError:
    return MalformedRecord(
        "no such place in the event", code="misp-no-such-place", where=pointer, hint="a JSON pointer into the event"
    )
