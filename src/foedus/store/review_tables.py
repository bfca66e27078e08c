"""Tables of what people write in reviews."""

from __future__ import annotations

from sqlalchemy import PrimaryKeyConstraint, Table

from foedus.store.columns import metadata, number, words

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
