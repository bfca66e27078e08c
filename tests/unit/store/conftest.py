"""A store of its own for each test, on SQLite and on PostgreSQL: what opens one here is asked on both."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests import postgres

from foedus.store.engine import Store

ENGINES = ("sqlite", "postgresql")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run what opens a store once an engine; a mark names the one that a test is about."""
    of = metafunc.definition.get_closest_marker("engine")
    opens = "store" in metafunc.fixturenames or hasattr(metafunc.module, "Store")
    metafunc.parametrize("engine_name", of.args if of else ENGINES if opens else ("sqlite",), indirect=True)


@pytest.fixture(autouse=True)
def engine_name(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The engine on which this test opens stores: a directory has a database of its own in the server."""
    if request.param == "postgresql":
        opened: Callable[..., Store] = Store.open.__func__

        def open_(
            cls: type[Store], directory: Path, now_us: Callable[[], int] = lambda: 0, database: str = ""
        ) -> Store:
            return opened(cls, directory, now_us, database or postgres.database_of(directory))

        postgres.server()
        monkeypatch.setattr(Store, "open", classmethod(open_))
    yield request.param
    postgres.take_back()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """An empty store."""
    with Store.open(tmp_path) as opened:
        yield opened


@pytest.fixture
def database(engine_name: str, tmp_path: Path) -> str:
    """The address of this test's database, for processes of its own; empty on SQLite."""
    return postgres.database_of(tmp_path) if engine_name == "postgresql" else ""
