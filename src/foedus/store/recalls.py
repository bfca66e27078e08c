"""Recalls as the node remembers them: made and taken, what they call back, and what was answered."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import CompoundSelect, ScalarSelect, delete, exists, literal, null, select, union, union_all, update

from foedus.store.bulk import bulk_insert, chunks
from foedus.store.engine import Read, Tx
from foedus.store.log_tables import log, sent
from foedus.store.release_tables import recall, recall_waiting, recalled
from foedus.store.tables import blob, finding


class Sending(NamedTuple):
    """A release.sent entry that is called back: its place, and what it sent."""

    seq: int
    object_id: str
    version: str
    bytes_sha256: bytes


class Recall(NamedTuple):
    """A recall of one object in one log; ``own`` says that this node made it. No ``result``: nobody answered yet."""

    log: str
    programme: str
    sender: str
    recipient: str
    own: bool
    seq: int
    area: str
    object_id: str
    versions: tuple[str, ...]
    reason: str
    at_us: int
    deadline_us: int
    lifted_us: int | None = None
    answered_us: int | None = None
    answer_seq: int | None = None
    result: str = ""
    code: str = ""
    passed_on: tuple[str, ...] = ()


class Waiting(NamedTuple):
    """A sending that is called back once something may be signed for its recipient again."""

    log: str
    programme: str
    recipient: str
    seq: int
    object_id: str
    version: str
    reason: str
    at_us: int


class Answer(NamedTuple):
    """What became of a recall: the entry that says it, its instant, result, code, and whom it was passed on to."""

    seq: int
    at_us: int
    result: str
    code: str
    passed_on: tuple[str, ...]


def keep(tx: Tx, kept: Recall, sendings: Sequence[Sending]) -> None:
    """Keep a recall with the sendings it calls back, none of which was called back before."""
    log_id = tx.connection.scalars(select(log.c.id).where(log.c.name == kept.log)).one()
    own = {name: getattr(kept, name) for name in _COLUMNS}
    row = {**own, "versions": _text(kept.versions), "passed_on": _text(kept.passed_on)}
    bulk_insert(tx.connection, recall, ("log_id", *_COLUMNS), [(log_id, *(row[name] for name in _COLUMNS))])
    rows = [(log_id, one.seq, kept.seq, one.object_id, one.version, one.bytes_sha256) for one in sendings]
    bulk_insert(tx.connection, recalled, tuple(column.name for column in recalled.c), rows)


def wait(tx: Tx, name: str, sendings: Sequence[Sending], reason: str, at_us: int) -> None:
    """Keep that sendings of a log are to be called back."""
    log_id = tx.connection.scalars(select(log.c.id).where(log.c.name == name)).one()
    rows = [(log_id, *one, reason, at_us) for one in sendings]
    bulk_insert(tx.connection, recall_waiting, tuple(column.name for column in recall_waiting.c), rows)


def waiting(read: Read, name: str = "") -> list[Waiting]:
    """Return what is to be called back by one log, or by any, in the order of logs and sendings."""
    columns = [recall_waiting.c[n] for n in ("sent_seq", *Waiting._fields[4:])]
    rows = select(log.c.name, log.c.programme, log.c.recipient, *columns).join(log, log.c.id == recall_waiting.c.log_id)
    which = rows if not name else rows.where(log.c.name == name)
    return [Waiting._make(row) for row in read.connection.execute(which.order_by(log.c.name, columns[0]))]


def wait_no_more(tx: Tx, held: Iterable[Waiting]) -> None:
    """Forget what was to be called back."""
    for one in held:
        which = (recall_waiting.c.log_id == _log_id(one.log)) & (recall_waiting.c.sent_seq == one.seq)
        tx.connection.execute(delete(recall_waiting).where(which))


def answer(tx: Tx, name: str, seq: int, said: Answer) -> None:
    """Enter what became of a recall."""
    told = {"answered_us": said.at_us, "answer_seq": said.seq, "result": said.result, "code": said.code}
    which = (recall.c.log_id == _log_id(name)) & (recall.c.seq == seq)
    tx.connection.execute(update(recall).where(which).values(**told, passed_on=_text(said.passed_on)))


def lift(tx: Tx, name: str, seqs: Sequence[int], at_us: int) -> None:
    """Lift recalls of a log: they keep nothing from being released any more."""
    for chunk in chunks(seqs):
        which = (recall.c.log_id == _log_id(name)) & recall.c.seq.in_(chunk)
        tx.connection.execute(update(recall).where(which).values(lifted_us=at_us))


def recalls(read: Read, object_id: str = "") -> list[Recall]:
    """Return all recalls, or those of an object, the newest first."""
    statement = _recall if not object_id else _recall.where(recall.c.object_id == object_id)
    rows = read.connection.execute(statement.order_by(recall.c.at_us.desc(), log.c.name, recall.c.seq.desc()))
    return [_made(row) for row in rows]


def recalls_and_waiting(read: Read, object_id: str) -> tuple[list[Recall], list[Waiting]]:
    """Return the recalls of an object, the newest first, and what is to be called back of it, in one question."""
    padded = {"reason": recall_waiting.c.reason, "at_us": recall_waiting.c.at_us, "seq": recall_waiting.c.sent_seq}
    padded |= {"object_id": recall_waiting.c.object_id, "versions": recall_waiting.c.version}
    own = (log.c.name, log.c.programme, log.c.sender, log.c.recipient, log.c.own)
    waits = select(literal(True), *own, *(padded.get(name, null()) for name in _COLUMNS))
    waits = waits.join_from(recall_waiting, log, log.c.id == recall_waiting.c.log_id)
    made = _recall.with_only_columns(literal(False), *_recall.selected_columns).where(recall.c.object_id == object_id)
    rows = read.connection.execute(union_all(made, waits.where(recall_waiting.c.object_id == object_id))).fetchall()
    held = [_made(row[1:]) for row in rows if not row[0]]
    waiting_ = [Recall._make(row[1:]) for row in rows if row[0]]
    held.sort(key=lambda one: (-one.at_us, one.log, -one.seq))
    waiting_.sort(key=lambda one: (one.log, one.seq))
    return held, [
        Waiting(one.log, one.programme, one.recipient, one.seq, one.object_id, str(one.versions), one.reason, one.at_us)
        for one in waiting_
    ]


def recall_at(read: Read, name: str, seq: int) -> Recall | None:
    """Return the recall of an entry."""
    row = read.connection.execute(_recall.where(log.c.name == name, recall.c.seq == seq)).one_or_none()
    return None if row is None else _made(row)


def recalls_between(read: Read, name: str, start: int, end: int) -> list[Recall]:
    """Return the recalls of a log in its entries ``start <= seq < end``, ascending."""
    rows = _recall.where(log.c.name == name, recall.c.seq >= start, recall.c.seq < end).order_by(recall.c.seq)
    return [_made(row) for row in read.connection.execute(rows)]


def unanswered(read: Read) -> list[Recall]:
    """Return the recalls this node made that nobody answered, the newest first."""
    waiting = _recall.where(log.c.own, recall.c.answered_us.is_(None)).order_by(recall.c.at_us.desc(), recall.c.seq)
    return [_made(row) for row in read.connection.execute(waiting)]


def withheld(read: Read, recipient: str) -> frozenset[tuple[str, str]]:
    """Return (object id, version) of what this node called back from a party, under any programme, and nobody lifted."""
    rows = read.connection.execute(withheld_from([recipient]))
    return frozenset((object_id, version) for _, object_id, version in rows)


def withheld_from(recipients: Collection[str]) -> CompoundSelect[Any]:
    """Return the question for (party, object id, version) of what is withheld so from some parties."""
    joined = (
        select(log.c.recipient, recalled.c.object_id, recalled.c.version)
        .join(log, log.c.id == recalled.c.log_id)
        .join(recall, (recall.c.log_id == recalled.c.log_id) & (recall.c.seq == recalled.c.recall_seq))
        .where(log.c.own, log.c.recipient.in_(recipients), recall.c.lifted_us.is_(None))
    )
    held = select(log.c.recipient, recall_waiting.c.object_id, recall_waiting.c.version)
    held = held.join(log, log.c.id == recall_waiting.c.log_id).where(log.c.recipient.in_(recipients))
    return union(joined, held)


def called_back(read: Read, name: str, seqs: Iterable[int]) -> set[int]:
    """Return those of some sendings of a log that were called back, or are to be."""
    found: set[int] = set()
    for chunk in chunks(list(seqs)):
        for table in (recalled, recall_waiting):
            which = (table.c.log_id == _log_id(name)) & table.c.sent_seq.in_(chunk)
            found.update(read.connection.scalars(select(table.c.sent_seq).where(which)))
    return found


def vouching(read: Read, sha256: bytes, but: str) -> list[tuple[str, int]]:
    """Return the partners' logs, but for one, and their sendings of some bytes that were not called back, newest first."""
    rows = (
        select(log.c.name, sent.c.seq)
        .join(log, log.c.id == sent.c.log_id)
        .where(sent.c.bytes_sha256 == sha256, log.c.name != but, ~log.c.own, ~_back)
        .order_by(sent.c.seq.desc(), log.c.name)
    )
    return [(name, seq) for name, seq in read.connection.execute(rows)]


def gone(read: Read, hashes: Iterable[str]) -> set[str]:
    """Return those of some hashes (hex) whose bytes partners called back and nobody sent again, and that no finding has."""
    held = exists(1).where(finding.c.blob_id == blob.c.id, blob.c.sha256 == recalled.c.bytes_sha256)
    stands = exists(1).where(sent.c.bytes_sha256 == recalled.c.bytes_sha256, sent.c.log_id == log.c.id, ~_back)
    stands = stands.correlate(recalled)
    found: set[str] = set()
    for chunk in chunks([bytes.fromhex(one) for one in hashes]):
        known = select(recalled.c.bytes_sha256).where(recalled.c.bytes_sha256.in_(chunk), ~held, ~stands)
        rows = read.connection.scalars(known.where(recalled.c.log_id.in_(select(log.c.id).where(~log.c.own))))
        found.update(sha256.hex() for sha256 in rows)
    return found


_again = recalled.alias()
_back = exists(1).where(_again.c.log_id == sent.c.log_id, _again.c.sent_seq == sent.c.seq)
_COLUMNS = Recall._fields[Recall._fields.index("seq") :]
_recall = select(
    log.c.name, log.c.programme, log.c.sender, log.c.recipient, log.c.own, *(recall.c[n] for n in _COLUMNS)
)
_recall = _recall.join_from(recall, log, log.c.id == recall.c.log_id)


def _log_id(name: str) -> ScalarSelect[int]:
    return select(log.c.id).where(log.c.name == name).scalar_subquery()


def _made(row: Iterable[Any]) -> Recall:
    made = Recall._make(row)
    return made._replace(own=bool(made.own), versions=_list(str(made.versions)), passed_on=_list(str(made.passed_on)))


def _text(words: Sequence[str]) -> str:
    return msgspec.json.encode(list(words)).decode()


def _list(text: str) -> tuple[str, ...]:
    return msgspec.json.decode(text, type=tuple[str, ...])
