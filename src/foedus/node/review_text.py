"""What officials write in a review: a text a field and language, every version kept, each entered by its hash."""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Iterator
from typing import NamedTuple

import msgspec

from foedus.account.bodies import ReviewNoted, draft
from foedus.account.ledger import append
from foedus.errors import InputError
from foedus.model import instant
from foedus.model.entry import MASTER
from foedus.model.people import Person
from foedus.model.programme import Programme
from foedus.node.home import Node
from foedus.node.signing import sign_log
from foedus.store import review_texts
from foedus.store.review_texts import ReviewText

MOST = 4_000
"""Characters of one text."""


class Place(NamedTuple):
    """Where a text stands: programme (its id or word), year, field, language."""

    programme: str
    period: str
    field: str
    language: str


class Written(msgspec.Struct, frozen=True):
    """A text as it now stands, its version, who wrote that and when; ``versions`` are all, the newest first."""

    field: str
    language: str
    version: int
    text: str
    person: str
    at: str
    versions: tuple[Written, ...] = ()


def fields(programme: Programme) -> tuple[str, ...]:
    """Return the fields of a programme's reviews: a summary, a word on each objective and area, and what stays open."""
    objectives = (f"objective.{one.id}" for one in programme.strategic_objectives)
    return ("summary", *objectives, *(f"area.{one.id}" for one in programme.areas), "open-points")


def written(node: Node, programme: str, period: str) -> Iterator[Written]:
    """Yield the texts of a review as they now stand."""
    with node.store.read() as read:
        kept = review_texts.texts_of(read, programme, period)
    by_place: dict[tuple[str, str], list[Written]] = {}
    for one in kept:
        by_place.setdefault((one.field, one.language), []).insert(0, _written(one))
    for versions in by_place.values():
        yield msgspec.structs.replace(versions[0], versions=tuple(versions))


def write(node: Node, person: Person, place: Place, text: str, *, seen: int) -> Written:
    """Keep a text as the next version and enter its hash; the same text again changes nothing.

    Args:
        node: the node.
        person: who writes.
        place: where it stands.
        text: the text; empty: nothing is said there any more.
        seen: the version that the writer saw; 0 where there was none.

    Raises:
        InputError: no such field, too long, with characters that cannot be shown, or somebody wrote meanwhile.
    """
    at = node.clock.now()
    agreement = node.agreements.of(place.programme, at)
    if place.field not in fields(agreement.programme):
        raise InputError("no such field", code="review-field-unknown", where=place.field[:60])
    said = _plain(text, place.field)
    with node.store.write() as tx:
        held = review_texts.texts_of(tx, agreement.programme.id, place.period, place.field)
        before = [one for one in held if one.language == place.language]
        if before and before[-1].text == said:
            return _written(before[-1])
        if seen != len(before):
            raise InputError(
                "somebody wrote meanwhile", code="review-text-changed", where=place.field, hint="join the two"
            )
        kept = ReviewText(agreement.programme.id, *place[1:], len(before) + 1, said, person.name, instant.to_us(at))
        review_texts.put_text(tx, kept)
        append(tx.logs, MASTER, [draft(_entry(kept))], at=at, entropy=node.entropy)
        sign_log(node, tx, MASTER)
    return _written(kept)


def _plain(text: str, field: str) -> str:
    """Return a text with plain line ends and nothing behind it.

    Raises:
        InputError: too long, or it holds control characters.
    """
    said = text.replace("\r\n", "\n").replace("\r", "\n").rstrip()
    if len(said) > MOST:
        raise InputError(
            f"{len(said):,} characters, at most {MOST:,}", code="review-text-long", where=field, hint="shorten it"
        )
    if any(unicodedata.category(one) in ("Cc", "Cs") and one not in "\n\t" for one in said):
        raise InputError("control characters", code="review-text-controls", where=field, hint="paste it as plain text")
    return said


def _written(one: ReviewText) -> Written:
    return Written(one.field, one.language, one.version, one.text, one.person, instant.text(one.at_us))


def _entry(one: ReviewText) -> ReviewNoted:
    return ReviewNoted(
        at=instant.text(one.at_us),
        programme=one.programme,
        period=one.period,
        field=one.field,
        language=one.language,
        version=one.version,
        hash=hashlib.sha256(one.text.encode()).hexdigest(),
        person=one.person,
    )
