"""Door ``analyse``: concludes the facts of articles, and takes the findings of others as they come."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from foedus.areas.information.extensions import FACTS
from foedus.areas.information.facts import finding as facts
from foedus.areas.information.record import ARTICLE
from foedus.engine import documents
from foedus.model.finding import Finding
from foedus.model.room import Layers, Records, Settings
from foedus.model.stix import StixObject

if TYPE_CHECKING:
    import pyarrow as pa

NAME = "information"
_KIND_OF = {FACTS: facts.KIND}
"""Extension → the kind of a received object that carries it, like ours."""


def analyse(
    records: Records, *, settings: Settings, layers: Layers, state: bytes, at: datetime
) -> Iterator[Finding | bytes]:
    """Conclude findings from records of articles and posts.

    Args:
        records: batches of ``record.schema()`` or of documents, from one source.
        settings: ``owner`` (whose node it is).
        layers: not used.
        state: not used; what an article says depends on it alone.
        at: not used; a finding is dated by the capture of its article, so that the same article says the same again.

    Yields:
        Documents in their order; the facts of each article.
    """
    del layers, at
    owner = str(settings.get("owner", ""))
    for batch in records.scan():
        if documents.is_documents(batch):
            yield from (received(one, records.source, pointer) for one, pointer in documents.read(batch))
        else:
            yield from _facts(batch, owner, records.source)
    yield state


def received(document: StixObject, source: str, pointer: str) -> Finding:
    """Return somebody's object as it came; one that says what ours say is of that kind."""
    kind = next((_KIND_OF[one] for one in document.extensions if one in _KIND_OF), document.type)
    return Finding(NAME, kind, document, (f"source:{source}",), document=True, pointer=pointer)


def _facts(batch: pa.RecordBatch, owner: str, source: str) -> Iterator[Finding]:
    for row in batch.to_pylist():
        if row["kind"] == ARTICLE and (made := facts.finding(row, owner, source)) is not None:
            yield made
