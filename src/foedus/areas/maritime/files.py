"""Layer files of the room: where they lie, and how a finding names one."""

from __future__ import annotations

from hashlib import sha256
from typing import NamedTuple

FOLDER = "maritime/"


class Ground(NamedTuple):
    """A layer file that a finding may rest on: its name and the hash of its bytes."""

    name: str
    sha256: str


def ground_of(name: str, raw: bytes) -> Ground:
    """Return a file as what a finding may rest on."""
    return Ground(name, sha256(raw).hexdigest())
