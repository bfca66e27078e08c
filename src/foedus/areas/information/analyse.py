"""Door ``analyse``: the facts of articles, what posts shared together, and the findings of others as they come."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

import numpy as np

from foedus.areas.information import cases, claimed, evidence, followed, options, remembered, together
from foedus.areas.information.extensions import FACTS
from foedus.areas.information.facts import finding as facts
from foedus.areas.information.followed import Told
from foedus.areas.information.record import ARTICLE
from foedus.areas.information.remembered import State
from foedus.engine import documents
from foedus.model import instant
from foedus.model.finding import Finding, Pack
from foedus.model.room import Layers, Records, Settings
from foedus.model.stix import StixObject

if TYPE_CHECKING:
    import pyarrow as pa

NAME = "information"


def analyse(
    records: Records, *, settings: Settings, layers: Layers, state: bytes, at: datetime
) -> Iterator[Finding | Pack | bytes]:
    """Conclude findings from records of articles and posts.

    Args:
        records: batches of ``record.schema()`` or of documents, from one source.
        settings: ``owner`` (whose node it is).
        layers: claims (``claimed``) and lines to take (``messages``) that people wrote down, the table of public channels.
        state: what this room last gave back; empty at first.
        at: instant of the run; ``modified`` of what is concluded of posts. What an article says is dated by its capture, so
            that the same article says the same again.

    Yields:
        Documents in their order; the facts of each article; what was shared together, where it is new or changed; what no
        longer stands, with what that can be replayed from; the new state.

    Raises:
        MalformedRecord: a file of claims or a state that is not understood.
    """
    owner = str(settings.get("owner", ""))
    posts: list[pa.Table] = []
    articles: list[pa.Table] = []
    for batch in records.scan():
        if documents.is_documents(batch):
            yield from (received(one, records.source, pointer) for one, pointer in documents.read(batch))
        else:
            yield from _facts(batch, owner, records.source)
            posts.append(remembered.posts_of(batch, records.source))
            articles.append(followed.articles_of(batch, records.source))
    if not any(map(len, (*posts, *(articles if followed.asked(layers) else ())))):  # what is remembered stays as it is
        yield state
        return
    held = remembered.restore(state)
    told = followed.Told(owner, records.source, layers, instant.stix_text(at))
    yield from _together(held, posts, articles, told)
    yield remembered.dump(held)


def received(document: StixObject, source: str, pointer: str) -> Finding:
    """Return somebody's object as it came; one that says what ours say is of that kind."""
    kind = facts.KIND if FACTS in document.extensions else cases.KIND if cases.is_ours(document) else document.type
    kind = followed.KIND if followed.is_ours(document) else kind
    return Finding(NAME, kind, document, (f"source:{source}",), document=True, pointer=pointer)


def _facts(batch: pa.RecordBatch, owner: str, source: str) -> Iterator[Finding]:
    import pyarrow.compute as pc  # noqa: PLC0415  (the server process must not pay for it before it analyses)

    for row in batch.filter(pc.equal(batch["kind"], ARTICLE)).to_pylist():
        if (made := facts.finding(row, owner, source)) is not None:
            yield made


def _together(state: State, posts: list[pa.Table], articles: list[pa.Table], told: Told) -> Iterator[Finding | Pack]:
    """Measure the weeks that have new posts, and say what changed; then how lines to take stood."""
    held = remembered.joined(state, posts)
    claims = claimed.written(told.layers)
    offered = options.offered(told.layers)
    pushed: dict[int, list[str]] = {}
    for week in held.fresh:
        rows = np.flatnonzero(held.week == week)
        of_week = held.posts.slice(int(rows[0]), len(rows))
        measured = together.measured(of_week, week)
        encoder = claimed.encoder_or_none() if measured.groups else None
        yield evidence.local(week, of_week, measured)
        known = cases.Known(told.owner, claims, encoder, state.crowded, state.deleted)
        made = {one.id: one for one in cases.made(week, of_week, measured, known)}
        gone, news = remembered.changed(
            state.said, week, {id_: one.digest + offered.digest for id_, one in made.items()}
        )
        yield from (cases.withdrawn(id_, week, told.now, told.source) for id_ in gone)
        yield from (cases.finding(made[id_], week, told.now, offered) for id_ in news)
        pushed[week] = together.records(of_week, measured)
    yield from followed.findings(state, held, articles, pushed, told)
    remembered.keep(state, held)
