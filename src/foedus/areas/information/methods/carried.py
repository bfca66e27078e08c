"""The state of near-duplicates as bytes, from one analysis to the next."""

from __future__ import annotations

import msgspec
import numpy as np

from foedus.areas.information.methods.minhash import SIZE
from foedus.areas.information.methods.near import EMPTY, State
from foedus.errors import MalformedRecord

VERSION = 1
_DIGEST = 16


class _Carried(msgspec.Struct, frozen=True, array_like=True):
    version: int
    ids: tuple[str, ...]
    digest: bytes
    signed: bytes
    short: bytes
    cluster: bytes
    seen_us: bytes


def dump(state: State) -> bytes:
    """Return a state as bytes; equal states are equal bytes."""
    return msgspec.msgpack.encode(
        _Carried(
            VERSION,
            state.ids,
            b"".join(state.digest),
            state.signed.astype("<u2").tobytes(),
            state.short.tobytes(),
            state.cluster.astype("<i8").tobytes(),
            state.seen_us.astype("<i8").tobytes(),
        )
    )


def restore(raw: bytes) -> State:
    """Return the state of its bytes; empty bytes are a new state.

    Raises:
        MalformedRecord: not a state of this version.
    """
    if not raw:
        return EMPTY
    hint = "analyse from the start"
    try:
        held = msgspec.msgpack.decode(raw, type=_Carried)
    except msgspec.DecodeError as error:
        raise MalformedRecord("unreadable state of the room", code="state-malformed", hint=hint) from error
    rows = len(held.short)
    sizes = (len(held.digest), len(held.signed), len(held.cluster), len(held.seen_us))
    if held.version != VERSION or sizes != (rows * _DIGEST, rows * SIZE * 2, rows * 8, len(held.ids) * 8):
        raise MalformedRecord("state of another version", code="state-version", hint=hint)
    cluster = np.frombuffer(held.cluster, dtype="<i8").astype(np.int64)
    if not np.array_equal(np.unique(cluster), np.arange(len(held.ids))):
        raise MalformedRecord("state whose clusters have no texts", code="state-malformed", hint=hint)
    digest = tuple(held.digest[at : at + _DIGEST] for at in range(0, len(held.digest), _DIGEST))
    signed = np.frombuffer(held.signed, dtype="<u2").astype(np.uint16).reshape(rows, SIZE)
    seen_us = np.frombuffer(held.seen_us, dtype="<i8").astype(np.int64)
    return State(digest, signed, np.frombuffer(held.short, dtype=np.bool_), cluster, held.ids, seen_us)
