"""I-JSON at the door: strict decoding, and objects cut out of a stream with their bytes as they came."""

from foedus.model.ijson.stream import MAX_OBJECT_BYTES, Piece, Refused, split
from foedus.model.ijson.strict import (
    MAX_BYTES,
    MAX_DEPTH,
    decode,
    escape,
    keys_at_most,
    loads,
    refuse_faults,
)

__all__ = [
    "MAX_BYTES",
    "MAX_DEPTH",
    "MAX_OBJECT_BYTES",
    "Piece",
    "Refused",
    "decode",
    "escape",
    "keys_at_most",
    "loads",
    "refuse_faults",
    "split",
]
