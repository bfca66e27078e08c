"""What a page answers: something shown, with its twins; somewhere else to go; a file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple


class Table(NamedTuple):
    """The rows of a page, for its CSV twin."""

    columns: Sequence[str]
    rows: Sequence[Sequence[object]]


class Shown(NamedTuple):
    """A page: its template, what it shows (the JSON twin is exactly that), its rows, the labels of what is on it."""

    template: str
    data: Mapping[str, Any]
    table: Table | None = None
    labels: Sequence[str] = ()
    status: int = 200


class Moved(NamedTuple):
    """Somewhere else to go, after something was done."""

    to: str


class File(NamedTuple):
    """Bytes to save; never shown by the browser itself."""

    body: bytes
    name: str
    media_type: str = "application/octet-stream"


class Json(NamedTuple):
    """An answer to a script of these pages."""

    data: Any
    status: int = 200


Answer = Shown | Moved | File | Json
