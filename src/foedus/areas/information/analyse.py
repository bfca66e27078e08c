"""Door ``analyse``: the facts of articles, what posts shared together, and the findings of others as they come."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

import numpy as np

from foedus.areas.information import cases, claimed, evidence, recurring, remembered, together
from foedus.areas.information.extensions import FACTS
from foedus.areas.information.facts import finding as facts
from foedus.areas.information.record import ARTICLE, POST
from foedus.areas.information.remembered import Said, State
from foedus.areas.information.together import ARTICLES, POSTS, Sort
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
        layers: claims that people wrote down (``claimed``).
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
    seen: dict[str, list[pa.Table]] = {POST: [], ARTICLE: []}
    for batch in records.scan():
        if documents.is_documents(batch):
            yield from (received(one, records.source, pointer) for one, pointer in documents.read(batch))
        else:
            yield from _facts(batch, owner, records.source)
            for kind, tables in seen.items():
                tables.append(remembered.posts_of(batch, records.source, kind))
    posts, articles = (any(len(one) for one in seen[kind]) for kind in (POST, ARTICLE))
    if not posts and not articles:  # what is remembered stays as it is
        yield state
        return
    held, whose, now = remembered.restore(state), (owner, records.source), instant.stix_text(at)
    if posts:
        yield from _together(held, (POSTS, seen[POST]), whose, layers, now)
    if articles:
        inner = remembered.restore(held.articles)
        yield from _together(inner, (ARTICLES, seen[ARTICLE]), whose, layers, now)
        held.articles = remembered.dump(inner)
    yield remembered.dump(held)


def received(document: StixObject, source: str, pointer: str) -> Finding:
    """Return somebody's object as it came; one that says what ours say is of that kind."""
    kind = facts.KIND if FACTS in document.extensions else cases.KIND if cases.is_ours(document) else document.type
    return Finding(NAME, kind, document, (f"source:{source}",), document=True, pointer=pointer)


def _facts(batch: pa.RecordBatch, owner: str, source: str) -> Iterator[Finding]:
    import pyarrow.compute as pc  # noqa: PLC0415  (the server process must not pay for it before it analyses)

    for row in batch.filter(pc.equal(batch["kind"], ARTICLE)).to_pylist():
        if (made := facts.finding(row, owner, source)) is not None:
            yield made


def _together(
    state: State, fresh: tuple[Sort, list[pa.Table]], whose: tuple[str, str], layers: Layers, now: str
) -> Iterator[Finding | Pack]:
    """Measure the weeks that have new posts, and say what changed."""
    sort, came = fresh
    held = remembered.joined(state, came)
    claims, gone = claimed.written(layers), set[str]()
    for week in held.fresh:
        rows = np.flatnonzero(held.week == week)
        of_week = held.posts.slice(int(rows[0]), len(rows))
        measured = together.measured(of_week, week, sort)
        encoder = claimed.encoder_or_none() if measured.groups else None
        yield evidence.local(week, of_week, measured)
        known = cases.Known(whose[0], claims, encoder, state.crowded, state.deleted)
        made = {one.id: one for one in cases.made(week, of_week, measured, known)}
        for id_ in [id_ for id_, said in state.said.items() if said.week == week and id_ not in made]:
            del state.said[id_]
            gone.add(id_)
            yield cases.withdrawn(id_, week, now, whose[1])
        for id_, one in made.items():
            was = state.said.get(id_)
            origins = tuple(ground.removeprefix("source:") for ground in one.because if ground.startswith("source:"))
            state.said[id_] = Said(week, one.digest, one.accounts, origins, was.root if was else "")
            if was is None or was.digest != one.digest:
                yield cases.finding(one, week, now)
    remembered.keep(state, held)
    yield from recurring.told(state, gone, whose, now)
