"""Forms that lose nothing: what somebody typed, and by which field stands why it was refused."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from foedus.errors import FoedusError
from foedus.web.visit import Visit


class Refusal(NamedTuple):
    """Why a form was refused: the code of the error, and the field that it is about (empty: the form)."""

    code: str = ""
    field: str = ""

    def at(self, field: str) -> str:
        """Return the code where it is about a field."""
        return self.code if self.code and self.field == field else ""


NONE = Refusal()


def refusal(error: FoedusError, fields: Mapping[str, str], otherwise: str = "") -> Refusal:
    """Return where an error of a form stands.

    Args:
        error: what the node said.
        fields: code -> field.
        otherwise: the field of codes that are not listed.
    """
    again = error.code in ("session-stale", "sign-in-refused")
    return Refusal(error.code, "password" if again else fields.get(error.code, otherwise))


def typed(visit: Visit, names: Sequence[str]) -> dict[str, str]:
    """Return what somebody typed into a form, to show it again; passwords are never among it."""
    return {name: visit.asked.form.get(name, ("",))[-1] for name in names}
