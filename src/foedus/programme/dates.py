"""Days and periods: inclusive days in the document, half-open instants everywhere else; the only rounding of dates."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta


def parse_day(text: str) -> date | None:
    """Return the day of ``YYYY-MM-DD``, None where there is none.

    >>> parse_day("2024-02-29"), parse_day("2023-02-29")
    (datetime.date(2024, 2, 29), None)
    """
    try:
        return date.fromisoformat(text) if len(text) == 10 else None
    except ValueError:
        return None


def period(start: str, until: str | None) -> tuple[datetime, datetime | None]:
    """Return the half-open instants [from 00:00Z, until + 1 day 00:00Z) of two inclusive UTC days.

    Args:
        start: first day, ``YYYY-MM-DD``, valid.
        until: last day; None has no end.

    >>> [at.isoformat() for at in period("2023-01-01", "2023-12-31")]
    ['2023-01-01T00:00:00+00:00', '2024-01-01T00:00:00+00:00']
    """
    last = None if until is None else date.fromisoformat(until)
    end = None if last is None or last == date.max else _midnight(last + timedelta(days=1))
    return _midnight(date.fromisoformat(start)), end


def day_of(at: datetime) -> date:
    """Return the UTC day of an aware instant."""
    return at.astimezone(UTC).date()


def holds(start: str | None, until: str | None, day: date) -> bool:
    """Return whether a day lies in an inclusive period; an absent end is open.

    >>> holds("2023-04-04", None, date(2023, 4, 4)), holds(None, "2023-04-04", date(2023, 4, 5))
    (True, False)
    """
    first, last = parse_day(start or ""), parse_day(until or "")
    return (first is None or first <= day) and (last is None or day <= last)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=UTC)
