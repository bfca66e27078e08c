"""TLP tags of MISP as TLP 2.0 levels and STIX markings.

Source: FIRST TLP 2.0; OASIS TLP 2.0 marking definitions for STIX 2.1.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from foedus.model.label import TLP_ORDER, Tlp

MARKINGS: dict[Tlp, str] = {
    "clear": "marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487",
    "green": "marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb",
    "amber": "marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421",
    "amber+strict": "marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003",
    "red": "marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1",
}
_LEVELS: dict[str, Tlp] = {
    **{marking: level for level, marking in MARKINGS.items()},
    "marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9": "clear",
    "marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da": "green",
    "marking-definition--f88d31f6-486f-44da-b317-01333bde0b82": "amber",
    "marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed": "red",
}


def tag_names(part: dict[str, Any]) -> list[str]:
    """Return the names of a part's tags."""
    return [name for tag in part.get("Tag") or [] if isinstance(tag, dict) and isinstance(name := tag.get("name"), str)]


def level(names: Iterable[str], floor: Tlp | None = None) -> Tlp | None:
    """Return the strictest TLP among tags and ``floor``; a ``tlp:`` tag that nobody knows counts as red.

    >>> level(["tlp:white", "TLP:GREEN", "type:OSINT"])
    'green'
    """
    found = [floor] if floor else []
    for name in names:
        if is_tlp(name):
            text = name.strip().lower().removeprefix("tlp:")
            found.append(next((known for known in TLP_ORDER if known == text.replace("white", "clear")), "red"))
    return max(found, key=TLP_ORDER.index, default=None)


def is_tlp(name: str) -> bool:
    """Say whether a tag is one of TLP's, known or not."""
    return name.strip().lower().startswith("tlp:")


def marked(markings: Iterable[str]) -> Tlp | None:
    """Return the strictest TLP among marking ids, of TLP 1 and 2; None where there is none."""
    return max((_LEVELS[item] for item in markings if item in _LEVELS), key=TLP_ORDER.index, default=None)
