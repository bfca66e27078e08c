"""A node and its first administrator from one form: everything is checked before anything is made."""

from __future__ import annotations

import hmac
import re
import threading
from pathlib import Path

import msgspec
from starlette.types import ASGIApp

from foedus.errors import InputError, TrustError
from foedus.exchange.serving import serving
from foedus.model import passwords
from foedus.model.people import is_name, normal_name
from foedus.model.programme import in_language
from foedus.node import administer, config, programmes
from foedus.node.clock import ENTROPY
from foedus.node.home import Node
from foedus.node.init import TOKEN_BYTES, Made, init
from foedus.node.serve import loopback_of
from foedus.programme.document import read_valid

_NAME = re.compile(r"[a-z][a-z0-9-]{1,47}")


class Wanted(msgspec.Struct, frozen=True):
    """What somebody filled in: a programme's file or name, the party, the node's name and port, the first administrator."""

    programme: str
    party: str
    name: str
    port: str
    person: str
    password: str


class Setup:
    """One directory that waits for its node, and the token that whoever makes it shows; it is good for one node.

    Args:
        directory: where the node will be; it must not hold anything.
        web: ``HOST:PORT`` of this machine where the form is, and later the node's pages.
        database: the address of the node's PostgreSQL database; empty: a file in its directory.
    """

    def __init__(self, directory: Path, web: str, database: str = "") -> None:
        if directory.exists() and any(directory.iterdir()):
            raise InputError(
                "the directory is not empty", code="node-exists", where=str(directory), hint="name a new one"
            )
        self.directory = directory
        self.web = web
        self.database = database
        self.address = loopback_of(web)
        self.token = ENTROPY(TOKEN_BYTES).hex()
        self.done = threading.Event()
        self.made: Made | None = None
        self._lock = threading.Lock()

    def admit(self, token: str) -> None:
        """Let in whoever shows the token, until a node was made.

        Raises:
            TrustError: another token, or it was used.
        """
        if self.made is not None or not hmac.compare_digest(token.encode(), self.token.encode()):
            raise TrustError("not the token, or it was used", code="setup-token", hint="foedus node setup DIR")

    def make(self, token: str, wanted: Wanted) -> Made:
        """Make the node with its first administrator; its pages will be where the form was.

        Raises:
            TrustError: another token, or it was used.
            InputError: something that cannot be; nothing is made.
            InvalidProgramme: the programme has errors; nothing is made.
        """
        with self._lock:
            self.admit(token)
            port = _checked(wanted)
            made = init(
                self.directory,
                wanted.party,
                [wanted.programme],
                name=wanted.name,
                address=("127.0.0.1", port),
                database=self.database,
            )
            config.write(self.directory, msgspec.structs.replace(config.read(self.directory), web=self.web))
            with Node.open(self.directory) as node:
                administer.join(node, None, wanted.person, administer.FIRST, wanted.password)
            self.made = made
        return made

    def wait(self, app: ASGIApp) -> Made:
        """Serve the form until a node was made and that was answered."""
        with serving(app, *self.address):
            self.done.wait()
        assert self.made is not None, "only a node that was made ends it"
        return self.made


def parties_in(programme: str, language: str) -> dict[str, str]:
    """Return the parties of a programme by id, as it names them in a language.

    Raises:
        InputError: there is no such file, and none of that name ships.
        InvalidProgramme: it has errors.
    """
    held = read_valid(programmes.bytes_of(programme), name=programme).programme
    return {party.id: in_language(party.name, language) for party in held.parties}


def _checked(wanted: Wanted) -> int:
    """Return the port, where all that somebody filled in can be."""
    if wanted.party not in programmes.parties_of(wanted.programme):
        raise InputError("the programme does not name this party", code="not-a-party")
    if not _NAME.fullmatch(wanted.name):
        raise InputError("not a name for a node", code="node-name", hint="small letters, digits and hyphens")
    if not (wanted.port.isascii() and wanted.port.isdecimal() and 0 < int(wanted.port[:6]) < 65_536):
        raise InputError("not a port", code="node-port", hint="1 to 65535")
    if not is_name(normal_name(wanted.person)):
        raise InputError("not a name for a person", code="person-name")
    if passwords.weakness(passwords.normal(wanted.password), (wanted.person, wanted.party, wanted.name)):
        raise InputError("not taken as a password", code="password-weak")
    return int(wanted.port)
