"""Bodies about questions which values two parties both hold."""

from __future__ import annotations

from typing import ClassVar

from foedus.account.bodies.body import Placed


class Ask(Placed, frozen=True, kw_only=True):
    """A step of a question which values two parties both hold: the asking party first, the session's id (hex), never a value.

    ``points`` and ``peer_points`` are the sizes the two lists were filled up to, the writer's own first.
    """

    session: str
    points: int


class AskMade(Ask, frozen=True, kw_only=True):
    """The question was made; entered before it leaves."""

    kind_of_entry: ClassVar[str] = "ask.made"


class AskAnswered(Ask, frozen=True, kw_only=True):
    """A partner's question was answered; entered before the answer leaves."""

    kind_of_entry: ClassVar[str] = "ask.answered"

    peer_points: int


class AskLearnt(AskAnswered, frozen=True, kw_only=True):
    """The writer learnt how many values both hold, and which; only the number stands here."""

    kind_of_entry: ClassVar[str] = "ask.learnt"

    matches: int


class AskRefused(Placed, frozen=True, kw_only=True):
    """A partner asked more often, or for more, than this node answers; the first time in an hour is entered."""

    kind_of_entry: ClassVar[str] = "ask.refused"

    limit: str
