"""What people write in reviews: every version of every text."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import insert, select

from foedus.store.engine import Read, Tx
from foedus.store.review_tables import review_text


class ReviewText(NamedTuple):
    """One version of a text: of which review and field, in which language, who wrote it and when."""

    programme: str
    period: str
    field: str
    language: str
    version: int
    text: str
    person: str
    at_us: int


def put_text(tx: Tx, kept: ReviewText) -> None:
    """Keep a new version; the ones before stay."""
    tx.connection.execute(insert(review_text).values(kept._asdict()))


def texts_of(read: Read, programme: str, period: str, field: str = "") -> list[ReviewText]:
    """Return all versions of the texts of a review, or of one of its fields, oldest first."""
    columns = [review_text.c[name] for name in ReviewText._fields]
    which = (review_text.c.programme == programme) & (review_text.c.period == period)
    if field:
        which &= review_text.c.field == field
    found = select(*columns).where(which).order_by(review_text.c.field, review_text.c.language, review_text.c.version)
    return [ReviewText._make(row) for row in read.connection.execute(found)]
