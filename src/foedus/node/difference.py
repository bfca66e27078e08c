"""What redaction took from an object and put into it, line by line, for people."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator
from typing import Any

from foedus.model import ijson
from foedus.model.commitment import PARTIAL_VIEW


def difference(stored: str, sent: str) -> Iterator[str]:
    """Yield an object line by line; what redaction takes begins with ``-``, what it puts with ``+``."""
    if stored == sent:
        yield from _lines(ijson.decode(sent.encode()))
        return
    # What was redacted goes in canonical order: both in one order, or every moved key would look like a change.
    before, after = (_lines(ijson.decode(text.encode()), sort=True) for text in (stored, sent))
    yield from (line for line in difflib.ndiff(before, after) if not line.startswith("?"))


def _lines(value: Any, *, sort: bool = False) -> list[str]:
    """Return an object line by line; of the proof that it verifies, what a person can use: its root."""
    extension = value.get("extensions", {}).get(PARTIAL_VIEW, {}) if isinstance(value, dict) else {}
    if isinstance(extension, dict) and isinstance(proof := extension.get("commitment"), dict):
        extension["commitment"] = f"proof of {len(proof.get('leaves', ()))} parts under root {proof.get('root', '')}"
    return [
        line.removesuffix(",") for line in json.dumps(value, indent=1, ensure_ascii=False, sort_keys=sort).splitlines()
    ]
