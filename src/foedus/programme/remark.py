"""Remark: one thing that is wrong (or odd) in a programme document, with its place and what to do."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal, NamedTuple

from msgspec import Struct

Severity = Literal["error", "warning"]


class Place(NamedTuple):
    """Where a value stands: line and column (from 1) of its key or item, and its offsets in the text."""

    line: int
    column: int
    key_start: int
    start: int
    end: int
    flow: bool


class Remark(Struct, frozen=True):
    """One finding about a document: stable code, JSON pointer, file, line, column, message and hint."""

    code: str
    message: str
    pointer: str = ""
    hint: str = ""
    severity: Severity = "error"
    file: str = ""
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        """The remark in one line, in the form compilers use, so that editors can jump to it."""
        where = f"{self.file or 'programme'}:{self.line}:{self.column}: " if self.line else ""
        advice = f" ({self.hint})" if self.hint else ""
        return f"{where}{self.severity} {self.code} at {self.pointer or '/'}: {self.message}{advice}"


WARNINGS = frozenset({"P159", "P161", "P169"})
"""Codes that may be warnings; every other code is always an error."""

CODES: Mapping[str, str] = MappingProxyType(
    {
        "P001": "not readable as YAML 1.2 or JSON",
        "P002": "too large, too deep, too many values",
        "P003": "forbidden character",
        "P004": "duplicate key",
        "P005": "ambiguous plain scalar",
        "P006": "refused key",
        "P007": "anchor, alias, tag, directive or second document",
        "P011": "unknown key",
        "P012": "missing key",
        "P013": "wrong type",
        "P014": "malformed value",
        "P015": "value not in its closed list",
        "P101": "duplicate id",
        "P102": "unknown country code",
        "P103": "not a calendar date or instant",
        "P104": "period reversed",
        "P105": "state without country",
        "P106": "country listed twice",
        "P107": "unknown source",
        "P108": "attested without a source",
        "P109": "area numbers not 1..n",
        "P110": "unknown priority",
        "P111": "unknown objective",
        "P112": "unknown indicator",
        "P113": "indicator in two areas",
        "P114": "area says auto, has an attested indicator",
        "P115": "area says attested, has a computed indicator",
        "P116": "merged into nothing",
        "P117": "open area without indicator",
        "P118": "objective that no area supports",
        "P119": "indicator in no area",
        "P120": "computed without compute",
        "P121": "unknown event kind",
        "P122": "ratio without numerator",
        "P123": "field missing",
        "P124": "unknown area in a filter",
        "P125": "unknown party in a filter",
        "P126": "ordinal without scale",
        "P127": "value not on its scale",
        "P128": "target year outside the term",
        "P129": "target against its direction",
        "P130": "percentage outside 0 to 100",
        "P131": "last target equals the baseline",
        "P132": "unknown area of a milestone",
        "P133": "milestone due after the term",
        "P134": "milestone neither done nor with evidence",
        "P140": "unknown party or group",
        "P141": "unknown area in a clause",
        "P142": "permit without purposes, actions, retention or validity",
        "P143": "permit without a ceiling",
        "P144": "permit without object types",
        "P145": "permit that covers every area",
        "P146": "unknown level",
        "P147": "classified permit without an instrument that governs release",
        "P148": "unknown instrument",
        "P149": "validity outside the term or reversed",
        "P150": "releases only to itself",
        "P151": "unreachable permit: a forbid always beats it",
        "P152": "clause wider than its instrument",
        "P153": "authentic text differs from its hash",
        "P154": "unknown redaction profile",
        "P155": "unknown purpose",
        "P156": "unknown field in a filter",
        "P157": "level missing in a party's map",
        "P158": "map of levels that is not monotone",
        "P159": "indicator over events the partner cannot verify",
        "P160": "clause whose areas have no room and no attested measure",
        "P161": "object type that no room and no STIX list knows",
        "P162": "room that is not there",
        "P163": "unreadable key of a node",
        "P164": "one key used twice",
        "P165": "fewer than two parties, or no area",
        "P166": "unknown condition, or one on a permit",
        "P167": "marking mapped to neither a statement nor a label",
        "P168": "thresholds missing or reversed",
        "P169": "indicator over events that no room of its area feeds",
    }
)
"""Every code ``check`` can report, with its title; the table of docs/programme.md is held equal to it by a test."""
