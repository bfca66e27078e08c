"""Bodies about reviews."""

from __future__ import annotations

from typing import ClassVar

from foedus.account.bodies.body import Body, Shared


class ReviewNoted(Body, frozen=True, kw_only=True):
    """A person wrote a text of a review: which version of which field, and its SHA-256; in the private log, for it names them."""

    kind_of_entry: ClassVar[str] = "review.noted"

    programme: str
    period: str
    field: str
    language: str
    version: int
    hash: str
    person: str


class ReviewPublished(Shared, frozen=True, kw_only=True):
    """A party published a review: of which period and kind, for whom, how long after the period, and its SHA-256.

    ``review_id`` is one for all parties, whoever publishes first; who did it for the party stands in the private log.
    """

    kind_of_entry: ClassVar[str] = "review.published"

    review_id: str
    kind: str
    public: bool
    days_after_period: int
    hash: str


class StatementMade(Shared, frozen=True, kw_only=True):
    """A person stated something for the party, in the log of a pair: the kind and SHA-256 of that entry's body."""

    kind_of_entry: ClassVar[str] = "statement.made"

    what: str
    hash: str
    person: str
