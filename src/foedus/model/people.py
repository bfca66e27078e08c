"""People of the node's own party, and what each may do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import msgspec

from foedus.errors import TrustError

Role = Literal["analyst", "releaser", "approver", "auditor", "liaison", "administrator"]
"""What a person may do: an analyst labels and asks for release; a releaser recalls and grants; an approver decides what
waits; an auditor reads all and changes nothing; a liaison sees what one partner sees; an administrator keeps people and
settings and sees no content."""


class Person(msgspec.Struct, frozen=True):
    """A person who showed who they are; ``party`` is set for a liaison alone: whose view they see."""

    name: str
    roles: tuple[Role, ...]
    party: str = ""

    def has(self, role: Role) -> bool:
        """Say whether the person has a role."""
        return role in self.roles


def require_two(persons: Sequence[Person], what: str) -> None:
    """Refuse what needs four eyes unless two persons stand for it: one releases, another approves.

    Args:
        persons: who stands for it, each having shown who they are.
        what: what it is, for the refusal.

    Raises:
        TrustError: not two persons, or not with those roles.
    """
    pairs = [(one, other) for one in persons for other in persons if one.name != other.name]
    if not any(one.has("releaser") and other.has("approver") for one, other in pairs):
        raise TrustError(
            f"two persons must stand for it: {what}",
            code="four-eyes",
            hint="a releaser and, another person, an approver",
        )
