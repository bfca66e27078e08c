"""Door ``analyse``: every object is a finding as it came, and what two owners both see is one of ours."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

import msgspec

from foedus.areas.cyber.batches import read
from foedus.areas.cyber.occurrences import occurrences
from foedus.areas.cyber.overlap import COMMON_LIMIT, Overlap, restore
from foedus.areas.cyber.warn import LAYER, WarningLists, warning_lists
from foedus.model import ijson
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
        for document, pointer, joined, handling in _documents(batch):
            because = (f"source:{records.source}", *handling)
            yield Finding("cyber", document.type, document, because, document=True, pointer=pointer)
            held.append((document, _values(document, warnings) if joined else ()))
        overlap.take(held, layers.seen(list(dict.fromkeys(key for _, keys in held for key in keys))))
    yield from overlap.conclude(at)
    yield msgspec.json.encode(overlap.state)


def _documents(batch: pa.RecordBatch) -> Iterator[tuple[StixObject, str, bool, tuple[str, ...]]]:
    columns = ("raw", "pointer", "joined", "format", "distribution", "organisations")
    for raw, pointer, joined, *said in zip(*(batch[name].to_pylist() for name in columns), strict=True):
        yield read(raw), pointer, joined, _handling(*said)


def _handling(form: str, distribution: int | None, organisations: list[str]) -> tuple[str, ...]:
    """What a MISP event says of how a part may go on, as a ground of its label."""
    if form != "misp":
        return ()
    number = 0 if distribution is None else distribution
    return (f"handling:misp:{number}:{','.join(organisations or ())}",)


def _values(document: StixObject, warnings: WarningLists) -> tuple[Key, ...]:
    """Values of a document that may be joined on: those on no warning list."""
    keys, _ = occurrences(ijson.decode(document.raw), warnings)
    return tuple(Key(key.kind, key.norm) for key in keys if not key.warned)
