"""Bodies about an originator's consent."""

from __future__ import annotations

from typing import ClassVar

from foedus.account.bodies.body import Body, Placed


class OfGrant(Placed, frozen=True, kw_only=True):
    """What is said of one grant, by its id: about which object."""

    grant: str
    object_id: str


class GrantGiven(OfGrant, frozen=True, kw_only=True):
    """The originator consents that a party passes an object on, or that it goes out itself; parties: originator, holder.

    Empty ``versions``, ``purposes``, ``clause``: every one.
    """

    kind_of_entry: ClassVar[str] = "grant.given"

    versions: tuple[str, ...]
    recipients: tuple[str, ...]
    purposes: tuple[str, ...]
    until: str
    clause: str


class GrantWithdrawn(OfGrant, frozen=True, kw_only=True):
    """The originator withdraws a grant: nothing moves on under it from here on."""

    kind_of_entry: ClassVar[str] = "grant.withdrawn"


class GrantAsked(OfGrant, frozen=True, kw_only=True):
    """A party that holds an object asks its originator for a grant."""

    kind_of_entry: ClassVar[str] = "grant.asked"

    recipients: tuple[str, ...]
    purposes: tuple[str, ...]


class GrantRefused(Body, frozen=True, kw_only=True):
    """A partner's entry about a grant counts for nothing, and why (stable code); ``log`` and ``seq`` are its place."""

    kind_of_entry: ClassVar[str] = "grant.refused"

    programme: str
    log: str
    seq: int
    code: str
