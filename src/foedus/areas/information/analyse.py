"""Door ``analyse``: the facts of articles, what posts shared together, and the findings of others as they come."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from datetime import datetime
from typing import TYPE_CHECKING

import numpy as np

from foedus.areas.information import cases, claimed, evidence, followed, options, recurring, remembered, together
from foedus.areas.information.extensions import FACTS
from foedus.areas.information.facts import finding as facts
from foedus.areas.information.followed import Told
from foedus.areas.information.record import ARTICLE, POST
from foedus.areas.information.remembered import Joined, Said, State
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
    seen: dict[str, list[pa.Table]] = {POST: [], ARTICLE: []}
    for batch in records.scan():
        if documents.is_documents(batch):
            yield from (received(one, records.source, pointer) for one, pointer in documents.read(batch))
        else:
            yield from _facts(batch, owner, records.source)
            for kind, tables in seen.items():
                tables.append(remembered.posts_of(batch, records.source, kind))
    if not any(len(one) for tables in seen.values() for one in tables):  # what is remembered stays as it is
        yield state
        return
    held, told = remembered.restore(state), Told(owner, records.source, layers, instant.stix_text(at))
    inner = remembered.restore(held.articles)
    pushed: dict[int, list[str]] = {}
    posts = yield from _together(held, (POSTS, seen[POST]), told, pushed)
    articles = yield from _together(inner, (ARTICLES, seen[ARTICLE]), told, pushed)
    yield from followed.findings(held, (posts, articles), pushed, told)
    held.articles = remembered.dump(inner) if inner.posts else held.articles
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


def _together(
    state: State, came: tuple[Sort, list[pa.Table]], told: Told, pushed: dict[int, list[str]]
) -> Generator[Finding | Pack, None, Joined]:
    """Measure the weeks that have new posts, or articles, and say what changed; tell who pushed what, and return all of them."""
    sort, fresh = came
    held = remembered.joined(state, fresh)
    claims, offered = claimed.written(told.layers), options.offered(told.layers)
    gone: set[str] = set()
    for week in held.fresh:
        rows = np.flatnonzero(held.week == week)
        of_week = held.posts.slice(int(rows[0]), len(rows))
        measured = together.measured(of_week, week, sort)
        encoder = claimed.encoder_or_none() if measured.groups else None
        yield evidence.local(week, of_week, measured)
        known = cases.Known(told.owner, claims, encoder, state.crowded, state.deleted)
        made = {one.id: one for one in cases.made(week, of_week, measured, known)}
        for id_ in [id_ for id_, said in state.said.items() if said.week == week and id_ not in made]:
            del state.said[id_]
            gone.add(id_)
            yield cases.withdrawn(id_, week, told.now, told.source)
        for id_, one in made.items():
            was, digest = state.said.get(id_), one.digest + offered.digest
            origins = tuple(ground.removeprefix("source:") for ground in one.because if ground.startswith("source:"))
            state.said[id_] = Said(week, digest, one.accounts, origins, was.root if was else "")
            if was is None or was.digest != digest:
                yield cases.finding(one, week, told.now, offered)
        pushed.setdefault(week, []).extend(together.records(of_week, measured))
    remembered.keep(state, held)
    yield from recurring.told(state, gone, (told.owner, told.source), told.now)
    return held
