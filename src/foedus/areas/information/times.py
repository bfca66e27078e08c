"""Times as sources write them: an instant with its precision, or nothing; a naive time needs its zone from a person."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta, tzinfo
from email.utils import parsedate_to_datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from foedus.errors import InputError
from foedus.model.room import Settings

FUTURE = timedelta(hours=1)
FORMATS = ("", "iso", "s", "ms", "us")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NUMBER = re.compile(r"-?\d{1,20}(?:\.\d{1,9})?")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_SCALE = {"s": 1_000_000, "ms": 1_000, "us": 1}


class Time(NamedTuple):
    """An instant, how exact it is (second, minute, day, none), and what was written."""

    at: datetime | None
    precision: str
    raw: str


class Clock:
    """Reads the times of one source.

    Args:
        form: how they are written: ``iso``, ``s``, ``ms``, ``us`` since 1970, as ``strptime`` has it; "" told by each one.
        zone: zone of those that name none; without it they are not read.
    """

    def __init__(self, form: str = "", zone: str = "") -> None:
        self._form = form
        self._zone: tzinfo | None = None
        if zone:
            try:
                self._zone = UTC if zone in ("UTC", "Z") else ZoneInfo(zone)
            except (KeyError, ValueError, OSError) as error:
                raise InputError(
                    "no such time zone", code="zone-unknown", where="zone", hint='for example zone = "Asia/Tokyo"'
                ) from error

    def read(self, written: str) -> Time:
        """Return the instant that is written; ``at`` is None where it cannot be told."""
        raw = written.strip()[:64]
        try:
            at, precision = self._read(raw)
            return Time(at.astimezone(UTC) if at is not None else None, precision if at is not None else "none", raw)
        except (ValueError, OverflowError, TypeError, IndexError):
            return Time(None, "none", raw)

    def _read(self, raw: str) -> tuple[datetime | None, str]:
        if self._form in _SCALE or (not self._form and _NUMBER.fullmatch(raw)):
            return _counted(raw, self._form), "second"
        if self._form not in FORMATS:
            return self._zoned(datetime.strptime(raw, self._form)), "second"  # noqa: DTZ007  (the zone is given below)
        if _DAY.fullmatch(raw):
            return self._zoned(datetime.fromisoformat(raw)), "day"
        if raw[:1].isdigit() and raw[4:5] == "-":
            return self._zoned(datetime.fromisoformat(raw)), "second" if raw.count(":") > 1 else "minute"
        return self._zoned(parsedate_to_datetime(raw)), "second"

    def _zoned(self, at: datetime) -> datetime | None:
        if at.tzinfo is not None:
            return at
        return at.replace(tzinfo=self._zone) if self._zone is not None else None


def local_day(raw: str, at: datetime | None) -> date | None:
    """Return the day of an instant where it was written: by its own offset where it names one."""
    if at is None:
        return None
    for read in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            return read(raw).date()
        except (ValueError, TypeError, IndexError):
            continue
    return at.date()


def clock_of(settings: Settings) -> Clock:
    """Return what reads times as a person said.

    Raises:
        InputError: no such zone.
    """
    return Clock(str(settings.get("time_format", "")), str(settings.get("zone", "")))


def _counted(raw: str, unit: str) -> datetime:
    """A count since 1970; of seconds, milliseconds or microseconds as its size tells where nobody says."""
    whole, _, fraction = raw.partition(".")
    count = int(whole)
    if not unit:
        unit = "s" if abs(count) < 10**11 else "ms" if abs(count) < 10**14 else "us"
    micros = count * _SCALE[unit]
    if fraction and unit == "s":
        micros += int(fraction.ljust(6, "0")[:6]) * (-1 if raw.startswith("-") else 1)
    return _EPOCH + timedelta(microseconds=micros)
