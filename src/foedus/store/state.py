"""What the node must remember between runs: sources and their labels, rooms' state, polls, submissions, programmes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import msgspec
from sqlalchemy import ColumnElement, delete, func, insert, select, update

from foedus.errors import StoreError
from foedus.model import label as label_model
from foedus.model.label import Label
from foedus.model.ports import PullState, Submission
from foedus.store.bulk import upsert
from foedus.store.engine import Read, Tx
from foedus.store.log_tables import denied_key
from foedus.store.objects import keep_labels
from foedus.store.state_tables import programme_version, pull_state, room_state, source, submission
from foedus.store.tables import label

KEPT_SUBMISSION_US = 24 * 3_600 * 1_000_000


class Source(NamedTuple):
    """A source of an area: where it came from, the hash of its bytes, its label and the person who gave it."""

    id: str
    area: str
    uri: str
    sha256: str
    label: Label | None
    given_by: str
    at_us: int


class ProgrammeVersion(NamedTuple):
    """One version of a programme document, byte for byte; ``state`` is the node's word for how far agreed it is."""

    programme: str
    version: str
    digest: str
    raw: bytes
    state: str
    at_us: int


def keep_source(tx: Tx, kept: Source) -> None:
    """Keep a source; the same id again replaces it."""
    label_id = None if kept.label is None else keep_labels(tx, [kept.label])[kept.label.hash()]
    facts: dict[str, object] = {name: getattr(kept, name) for name in ("area", "uri", "sha256", "given_by", "at_us")}
    upsert(tx.connection, source, {"id": kept.id}, {**facts, "label_id": label_id})


def source_of(read: Read, source_id: str) -> Source | None:
    """Return a source."""
    return next(iter(_sources(read, source.c.id == source_id)), None)


def sources(read: Read, area: str) -> list[Source]:
    """Return the sources of an area, in order of their coming."""
    return _sources(read, source.c.area == area)


def newest_sources(read: Read, area: str, limit: int) -> list[Source]:
    """Return the latest sources of an area, the newest first."""
    newest = select(source.c.id).where(source.c.area == area).order_by(source.c.at_us.desc(), source.c.id).limit(limit)
    return _sources(read, source.c.id.in_(select(newest.subquery().c.id)))[::-1]


def sources_named(read: Read, ids: Sequence[str]) -> dict[str, Source]:
    """Return the sources of some ids; unknown ones are absent."""
    return {one.id: one for one in _sources(read, source.c.id.in_(ids))}


def source_with(read: Read, area: str, sha256: str) -> Source | None:
    """Return the first source of an area with these bytes: the same file again is no news."""
    return next(iter(_sources(read, (source.c.area == area) & (source.c.sha256 == sha256))), None)


def room_state_of(read: Read, room: str) -> tuple[int, bytes]:
    """Return the version of a room's state, and the state; 0 and nothing where there is none yet."""
    row = read.connection.execute(select(room_state).where(room_state.c.room == room)).one_or_none()
    return (0, b"") if row is None else (row.version, row.state)


def put_room_state(tx: Tx, room: str, after: int, state: bytes) -> int:
    """Keep a room's new state, in the transaction of its findings; ``after`` is the version it was made from.

    Raises:
        StoreError: another run has written since.
    """
    version, _ = room_state_of(tx, room)
    if version != after:
        raise StoreError(
            "another run has changed the room's state", code="state-moved", where=room, hint="run it again"
        )
    upsert(tx.connection, room_state, {"room": room}, {"version": after + 1, "state": state})
    return after + 1


def pull_state_of(read: Read, peer: str, collection: str) -> PullState:
    """Return where the poll of a collection stands."""
    which = (pull_state.c.peer == peer) & (pull_state.c.collection == collection)
    columns = select(pull_state.c.added_after, pull_state.c.next, pull_state.c.page_hash)
    row = read.connection.execute(columns.where(which)).one_or_none()
    return PullState() if row is None else PullState(*row)


def put_pull_state(tx: Tx, peer: str, collection: str, state: PullState) -> None:
    """Keep where a poll stands, in the transaction that stores the page."""
    values: dict[str, object] = {"added_after": state.added_after, "next": state.next, "page_hash": state.page_hash}
    upsert(tx.connection, pull_state, {"peer": peer, "collection": collection}, values)


def put_submission(tx: Tx, caller: str, status: Submission) -> None:
    """Keep what became of a POST."""
    facts: dict[str, object] = {"request_us": status.request_us, "status": msgspec.json.encode(status)}
    upsert(tx.connection, submission, {"caller": caller, "id": status.id}, facts)


def forget_submissions(tx: Tx, at_us: int) -> None:
    """Forget what became of everybody's POSTs after 24 hours; not while a partner waits for its answer."""
    tx.connection.execute(delete(submission).where(submission.c.request_us < at_us - KEPT_SUBMISSION_US))


def submission_of(read: Read, caller: str, status_id: str, at_us: int) -> Submission | None:
    """Return what became of a POST of this caller's, for 24 hours: its end must not hang on when others send something."""
    young = submission.c.request_us >= at_us - KEPT_SUBMISSION_US
    which = (submission.c.id == status_id) & (submission.c.caller == caller) & young
    raw = read.connection.scalar(select(submission.c.status).where(which))
    return None if raw is None else msgspec.json.decode(raw, type=Submission)


def put_programme(tx: Tx, kept: ProgrammeVersion) -> None:
    """Keep a version of a programme; the same digest again changes its state and its text (signatures) only."""
    which = (programme_version.c.programme == kept.programme) & (programme_version.c.digest == kept.digest)
    if (
        tx.connection.execute(update(programme_version).where(which).values(state=kept.state, raw=kept.raw)).rowcount
        == 0
    ):
        tx.connection.execute(insert(programme_version).values(kept._asdict()))


def programmes(read: Read, programme: str = "") -> Sequence[ProgrammeVersion]:
    """Return the versions kept of a programme, or of all, in order of their coming."""
    columns = select(*(programme_version.c[name] for name in ProgrammeVersion._fields))
    if programme:
        columns = columns.where(programme_version.c.programme == programme)
    rows = read.connection.execute(columns.order_by(programme_version.c.at_us, programme_version.c.digest))
    return [ProgrammeVersion._make(row) for row in rows]


def programmes_and_denied(read: Read) -> tuple[list[ProgrammeVersion], frozenset[str]]:
    """Return the versions kept of all programmes, in order of their coming, and the keys denied here, in one question."""
    keys = select(func.aggregate_strings(denied_key.c.value, "\n")).scalar_subquery()
    columns = select(*(programme_version.c[name] for name in ProgrammeVersion._fields), keys)
    rows = read.connection.execute(columns.order_by(programme_version.c.at_us, programme_version.c.digest)).fetchall()
    denied = frozenset((rows[0][-1] or "").split("\n")) - {""} if rows else frozenset()
    return [ProgrammeVersion._make(row[:-1]) for row in rows], denied


def _sources(read: Read, which: ColumnElement[bool]) -> list[Source]:
    columns = (source.c[name] for name in ("id", "area", "uri", "sha256", "given_by", "at_us"))
    joined = select(*[*columns, label.c.canonical]).join(label, label.c.id == source.c.label_id, isouter=True)
    rows = read.connection.execute(joined.where(which).order_by(source.c.at_us, source.c.id))
    return [
        Source(found, area, uri, sha256, None if held is None else label_model.read(held), given_by, at_us)
        for found, area, uri, sha256, given_by, at_us, held in rows
    ]
