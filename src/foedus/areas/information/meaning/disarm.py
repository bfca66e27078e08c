"""DISARM techniques: the table of the Red framework V1.6, and suggestions where measured behaviour supports one.

A suggestion says that what was measured is *consistent with* a technique. Objectives, strategy, personas, deception and
intent are never suggested: nothing here measures them. A person may set any technique by hand, with reason and sources
(``judgement.ByHand``).

The table is data under CC BY-SA 4.0 (``data/README.md``), made by ``table`` from the bundle of 22 November 2024. That bundle
labels its techniques ``mitre-attack``; ``normalised`` gives a copy that says ``DISARM``.
Source: DISARM Foundation, https://www.disarm.foundation/.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import timedelta
from functools import cache
from importlib import resources
from typing import Any, Literal, NamedTuple

import msgspec

from foedus.errors import MalformedRecord
from foedus.model import ijson, instant
from foedus.model.canonical import canonical

VERSION = "V1.6"
BUNDLE = "bundle--4b8b0d29-e85e-4299-81d4-749033173d09"
LICENCE = "DISARM Framework, © DISARM Foundation, CC BY-SA 4.0, https://www.disarm.foundation/"
WORDING = "consistent with"

Behaviour = Literal[
    "copies", "translation", "volume", "volume-on-hashtag", "automation-like-timing", "assessed-sites", "platforms",
    "groups", "hashtag-used", "hashtag-made", "variants-by-language",
]  # fmt: skip
# What was measured -> the technique it is consistent with. What needs a graded group says so.
RULES: Mapping[Behaviour, tuple[str, bool]] = {
    "copies": ("T0084.001", True),
    "translation": ("T0084", False),
    "volume": ("T0049", True),
    "volume-on-hashtag": ("T0049.002", True),
    "automation-like-timing": ("T0049.003", True),
    "assessed-sites": ("T0049.007", True),
    "platforms": ("T0119.002", False),
    "groups": ("T0119.001", False),
    "hashtag-used": ("T0015.001", True),
    "hashtag-made": ("T0015.002", True),
    "variants-by-language": ("T0101", False),
}


class Technique(NamedTuple):
    """One technique of the framework."""

    id: str
    name: str
    stix_id: str
    tactic: str


class Measured(msgspec.Struct, frozen=True):
    """What a method measured.

    Attributes:
        behaviour: what it was.
        method: name and version of the method.
        parameters: its settings, by name.
        chances: p values by the name of their null model; empty only where the behaviour needs no graded group.
        records: SHA-256 of the records it rests on.
        grade: of the group that did it.
        assessed: who marked the sites, for ``assessed-sites``.
    """

    behaviour: Behaviour
    method: str
    parameters: dict[str, float]
    chances: dict[str, float]
    records: tuple[str, ...]
    grade: Literal["strong", "activity-only", "none"] = "none"
    assessed: str = ""


class Tag(msgspec.Struct, frozen=True):
    """A technique that measured behaviour is consistent with, and the measurement.

    Raises:
        MalformedRecord: no method, parameters or records behind it.
    """

    technique: str
    name: str
    stix_id: str
    measured: Measured
    wording: str = WORDING

    def __post_init__(self) -> None:
        """Refuse a tag without a measurement."""
        held = self.measured
        if not (held.method and held.parameters and held.records) or self.wording != WORDING:
            raise MalformedRecord(
                "a technique without a measurement behind it", code="tag-unsupported", where=self.technique
            )


def suggest(measured: Measured) -> Tag | None:
    """Return the technique that a measurement is consistent with; None where it supports none.

    Whatever needs a group of accounts needs one graded ``strong``, with its chances under both null models.
    """
    id_, graded = RULES[measured.behaviour]
    if graded and (measured.grade != "strong" or not {"activity", "timing"} <= set(measured.chances)):
        return None
    if measured.behaviour == "assessed-sites" and not measured.assessed:
        return None
    found = technique(id_)
    return Tag(found.id, found.name, found.stix_id, measured)


def technique(id_: str) -> Technique:
    """Return a technique by its id.

    Raises:
        MalformedRecord: V1.6 has no such technique; earlier versions had ids that it moved or dropped.

    >>> technique("T0084.001").name
    'Use Copypasta'
    """
    found = techniques().get(id_)
    if found is None:
        raise MalformedRecord(
            f"DISARM {VERSION} has no such technique",
            code="technique-unknown",
            where=id_,
            hint="look the id up in V1.6",
        )
    return found


@cache
def techniques() -> Mapping[str, Technique]:
    """Return all techniques, by id."""
    text = resources.files(__package__).joinpath("data", "disarm_v1_6.tsv").read_text(encoding="utf-8")
    rows = [line.split("\t") for line in text.splitlines() if not line.startswith("#")]
    return {row[0]: Technique(*row) for row in rows[1:]}


def table(bundle: bytes) -> str:
    """Return the table's text, made from the framework's STIX bundle.

    Raises:
        MalformedRecord: another bundle than that of V1.6.
    """
    held = ijson.decode(bundle, max_bytes=len(bundle))
    if held.get("id") != BUNDLE:
        raise MalformedRecord(f"not the bundle of DISARM {VERSION}", code="disarm-version", where="id")
    rows = [
        "\t".join((_external(one), one["name"].strip(), one["id"], _tactic(one)))
        for one in held["objects"]
        if one["type"] == "attack-pattern"
    ]
    head = [
        f"# {LICENCE}",
        "# Changed: ids, names and tactics taken out of the STIX bundle.",
        "id\tname\tstix_id\ttactic",
    ]
    return "\n".join((*head, *sorted(rows))) + "\n"


def normalised(original: bytes) -> bytes:
    """Return a copy of one of the bundle's techniques that says DISARM where the original says ATT&CK.

    Id, creator and marking stay; ``modified`` is a millisecond later, so that the copy wins over the mislabelled original;
    the original's hash and the licence are named.

    Raises:
        MalformedRecord: not JSON, or no technique of the bundle.
    """
    held: dict[str, Any] = ijson.decode(original)
    if lacking := sorted({"modified", "kill_chain_phases", "external_references"} - set(held)):
        raise MalformedRecord(
            "no technique of the DISARM bundle", code="disarm-malformed", where=", ".join(lacking),
            hint="give one of its attack-pattern objects as it stands",
        )  # fmt: skip
    modified = instant.parse(held["modified"]) + timedelta(milliseconds=1)
    sha256 = hashlib.sha256(original).hexdigest()
    phases = [one | {"kill_chain_name": "disarm"} for one in held["kill_chain_phases"]]
    references = [one | {"source_name": "DISARM"} for one in held["external_references"]]
    note = {
        "source_name": "DISARM original",
        "description": LICENCE,
        "hashes": {"SHA-256": sha256},
        "url": references[0]["url"],
    }
    changed = {
        "modified": instant.stix_text(modified),
        "kill_chain_phases": phases,
        "external_references": [*references, note],
    }
    return canonical({name: value for name, value in held.items() if not name.startswith("x_mitre")} | changed)


def _external(one: Mapping[str, Any]) -> str:
    return str(one["external_references"][0]["external_id"])


def _tactic(one: Mapping[str, Any]) -> str:
    return ",".join(sorted(phase["phase_name"] for phase in one["kill_chain_phases"]))
