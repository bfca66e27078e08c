"""The file that holds the token of a person's session, for its owner's eyes alone: one for each node."""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path

from foedus.errors import TrustError
from foedus.node.home import Node

VARIABLE = "FOEDUS_SESSION"


def path_of(node: Node) -> Path:
    """Return where the token for a node is kept: where ``FOEDUS_SESSION`` says, else in the user's own directories."""
    if named := os.environ.get(VARIABLE):
        return Path(named)
    base = os.environ.get("XDG_RUNTIME_DIR") or os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    place = hashlib.sha256(os.fsencode(node.directory.resolve())).hexdigest()[:12]
    return Path(base) / "foedus" / f"{node.party}.{node.config.name}-{place}.session"


def read(node: Node) -> str:
    """Return the token kept for a node, to act with it; empty where there is none.

    Raises:
        TrustError: others can read the file, or it is somebody else's.
    """
    path = path_of(node)
    if path.exists() and (path.stat().st_mode & 0o077 or path.stat().st_uid != os.geteuid()):
        raise TrustError(
            "others may have read the session's token",
            code="session-file",
            where=str(path),
            hint="foedus people sign-out, then sign in again",
        )
    return token(node)


def token(node: Node) -> str:
    """Return the token kept for a node, to end its session; empty where there is none."""
    try:
        with path_of(node).open("rb") as held:
            return held.read(256).decode("ascii", "replace").strip()
    except FileNotFoundError:
        return ""


def write(node: Node, secret: str) -> Path:
    """Keep a token for a node: readable by its owner alone from its first byte on, whole or not at all."""
    path = path_of(node)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    made, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(made, "w", encoding="ascii") as to:
            to.write(f"{secret}\n")
        Path(name).replace(path)
    except OSError:
        Path(name).unlink(missing_ok=True)
        raise
    return path


def forget(node: Node) -> None:
    """Take the token of a node away."""
    path_of(node).unlink(missing_ok=True)
