"""Area rooms: found by folder, and by the entry-point group ``foedus.areas`` for those of others.

A room is a package with ``area.toml`` and the modules ``ingest``, ``analyse`` and ``about``. Adding one changes nothing
outside its folder; a folder without a card is not a room yet.
"""

from __future__ import annotations

import importlib
import pkgutil
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import cache
from importlib import metadata, resources
from typing import TYPE_CHECKING, Any, BinaryIO, Literal, NamedTuple

import msgspec

from foedus.errors import InputError, MalformedRecord
from foedus.model.finding import About, Finding, Match, Pack
from foedus.model.picture import Picture
from foedus.model.room import (
    EvidenceDoor,
    Layers,
    ListDoor,
    LiveDoor,
    NetworkDoor,
    PlanDoor,
    Records,
    RetentionDoor,
    Room,
    Say,
    Settings,
    as_written,
)
from foedus.model.stix import StixObject

if TYPE_CHECKING:
    import pyarrow as pa

GROUP = "foedus.areas"
# What somebody else's package may raise while it is imported and read; it must not take the node with it.
_BROKEN = (
    ImportError, AttributeError, SyntaxError, NameError, TypeError, ValueError, LookupError, OSError, ArithmeticError,
    RuntimeError, AssertionError, InputError,
)  # fmt: skip


class Maturity(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One line of a room's maturity card; what is not done says why, in English (``why``) and in Japanese."""

    state: Literal["done", "todo", "exempt"]
    why: str = ""
    ja: str = ""


class MethodWords(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A method in one language: what it calls by its name, and what it cannot show."""

    what: str
    limits: str


class Method(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How a room concludes a kind, in its languages; ``source`` is where the method is written down, or from whom it is."""

    kind: str
    en: MethodWords
    ja: MethodWords
    source: str = ""


class Strings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Words of a room in its languages: key -> text."""

    en: dict[str, str]
    ja: dict[str, str]


class AreaToml(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a room says of itself in ``area.toml``.

    ``kinds`` are findings it concludes or takes, ``formats`` the media types it reads, ``measures`` the measures of a
    programme it can feed, ``personal`` whether its input holds personal data, ``layers`` the map layers and look-up files it
    uses, ``symbols`` kind -> APP-6 code of its symbol, ``filters`` the columns its page filters by, ``latency`` from when
    latency counts, ``methods`` how it concludes what it calls by kinds of its own, ``phrases`` language -> what its pictures
    say, by the English text.
    """

    name: str
    kinds: tuple[str, ...]
    formats: tuple[str, ...]
    measures: tuple[str, ...]
    personal: bool
    layers: tuple[str, ...]
    symbols: dict[str, str]
    filters: tuple[str, ...]
    strings: Strings
    maturity: dict[str, Maturity]
    latency: str
    methods: tuple[Method, ...] = ()
    phrases: dict[str, dict[str, str]] = msgspec.field(default_factory=dict)


class FolderRoom:
    """A room in a package; a door's module is imported when the door is first used.

    Args:
        name: how programmes and commands name it.
        package: the package that holds ``area.toml`` and the door modules.
    """

    def __init__(self, name: str, package: str) -> None:
        self.name = name
        self.package = package

    def ingest(self, source: BinaryIO, *, settings: Settings) -> Iterator[pa.RecordBatch]:
        """Read source bytes into batches."""
        batches: Iterator[pa.RecordBatch] = self._door("ingest", "ingest")(source, settings=settings)
        return batches

    def analyse(
        self, records: Records, *, settings: Settings, layers: Layers, state: bytes, at: datetime
    ) -> Iterator[Finding | Pack | bytes]:
        """Conclude findings from records."""
        door = self._door("analyse", "analyse")
        findings: Iterator[Finding | Pack | bytes] = door(records, settings=settings, layers=layers, state=state, at=at)
        return findings

    def about(self, finding: Finding, objects: Sequence[StixObject], *, layers: Layers) -> About:
        """Say what the node stores as columns."""
        said: About = self._door("about", "about")(finding, objects, layers=layers)
        return said

    def same(self, a: About, b: About) -> Match | None:
        """Say whether two findings are one story."""
        match: Match | None = self._door("about", "same")(a, b)
        return match

    def show(self, finding: Finding, objects: Sequence[StixObject], *, say: Say = as_written) -> Picture:
        """Show a finding, from the objects the reader holds, in the reader's language."""
        picture: Picture = self._door("about", "show")(finding, objects, say=say)
        return picture

    def _door(self, module: str, name: str) -> Any:
        return getattr(importlib.import_module(f"{self.package}.{module}"), name)


class Discovered(NamedTuple):
    """Rooms by name, and what is broken about those that are not: entry point -> reason."""

    rooms: Mapping[str, Room]
    broken: Mapping[str, str]


def rooms() -> Mapping[str, Room]:
    """Return every room, by name.

    >>> "cyber" in rooms()
    True
    """
    return discover().rooms


@cache
def discover() -> Discovered:
    """Find the rooms of this package and of others; one of others that is broken is reported, never fatal."""
    found: dict[str, Room] = {}
    broken: dict[str, str] = {}
    for module in pkgutil.iter_modules(__path__):
        # A folder without a card is a room being built: nothing opens it yet.
        if module.ispkg and resources.files(f"{__name__}.{module.name}").joinpath("area.toml").is_file():
            found[module.name] = FolderRoom(module.name, f"{__name__}.{module.name}")
    for entry in sorted(metadata.entry_points(group=GROUP)):
        room = FolderRoom(entry.name, entry.module)
        try:
            check(room)
        except _BROKEN as error:
            broken[entry.name] = f"{type(error).__name__}: {error}"
        else:
            if entry.name in found:
                broken[entry.name] = "a room of this name exists"
            found.setdefault(entry.name, room)
    return Discovered(found, broken)


def check(room: FolderRoom) -> None:
    """Check that a room has its card under its own name, and all doors.

    Raises:
        MalformedRecord: its card is unreadable or another room's.
        ImportError: a door's module does not import.
        AttributeError: a door is missing.
    """
    if facts(room).name != room.name:
        raise MalformedRecord("area.toml names another room", code="area-malformed", where="name")
    for module, names in (("ingest", ("ingest",)), ("analyse", ("analyse",)), ("about", ("about", "same", "show"))):
        held = importlib.import_module(f"{room.package}.{module}")
        for name in names:
            getattr(held, name)


def live(room: Room) -> LiveDoor | None:
    """Return a room's door ``live``; None where it reads no sources that go on."""
    door: LiveDoor | None = _offered(room, "live", "live")
    return door


def plan(room: Room) -> PlanDoor | None:
    """Return a room's door ``plan``; None where its methods run in its own analysis only."""
    door: PlanDoor | None = _offered(room, "spark", "plan")
    return door


def retention(room: Room) -> RetentionDoor | None:
    """Return a room's door ``retention``; None where its state holds nothing of what sources brought."""
    door: RetentionDoor | None = _offered(room, "retention", "retention")
    return door


def evidence(room: Room) -> EvidenceDoor | None:
    """Return a room's door ``evidence``; None where its findings cannot be replayed."""
    door: EvidenceDoor | None = _offered(room, "evidence", "replayed")
    return door


def network(room: Room) -> NetworkDoor | None:
    """Return a room's door ``network``; None where its findings tie nothing to anything."""
    door: NetworkDoor | None = _offered(room, "network", "network")
    return door


def watched(room: Room) -> ListDoor | None:
    """Return a room's door ``watched``; None where it has no watch lists."""
    door: ListDoor | None = _offered(room, "watch-lists", "watched")
    return door


def _offered(room: Room, line: str, module: str) -> Any:
    """Return a door that not every room has; its card says whether it does."""
    said = facts(room).maturity.get(line)
    if said is None or said.state != "done":
        return None
    return importlib.import_module(f"{_package(room)}.{module}")


def symbols(room: Room) -> Mapping[str, bytes]:
    """Return the standard symbols of a room's kinds, as SVG."""
    folder = resources.files(_package(room)).joinpath("symbols")
    return {kind: folder.joinpath(f"{kind}.svg").read_bytes() for kind in facts(room).symbols}


def facts(room: Room) -> AreaToml:
    """Return what a room says of itself.

    Raises:
        MalformedRecord: ``area.toml`` is missing, no TOML, or lacks something.
    """
    package = _package(room)
    try:
        text = resources.files(package).joinpath("area.toml").read_text(encoding="utf-8")
        return msgspec.convert(tomllib.loads(text), AreaToml)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise MalformedRecord(
            f"area.toml is not readable: {error}", code="area-malformed", where=package, hint="see docs/areas"
        ) from error


def _package(room: Room) -> str:
    return room.package if isinstance(room, FolderRoom) else type(room).__module__
