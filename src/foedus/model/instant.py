"""Instants: aware UTC datetimes outside, integer microseconds and RFC 3339 text at the edges."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from foedus.errors import MalformedRecord

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_US = timedelta(microseconds=1)
_USUAL = (24, 27)
_RFC3339 = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:\.(\d{1,9})\d*)?(?:[Zz]|([+-])(\d\d):(\d\d))",
    re.ASCII,
)


def to_us(at: datetime) -> int:
    """Return microseconds since 1970-01-01T00:00Z of an aware datetime."""
    return (at - EPOCH) // _US


def from_us(us: int) -> datetime:
    """Return the aware UTC datetime of microseconds since 1970."""
    return EPOCH + us * _US


def text(us: int) -> str:
    """Return RFC 3339 text with exactly six digits, as TAXII 2.1 section 2 asks.

    >>> text(1)
    '1970-01-01T00:00:00.000001Z'
    """
    return from_us(us).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def stix_text(at: datetime) -> str:
    """Return an aware datetime as STIX 2.1 writes it, in UTC with milliseconds; what is finer is cut.

    >>> stix_text(datetime(2026, 6, 1, 12, 0, 0, 7_900, tzinfo=UTC))
    '2026-06-01T12:00:00.007Z'
    """
    return at.astimezone(UTC).isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"


def parse_ns(value: str) -> int:
    """Return nanoseconds since 1970 of an RFC 3339 instant with 0 to 9 fraction digits and any offset.

    Raises:
        MalformedRecord: not an instant.

    >>> parse_ns("1970-01-01T00:00:00.25Z")
    250000000
    """
    if len(value) in _USUAL and value[19] == "." and value[-1] == "Z" and value[4] == "-" == value[7]:
        # The usual spellings, at a tenth of the time; whatever else fromisoformat would take is excluded above.
        try:
            since = datetime.fromisoformat(value) - EPOCH
        except ValueError:
            pass
        else:
            return (since.days * 86_400 + since.seconds) * 1_000_000_000 + since.microseconds * 1_000
    match = _RFC3339.fullmatch(value)
    if match is None:
        raise MalformedRecord(
            "not an RFC 3339 instant", code="timestamp-malformed", hint="write YYYY-MM-DDTHH:MM:SS.sssZ"
        )
    year, month, day, hour, minute, second, fraction, sign, off_h, off_m = match.groups()
    try:
        # 60 is a leap second: it is the next second's instant, and RFC 3339 allows it.
        base = datetime(int(year), int(month), int(day), int(hour), int(minute), tzinfo=UTC) - EPOCH
    except ValueError as error:
        raise MalformedRecord("no such day or time", code="timestamp-malformed") from error
    if int(second) > 60 or (off_h is not None and (int(off_h) > 23 or int(off_m) > 59)):
        raise MalformedRecord("no such time or offset", code="timestamp-malformed")
    seconds = base.days * 86_400 + base.seconds + int(second)
    if sign is not None:
        offset = int(off_h) * 3_600 + int(off_m) * 60
        seconds += offset if sign == "-" else -offset
    return seconds * 1_000_000_000 + int((fraction or "0").ljust(9, "0"))


def parse(value: str) -> datetime:
    """Return the aware UTC datetime of an RFC 3339 instant (microseconds kept, the rest cut).

    >>> parse("2026-06-01T02:00:00+02:00").isoformat()
    '2026-06-01T00:00:00+00:00'
    """
    return from_us(parse_ns(value) // 1_000)
