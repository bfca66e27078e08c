"""What a reader was given, for its own people to look at: rows of its views alone, the last that came first.

No statement here meets a finding that no view of the reader shows. Of a finding only what its release told is read: kind, room
and owner; everything else comes from the bytes shown.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Row, Select, select

from foedus.model.label import Label
from foedus.store.engine import Read
from foedus.store.findings import label_of_row
from foedus.store.tables import blob, finding, in_view, label, view, view_row, view_tally

DAY_US = 86_400_000_000


class Given(NamedTuple):
    """An object as a view shows it, since when and until when; ``seq`` is its row here, and nobody's to see."""

    seq: int
    added_us: int
    expires_us: int | None
    object_id: str
    version: str
    room: str
    kind: str
    owner: str
    document: bool
    label: Label | None
    raw: bytes


class Held(NamedTuple):
    """How many findings (heads) a view took up on a day, of one kind, owner and label."""

    area: str
    day: int
    kind: str
    owner: str
    label_id: int
    heads: int


class Wanted(NamedTuple):
    """Rows of some views within a span of time of coming, only of a kind, owner or labels where these are named."""

    views: Sequence[int]
    from_us: int
    before_us: int
    kind: str = ""
    owner: str = ""
    label_ids: Sequence[int] | None = None


def tallies(read: Read, names: dict[str, str]) -> list[Held]:
    """Return what views hold by day, kind, owner and label; ``names`` are views and the areas that they are of."""
    columns = [view.c.name, *(view_tally.c[name] for name in ("day", "kind", "owner", "label_id", "heads"))]
    rows = select(*columns).join(view, view.c.id == view_tally.c.view_id)
    found = read.connection.execute(rows.where(view.c.name.in_(names), view_tally.c.heads > 0))
    return [Held(names[name], *of) for name, *of in found]


def view_ids(read: Read, names: Iterable[str]) -> dict[str, int]:
    """Return the rows of views, by name; one that was never opened is absent."""
    rows = select(view.c.name, view.c.id).where(view.c.name.in_(list(names)))
    return {row.name: row.id for row in read.connection.execute(rows)}


def labels(read: Read, label_ids: Iterable[int]) -> dict[int, Label]:
    """Return labels by their rows."""
    rows = select(label.c.id, label.c.canonical).where(label.c.id.in_(sorted(set(label_ids))))
    return {id_: label_of_row(canonical) for id_, canonical in read.connection.execute(rows)}


def given(read: Read, wanted: Wanted, limit: int) -> list[Given]:
    """Return the findings (heads) that came last, the last first, that are shown now."""
    which = [view_row.c.added_us >= wanted.from_us, view_row.c.added_us < wanted.before_us, finding.c.head]
    if wanted.kind:
        which.append(finding.c.kind == wanted.kind)
    if wanted.owner:
        which.append(finding.c.owner == wanted.owner)
    if wanted.label_ids is not None:
        which.append(view_row.c.label_id.in_(wanted.label_ids))
    found: list[Given] = []
    for view_id in wanted.views:
        rows = _rows(read, view_row.c.view_id == view_id, *which).order_by(view_row.c.added_us.desc()).limit(limit)
        found += _made(read.connection.execute(rows))
    return sorted(found, key=lambda one: -one.added_us)[:limit]


def shown_of(read: Read, views: Sequence[int], object_ids: Sequence[str], seqs: Sequence[int] = ()) -> list[Given]:
    """Return what views show of objects and rows now, supports too, the last that came first."""
    found: dict[int, Given] = {}
    for id_ in views:
        for which in (view_row.c.object_id.in_(object_ids), view_row.c.finding_seq.in_(seqs)):
            found.update(
                (one.added_us, one) for one in _made(read.connection.execute(_rows(read, which, in_view(id_))))
            )
    return [found[added_us] for added_us in sorted(found, reverse=True)]


def _rows(read: Read, *which: ColumnElement[bool]) -> Select[Any]:
    columns = [view_row.c[name] for name in ("finding_seq", "added_us", "expires_us", "object_id", "version")]
    of = [finding.c[name] for name in ("room", "kind", "owner", "document")]
    rows = select(*columns, *of, label.c.canonical, blob.c.raw).join_from(
        view_row, finding, finding.c.seq == view_row.c.finding_seq
    )
    rows = rows.join(blob, blob.c.id == view_row.c.blob_id).outerjoin(label, label.c.id == view_row.c.label_id)
    return rows.where(*which, view_row.c.expires_us.is_(None) | (view_row.c.expires_us > read.at_us))


def _made(rows: Iterable[Row[Any]]) -> list[Given]:
    return [Given._make((*row[:9], label_of_row(row.canonical) if row.canonical else None, row.raw)) for row in rows]
