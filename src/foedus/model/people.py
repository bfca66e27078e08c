"""People of the node's own party, and what each may do."""

from __future__ import annotations

from typing import Literal

import msgspec

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
