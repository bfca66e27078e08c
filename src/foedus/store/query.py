"""The question to a view as one SQL statement.

Order of selection (OASIS leaves it open, cti-taxii2#114): id, type and ``added_after`` first, then the spec version, then the
version among what is left; the position only bounds the page. Every step looks at rows visible at the instant, no others.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, FromClause, Select, and_, bindparam, exists, or_, select, true

from foedus.model.ports import ViewQuery
from foedus.store.tables import blob, in_view, view_row


class _Shape(NamedTuple):
    """What decides the text of the statement; all else are its parameters."""

    ids: bool
    types: int
    after: bool
    choices: frozenset[str]
    instants: bool
    spec_versions: bool
    raw: bool


def page_statement(query: ViewQuery, *, raw: bool) -> Select[Any]:
    """Return the statement of a page, ascending by ``added_us``, limit one beyond the page.

    Columns with ``raw``: added_us, raw; without: object_id, version, spec_version, added_us.
    """
    choices = frozenset(choice for choice in query.versions if isinstance(choice, str))
    instants = len(choices) < len(query.versions)
    types = min(len(query.types), 2)
    after = query.added_after_us is not None
    return _statement(_Shape(bool(query.ids), types, after, choices, instants, bool(query.spec_versions), raw))


def page_parameters(query: ViewQuery, view_id: int, at_us: int) -> dict[str, Any]:
    """Return the statement's parameters."""
    after_us = -1 if query.added_after_us is None else query.added_after_us
    start_us = after_us if query.position_us is None else max(after_us, query.position_us)
    parameters: dict[str, Any] = {"view_id": view_id, "at_us": at_us, "start_us": start_us, "rows": query.limit + 1}
    optional = {
        "after_us": query.added_after_us,
        "ids": query.ids,
        "types": query.types if len(query.types) > 1 else None,
        "type": query.types[0] if len(query.types) == 1 else None,
        "spec_versions": query.spec_versions,
        "instants": [choice for choice in query.versions if isinstance(choice, int)],
    }
    return parameters | {name: given for name, given in optional.items() if given not in (None, (), [])}


@lru_cache(maxsize=512)
def _statement(shape: _Shape) -> Select[Any]:
    row = view_row
    view_id: ColumnElement[int] = bindparam("view_id")
    # By id the index leads, else the range scan: without statistics SQLite does not know which is shorter.
    place = in_view(view_id) if shape.ids else row.c.view_id == view_id
    chosen = [place, _unexpired(row), row.c.added_us > bindparam("start_us")]
    if shape.ids:
        chosen.append(row.c.object_id.in_(bindparam("ids", expanding=True)))
    if shape.types == 1:
        chosen.append(row.c.type == bindparam("type"))
    elif shape.types:
        # Not an index column: several types are filtered on the range scan, never sorted out of the type index.
        chosen.append((row.c.type + "").in_(bindparam("types", expanding=True)))
    chosen += [_of_spec_version(shape), _of_version(shape)]
    columns = [row.c.object_id, row.c.version, row.c.spec_version, row.c.added_us]
    statement = (
        select(row.c.added_us, blob.c.raw).join(blob, blob.c.id == row.c.blob_id) if shape.raw else select(*columns)
    )
    return statement.where(*chosen).order_by(row.c.added_us).limit(bindparam("rows"))


def _unexpired(row: FromClause) -> ColumnElement[bool]:
    return or_(row.c.expires_us.is_(None), row.c.expires_us > bindparam("at_us"))


def _of_spec_version(shape: _Shape) -> ColumnElement[bool]:
    if shape.spec_versions:
        return view_row.c.spec_version.in_(bindparam("spec_versions", expanding=True))
    other = _other(shape)
    return or_(view_row.c.sole, ~exists(1).where(other.rows, other.table.c.spec_version > view_row.c.spec_version))


def _of_version(shape: _Shape) -> ColumnElement[bool]:
    if "all" in shape.choices:
        return true()
    ways: list[ColumnElement[bool]] = []
    if shape.choices:
        ways.append(view_row.c.sole)
    if "last" in shape.choices:
        ways.append(~_exists_beside(shape, newer=True))
    if "first" in shape.choices:
        ways.append(~_exists_beside(shape, newer=False))
    if shape.instants:
        ways.append(view_row.c.version_ns.in_(bindparam("instants", expanding=True)))
    return or_(*ways)


class _Other(NamedTuple):
    table: FromClause
    rows: ColumnElement[bool]


def _other(shape: _Shape) -> _Other:
    """Rows of the same object that count beside a row: visible, and within what the client asked for."""
    other = view_row.alias()
    # By both, so that the index by object leads to rows of this view alone; sums keep the planner on it.
    rows = [other.c.object_id == view_row.c.object_id, other.c.view_id == bindparam("view_id"), _unexpired(other)]
    if shape.after:
        rows.append(other.c.added_us + 0 > bindparam("after_us"))
    return _Other(other, and_(*rows))


def _exists_beside(shape: _Shape, *, newer: bool) -> ColumnElement[bool]:
    """Say that another version of the object, among what is left, is newer (or older) than the row."""
    other, rows = _other(shape)
    spec = other.c.spec_version
    rest = (
        spec.in_(bindparam("spec_versions", expanding=True)) if shape.spec_versions else spec == view_row.c.spec_version
    )
    mine, theirs = view_row.c, other.c
    if newer:
        beyond = (theirs.version_ns >= mine.version_ns) & (
            (theirs.version_ns > mine.version_ns) | (theirs.added_us + 0 > mine.added_us)
        )
    else:
        beyond = (theirs.version_ns <= mine.version_ns) & (
            (theirs.version_ns < mine.version_ns) | (theirs.added_us + 0 < mine.added_us)
        )
    return exists(1).where(rows, rest, beyond)
