"""Bodies about personal data in the vault: who looked into it, and that it is gone."""

from __future__ import annotations

from typing import ClassVar

from foedus.account.bodies.body import Body


class VaultOpened(Body, frozen=True, kw_only=True):
    """A person looked into what a source brought, as it came; ``reason`` is theirs, without content."""

    kind_of_entry: ClassVar[str] = "vault.opened"

    area: str
    source: str
    sha256: str
    person: str
    reason: str


class VaultExpired(Body, frozen=True, kw_only=True):
    """What a source brought was deleted, as it came, because its time was over."""

    kind_of_entry: ClassVar[str] = "vault.expired"

    area: str
    source: str
    sha256: str
