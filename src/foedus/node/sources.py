"""Live sources: the node's list of streams that go on, in ``sources.toml``; a person adds one, with its label."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Literal, NamedTuple, cast
from urllib.parse import urlsplit

import msgspec

from foedus.account.bodies import SourceAdded, SourceRemoved
from foedus.areas import live
from foedus.errors import InputError, MalformedRecord, StoreError, TrustError
from foedus.model import instant
from foedus.model.people import Person
from foedus.node.entered import enter
from foedus.node.home import Node
from foedus.node.label import label_source, read_text
from foedus.store.state import Source

FILE = "sources.toml"
MOST = 32
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")
_HEAD = "# Live sources of this node. Add and remove them by foedus source: a source added here by hand has no label.\n"


class Address(NamedTuple):
    """Where a source is: a server to connect to (tcp), or a port of this machine to listen on (udp)."""

    transport: Literal["tcp", "udp"]
    host: str
    port: int


class LiveSource(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One source of the list: its name, the room that reads it, where it is."""

    name: str
    area: str
    uri: str

    @property
    def id(self) -> str:
        """What records and findings name it by."""
        return f"live:{self.name}"

    @property
    def address(self) -> Address:
        """Where it is."""
        return address_of(self.uri)


class _List(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    source: tuple[LiveSource, ...] = ()


def address_of(uri: str) -> Address:
    """Return what a URI names.

    Raises:
        InputError: it is no ``tcp://HOST:PORT`` or ``udp://HOST:PORT``.
    """
    try:
        parts = urlsplit(uri)
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None
    plain = host and port and uri == f"{parts.scheme}://{parts.netloc}" and "@" not in uri
    if not plain or parts.scheme not in ("tcp", "udp"):
        hint = "tcp://HOST:PORT to connect to, udp://HOST:PORT to listen on"
        raise InputError("not the address of a live source", code="source-address", where=uri, hint=hint)
    return Address(cast("Literal['tcp', 'udp']", parts.scheme), str(host), int(port or 0))


def listed(directory: Path) -> tuple[LiveSource, ...]:
    """Return the sources of a node's list.

    Raises:
        MalformedRecord: the list cannot be read, or names what there cannot be.
    """
    path = directory / FILE
    try:
        found = msgspec.toml.decode(path.read_bytes(), type=_List).source if path.exists() else ()
        for one in found:
            _fitting(one)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, msgspec.DecodeError, InputError) as error:
        said = f"the list of live sources cannot be read: {error}"
        raise MalformedRecord(said, code="sources-malformed", where=str(path)) from error
    if len({one.name for one in found}) < len(found) or len(found) > MOST:
        hint = f"a name each, at most {MOST}"
        raise MalformedRecord("two of one name, or too many", code="sources-malformed", where=str(path), hint=hint)
    return found


def readers(node: Node) -> list[str]:
    """Return the rooms that read live sources."""
    return [name for name, room in sorted(node.rooms.items()) if live(room) is not None]


def add(node: Node, person: Person, wanted: LiveSource, text: str) -> LiveSource:
    """Put a source on the list, under a label; a serving node opens it within a second.

    Args:
        node: the node.
        person: who gives the label: an analyst.
        wanted: the source; its area may be a programme's.
        text: the label, as people write it.

    Raises:
        TrustError: the person may not label.
        InputError: there is one of this name, too many, no such room, or one that reads no live sources.
        MalformedRecord: the label is not understood.
    """
    _may(person)
    room = node.room(wanted.area)
    if live(room) is None:
        raise InputError(f"{room.name} reads no live sources", code="source-not-live", hint="foedus ingest takes files")
    one = LiveSource(wanted.name, room.name, wanted.uri)
    _fitting(one)
    at = node.clock.now()
    kept = Source(one.id, room.name, one.uri, "", read_text(node, text, at), "analyst", instant.to_us(at))
    with node.store.write() as tx:
        held = listed(node.directory)
        if one.name in {other.name for other in held}:
            raise InputError(
                "there is one of this name", code="source-exists", where=one.name, hint="name it otherwise"
            )
        if len(held) >= MOST:
            raise InputError(f"{MOST} sources are the most", code="source-too-many", hint="foedus source remove NAME")
        label_source(node, tx, kept, role="analyst", at=at)
        enter(node, tx, SourceAdded, area=room.name, source=one.id, person=person.name)
        _write(node.directory, (*held, one))
    return one


def remove(node: Node, person: Person, name: str) -> LiveSource:
    """Take a source off the list; what came from it stays, under its label.

    Raises:
        TrustError: the person may not label.
        InputError: there is none of this name.
    """
    _may(person)
    with node.store.write() as tx:
        held = listed(node.directory)
        found = next((one for one in held if one.name == name), None)
        if found is None:
            raise InputError(
                "no live source of this name", code="source-unknown", where=name, hint="foedus source list"
            )
        enter(node, tx, SourceRemoved, area=found.area, source=found.id, person=person.name)
        _write(node.directory, tuple(one for one in held if one != found))
    return found


def _may(person: Person) -> None:
    if not person.has("analyst"):
        raise TrustError(f"{person.name} may not do that", code="role-missing", hint="role: analyst")


def _fitting(one: LiveSource) -> None:
    if not _NAME.fullmatch(one.name):
        hint = "small letters, digits and hyphens, at most 32"
        raise InputError("not a name for a source", code="source-name", where=one.name, hint=hint)
    address_of(one.uri)


def _write(directory: Path, sources: tuple[LiveSource, ...]) -> None:
    path = directory / FILE
    parts = [
        "\n[[source]]\n"
        + "".join(f"{name} = {msgspec.json.encode(getattr(one, name)).decode()}\n" for name in one.__struct_fields__)
        for one in sources
    ]
    temporary = path.with_suffix(".tmp")
    try:
        temporary.write_text(_HEAD + "".join(parts), encoding="utf-8")
        temporary.replace(path)
    except OSError as error:
        raise StoreError(
            "the list of live sources cannot be written", code="sources-unwritten", where=str(path)
        ) from error
