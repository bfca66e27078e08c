"""People of the node's own party, and what each may do."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Literal, get_args

import msgspec

from foedus.errors import TrustError

Role = Literal["analyst", "releaser", "approver", "auditor", "liaison", "administrator"]
"""What a person may do: an analyst labels and asks for release; a releaser recalls and grants; an approver decides what
waits; an auditor reads all and changes nothing; a liaison sees what one partner sees; an administrator keeps people and
settings and sees no content."""

ROLES: tuple[Role, ...] = get_args(Role)
NAME_CHARS = 64

# Whoever holds one of these holds nothing beside it: the second role would undo what the first is for.
_APART: Mapping[str, str] = MappingProxyType(
    {
        "administrator": "an administrator keeps people and sees no content",
        "auditor": "an auditor reads all and changes nothing",
        "liaison": "a liaison sees what one partner sees and no more",
    }
)
_IN_NAMES = frozenset(" ._-@'")


class Person(msgspec.Struct, frozen=True):
    """A person who showed who they are; ``party`` is set for a liaison alone: whose view they see."""

    name: str
    roles: tuple[Role, ...]
    party: str = ""

    def has(self, role: Role) -> bool:
        """Say whether the person has a role."""
        return role in self.roles


def roles_of(words: Sequence[str]) -> tuple[Role, ...]:
    """Return the roles that words name, in the order of ``Role``; other words are left out.

    >>> roles_of(["approver", "analyst", "king"])
    ('analyst', 'approver')
    """
    return tuple(role for role in ROLES if role in words)


def undone(roles: Sequence[str]) -> str:
    """Say why one person cannot hold roles together; empty where one can.

    >>> undone(["analyst", "releaser", "approver"])
    ''
    >>> undone(["analyst", "administrator"])
    'an administrator keeps people and sees no content'
    """
    return next((why for role, why in _APART.items() if role in roles and len(set(roles)) > 1), "")


def normal_name(name: str) -> str:
    """Return a person's name as it is kept and compared (Unicode NFC)."""
    return unicodedata.normalize("NFC", name)


def is_name(name: str) -> bool:
    """Say whether a person can have a name: letters and digits of any script, and a few signs between them.

    >>> is_name("Ann O'Hara"), is_name("山田"), is_name("a|b"), is_name(" ann"), is_name("")
    (True, True, False, False, False)
    """
    signs = all(char.isalnum() or char in _IN_NAMES or unicodedata.category(char)[0] == "M" for char in name)
    return signs and 0 < len(name) <= NAME_CHARS and name[0].isalnum() and name == name.strip()


def alike(name: str) -> str:
    """Return what two names share that people would take for one another: case and width do not count.

    >>> alike("Ann") == alike("ａｎｎ")
    True
    """
    return unicodedata.normalize("NFKC", name).casefold()


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
