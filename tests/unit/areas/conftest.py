"""What tests of rooms share: one way to run a room over bytes."""

from __future__ import annotations

import io
from datetime import UTC, datetime

import pytest

from foedus.areas import rooms
from foedus.engine.run import HeldLayers, analyse, records_from

AT = datetime(2026, 6, 1, tzinfo=UTC)


@pytest.fixture
def cyber():
    return rooms()["cyber"]


@pytest.fixture
def take(cyber):
    """Bytes -> (records, refused rows)."""

    def run(raw: bytes, **settings):
        records = records_from(cyber.ingest(io.BytesIO(raw), settings={"at": AT} | settings), "s")
        return records, [row for batch in records.refused for row in batch.to_pylist()]

    return run


@pytest.fixture
def conclude(cyber, take):
    """Bytes -> (findings, new state)."""

    def run(raw: bytes, *, seen=None, files=None, state=b"", at=AT, **settings):
        records, _ = take(raw, **settings)
        analysis = analyse(cyber, records, settings=settings, layers=HeldLayers(files, seen), state=state, at=at)
        return list(analysis), analysis.state

    return run
