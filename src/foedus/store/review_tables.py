"""Tables of what people write in reviews, and of the reviews that were published."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, PrimaryKeyConstraint, Table

from foedus.store.columns import metadata, number, octets, words

# Every version of every text stays: a review that was read can be read again.
review_text = Table(
    "review_text",
    metadata,
    words("programme"),
    words("period"),
    words("field"),
    words("language"),
    number("version"),
    words("text"),
    words("person"),
    number("at_us"),
    PrimaryKeyConstraint("programme", "period", "field", "language", "version"),
)

# What was published stays as it was, byte for byte.
review_published = Table(
    "review_published",
    metadata,
    words("programme"),
    words("period"),
    words("kind"),
    octets("sha256"),
    Column("public", Boolean, nullable=False),
    octets("raw"),
    words("person"),
    number("at_us"),
    PrimaryKeyConstraint("programme", "period", "kind", "sha256", "public"),
)
