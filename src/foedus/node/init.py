"""Make a node: its directory, keys and certificate, the programmes it starts with."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import msgspec

from foedus.errors import InputError
from foedus.node import programmes
from foedus.node.clock import SystemClock
from foedus.node.config import Config
from foedus.node.home import Node, make
from foedus.store import access
from foedus.store.access import Account

TOKEN_BYTES = 32


class Made(msgspec.Struct, frozen=True):
    """A new node."""

    directory: str
    party: str
    name: str
    endpoint: str
    card: str
    programmes: tuple[str, ...]


def init(  # noqa: PLR0913 - each is a setting of its own
    directory: Path,
    party: str,
    names: Sequence[str],
    *,
    name: str = "main",
    address: tuple[str, int] = ("127.0.0.1", 8843),
    clock_start_at: datetime | None = None,
    database: str = "",
) -> Made:
    """Make a node in a new directory and write its public card there.

    Raises:
        InputError: directory or database are not empty, or a programme does not name the party; nothing is made.
        InvalidProgramme: a programme has errors; nothing is made.
    """
    for one in names:
        parties = programmes.parties_of(one)
        if party not in parties:
            raise InputError(
                f"{one} does not name {party!r}", code="not-a-party", hint=f"parties: {', '.join(parties)}"
            )
    host, port = address
    since_at = SystemClock().now() if clock_start_at else None
    config = Config(
        party=party,
        name=name,
        host=host,
        port=port,
        clock_start_at=clock_start_at,
        clock_since_at=since_at,
        database=database,
    )
    with make(directory, config) as node:
        (directory / "card.json").write_text(programmes.card_json(node), encoding="utf-8")
        held = [programmes.propose(node, one) for one in names]
    return Made(
        str(directory), party, name, config.endpoint, str(directory / "card.json"), tuple(one.word for one in held)
    )


def token(node: Node, name: str) -> str:
    """Make a token for one of the party's own tools; only its hash is kept.

    Use it as Bearer token, or as the password of HTTP Basic with the tool's name.
    """
    secret = node.entropy(TOKEN_BYTES).hex()
    with node.store.write() as tx:
        access.keep_account(
            tx, Account(name, node.party, "tool", token_sha256=hashlib.sha256(secret.encode()).digest())
        )
    return secret


def revoke(node: Node, name: str) -> None:
    """Forget a tool's token.

    Raises:
        InputError: there is no such tool.
    """
    with node.store.write() as tx:
        if not access.drop_account(tx, name):
            raise InputError(f"no tool {name!r}", code="tool-unknown")
