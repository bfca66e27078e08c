"""Pages of findings by when they happened, and how many there are: by class, never by looking through the findings.

Each class is one run of an index, in order of time. A page takes the first rows of the runs that its filters name, so that it
costs as much on a million findings as on a thousand, however rare what it asks for.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

import msgspec
from sqlalchemy import ColumnElement, TextClause, bindparam, func, or_, select, text, tuple_

from foedus.model.finding import Place
from foedus.store.classes import DAY_US, NOWHERE, Class
from foedus.store.engine import Read
from foedus.store.findings import Held, findings_of
from foedus.store.tables import finding, finding_class
from foedus.store.watch import ANY, OPEN, Standing, stands, touched

_LAST = 2**62
_OPEN = Standing(OPEN)
_RUNS = 400
"""Runs in one statement: SQLite takes 500 parts."""


class Span(NamedTuple):
    """From when, and before when, something happened; and behind which (instant, row) a page goes on."""

    from_us: int = -_LAST
    before_us: int = _LAST
    after: tuple[int, int] = (_LAST, 0)


class Dot(NamedTuple):
    """A finding on a map."""

    object_id: str
    title: str
    urgency: int
    room: str
    kind: str
    owner: str
    places: tuple[Place, ...]


def classes(read: Read) -> dict[int, tuple[Class, int]]:
    """Return the classes that hold something, by number, and how many findings each holds."""
    columns = select(finding_class.c.id, finding_class.c.held, *(finding_class.c[name] for name in Class._fields))
    rows = read.connection.execute(columns.where(finding_class.c.held > 0).order_by(finding_class.c.id))
    return {id_: (Class._make(of), held) for id_, held, *of in rows}


def held_in(read: Read, class_ids: Collection[int], span: Span) -> dict[int, int]:
    """Return how many findings of classes happened within whole days; classes without any are absent."""
    days = {"from_day": span.from_us // DAY_US, "before_day": -(-span.before_us // DAY_US)}
    rows = read.connection.execute(_HELD, days)
    return {id_: int(held) for id_, held in rows if held and id_ in class_ids}


def days(read: Read) -> tuple[int, int] | None:
    """Return the first and the last instant at which something happened."""
    first, last = read.connection.execute(_ENDS).one()
    return None if first is None else (first, last)


def newest(read: Read, class_ids: Collection[int], span: Span, limit: int, standing: Standing = ANY) -> list[Held]:
    """Return the findings of classes that happened last within a span and stand so, the last first."""
    if standing not in (ANY, _OPEN):
        return _acted(read, class_ids, span, limit, standing)
    wanted = set(class_ids)
    within = _WITHIN if standing == ANY else _WITHIN_OPEN
    asked: dict[str, object] = {**span._asdict(), "at_us": read.at_us, "limit": limit, "most": limit}
    del asked["after"]
    asked["after_us"], asked["after_seq"] = span.after
    # The index seeks an instant; of those at the same one, which are behind is compared.
    asked["before_us"] = min(span.before_us, span.after[0] + 1)
    first = [
        row
        for row in read.connection.execute(first_of(within), asked)
        if row.happened_us is not None and row.id in wanted
    ]
    # A row of any other class has the first of each of these before it.
    leading = sorted(first, key=lambda row: (row.happened_us, row.seq), reverse=True)[:limit]
    found: list[tuple[int, int]] = []
    for some in _parts([row.id for row in leading]):
        of = {f"of_{number}": id_ for number, id_ in enumerate(some)}
        found += [(row.happened_us, row.seq) for row in read.connection.execute(runs(len(some), within), asked | of)]
    seqs = [seq for _, seq in sorted(found, reverse=True)[:limit]]
    by_seq = {one.seq: one for one in findings_of(read, seqs)}
    return [by_seq[seq] for seq in seqs]


def newest_of_each(read: Read, groups: Mapping[str, Collection[int]], limit: int) -> dict[str, list[Held]]:
    """Return of each group of classes the findings that happened last, the last first; so many of each."""
    group_of = {id_: group for group, ids in groups.items() for id_ in ids}
    asked: dict[str, object] = {**Span()._asdict(), "at_us": read.at_us, "limit": limit, "most": _LAST}
    del asked["after"]
    asked["after_us"], asked["after_seq"] = Span().after
    found: dict[str, list[tuple[int, int]]] = {group: [] for group in groups}
    for some in _parts(group_of):
        of = {f"of_{number}": id_ for number, id_ in enumerate(some)}
        for row in read.connection.execute(runs(len(some)), asked | of):
            found[group_of[row.class_id]].append((row.happened_us, row.seq))
    last = {group: [seq for _, seq in sorted(rows, reverse=True)[:limit]] for group, rows in found.items()}
    by_seq = {one.seq: one for one in findings_of(read, [seq for seqs in last.values() for seq in seqs])}
    return {group: [by_seq[seq] for seq in seqs] for group, seqs in last.items()}


def how_many(read: Read, held: Mapping[int, int], span: Span, standing: Standing = ANY) -> int:
    """Return how many findings stand so; ``held`` says of each class how many it holds within the span."""
    if standing == ANY:
        return sum(held.values())
    if standing == _OPEN:
        return sum(held.values()) - _count(read, held, span, touched())
    return _count(read, held, span, stands(*standing))


def _acted(read: Read, class_ids: Collection[int], span: Span, limit: int, standing: Standing) -> list[Held]:
    """The newest of findings about which somebody did something: these are few, and found from there."""
    found: list[tuple[int, int]] = []
    behind = tuple_(finding.c.happened_us, finding.c.seq) < tuple_(*span.after)
    for some in _parts(class_ids):
        which = *_few(read, some, span, stands(*standing)), behind
        rows = select(finding.c.happened_us, finding.c.seq).where(*which)
        last = rows.order_by(finding.c.happened_us.desc(), finding.c.seq.desc()).limit(limit)
        found += [(happened_us, seq) for happened_us, seq in read.connection.execute(last)]
    seqs = [seq for _, seq in sorted(found, reverse=True)[:limit]]
    by_seq = {one.seq: one for one in findings_of(read, seqs)}
    return [by_seq[seq] for seq in seqs]


def _count(read: Read, class_ids: Collection[int], span: Span, few: ColumnElement[bool]) -> int:
    counted = (
        select(func.count()).select_from(finding).where(*_few(read, some, span, few)) for some in _parts(class_ids)
    )
    return sum(int(read.connection.scalar(one) or 0) for one in counted)


def _few(read: Read, class_ids: Sequence[int], span: Span, few: ColumnElement[bool]) -> tuple[ColumnElement[bool], ...]:
    """Findings of classes among a few that are named: added to nothing, class and instant are no columns of an index."""
    happened_us = finding.c.happened_us + 0
    return (
        few,
        (finding.c.class_id + 0).in_(class_ids),
        happened_us >= span.from_us,
        happened_us < span.before_us,
        or_(finding.c.until_us.is_(None), finding.c.until_us > read.at_us),
    )


def cells(read: Read, class_ids: Collection[int], span: Span) -> dict[int, int]:
    """Return how many findings of classes happened in each square of the earth, within whole days."""
    asked = {"from_day": span.from_us // DAY_US, "before_day": -(-span.before_us // DAY_US), "nowhere": NOWHERE}
    found: dict[int, int] = {}
    for some in _parts(class_ids):
        for cell, held in read.connection.execute(_CELLS, {**asked, "some": some}):
            found[cell] = found.get(cell, 0) + int(held)
    return found


def dots(read: Read, class_ids: Collection[int], span: Span, limit: int, standing: Standing = ANY) -> list[Dot]:
    """Return the findings of classes that say where, within a span, the last first; no object is read."""
    columns = [finding.c[name] for name in Dot._fields]
    found: list[tuple[int, Dot]] = []
    for some in _parts(class_ids):
        rows = select(finding.c.happened_us, *columns).where(
            finding.c.class_id.in_(some),
            finding.c.happened_us >= span.from_us,
            finding.c.happened_us < span.before_us,
            or_(finding.c.until_us.is_(None), finding.c.until_us > read.at_us),
            *([] if standing == ANY else [stands(*standing)]),
        )
        for happened_us, *told, places in read.connection.execute(rows.limit(limit)):
            found.append((happened_us, Dot._make((*told, msgspec.json.decode(places, type=tuple[Place, ...])))))
    return [one for _, one in sorted(found, key=lambda one: (-one[0], one[1].object_id))[:limit]]


def _parts(class_ids: Collection[int]) -> list[Sequence[int]]:
    held = sorted(class_ids)
    return [held[start : start + _RUNS] for start in range(0, len(held), _RUNS)]


# Each part of the texts reads the first rows of one class from the index.
_SPAN = (
    "happened_us >= :from_us AND happened_us < :before_us AND (happened_us, seq) < (:after_us, :after_seq)"
    " AND (until_us IS NULL OR until_us > :at_us)"
)
_LAST_FIRST = " ORDER BY happened_us DESC, seq DESC"
_WITHIN = _SPAN + _LAST_FIRST
_WITHIN_OPEN = (
    f"{_SPAN} AND NOT EXISTS (SELECT 1 FROM watch_state w"  # noqa: S608
    f" WHERE w.object_id = finding.object_id AND w.state <> '{OPEN}'){_LAST_FIRST}"
)

_HELD = text(
    "SELECT c.id, (SELECT sum(t.held) FROM finding_tally t"
    " WHERE t.class_id = c.id AND t.day >= :from_day AND t.day < :before_day) AS held"
    " FROM finding_class c WHERE c.held > 0"
)

_ENDS = text(
    "SELECT min(first), max(last) FROM (SELECT"
    " (SELECT min(f.happened_us) FROM finding f WHERE f.class_id = c.id) AS first,"
    " (SELECT max(f.happened_us) FROM finding f WHERE f.class_id = c.id) AS last"
    " FROM finding_class c WHERE c.held > 0) AS ends"
)

_CELLS = text(
    "SELECT t.cell, sum(t.held) FROM finding_tally t WHERE t.class_id IN :some"
    " AND t.day >= :from_day AND t.day < :before_day AND t.cell <> :nowhere GROUP BY t.cell"
).bindparams(bindparam("some", expanding=True))


@lru_cache(maxsize=2)
def first_of(within: str = _WITHIN) -> TextClause:
    """Return the statement that gives of each class the first row; ``within`` is which rows, and in which order."""
    return text(
        f"SELECT c.id, (SELECT happened_us FROM finding WHERE class_id = c.id AND {within} LIMIT 1) AS happened_us,"  # noqa: S608
        f" (SELECT seq FROM finding WHERE class_id = c.id AND {within} LIMIT 1) AS seq"
        " FROM finding_class c WHERE c.held > 0"
    )


@lru_cache(maxsize=128)
def runs(times: int, within: str = _WITHIN) -> TextClause:
    """Return the statement that gives the first rows of so many classes, and the first ones of all of them."""
    first = f"SELECT class_id, happened_us, seq FROM finding WHERE class_id = {{}} AND {within} LIMIT :limit"  # noqa: S608
    run = f"SELECT * FROM ({first}) AS of_{{}}"  # noqa: S608
    parts = " UNION ALL ".join(run.format(f":of_{number}", number) for number in range(times))
    first_of_all = "ORDER BY happened_us DESC, seq DESC LIMIT :most"
    return text(f"SELECT class_id, happened_us, seq FROM ({parts}) AS runs {first_of_all}")  # noqa: S608
