"""Told: what an article says, as types; every part has its place in the text, and what is not in the text is not there."""

from __future__ import annotations

import msgspec

STATE, BODY, PERSON, PLACE = "state", "organisation", "person", "place"
ASSERTED, REPORTED, PROBABLE, DENIED = "asserted", "reported", "probable", "denied"


class Span(msgspec.Struct, frozen=True, order=True):
    """Characters ``start`` to ``end`` of the record's text."""

    start: int
    end: int


class Name(msgspec.Struct, frozen=True):
    """Somebody or some place: the words, what they name, of which sort, which country (ISO 3166-1), in which office."""

    text: str
    span: Span
    kind: str
    name: str
    country: str = ""
    role: str = ""


class Day(msgspec.Struct, frozen=True):
    """A date as written, and what it is by the calendar: ``YYYY``, ``YYYY-MM`` or ``YYYY-MM-DD``, "" if it cannot be told.

    ``by`` says how: written (it stands there whole), dateline or published (it was told from that day).
    """

    text: str
    span: Span
    resolved: str = ""
    by: str = ""


class Amount(msgspec.Struct, frozen=True):
    """A number with its unit, as written."""

    text: str
    span: Span
    value: float
    unit: str


class Quotation(msgspec.Struct, frozen=True):
    """Words in quotation marks; ``speaker`` None where the text names no office or body that said them."""

    text: str
    span: Span
    speaker: Name | None = None


class Fact(msgspec.Struct, frozen=True):
    """Something that is said to have happened: a sort, the verb, and who, to whom, where, when, how sure, in whose words."""

    what: str
    verb: str
    span: Span
    who: tuple[Name, ...] = ()
    target: tuple[Name, ...] = ()
    where: Name | None = None
    when: Day | None = None
    certainty: str = ASSERTED
    according_to: Name | None = None
    amounts: tuple[Amount, ...] = ()


class Facts(msgspec.Struct, frozen=True):
    """All that an article says, in the order of its text; ``dateline`` is the day and the place it names at its head."""

    language: str
    dateline_place: Name | None = None
    dateline_day: str = ""
    actors: tuple[Name, ...] = ()
    places: tuple[Name, ...] = ()
    days: tuple[Day, ...] = ()
    amounts: tuple[Amount, ...] = ()
    quotations: tuple[Quotation, ...] = ()
    facts: tuple[Fact, ...] = ()
