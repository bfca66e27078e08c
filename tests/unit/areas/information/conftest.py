"""What tests of the information room share: bytes through its door, and what comes out."""

from __future__ import annotations

import io

import pytest

from foedus.areas import rooms
from foedus.engine.run import HeldLayers, analyse, records_from
from foedus.model.instant import parse

AT = parse("2026-06-01T00:00:00Z")
KEYS = {"account": "0a" * 32, "record": "0b" * 32}


@pytest.fixture(scope="session")
def information():
    return rooms()["information"]


@pytest.fixture
def take(information):
    """Bytes -> (rows, refused rows)."""

    def run(raw: bytes, **settings):
        records = records_from(information.ingest(io.BytesIO(raw), settings={"at": AT, "keys": KEYS} | settings), "s")
        rows = [row for batch in records.batches for row in batch.to_pylist()]
        return rows, [row for batch in records.refused for row in batch.to_pylist()]

    return run


@pytest.fixture
def one(take):
    """Bytes that hold one record and nothing refused -> its row."""

    def run(raw: bytes, **settings):
        rows, refused = take(raw, **settings)
        assert refused == []
        [row] = rows
        return row

    return run


@pytest.fixture
def codes(take):
    """Bytes of which nothing can be taken -> the codes of the refusals."""

    def run(raw: bytes, **settings):
        rows, refused = take(raw, **settings)
        assert rows == []
        return [row["code"] for row in refused]

    return run


@pytest.fixture
def conclude(information):
    """Bytes -> findings."""

    def run(raw: bytes, **settings):
        records = records_from(information.ingest(io.BytesIO(raw), settings={"at": AT, "keys": KEYS} | settings), "s")
        told = {"owner": "nato"} | settings
        return list(analyse(information, records, settings=told, layers=HeldLayers(), state=b"", at=AT))

    return run
