"""Subtree hashes of a pair's logs on the wire: how they are asked for, and read on both sides.

``log`` is seen from the server: ``sent`` is what its party sent to the caller, ``received`` its copy of the caller's own.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import parse_qsl

import msgspec

from foedus.errors import MalformedRecord
from foedus.model.entry import LogCopy
from foedus.model.ports import LogSide

MAX_HASHES = 256
HASH_BYTES = 32
# 2^53 entries are more than any log has.
_MAX_LEVEL = 53
_PLACE = re.compile(r"(0|[1-9][0-9]?)-(0|[1-9][0-9]{0,15})", re.ASCII)
SIDES: tuple[LogSide, ...] = ("sent", "received")

Position = tuple[int, int]


class Hashes(msgspec.Struct, frozen=True):
    """The answer to a question for subtrees: their hashes, in the order asked for."""

    hashes: list[bytes]


class State(msgspec.Struct, frozen=True):
    """The answer to a question for the state of a copy."""

    origin: str
    size: int
    root: bytes
    note: str

    def copy(self) -> LogCopy | None:
        """Return the copy's state, None where it is not one."""
        whole = self.size >= 0 and len(self.root) == HASH_BYTES
        return LogCopy(self.origin, self.size, self.root, self.note) if whole else None


def state_of(copy: LogCopy) -> State:
    """Return a copy's state as it goes out."""
    return State(copy.origin, copy.size, copy.root, copy.note)


def written(wanted: Sequence[Position]) -> str:
    """Return positions as a parameter.

    >>> written([(3, 0), (0, 8)])
    '3-0.0-8'
    """
    return ".".join(f"{level}-{index}" for level, index in wanted)


def asked(query: bytes, *, places: bool) -> tuple[LogSide, list[Position]]:
    """Return which log a query asks about, and which subtrees of it.

    Args:
        query: the query of the request.
        places: whether it must name subtrees, at most 256.

    Raises:
        MalformedRecord: it does not say; only the parameter is named.
    """
    try:
        said = parse_qsl(query.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=20)
    except ValueError as error:
        raise _malformed("query", "ASCII, at most 20 parameters") from error
    values = dict(said)
    side = next((one for one in SIDES if one == values.get("log")), None)
    if len(values) != len(said) or side is None:
        raise _malformed("log", "sent or received")
    return side, _positions(values.get("at", "")) if places else []


def _positions(text: str) -> list[Position]:
    parts = text.split(".")
    if len(parts) > MAX_HASHES:
        raise _malformed("at", f"at most {MAX_HASHES} subtrees")
    found = [_PLACE.fullmatch(part) for part in parts]
    places = [(int(one[1]), int(one[2])) for one in found if one is not None]
    if len(places) != len(parts) or any(level > _MAX_LEVEL for level, _ in places):
        raise _malformed("at", "level-index, joined by dots")
    return places


def _malformed(name: str, hint: str) -> MalformedRecord:
    return MalformedRecord("malformed parameter", code="parameter-malformed", where=name, hint=hint)
