"""Discovery of rooms, and their cards."""

from __future__ import annotations

import pkgutil
import sys
from importlib import metadata

import pytest

from foedus import areas
from foedus.errors import MalformedRecord

CARD = """
name = "{name}"
kinds = ["x"]
formats = []
measures = []
personal = false
layers = []
filters = []
latency = "ingest"
symbols = {{}}
strings = {{en = {{}}, ja = {{}}}}
maturity = {{}}
"""


@pytest.fixture
def third_party(tmp_path, monkeypatch):
    """Makes packages of others, and the entry points that name them."""
    entries = []
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(metadata, "entry_points", lambda group: entries)

    def add(
        name: str, *, card: str = CARD, ingest: str = "def ingest(): ...", about: str = "about = same = show = print"
    ):
        package = tmp_path / f"room_{name}"
        package.mkdir()
        for file, text in (("__init__", ""), ("ingest", ingest), ("analyse", "analyse = print"), ("about", about)):
            (package / f"{file}.py").write_text(text)
        (package / "area.toml").write_text(card.format(name=name))
        entries.append(metadata.EntryPoint(name, f"room_{name}", areas.GROUP))

    yield add
    for name in [name for name in sys.modules if name.startswith("room_")]:
        del sys.modules[name]
    areas.discover.cache_clear()


def discover():
    areas.discover.cache_clear()
    return areas.discover()


def test_rooms_are_found_by_folder():
    assert areas.rooms()["cyber"].name == "cyber"
    assert areas.discover().broken == {}


def test_a_folder_without_a_card_is_no_room(tmp_path, monkeypatch):
    (tmp_path / "unfinished").mkdir()
    (tmp_path / "unfinished" / "__init__.py").write_text("")
    monkeypatch.setattr(areas, "__path__", [*areas.__path__, str(tmp_path)])
    monkeypatch.syspath_prepend(str(tmp_path))
    assert "unfinished" in {module.name for module in pkgutil.iter_modules(areas.__path__)}
    assert "unfinished" not in discover().rooms
    areas.discover.cache_clear()


def test_a_room_of_others_is_found_by_its_entry_point(third_party):
    third_party("weather")
    assert discover().rooms["weather"].name == "weather"
    assert areas.facts(areas.rooms()["weather"]).kinds == ("x",)


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        ({"card": "name = 1"}, "MalformedRecord"),
        ({"card": "name = "}, "MalformedRecord"),
        ({"card": CARD.replace("{name}", "other")}, "MalformedRecord"),
        ({"ingest": "import nonsense_xyz"}, "ModuleNotFoundError"),
        ({"ingest": "def ("}, "SyntaxError"),
        ({"ingest": "1 / 0"}, "ZeroDivisionError"),
        ({"about": "about = same = print"}, "AttributeError"),
    ],
)
def test_a_broken_room_of_others_is_reported_and_the_rest_work(third_party, broken, reason):
    third_party("bad", **broken)
    third_party("good")
    found = discover()
    assert found.broken["bad"].startswith(reason)
    assert {"cyber", "good"} <= set(found.rooms)
    assert "bad" not in found.rooms


def test_a_room_of_others_cannot_take_the_name_of_one_of_ours(third_party):
    third_party("cyber")
    found = discover()
    assert "cyber" in found.broken
    assert found.rooms["cyber"].package == "foedus.areas.cyber"


def test_a_missing_card_is_named():
    with pytest.raises(MalformedRecord) as caught:
        areas.facts(areas.FolderRoom("x", "foedus.areas"))
    assert caught.value.code == "area-malformed"


def test_a_folder_without_a_card_is_no_room_yet(monkeypatch, tmp_path):
    (tmp_path / "half").mkdir()
    (tmp_path / "half" / "__init__.py").touch()
    monkeypatch.setattr(areas, "__path__", [*areas.__path__, str(tmp_path)])
    areas.discover.cache_clear()
    try:
        assert "half" not in areas.rooms()
        assert "cyber" in areas.rooms()
    finally:
        areas.discover.cache_clear()
