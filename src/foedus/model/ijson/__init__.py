"""I-JSON at the door: strict decoding, and objects cut out of a stream with their bytes as they came."""

from foedus.model.ijson.stream import MAX_OBJECT_BYTES, Piece, Refused, split
from foedus.model.ijson.strict import (
    MAX_BYTES,
    MAX_DEPTH,
    all_keys_met,
    decode,
    escape,
    loads,
    refuse_faults,
    spans,
)

__all__ = [
    "MAX_BYTES",
    "MAX_DEPTH",
    "MAX_OBJECT_BYTES",
    "Piece",
    "Refused",
    "all_keys_met",
    "decode",
    "escape",
    "loads",
    "refuse_faults",
    "spans",
    "split",
]
