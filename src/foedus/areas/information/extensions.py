"""Extension definitions of STIX 2.1 section 7.3 that the room's objects name; they travel with what names them."""

from __future__ import annotations

from functools import cache
from typing import Any

from foedus.model import extension
from foedus.model.extension import Defined
from foedus.model.finding import Support

FACTS = "extension-definition--6b1d0a52-7c0e-5c0b-9a54-3f6b2c7d9e01"
LAYER = "layer:information-names"
"""What rests on nothing anybody told: definitions, and names that stand in our own tables."""

_TEXT, _WHOLE, _NUMBER = {"type": "string"}, {"type": "integer", "minimum": 0}, {"type": "number"}
_SPAN = {"type": "array", "items": _WHOLE, "minItems": 2, "maxItems": 2}


def _object(needed: list[str], **properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": needed, "additionalProperties": False}


def _list(items: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": items}


_NAME = _object(["name", "kind", "span"], name=_TEXT, kind=_TEXT, span=_SPAN, country=_TEXT, role=_TEXT, ref=_TEXT)
_DAY = _object(["written", "span"], written=_TEXT, span=_SPAN, resolved=_TEXT, by=_TEXT)
_AMOUNT = _object(["written", "span", "value", "unit"], written=_TEXT, span=_SPAN, value=_NUMBER, unit=_TEXT)
_FACT = _object(
    ["what", "verb", "span", "who", "certainty"], what=_TEXT, verb=_TEXT, span=_SPAN, who=_list(_NAME), target=_list(_NAME),
    where=_NAME, when=_DAY, certainty=_TEXT, according_to=_NAME, amounts=_list(_AMOUNT),
)  # fmt: skip
_QUOTATION = _object(["span", "speaker"], span=_SPAN, speaker=_NAME, text=_TEXT)
_PROPERTIES: dict[str, dict[str, Any]] = {
    FACTS: {
        "record": _TEXT, "line": _WHOLE, "capture_sha256": _TEXT, "url_sha256": _TEXT, "channel": _TEXT, "language": _TEXT,
        "published": _TEXT, "dateline": _TEXT, "method": _TEXT, "facts": _list(_FACT), "quotations": _list(_QUOTATION),
        "mentioned": _list(_NAME), "withheld": _WHOLE, "unseen": _list(_TEXT),
    },
}  # fmt: skip
_NEEDED = {FACTS: ["record", "language", "facts"]}
_NAMES = {
    FACTS: ("article-facts", "Who did what, when and where by one article, with the characters each part rests on.")
}


def schema(id_: str) -> dict[str, Any]:
    """Return the JSON schema of an extension's properties."""
    return extension.schema(_PROPERTIES[id_], _NEEDED[id_])


@cache
def definitions() -> tuple[Support, ...]:
    """Return the definitions and who made them, as they go along with a finding."""
    defined = (Defined(id_, name, about, schema(id_)) for id_, (name, about) in _NAMES.items())
    return tuple(Support(one, (LAYER,)) for one in extension.definitions(defined))
