"""Door ``analyse``: every object is a finding as it came, and what two owners both see is one of ours."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

import msgspec

from foedus.areas.cyber.occurrences import occurrences
from foedus.areas.cyber.overlap import COMMON_LIMIT, Overlap, restore
from foedus.areas.cyber.warn import LAYER, WarningLists, warning_lists
from foedus.model import ijson, stix
from foedus.model.finding import Finding, Key
from foedus.model.room import Layers, Records, Settings
from foedus.model.stix import StixObject

if TYPE_CHECKING:
    import pyarrow as pa


def analyse(
    records: Records, *, settings: Settings, layers: Layers, state: bytes, at: datetime
) -> Iterator[Finding | bytes]:
    """Conclude findings from records of threat intelligence.

    Args:
        records: batches of ``batches.schema()``, from one source.
        settings: ``owner`` (whose source it is), ``common_limit`` (a value in more documents concludes nothing).
        layers: ``warninglist/…`` files, and who else holds a value.
        state: what this room last gave back; empty at first.
        at: instant of the run; ``modified`` of what is concluded.

    Yields:
        The documents in their order, then ``both-see-it`` findings by value, then the new state.
    """
    limit = int(settings.get("common_limit", COMMON_LIMIT))
    overlap = Overlap(restore(state), records.source, str(settings.get("owner", "")), limit)
    warnings = warning_lists(layers.files(LAYER))
    for batch in records.scan():
        held: list[tuple[StixObject, tuple[Key, ...]]] = []
        for document, pointer, joined in _documents(batch):
            yield Finding(
                "cyber", document.type, document, (f"source:{records.source}",), document=True, pointer=pointer
            )
            held.append((document, _values(document, warnings) if joined else ()))
        overlap.take(held, layers.seen(list(dict.fromkeys(key for _, keys in held for key in keys))))
    yield from overlap.conclude(at)
    yield msgspec.json.encode(overlap.state)


def _documents(batch: pa.RecordBatch) -> Iterator[tuple[StixObject, str, bool]]:
    for raw, pointer, joined in zip(batch["raw"], batch["pointer"], batch["joined"], strict=True):
        yield stix.read(raw.as_py()), pointer.as_py(), joined.as_py()


def _values(document: StixObject, warnings: WarningLists) -> tuple[Key, ...]:
    """Values of a document that may be joined on: those on no warning list."""
    keys, _ = occurrences(ijson.decode(document.raw), warnings)
    return tuple(Key(key.kind, key.norm) for key in keys if not key.warned)
