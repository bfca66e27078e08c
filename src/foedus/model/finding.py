"""Finding, and what a room says about one."""

from __future__ import annotations

from datetime import datetime

import msgspec

from foedus.model.label import Label
from foedus.model.stix import StixObject

WEEK = "-week"
"""How a kind of key ends that stands for a week: what holds one is compared with what others hold of it, wherever it was."""


class Support(msgspec.Struct, frozen=True):
    """A supporting object with a label of its own: it goes along only if that label may go."""

    object: StixObject
    because: tuple[str, ...] = ()
    label: Label | None = None


class Finding(msgspec.Struct, frozen=True):
    """One head STIX object of a kind, with its supporting objects.

    ``because`` names what it rests on, each as one of ``source:<source id>``, ``layer:<name>``, ``object:<sha256>``,
    ``record:<sha256>``; the labels of those are its label's inputs. ``handling:<scheme>:<what>`` is what the source said
    of how a part may go on beside any label; it narrows the label. ``kind`` is a room's kind or the STIX type.
    ``document`` is True where the head is a received object as it came, not a conclusion.
    ``pointer`` is the place in the source where it stood.
    """

    area: str
    kind: str
    head: StixObject
    because: tuple[str, ...]
    supports: tuple[Support, ...] = ()
    document: bool = False
    pointer: str = ""
    owner: str = ""
    label: Label | None = None


class Pack(msgspec.Struct, frozen=True):
    """What conclusions can be replayed from: its name in its area, its bytes, the sources it came from.

    The node keeps it sealed, in place of one of the same name, until the first of those sources is over; without bytes nothing
    is kept under the name any more.
    """

    name: str
    raw: bytes
    sources: tuple[str, ...] = ()


class Again(msgspec.Struct, frozen=True):
    """One thing that a finding says, and what a replay gives; ``number`` is of how many things it is the hash."""

    what: str
    said: str
    again: str
    number: int | None = None

    @property
    def same(self) -> bool:
        """Say whether it comes out as it was said."""
        return self.said == self.again


class Key(msgspec.Struct, frozen=True):
    """A value that a finding holds and that others may hold too: what corroboration and correlation join on.

    ``norm`` is the normal form, ``written`` the value as it stood at ``pointer``; ``warned`` the warning lists it is on.
    """

    kind: str
    norm: str
    written: str = ""
    pointer: str = ""
    warned: tuple[str, ...] = ()


class Place(msgspec.Struct, frozen=True):
    """A point on the earth: WGS 84 degrees, and how far it may be off in kilometres."""

    lat_deg: float
    lon_deg: float
    radius_km: float = 0.0


class About(msgspec.Struct, frozen=True):
    """What a room says about a finding: the columns pages filter by and corroboration joins on.

    ``urgency`` 0 (none) to 3 (now); ``contains`` are content classes clauses may name (``personal-data``).
    """

    kind: str
    title: str
    urgency: int = 0
    confidence: int | None = None
    from_at: datetime | None = None
    to_at: datetime | None = None
    places: tuple[Place, ...] = ()
    keys: tuple[Key, ...] = ()
    contains: tuple[str, ...] = ()


class Match(msgspec.Struct, frozen=True):
    """Two findings are one story: on which keys, how sure (0 to 1), in one sentence."""

    keys: tuple[Key, ...]
    score: float
    why: str


class Seen(msgspec.Struct, frozen=True):
    """Somebody's finding that holds a key: whose, which object, the hash of its bytes."""

    owner: str
    object_id: str
    sha256: str
