"""TLP 2.0 (FIRST) and TLP 1: order, spelling, and the STIX marking-definitions that stand for them."""

from __future__ import annotations

from typing import Any, Final

from foedus.errors import MalformedRecord
from foedus.model.label import TLP_ORDER, Tlp

EXTENSION: Final = "extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d"

IDS: Final[dict[Tlp, str]] = {
    "clear": "marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487",
    "green": "marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb",
    "amber": "marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421",
    "amber+strict": "marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003",
    "red": "marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1",
}
TLP1_IDS: Final[dict[Tlp, str]] = {
    "clear": "marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9",
    "green": "marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da",
    "amber": "marking-definition--f88d31f6-486f-44da-b317-01333bde0b82",
    "red": "marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed",
}
_OF_ID: Final[dict[str, Tlp]] = {id_: tlp for ids in (IDS, TLP1_IDS) for tlp, id_ in ids.items()}
_SPELLED: Final[dict[str, Tlp]] = {tlp: tlp for tlp in TLP_ORDER} | {"white": "clear"}


def rank(tlp: Tlp | None) -> int:
    """Return the place in the order clear < green < amber < amber+strict < red; none is -1."""
    return -1 if tlp is None else TLP_ORDER.index(tlp)


def parse(text: str) -> Tlp:
    """Return the TLP of ``TLP:AMBER+STRICT``, ``amber+strict`` or TLP 1's ``WHITE``, in any case.

    Raises:
        MalformedRecord: not a TLP.

    >>> parse("TLP:White"), parse("amber+strict")
    ('clear', 'amber+strict')
    """
    level = "".join(text.casefold().split()).removeprefix("tlp:")
    if level not in _SPELLED:
        hint = "one of " + ", ".join(render(tlp) for tlp in TLP_ORDER)
        raise MalformedRecord("not a TLP 2.0 marking", code="tlp-unknown", hint=hint)
    return _SPELLED[level]


def render(tlp: Tlp) -> str:
    """Return the TLP as TLP 2.0 spells it.

    >>> render("amber+strict")
    'TLP:AMBER+STRICT'
    """
    return f"TLP:{tlp.upper()}"


def strictest(*tlps: Tlp | None) -> Tlp | None:
    """Return the most restrictive of several, or None of none.

    >>> strictest("green", None, "amber")
    'amber'
    """
    return max(tlps, key=rank, default=None)


def marking_id(tlp: Tlp, *, version: int = 2) -> str:
    """Return the id of the marking-definition; for a peer that knows only TLP 1, amber+strict becomes red.

    >>> marking_id("amber+strict", version=1) == TLP1_IDS["red"]
    True
    """
    if version == 1:
        return TLP1_IDS["red" if tlp == "amber+strict" else tlp]
    return IDS[tlp]


def of_marking(marking_id: str) -> Tlp | None:
    """Return the TLP that a marking-definition's id stands for, or None where it is no TLP."""
    return _OF_ID.get(marking_id)


def definition(tlp: Tlp) -> dict[str, Any]:
    """Return the TLP 2.0 marking-definition as OASIS published it."""
    return {
        "type": "marking-definition",
        "spec_version": "2.1",
        "id": IDS[tlp],
        "created": "2022-10-01T00:00:00.000Z",
        "name": render(tlp),
        "extensions": {EXTENSION: {"extension_type": "property-extension", "tlp_2_0": tlp}},
    }


def level_of(marking: dict[str, Any]) -> Tlp | None:
    """Return the TLP that a marking-definition's content states; None where it states none, or two different ones.

    Names and other text are not looked at: peers write "TLP:CLEAR" beside the id of TLP 1's white.
    """
    extensions, inner = marking.get("extensions"), marking.get("definition")
    extension = extensions.get(EXTENSION) if isinstance(extensions, dict) else None
    stated = []
    if isinstance(extension, dict):
        stated.append(extension.get("tlp_2_0"))
    if isinstance(inner, dict) and "tlp" in inner:
        stated.append(inner["tlp"])
    levels = {_SPELLED.get(level.casefold()) if isinstance(level, str) else None for level in stated}
    if marking.get("definition_type", "tlp") != "tlp" or len(levels) != 1:
        return None
    return levels.pop()
