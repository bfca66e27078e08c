"""A node with people, made once a module and copied for each test; a clock moved by hand; what its private log says."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.node_pair import adopt

from foedus.node import account, administer, init, people
from foedus.node.home import Node

START = datetime(2026, 6, 1, tzinfo=UTC)
PASSWORDS = {
    "root": "grey harbour under snow",
    "ann": "nine herons went away",
    "bob": "a lamp for the stairs",
}
ROLES = {"root": ("administrator",), "ann": ("analyst", "releaser"), "bob": ("approver",)}


class Hand:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.at = START

    def now(self) -> datetime:
        return self.at

    def move(self, **by: float) -> None:
        self.at += timedelta(**by)


def made(directory: Path) -> Path:
    """Make a node of NATO with an administrator, an analyst who releases, and an approver."""
    init.init(directory, "nato", ["nato-japan-2023"])
    with opened(directory) as node:
        root = administer.join(node, None, "root", ROLES["root"], PASSWORDS["root"])
        for name in ("ann", "bob"):
            administer.join(node, root, name, ROLES[name], PASSWORDS[name])
    return directory


@contextmanager
def opened(directory: Path, clock: Hand | None = None) -> Iterator[Node]:
    """Open a node under a clock moved by hand."""
    with Node.open(directory) as node:
        node.clock = clock or Hand()
        yield node


@contextmanager
def copy(directory: Path, to: Path) -> Iterator[Node]:
    """Open a copy of a node."""
    shutil.copytree(directory, to)
    with opened(to) as node:
        adopt(node)
        yield node


def entries(node: Node, kind: str) -> list[dict[str, Any]]:
    """Return what the private log says of a kind, without the instants."""
    lines = account.show(node, "master", 0, 10_000)
    return [{key: held for key, held in one.body.items() if key != "at"} for one in lines if one.kind == kind]


def sign_in(node: Node, name: str) -> Any:
    """Sign somebody in by their password."""
    return people.signed_in(node, name, PASSWORDS[name])


def bytes_of(directory: Path) -> bytes:
    """Return all that a node's directory holds."""
    return b"".join(path.read_bytes() for path in sorted(directory.rglob("*")) if path.is_file())
