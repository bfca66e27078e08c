"""STIX 2.1 envelope: received bytes are kept exactly, beside them a typed view."""

from __future__ import annotations

import msgspec


class Reference(msgspec.Struct, frozen=True, array_like=True):
    """One STIX reference: the property path it stands at (``objects/0`` for lists), and the id it names."""

    path: str
    target: str


class StixObject(msgspec.Struct, frozen=True):
    """One STIX object.

    ``version`` is the object's own text of ``modified``, else ``created``, else empty (SCO); ``version_ns`` its instant in
    nanoseconds since 1970, -1 where there is none. ``markings`` are the object's ``object_marking_refs``; ``granular`` says
    that it has granular markings too. ``references`` leave out markings.
    """

    raw: bytes
    sha256: str
    id: str
    type: str
    spec_version: str
    version: str = ""
    version_ns: int = -1
    created_ns: int = -1
    created_by: str = ""
    revoked: bool = False
    confidence: int | None = None
    name: str = ""
    markings: tuple[str, ...] = ()
    granular: bool = False
    references: tuple[Reference, ...] = ()
    extensions: tuple[str, ...] = ()
