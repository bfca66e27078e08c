"""Findings come out: by row, by object id, by page."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Integer,
    Select,
    TextClause,
    case,
    column,
    exists,
    func,
    literal,
    or_,
    select,
    union_all,
)

from foedus.model import label as label_model
from foedus.model.finding import Place
from foedus.model.label import Label
from foedus.store.bulk import chunks, upsert
from foedus.store.engine import Read, Tx
from foedus.store.state_tables import watch_mark
from foedus.store.tables import blob, finding, label, match, support
from foedus.store.watch import stands

STORIES = (
    "attack-pattern", "campaign", "course-of-action", "grouping", "incident", "indicator", "infrastructure", "intrusion-set",
    "malware", "malware-analysis", "narrative", "report", "sighting", "threat-actor", "tool", "vulnerability",
)  # fmt: skip
"""Types of objects that say something by themselves; so does whatever a room gave a kind of its own."""


class Held(NamedTuple):
    """A stored object with its bytes; ``head`` False: it only supports others. ``seq`` is its row."""

    seq: int
    object_id: str
    owner: str
    type: str
    kind: str
    room: str
    version: str
    version_ns: int
    created_ns: int
    spec_version: str
    head: bool
    document: bool
    source: str
    label_id: int | None
    labelled_us: int
    reference_us: int
    stored_us: int
    title: str
    urgency: int
    confidence: int | None
    from_us: int | None
    to_us: int | None
    revoked: bool
    created_by: str
    pointer: str
    sha256: bytes
    raw: bytes
    contains: tuple[str, ...]
    because: tuple[str, ...]
    places: tuple[Place, ...]
    label: Label | None


class FindingQuery(msgspec.Struct, frozen=True):
    """Which findings a page shows, newest row first; empty: no filter.

    ``before_seq`` is the last row of the page before, ``after_seq`` one before all that are looked at.
    ``from_us`` and ``before_us`` bound when it happened, or when it was stored where that is not said. ``stories``: without
    what only comes along with others, such as the places, notes and relationships of a received finding. ``watch`` is how they
    stand on the watch (``open``, ``acknowledged``, ``dismissed``), ``assigned`` to whom they are given.
    """

    limit: int = 100
    before_seq: int | None = None
    room: str = ""
    kind: str = ""
    type: str = ""
    owner: str = ""
    source: str = ""
    min_urgency: int = 0
    current: bool = True
    label_id: int | None = None
    from_us: int | None = None
    before_us: int | None = None
    stories: bool = False
    watch: str = ""
    assigned: str = ""
    after_seq: int | None = None


class Corroboration(NamedTuple):
    """Two findings that tell one story."""

    a_seq: int
    b_seq: int
    score: float
    why: str
    at_us: int


def finding_of(read: Read, seq: int) -> Held | None:
    """Return the finding of a row."""
    return next(iter(findings_of(read, [seq])), None)


def findings_of(read: Read, seqs: Sequence[int]) -> Iterator[Held]:
    """Yield the findings of rows, ascending; unknown rows are left out."""
    for chunk in chunks(sorted(set(seqs))):
        yield from _helds(read, _held.where(finding.c.seq.in_(chunk)).order_by(finding.c.seq))


def findings_along(read: Read, places: TextClause) -> Iterator[tuple[int, Held, bool]]:
    """Yield the findings that a statement gives the (place, row) of: each with the place, and whether it is current."""
    along = places.columns(column("place", Integer), column("seq", BigInteger)).subquery("along")
    rows = _held.add_columns(along.c.place, ~superseded()).join(along, along.c.seq == finding.c.seq)
    yield from ((row[-2], _read(row[:-2]), bool(row[-1])) for row in read.connection.execute(rows))


def supporting(read: Read, head_seqs: Sequence[int]) -> dict[int, list[Held]]:
    """Return what supports each finding, by row; findings without any are absent."""
    found: dict[int, list[Held]] = {}
    for chunk in chunks(head_seqs):
        rows = _held.add_columns(support.c.head_seq).join(support, support.c.seq == finding.c.seq)
        for row in read.connection.execute(rows.where(support.c.head_seq.in_(chunk)).order_by(finding.c.seq)):
            found.setdefault(row[-1], []).append(_read(row[:-1]))
    return found


def all_of(read: Read, object_ids: Iterable[str]) -> dict[str, list[Held]]:
    """Return all versions of objects that may be held, whoever owns them, by id; ids of which nothing is held are absent."""
    found: dict[str, list[Held]] = {}
    for chunk in chunks(sorted(object_ids)):
        rows = _held.where(finding.c.object_id.in_(chunk), may_be_held(read)).order_by(finding.c.seq)
        for one in _helds(read, rows):
            found.setdefault(one.object_id, []).append(one)
    return found


def versions_of(read: Read, object_id: str, owner: str | None = None) -> list[Held]:
    """Return all versions of an object that may be held, of one owner or of every owner, the current one first."""
    statement = _held.where(finding.c.object_id == object_id, may_be_held(read))
    if owner is not None:
        statement = statement.where(finding.c.owner == owner)
    return list(_helds(read, statement.order_by(finding.c.version_ns.desc(), finding.c.seq.desc())))


def find(read: Read, query: FindingQuery) -> list[Held]:
    """Return one page of findings."""
    statement = _held.where(finding.c.head, finding.c.urgency >= query.min_urgency, may_be_held(read))
    for name in ("room", "kind", "type", "owner", "source"):
        if wanted := getattr(query, name):
            statement = statement.where(finding.c[name] == wanted)
    if query.label_id is not None:
        statement = statement.where(finding.c.label_id == query.label_id)
    happened = func.coalesce(finding.c.from_us, finding.c.stored_us)
    if query.from_us is not None:
        statement = statement.where(happened >= query.from_us)
    if query.before_us is not None:
        statement = statement.where(happened < query.before_us)
    if query.before_seq is not None:
        statement = statement.where(finding.c.seq < query.before_seq)
    if query.after_seq is not None:
        statement = statement.where(finding.c.seq > query.after_seq)
    if query.stories:
        statement = statement.where(or_(finding.c.kind != finding.c.type, finding.c.type.in_(STORIES)))
    if query.watch or query.assigned:
        statement = statement.where(stands(query.watch, query.assigned))
    if query.current:
        statement = statement.where(~superseded())
    return list(_helds(read, statement.order_by(finding.c.seq.desc()).limit(query.limit)))


def supports_of(read: Read, head_seqs: Sequence[int]) -> Mapping[int, Sequence[int]]:
    """Return the rows that support each finding; findings without any are absent."""
    found: dict[int, list[int]] = {}
    rows = select(support).order_by(support.c.head_seq, support.c.seq)
    for chunk in chunks(head_seqs):
        for head_seq, seq in read.connection.execute(rows.where(support.c.head_seq.in_(chunk))):
            found.setdefault(head_seq, []).append(seq)
    return found


def resolve(read: Read, object_ids: Iterable[str]) -> dict[str, int]:
    """Return the row of the current version of each object, whoever owns it; unknown ids are absent."""
    found: dict[str, tuple[int, int]] = {}
    columns = select(finding.c.object_id, finding.c.version_ns, finding.c.seq).where(may_be_held(read))
    for chunk in chunks(list(object_ids)):
        for object_id, version_ns, seq in read.connection.execute(columns.where(finding.c.object_id.in_(chunk))):
            found[object_id] = max(found.get(object_id, (-2, 0)), (version_ns, seq))
    return {object_id: seq for object_id, (_, seq) in found.items()}


def blob_of(read: Read, sha256: bytes) -> bytes | None:
    """Return the bytes of a hash."""
    return read.connection.scalar(select(blob.c.raw).where(blob.c.sha256 == sha256))


def label_of(read: Read, label_id: int) -> Label | None:
    """Return the label of an id."""
    canonical = read.connection.scalar(select(label.c.canonical).where(label.c.id == label_id))
    return None if canonical is None else label_of_row(canonical)


def newest_seq(read: Read) -> int:
    """Return the newest row, which is about how many objects are held, without counting."""
    return int(read.connection.scalar(select(func.max(finding.c.seq))) or 0)


class Newer(NamedTuple):
    """Up to which row somebody has looked (0: never), the newest row, and (row, urgency) of what came between."""

    mark: int
    newest: int
    rows: tuple[tuple[int, int], ...]


def newer(read: Read, after_seq: int, min_urgency: int, limit: int) -> list[tuple[int, int]]:
    """Return (row, urgency) of current findings that say something and came after a row, the newest first."""
    rows = read.connection.execute(_newer(read, finding.c.seq > after_seq, min_urgency, limit))
    return [(seq, urgency) for seq, urgency in rows]


def since_looked(read: Read, name: str, window: int, limit: int) -> Newer:
    """Return the current findings of some urgency that say something and came since somebody looked, in one question.

    Args:
        read: the transaction.
        name: whose mark counts; nobody's: all are new.
        window: how many rows before the newest are looked at.
        limit: how many are returned, the newest.
    """
    looked = select(watch_mark.c.seq).where(watch_mark.c.name == name).scalar_subquery()
    mark = func.coalesce(looked, 0)
    newest = func.coalesce(select(func.max(finding.alias().c.seq)).scalar_subquery(), 0)
    after = case((mark > newest - window, mark), else_=newest - window)
    last = _newer(read, finding.c.seq > after, 1, limit).subquery()
    both = union_all(select(literal(True), mark, newest), select(literal(False), last.c.seq, last.c.urgency))
    rows = read.connection.execute(both).fetchall()
    [(mark_seq, newest_seq)] = [(seq, other) for marks, seq, other in rows if marks]
    return Newer(mark_seq, newest_seq, tuple((seq, urgency) for marks, seq, urgency in rows if not marks))


def _newer(read: Read, after: ColumnElement[bool], min_urgency: int, limit: int) -> Select[Any]:
    statement = select(finding.c.seq, finding.c.urgency).where(after, finding.c.head)
    statement = statement.where(finding.c.urgency >= min_urgency, may_be_held(read), ~superseded())
    statement = statement.where(or_(finding.c.kind != finding.c.type, finding.c.type.in_(STORIES)))
    return statement.order_by(finding.c.seq.desc()).limit(limit)


def keep_match(tx: Tx, a_seq: int, b_seq: int, score: float, why: str, at_us: int) -> None:
    """Keep that two findings tell one story; a later word replaces the earlier."""
    first, second = sorted((a_seq, b_seq))
    told: dict[str, object] = {"score_ppm": round(score * 1_000_000), "why": why, "at_us": at_us}
    upsert(tx.connection, match, {"a_seq": first, "b_seq": second}, told)


def matches_of(read: Read, seq: int) -> list[Corroboration]:
    """Return the findings that tell the story of this one, the surest first."""
    gone = exists().where(finding.c.seq.in_((match.c.a_seq, match.c.b_seq)), ~may_be_held(read))
    rows = read.connection.execute(select(match).where((match.c.a_seq == seq) | (match.c.b_seq == seq), ~gone))
    found = [Corroboration(row.a_seq, row.b_seq, row.score_ppm / 1_000_000, row.why, row.at_us) for row in rows]
    return sorted(found, key=lambda one: (-one.score, one.a_seq, one.b_seq))


class Neighbour(NamedTuple):
    """A finding beside others: how (``match``, ``support``, ``target``, ``named``), of which, and of a match how sure and why."""

    how: str
    of: int
    score: float
    why: str
    held: Held


def neighbours(read: Read, seqs: Sequence[int], targets: Collection[str], named: Collection[int]) -> list[Neighbour]:
    """Return what is held beside some findings, in one question, by row.

    Args:
        read: the transaction.
        seqs: findings, of which what tells their story is returned, and what supports them.
        targets: ids, of which all versions are returned.
        named: rows that are returned too.
    """
    nothing = literal(0), literal("")
    told = [(match.c.a_seq, match.c.b_seq), (match.c.b_seq, match.c.a_seq)]
    beside = union_all(
        *(
            select(literal("match"), of, other.label("seq"), match.c.score_ppm, match.c.why).where(of.in_(seqs))
            for of, other in told
        ),
        select(literal("support"), support.c.head_seq, support.c.seq, *nothing).where(support.c.head_seq.in_(seqs)),
        select(literal("target"), literal(0), finding.c.seq, *nothing).where(
            finding.c.object_id.in_(targets), may_be_held(read)
        ),
        select(literal("named"), literal(0), finding.c.seq, *nothing).where(finding.c.seq.in_(named)),
    ).subquery()
    how, of, seq, score, why = beside.c
    rows = _held.add_columns(how, of, score, why).join(beside, seq == finding.c.seq)
    # What tells a story may be over before it is deleted; what supports something is shown with it.
    rows = rows.where(or_(how != "match", may_be_held(read))).order_by(finding.c.seq)
    return [
        Neighbour(row[-4], row[-3], row[-2] / 1_000_000, row[-1], _read(row[:-4]))
        for row in read.connection.execute(rows)
    ]


_OWN = Held._fields[: Held._fields.index("sha256")]
_held = (
    select(
        *(finding.c[name] for name in _OWN),
        *(blob.c.sha256, blob.c.raw, finding.c.contains, finding.c.because, finding.c.places, label.c.canonical),
    )
    .join_from(finding, blob, blob.c.id == finding.c.blob_id)
    .join(label, label.c.id == finding.c.label_id, isouter=True)
)


def current_of(read: Read, seqs: Sequence[int]) -> set[int]:
    """Return those of some rows than which no newer version of the object by the same owner is held."""
    found: set[int] = set()
    for chunk in chunks(seqs):
        found.update(read.connection.scalars(select(finding.c.seq).where(finding.c.seq.in_(chunk), ~superseded())))
    return found


def newer_than(read: Read, seqs: Sequence[int]) -> dict[int, list[int]]:
    """Return, per row, the rows of newer versions of the same object by the same owner; rows without any are absent."""
    newer = finding.alias()
    later = (newer.c.version_ns > finding.c.version_ns) | (
        (newer.c.version_ns == finding.c.version_ns) & (newer.c.seq > finding.c.seq)
    )
    same = (newer.c.object_id == finding.c.object_id) & (newer.c.owner == finding.c.owner)
    found: dict[int, list[int]] = {}
    for chunk in chunks(seqs):
        picked = select(finding.c.seq, newer.c.seq).join(newer, same & later).where(finding.c.seq.in_(chunk))
        for seq, other in read.connection.execute(picked.order_by(finding.c.seq, newer.c.seq)):
            found.setdefault(seq, []).append(other)
    return found


def may_be_held(read: Read) -> ColumnElement[bool]:
    """Say that the time for which a finding may be held is not over; what is own has no end."""
    return finding.c.until_us.is_(None) | (finding.c.until_us > read.at_us)


def superseded() -> Any:
    """Say that a newer version of the same object by the same owner is held."""
    other = finding.alias()
    newer = (other.c.version_ns > finding.c.version_ns) | (
        (other.c.version_ns == finding.c.version_ns) & (other.c.seq > finding.c.seq)
    )
    return exists(1).where(other.c.object_id == finding.c.object_id, other.c.owner == finding.c.owner, newer)


def _helds(read: Read, statement: Select[Any]) -> Iterator[Held]:
    return map(_read, read.connection.execute(statement))


def _read(row: Sequence[Any]) -> Held:
    *own, contains, because, places, canonical = tuple(row)
    found = () if places == "[]" else msgspec.json.decode(places, type=tuple[Place, ...])
    given = None if canonical is None else label_of_row(canonical)
    return Held._make((*own, _names(contains), _names(because), found, given))


@lru_cache(maxsize=1_024)
def _names(text: str) -> tuple[str, ...]:
    return msgspec.json.decode(text, type=tuple[str, ...])


@lru_cache(maxsize=1_024)
def label_of_row(canonical: bytes) -> Label:
    """Return the label of its kept bytes; few labels are on many findings."""
    return label_model.read(canonical)
