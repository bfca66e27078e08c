"""Classes of findings, and how many each holds by day and place: kept with every change, so that no page ever counts.

A class is all that pages filter by but time and place. Only what is a finding (a head) and the current version has one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import Connection, Row, Select, bindparam, select, text, update

from foedus.model.finding import Place
from foedus.store.bulk import bulk_insert, chunks, first_free
from foedus.store.findings import STORIES, superseded
from foedus.store.tables import finding, finding_class

DAY_US = 86_400_000_000
CELL_DEG = 2.5
"""Side of a square of the earth that findings are counted in."""

COLUMNS = round(360 / CELL_DEG)
NOWHERE = -1


class Class(NamedTuple):
    """What findings of one class have in common; ``label_id`` 0: none. ``placed``: they say where."""

    room: str
    kind: str
    story: bool
    owner: str
    label_id: int
    urgency: int
    placed: bool


class Counted(NamedTuple):
    """Where a finding counts: its class, its day, its square."""

    of: Class
    day: int
    cell: int


def is_story(kind: str, type_: str) -> bool:
    """Say whether a finding says something by itself, or only comes along with others."""
    return kind != type_ or type_ in STORIES


def day_of(happened_us: int) -> int:
    """Return the day of an instant, counted from 1970."""
    return happened_us // DAY_US


def cell_of(places: Sequence[Place]) -> int:
    """Return the square of the first place.

    >>> cell_of([Place(-90, -180)]), cell_of([Place(0, 0)]), cell_of([])
    (0, 5256, -1)
    """
    if not places:
        return NOWHERE
    row = min(int((places[0].lat_deg + 90) // CELL_DEG), COLUMNS // 2 - 1)
    return max(row, 0) * COLUMNS + int((places[0].lon_deg + 180) // CELL_DEG) % COLUMNS


def keep(connection: Connection, counted: Mapping[int, Counted]) -> dict[int, int]:
    """Count new findings, by row; return the class of each."""
    ids = _ids(connection, {one.of for one in counted.values()})
    found = {seq: ids[one.of] for seq, one in counted.items()}
    _count(connection, Counter((ids[one.of], one.day, one.cell) for one in counted.values()))
    return found


def settle(connection: Connection, seqs: Iterable[int]) -> None:
    """Give rows the class they have now, and count them there and no longer where they were."""
    rows = [row for chunk in chunks(list(seqs)) for row in connection.execute(_now.where(finding.c.seq.in_(chunk)))]
    now = {row.seq: _class(row) for row in rows if row.head and not row.gone}
    ids = _ids(connection, set(now.values()))
    moved: Counter[tuple[int, int, int]] = Counter()
    changed = []
    for row in rows:
        fresh = ids[now[row.seq]] if row.seq in now else None
        if fresh == row.class_id:
            continue
        changed.append({"of": row.seq, "fresh": fresh})
        _move(moved, row, row.class_id, -1)
        _move(moved, row, fresh, 1)
    if changed:
        connection.execute(_reclass, changed)
        _count(connection, moved)


def versions(connection: Connection, object_ids: Iterable[str]) -> list[int]:
    """Return the rows of all versions of some objects."""
    rows = (select(finding.c.seq).where(finding.c.object_id.in_(chunk)) for chunk in chunks(sorted(set(object_ids))))
    return [seq for one in rows for seq in connection.scalars(one)]


@contextmanager
def leaving(connection: Connection, seqs: Sequence[int]) -> Iterator[None]:
    """Within it rows are deleted: they count no more, and what was current before them is so again."""
    rows = [row for chunk in chunks(seqs) for row in connection.execute(_now.where(finding.c.seq.in_(chunk)))]
    gone: Counter[tuple[int, int, int]] = Counter()
    for row in rows:
        _move(gone, row, row.class_id, -1)
    _count(connection, gone)
    yield
    settle(connection, versions(connection, (row.object_id for row in rows)))


_CLASS = ("room", "kind", "owner", "label_id", "urgency", "type")
_now: Select[Any] = select(
    *(finding.c[name] for name in ("seq", "object_id", "class_id", "happened_us", "places", "head", *_CLASS)),
    superseded().label("gone"),
)

_reclass = update(finding).where(finding.c.seq == bindparam("of")).values(class_id=bindparam("fresh"))

# The same text in SQLite and in PostgreSQL; what became nothing leaves no row behind, as what is erased must not.
_TALLY = text(
    "INSERT INTO finding_tally (class_id, day, cell, held) VALUES (:class_id, :day, :cell, :more)"
    " ON CONFLICT (class_id, day, cell) DO UPDATE SET held = finding_tally.held + excluded.held"
)
_NOTHING = text("DELETE FROM finding_tally WHERE class_id = :class_id AND day = :day AND cell = :cell AND held = 0")
_EMPTY = text("DELETE FROM finding_class WHERE held = 0")
_TOTAL = text("UPDATE finding_class SET held = held + :more WHERE id = :class_id")


def _class(row: Row[Any]) -> Class:
    story = is_story(row.kind, row.type)
    return Class(row.room, row.kind, story, row.owner, row.label_id or 0, row.urgency, row.places != "[]")


def _move(moved: Counter[tuple[int, int, int]], row: Row[Any], class_id: int | None, by: int) -> None:
    if class_id is not None:
        places = () if row.places == "[]" else msgspec.json.decode(row.places, type=tuple[Place, ...])
        moved[class_id, day_of(row.happened_us), cell_of(places)] += by


def _count(connection: Connection, by: Counter[tuple[int, int, int]]) -> None:
    moved = [{"class_id": id_, "day": day, "cell": cell, "more": n} for (id_, day, cell), n in by.items() if n]
    totals: Counter[int] = Counter()
    for (id_, _, _), n in by.items():
        totals[id_] += n
    if moved:
        connection.execute(_TALLY, moved)
        connection.execute(_TOTAL, [{"class_id": id_, "more": n} for id_, n in totals.items()])
    if less := [one for one in moved if one["more"] < 0]:
        connection.execute(_NOTHING, less)
        connection.execute(_EMPTY)


def _ids(connection: Connection, wanted: set[Class]) -> dict[Class, int]:
    """Return the numbers of classes; few are new."""
    if not wanted:
        return {}
    columns = select(finding_class.c.id, *(finding_class.c[name] for name in Class._fields))
    rooms = sorted({one.room for one in wanted})
    rows = connection.execute(columns.where(finding_class.c.room.in_(rooms)))
    found = {Class._make(of): id_ for id_, *of in rows}
    fresh = sorted(wanted - found.keys())
    first = first_free(connection, finding_class.c.id)
    bulk_insert(
        connection,
        finding_class,
        ("id", *Class._fields, "held"),
        [(id_, *one, 0) for id_, one in enumerate(fresh, first)],
    )
    return found | {one: id_ for id_, one in enumerate(fresh, first)}
