"""What a party states for all to count: the value of an indicator that is attested, and that a review was published."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from datetime import date
from typing import Literal, NamedTuple

import msgspec

from foedus.account import bodies
from foedus.account.bodies import IndicatorAttested, ReviewPublished, StatementMade
from foedus.account.ledger import append
from foedus.errors import InputError, TrustError
from foedus.model import instant
from foedus.model.canonical import canonical
from foedus.model.entry import MASTER
from foedus.model.people import Person
from foedus.model.programme import Indicator, Programme
from foedus.node.home import Node
from foedus.node.review import Review, review
from foedus.node.signing import sign_log
from foedus.node.view import pair_log
from foedus.store import review_texts
from foedus.store.engine import Read, Tx
from foedus.store.review_texts import PublishedReview

ReviewKind = Literal["annual", "mid-term"]
REVIEW_KINDS: tuple[ReviewKind, ...] = ("annual", "mid-term")
_LONGEST = 40


class Chosen(NamedTuple):
    """A programme (its id or word) and a year of its term."""

    programme: str
    period: str = ""


class Attestation(msgspec.Struct, frozen=True):
    """An indicator that is attested: the values it can have (none: any number), and what each party stated last."""

    indicator: Indicator
    steps: tuple[str, ...]
    said: dict[str, int | float | str]


class Published(msgspec.Struct, frozen=True):
    """A review as it was published: its SHA-256, who did that and when; ``public``: not for the parties alone."""

    kind: str
    period: str
    public: bool
    sha256: str
    person: str
    at: str


def attest(node: Node, person: Person, chosen: Chosen, indicator: str, value: str) -> int | float | str:
    """State an indicator's value for a year, in the log of every pair; the same value again enters nothing.

    It counts once every party's newest statement says the same.

    Args:
        node: the node.
        person: who states it for the party: an approver.
        chosen: programme and year; absent: the newest that has begun.
        indicator: an attested indicator of the programme.
        value: a step of its scale, or a number.

    Raises:
        InputError: no such programme, year or indicator, one that is computed, or no value it can have.
        TrustError: not an approver.
    """
    _approver(person)
    found = review(node, chosen.programme, chosen.period)
    one = _attested(found.document, indicator)
    said = _value(found.document, one, value)
    holder = next((area.id for area in found.document.areas if indicator in area.indicators), "")

    def body(parties: tuple[str, str], at: str) -> IndicatorAttested:
        return IndicatorAttested(
            at=at,
            programme=found.document.id,
            parties=parties,
            area=holder,
            indicator=indicator,
            period=found.period,
            value=said,
        )

    with node.store.write() as tx:
        if _stated(tx, found, one).get(node.party) != said:
            _state(node, tx, person, (found.document, body))
    return said


def attestations(node: Node, chosen: Chosen) -> tuple[Review, list[Attestation]]:
    """Return the attested indicators that are due in a year, beside the review that they count in.

    Raises:
        InputError: no such programme or year.
    """
    found = review(node, chosen.programme, chosen.period)
    due = {one.id for one in found.board.indicators}
    attested = [one for one in found.document.indicators if one.method == "attested" and one.id in due]
    with node.store.read() as read:
        return found, [Attestation(one, _steps(found.document, one), _stated(read, found, one)) for one in attested]


def _stated(read: Read, found: Review, indicator: Indicator) -> dict[str, int | float | str]:
    """Return what each party that stated an indicator's value stated last.

    Raises:
        InputError: the indicator is not due in the year.
    """
    figure = next((one for one in found.board.indicators if one.id == indicator.id), None)
    if figure is None:
        raise InputError("not due in this year", code="indicator-not-due", where=found.period)
    told: dict[str, int | float | str] = {}
    for ref in figure.entries:
        [stored] = read.logs.entries(ref.log, ref.seq, ref.seq + 1)
        body = bodies.read(stored)
        assert isinstance(body, IndicatorAttested), "attested indicators rest on nothing else"
        told[body.parties[0]] = body.value
    return told


def publish(node: Node, person: Person, chosen: Chosen, kind: ReviewKind, *, public: bool) -> Published:
    """Publish a review as it stands today: its bytes are kept, and their hash is entered in the log of every pair.

    Args:
        node: the node.
        person: who publishes for the party: an approver.
        chosen: programme and year; absent: the newest that has begun.
        kind: of the whole year, once it is over, or of what passed of it.
        public: for everybody, or for the parties.

    Raises:
        InputError: no such programme or year, a year that is not over, or these bytes were published already.
        TrustError: not an approver.
    """
    _approver(person)
    found = review(node, chosen.programme, chosen.period)
    days = (date.fromisoformat(found.day) - date(int(found.period), 12, 31)).days
    if kind == "annual" and days < 1:
        raise InputError(
            "the year is not over", code="review-year-open", where=found.period, hint="publish a mid-term review"
        )
    raw = content(found)
    kept = PublishedReview(
        *(found.document.id, found.period, kind, hashlib.sha256(raw).digest(), public, person.name),
        instant.to_us(node.clock.now()),
    )

    def body(parties: tuple[str, str], at: str) -> ReviewPublished:
        return ReviewPublished(
            at=at,
            programme=found.document.id,
            parties=parties,
            review_id=f"{found.document.id}:review:{found.period}:{kind}",
            kind=kind,
            public=public,
            days_after_period=max(0, days),
            hash=kept.sha256.hex(),
        )

    with node.store.write() as tx:
        before = review_texts.published_of(tx, *kept[:2])
        if any(one[:5] == kept[:5] for one in before):
            raise InputError("published already, as it stands", code="review-published", where=found.period)
        review_texts.put_published(tx, kept, raw)
        _state(node, tx, person, (found.document, body))
    return _published(kept)


def published(node: Node, programme: str, period: str) -> list[Published]:
    """Return what was published here of a year's review, the newest first."""
    with node.store.read() as read:
        return [_published(one) for one in review_texts.published_of(read, programme, period)]


def published_bytes(node: Node, chosen: Chosen, sha256: str) -> bytes:
    """Return a review as it was published.

    Raises:
        InputError: nothing with this hash was published.
    """
    document = node.agreements.of(chosen.programme, node.clock.now()).programme
    with node.store.read() as read:
        found = review_texts.published_bytes(read, document.id, chosen.period, _octets(sha256))
    if found is None:
        raise InputError("no such review was published here", code="review-unknown", where=chosen.period)
    return found


def _octets(sha256: str) -> bytes:
    try:
        return bytes.fromhex(sha256)
    except ValueError:
        return b""


def content(found: Review) -> bytes:
    """Return what is published of a review, RFC 8785: figures, what was shared, disputes, versions, texts; no person is in it."""
    texts = [
        {"field": one.field, "language": one.language, "text": one.text}
        for one in sorted(found.texts, key=lambda one: (one.field, one.language))
        if one.text
    ]
    said = {
        "programme": found.document.id,
        "version": found.document.version,
        "digest": found.digest,
        "period": found.period,
        "day": found.day,
        "boards": found.boards,
        "objectives": found.objectives,
        "flows": found.flows,
        "troubles": found.troubles,
        "agreed": found.agreed,
        "texts": texts,
    }
    return canonical(msgspec.to_builtins(said))


_Bodies = Callable[[tuple[str, str], str], IndicatorAttested | ReviewPublished]


def _state(node: Node, tx: Tx, person: Person, what: tuple[Programme, _Bodies]) -> None:
    """Enter a statement in the log of every pair of a programme, and in the private one whose hand it was."""
    document, body = what
    at = node.clock.now()
    others = [party.id for party in document.parties if party.id != node.party]
    said = [body((node.party, party), instant.text(instant.to_us(at))) for party in others]
    for one in said:
        log = pair_log(node, tx, document.id, one.parties[1])
        append(tx.logs, log, [bodies.draft(one)], at=at, entropy=node.entropy)
        sign_log(node, tx, log)
    append(tx.logs, MASTER, [bodies.draft(one) for one in _hand(said, person)], at=at, entropy=node.entropy)
    sign_log(node, tx, MASTER)


def _hand(said: list[IndicatorAttested | ReviewPublished], person: Person) -> Iterator[StatementMade]:
    for one in said:
        digest = hashlib.sha256(canonical(msgspec.to_builtins(one))).hexdigest()
        yield StatementMade(
            at=one.at,
            programme=one.programme,
            parties=one.parties,
            what=one.kind_of_entry,
            hash=digest,
            person=person.name,
        )


def _approver(person: Person) -> None:
    if not person.has("approver"):
        raise TrustError("only an approver may", code="role-missing", where=person.name, hint="ask one who is")


def _attested(programme: Programme, name: str) -> Indicator:
    one = next((found for found in programme.indicators if found.id == name), None)
    if one is None:
        raise InputError("no such indicator", code="indicator-unknown", where=name[:_LONGEST])
    if one.method != "attested":
        raise InputError("computed from the ledger, not stated", code="indicator-computed", where=name)
    return one


def _steps(programme: Programme, one: Indicator) -> tuple[str, ...]:
    return tuple(step.value for step in programme.scales.get(one.scale or "", ()))


def _value(programme: Programme, one: Indicator, value: str) -> int | float | str:
    """Return what a person typed as a value that the indicator can have."""
    if one.scale is not None:
        steps = _steps(programme, one)
        if value not in steps:
            hint = ", ".join(steps)
            raise InputError("no step of its scale", code="value-not-on-scale", where=value[:_LONGEST], hint=hint)
        return value
    try:
        return msgspec.convert(msgspec.json.decode(value), int | float)
    except (msgspec.MsgspecError, UnicodeEncodeError) as error:
        raise InputError("no number", code="value-not-a-number", where=value[:_LONGEST], hint="12 or 99.5") from error


def _published(one: PublishedReview) -> Published:
    return Published(one.kind, one.period, one.public, one.sha256.hex(), one.person, instant.text(one.at_us))
