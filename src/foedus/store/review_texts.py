"""What people write in reviews, every version of every text; and the reviews that were published."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import insert, select

from foedus.store.engine import Read, Tx
from foedus.store.review_tables import review_published, review_text


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


class PublishedReview(NamedTuple):
    """A review as it was published: the SHA-256 of its bytes, for everybody or not, who did that and when."""

    programme: str
    period: str
    kind: str
    sha256: bytes
    public: bool
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


def put_published(tx: Tx, kept: PublishedReview, raw: bytes) -> None:
    """Keep a published review, with its bytes."""
    tx.connection.execute(insert(review_published).values({**kept._asdict(), "raw": raw}))


def published_of(read: Read, programme: str, period: str) -> list[PublishedReview]:
    """Return what was published of a year's review, the newest first."""
    columns = [review_published.c[name] for name in PublishedReview._fields]
    which = (review_published.c.programme == programme) & (review_published.c.period == period)
    found = select(*columns).where(which).order_by(review_published.c.at_us.desc(), review_published.c.kind)
    return [PublishedReview._make(row) for row in read.connection.execute(found)]


def published_bytes(read: Read, programme: str, period: str, sha256: bytes) -> bytes | None:
    """Return the bytes of a published review, or None."""
    which = (review_published.c.programme == programme) & (review_published.c.period == period)
    found = select(review_published.c.raw).where(which, review_published.c.sha256 == sha256).limit(1)
    return read.connection.scalar(found)
