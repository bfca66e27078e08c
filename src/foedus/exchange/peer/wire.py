"""What server and client agree on: limits, media types, the two shapes of JSON."""

from __future__ import annotations

import msgspec

MAX_ENTRIES = 1_000
MAX_PAGE_BYTES = 8 * 2**20
MAX_NOTE_BYTES = 64 * 1024
MAX_PROOF_HASHES = 63
JSON, LINES, TEXT = b"application/json", b"application/jsonl", b"text/plain; charset=utf-8"


class Line(msgspec.Struct, frozen=True):
    """An entry of a log."""

    leaf: bytes
    salt: bytes
    body: bytes


class Proof(msgspec.Struct, frozen=True):
    """A consistency proof."""

    proof: list[bytes]
