"""A page: where it is, what it shows, and to whom."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal, NamedTuple

from foedus.model.people import Role
from foedus.web.answer import Answer
from foedus.web.visit import Visit


class Page(NamedTuple):
    """One address: ``who`` are the roles that see it; None: anybody, signed in or not."""

    method: Literal["GET", "POST"]
    path: str
    show: Callable[[Visit], Answer]
    who: Sequence[Role] | None
