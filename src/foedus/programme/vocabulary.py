"""Closed lists a programme may choose from: purposes, redaction profiles, conditions, known ranks of level names."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

PURPOSES: Mapping[str, str | None] = MappingProxyType(
    {
        "situational-awareness": None,
        "early-warning": "situational-awareness",
        "sanctions-monitoring": "situational-awareness",
        "flight-safety": "situational-awareness",
        "network-defence": None,
        "incident-response": "network-defence",
        "assessment": None,
        "research": "assessment",
        "public-communication": None,
        "relief": None,
        "training": None,
        "exercise": "training",
    }
)
"""Every purpose, with the broader one it is part of. A clause covers exactly the purposes it names; the tree is for pages."""

PROFILES: frozenset[str] = frozenset(
    {
        "drop-victim-identity",
        "drop-internal-ids",
        "pseudonymise-private-persons",
        "coarsen-own-force-positions",
        "coarsen-sensor-source",
        "coarsen-positions",
        "coarsen-times",
        "drop-sources",
        "counted",
    }
)
"""Redaction profiles a clause may name."""

LIFTS: frozenset[str] = frozenset({"originator-consent", "pseudonymised"})
"""What may lift a forbid (``unless``)."""

NODE_KINDS: frozenset[str] = frozenset({"exercise-result", "relief-request", "relief-offer", "assessment"})
"""Kinds of findings that people or the node itself make, without a room."""

# fmt: off
STIX_TYPES: frozenset[str] = frozenset(
    {
        "attack-pattern", "campaign", "course-of-action", "grouping", "identity", "incident", "indicator",
        "infrastructure", "intrusion-set", "location", "malware", "malware-analysis", "note", "observed-data",
        "opinion", "report", "threat-actor", "tool", "vulnerability", "relationship", "sighting", "artifact",
        "autonomous-system", "directory", "domain-name", "email-addr", "email-message", "file", "ipv4-addr",
        "ipv6-addr", "mac-addr", "mutex", "network-traffic", "process", "software", "url", "user-account",
        "windows-registry-key", "x509-certificate", "marking-definition", "language-content", "extension-definition",
        "x-mitre-analytic", "x-mitre-asset", "x-mitre-collection", "x-mitre-data-component", "x-mitre-data-source",
        "x-mitre-detection-strategy", "x-mitre-matrix", "x-mitre-tactic",
    }
)
# fmt: on
"""Types of STIX 2.1 and of MITRE ATT&CK."""

_RANKS: tuple[tuple[int, tuple[str, ...]], ...] = (
    (0, ("PUBLIC", "UNMARKED", "UNCLASSIFIED", "OFFICIAL", "TLP:CLEAR")),
    (1, ("RESTRICTED", "OFFICIAL: SENSITIVE", "取扱注意", "대외비")),
    (2, ("CONFIDENTIAL", "秘", "PROTECTED", "III급비밀")),
    (3, ("SECRET", "特定秘密", "極秘", "II급비밀")),
    (4, ("TOP SECRET", "機密", "I급비밀")),
)


def rank(name: str) -> int | None:
    """Return how high a well-known classification stands among its kind, None where the name is not known.

    The longest known ending decides, so that a policy's name may stand before it.

    >>> rank("NATO SECRET"), rank("COSMIC TOP SECRET"), rank("秘"), rank("군사 III급비밀"), rank("Beige")
    (3, 4, 2, 2, None)
    """
    upper = name.upper()
    found = [
        (len(word), level) for level, words in _RANKS for word in words if upper == word or upper.endswith(" " + word)
    ]
    return max(found)[1] if found else None
