"""The one place that asks for the time and for randomness."""

from __future__ import annotations

import os
from datetime import UTC, datetime

from foedus.model.ports import Clock, Entropy


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """Return the present instant, aware UTC."""
        return datetime.now(UTC)  # noqa: TID251  (the place the ban points to)


class ProgrammeClock:
    """A clock that started at an instant of its own when a demo was made, and runs at the machine's pace since.

    Args:
        start_at: what it showed at the start.
        since_at: the machine's time at the start.
    """

    def __init__(self, start_at: datetime, since_at: datetime) -> None:
        self._start_at = start_at
        self._since_at = since_at
        self._machine = SystemClock()

    def now(self) -> datetime:
        """Return the present instant, aware UTC."""
        return self._start_at + (self._machine.now() - self._since_at)


def clock_of(start_at: datetime | None, since_at: datetime | None) -> Clock:
    """Return the programme clock where a node has one, else the machine's."""
    return ProgrammeClock(start_at, since_at) if start_at and since_at else SystemClock()


ENTROPY: Entropy = os.urandom
