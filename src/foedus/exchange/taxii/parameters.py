"""URL parameters of TAXII 2.1, read once and typed; what is malformed is refused, what is unknown is ignored."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import parse_qsl

import msgspec

from foedus.errors import MalformedRecord
from foedus.model import instant
from foedus.model.ports import VersionChoice

MAX_LIMIT = 1_000
PAGE_FILTERS = frozenset({"added_after", "limit", "next"})
LIST_FILTERS = PAGE_FILTERS | {"match[id]", "match[type]", "match[version]", "match[spec_version]"}
OBJECT_FILTERS = PAGE_FILTERS | {"match[version]", "match[spec_version]"}
VERSIONS_FILTERS = PAGE_FILTERS | {"match[spec_version]"}
DELETE_FILTERS = frozenset({"match[version]", "match[spec_version]"})

STIX_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,249}--[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII | re.IGNORECASE)
_TYPE = re.compile(r"[a-z0-9][a-z0-9-]{0,249}", re.ASCII | re.IGNORECASE)
_SPEC_VERSION = re.compile(r"[0-9]{1,2}\.[0-9]{1,2}", re.ASCII)
_DIGITS = re.compile(r"[0-9]+", re.ASCII)
_KEYWORDS: dict[str, VersionChoice] = {"first": "first", "last": "last", "all": "all"}
# Beyond these no stored value lies: the store keeps 64-bit integers, dates end with the year 9999.
_MAX_NS = 2**63 - 1
_MAX_US = 253_402_300_799_999_999
_MAX_FIELDS = 200


class Parameters(msgspec.Struct, frozen=True):
    """What a request asks for. ``match`` is what it said, sorted: a cursor is bound to it.

    ``versions`` and ``spec_versions`` are empty where nothing was said; ``limit`` is capped at what a page may hold.
    """

    limit: int = MAX_LIMIT
    added_after_us: int | None = None
    next: str | None = None
    ids: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    versions: tuple[VersionChoice, ...] = ()
    spec_versions: tuple[str, ...] = ()
    match: tuple[str, ...] = ()


def read(query: bytes, allowed: Iterable[str]) -> Parameters:
    """Return the parameters of a query string that an endpoint knows.

    Args:
        query: the query string as it stands in the URL.
        allowed: the names the endpoint knows; others are ignored (TAXII 2.1 section 3.4).

    Raises:
        MalformedRecord: a parameter given twice, or a value that is not what its name says.

    >>> read(b"limit=5&match[version]=first,last&color=red", LIST_FILTERS).versions
    ('first', 'last')
    """
    said = _said(query, frozenset(allowed))
    return Parameters(
        limit=_limit(said.get("limit")),
        added_after_us=_added_after_us(said.get("added_after")),
        next=said.get("next"),
        ids=_values(said, "match[id]", STIX_ID),
        types=_values(said, "match[type]", _TYPE),
        versions=_versions(said.get("match[version]")),
        spec_versions=_values(said, "match[spec_version]", _SPEC_VERSION),
        match=tuple(
            f"{name}={','.join(sorted(set(value.split(','))))}"
            for name, value in sorted(said.items())
            if name.startswith("match[")
        ),
    )


def _said(query: bytes, allowed: frozenset[str]) -> dict[str, str]:
    try:
        pairs = parse_qsl(query.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=_MAX_FIELDS)
    except ValueError as error:
        raise _malformed("query", "percent-encode UTF-8") from error
    said: dict[str, str] = {}
    for name, value in pairs:
        if name not in allowed:
            continue
        if name in said:
            raise _malformed(name, "give it once, values separated by commas")
        said[name] = value
    return said


def _limit(value: str | None) -> int:
    if value is None:
        return MAX_LIMIT
    digits = value.lstrip("0")
    if not _DIGITS.fullmatch(value) or not digits:
        raise _malformed("limit", "a whole number above 0")
    return MAX_LIMIT if len(digits) > 4 else min(int(digits), MAX_LIMIT)


def _added_after_us(value: str | None) -> int | None:
    if value is None:
        return None
    # Rows are numbered in microseconds, so "later than x ns" is "later than x ns cut to microseconds".
    return min(max(_instant_ns(value, "added_after") // 1_000, 0), _MAX_US)


def _versions(value: str | None) -> tuple[VersionChoice, ...]:
    if value is None:
        return ()
    words = value.split(",")
    if "all" in words and len(words) > 1:
        raise _malformed("match[version]", "all stands alone")
    choices: list[VersionChoice] = []
    for word in words:
        if word in _KEYWORDS:
            choices.append(_KEYWORDS[word])
        else:
            choices.append(min(max(_instant_ns(word, "match[version]"), -_MAX_NS), _MAX_NS))
    return tuple(dict.fromkeys(choices))


def _instant_ns(value: str, name: str) -> int:
    try:
        # An unescaped plus sign of an offset arrives as a blank.
        return instant.parse_ns(value.replace(" ", "+"))
    except MalformedRecord as error:
        raise _malformed(name, "an RFC 3339 instant, such as 2026-06-01T00:00:00.000000Z") from error


def _values(said: dict[str, str], name: str, form: re.Pattern[str]) -> tuple[str, ...]:
    value = said.get(name)
    if value is None:
        return ()
    values = value.split(",")
    if not all(form.fullmatch(one) for one in values):
        raise _malformed(name, "values of the right form, separated by commas, none empty")
    return tuple(dict.fromkeys(values))


def _malformed(name: str, hint: str) -> MalformedRecord:
    return MalformedRecord("malformed parameter", code="parameter-malformed", where=name, hint=hint)
