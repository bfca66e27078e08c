"""Bodies about reviews."""

from __future__ import annotations

from typing import ClassVar

from foedus.account.bodies.body import Body


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
