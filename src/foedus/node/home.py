"""A node's directory, opened: settings, keys, clock, store, rooms, agreements."""

from __future__ import annotations

import base64
import ipaddress
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Self

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from foedus.areas import rooms as all_rooms
from foedus.errors import InputError, StoreError
from foedus.exchange import tls
from foedus.model import instant
from foedus.model.entry import MASTER, LogInfo
from foedus.model.ports import Clock, Entropy
from foedus.model.programme import Card
from foedus.model.room import Room
from foedus.model.vkey import VerifierKey
from foedus.node import config as settings
from foedus.node.agreements import Agreements
from foedus.node.clock import ENTROPY, SystemClock, clock_of
from foedus.node.config import Config
from foedus.node.freezes import Freezes
from foedus.node.keys import Keys, write_secret
from foedus.node.layers import NodeLayers
from foedus.node.lease import Lease
from foedus.store import postgresql
from foedus.store.engine import Store

Progress = Callable[[str, int, int | None], None]
"""Told what is going on: the step, how much of it is done, how much there is (None: not known)."""


def silent(_step: str, _done: int, _total: int | None) -> None:
    """Show no progress."""


class Node:
    """One party's node; open it once a process.

    Args:
        directory: the node's directory.
        config: its settings.
        clock: where the time comes from.
        entropy: where randomness comes from.
    """

    def __init__(self, directory: Path, config: Config, clock: Clock, entropy: Entropy = ENTROPY) -> None:
        self.directory = directory
        self.config = config
        self.clock = clock
        self.wall: Clock = SystemClock()
        self.entropy = entropy
        self.keys = Keys(directory / "keys", f"{config.party}.{config.name}")
        self.store = Store.open(directory, lambda: instant.to_us(self.clock.now()), config.database)
        self.lease = Lease(directory)
        self.freezes = Freezes(self.store, clock)
        self.agreements = Agreements(self.store, config.party)
        self.layers = NodeLayers(self.store, directory / config.layers)

    @classmethod
    def open(cls, directory: Path) -> Self:
        """Open the node of a directory.

        Raises:
            InputError: no node there, or settings that cannot be read.
            StoreError: its database cannot be opened, or is another node's.
        """
        config = settings.read(directory)
        if config.clock_start_at and not _loopback(config.host):
            raise InputError(
                "a clock of its own is for demonstrations on loopback",
                code="clock-not-loopback",
                where=str(directory / settings.FILE),
                hint="take clock_start_at out, or serve on 127.0.0.1",
            )
        node = cls(directory, config, clock_of(config.clock_start_at, config.clock_since_at))
        if config.database:
            node._refuse_others_database()
        return node

    def _refuse_others_database(self) -> None:
        """A file is this node's by where it lies; a database elsewhere says by its private log whose it is."""
        with self.store.read() as read:
            private = read.logs.log(MASTER)
        if private is None or not private.origin.startswith(f"{self.config.party}.{self.config.name}/"):
            self.close()
            raise StoreError(
                "the database is not this node's",
                code="database-other",
                where=self.config.database,
                hint=f"set database in {settings.FILE} to the one it was made with",
            )

    def close(self) -> None:
        """Close the database."""
        self.store.close()

    def __enter__(self) -> Self:
        """Return the node itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close it."""
        self.close()

    @property
    def party(self) -> str:
        """The party this node belongs to."""
        return self.config.party

    @cached_property
    def rooms(self) -> Mapping[str, Room]:
        """The rooms installed, by name."""
        return all_rooms()

    def room(self, name: str) -> Room:
        """Return the room of a name, or the one that serves a programme's area of that name.

        Raises:
            InputError: there is none.
        """
        if name in self.rooms:
            return self.rooms[name]
        for agreement in self.agreements.all(self.clock.now()):
            for area in agreement.programme.areas:
                served = [room for room in self.rooms if area.id == name and room in (area.rooms or (area.id,))]
                if served:
                    return self.rooms[served[0]]
        raise InputError(
            f"no room serves {name!r}", code="area-unknown", hint=f"one of {', '.join(sorted(self.rooms))}"
        )

    @cached_property
    def tls_files(self) -> tuple[Path, Path]:
        """The node's certificate and its key."""
        return self.directory / "keys" / "tls.pem", self.directory / "keys" / "tls.key"

    def renew(self, *, days: int = tls.MAX_LEAF_DAYS, at: datetime | None = None) -> None:
        """Issue a new certificate by the node's own CA."""
        name = tls.NodeName(self.party, self.config.name)
        hosts = [self.config.host]
        leaf = tls.issue(self.authority(), name, hosts, self.entropy, at or self.wall.now(), days=days)
        certificate, key = self.tls_files
        key.unlink(missing_ok=True)
        write_secret(key, leaf.key_pem())
        certificate.write_bytes(leaf.certificate_pem())

    def authority(self, folder: str = "") -> tls.Identity:
        """Return the node's own CA, or the one in a folder of its keys."""
        place = self.directory / "keys" / folder
        return tls.load_identity((place / "ca.pem").read_bytes(), (place / "ca.key").read_bytes())

    def card(self) -> Card:
        """Return the node's public card, as programmes enrol it."""
        return self.card_with(self.keys, self.authority().certificate)

    def card_with(self, keys: Keys, ca: x509.Certificate) -> Card:
        """Return the card with given keys and CA."""
        return Card(
            id=self.config.name,
            endpoint=self.config.endpoint,
            ca_spki_sha256=tls.spki_sha256(ca),
            sign_key=keys.public("sign").text(),
            log_key=keys.public("log").text(),
            cosign_key=keys.public("cosign").text(),
            seal_key=keys.seal_public(),
            ca_certificate=base64.b64encode(ca.public_bytes(Encoding.DER)).decode(),
        )

    def log_keys(self, log: LogInfo) -> list[VerifierKey]:
        """Return every key with which a log may have been signed: old checkpoints are verified with old keys for ever."""
        own = self.keys.known("log") if log.own else []
        return [*own, *self.agreements.keys_of(log.programme, log.sender, "log_key")]


def make(directory: Path, config: Config, *, entropy: Entropy = ENTROPY) -> Node:
    """Make a new node: settings, keys, CA and certificate, an empty database with its private log.

    Raises:
        InputError: there is something in the directory or the database already.
        StoreError: the database cannot be reached.
    """
    if directory.exists() and any(directory.iterdir()):
        raise InputError("the directory is not empty", code="node-exists", where=str(directory), hint="name a new one")
    if config.database:
        # Before it is written anywhere.
        postgresql.check(config.database)
        with Store.open(directory, database=config.database) as store, store.read() as read:
            if read.logs.logs():
                raise InputError(
                    "the database is another node's",
                    code="node-exists",
                    where=config.database,
                    hint="createdb, and name the new one",
                )
    directory.mkdir(parents=True, exist_ok=True)
    settings.write(directory, config)
    folder = directory / "keys"
    Keys.make(folder, f"{config.party}.{config.name}", entropy)
    now = SystemClock().now()
    ca = tls.create_ca(config.party, entropy, now)
    write_secret(folder / "ca.key", ca.key_pem())
    (folder / "ca.pem").write_bytes(ca.certificate_pem())
    (directory / config.layers).mkdir(exist_ok=True)
    node = Node(directory, config, clock_of(config.clock_start_at, config.clock_since_at), entropy)
    node.renew()
    origin = f"{config.party}.{config.name}/foedus/{entropy(16).hex()}"
    with node.store.write() as tx:
        tx.logs.open_log(LogInfo(MASTER, origin, "", config.party, "", own=True))
    return node


def _loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
