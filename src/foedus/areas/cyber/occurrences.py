"""Occurrences: every value an object holds, with its normal form and the JSON pointer where it stands."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from foedus.areas.cyber.patterns import scan
from foedus.areas.cyber.values import HASH_KINDS, Value, normalise
from foedus.areas.cyber.warn import WarningLists
from foedus.model.finding import Key

_VALUED = frozenset({"ipv4-addr", "ipv6-addr", "domain-name", "url", "email-addr", "mac-addr"})
_PROPERTY = {
    ("file", "name"): "file-name",
    ("mutex", "name"): "mutex",
    ("autonomous-system", "number"): "autonomous-system",
    ("windows-registry-key", "key"): "windows-registry-key",
    ("user-account", "user_id"): "user-account",
    ("user-account", "account_login"): "user-account",
    ("vulnerability", "name"): "cve",
} | {(kind, "value"): kind for kind in _VALUED}
_PROPERTIES: dict[str, list[tuple[str, str]]] = {}
for (_owner, _name), _kind in _PROPERTY.items():
    _PROPERTIES.setdefault(_owner, []).append((_name, _kind))
_HASHED = frozenset({"file", "artifact", "x509-certificate"})
_REFERRED = ("ipv4-addr", "ipv6-addr", "domain-name", "url", "email-addr", "mac-addr")


def occurrences(obj: dict[str, Any], warnings: WarningLists) -> tuple[tuple[Key, ...], int]:
    """Return the values of a STIX object, each once, and how many comparisons of its pattern were not read.

    >>> occurrences({"type": "url", "value": "HTTP://evil.example.org:80/a"}, WarningLists(()))[0][0].norm
    'http://evil.example.org/a'
    """
    found: dict[tuple[str, str], Key] = {}
    skipped = 0
    held: Iterator[tuple[Value | None, str, str]]
    if obj.get("type") == "indicator" and obj.get("pattern_type") == "stix":
        named = scan(str(obj.get("pattern", "")))
        skipped = named.skipped
        held = ((_of_path(one.type, one.path, one.value), one.value, "/pattern") for one in named.named)
    else:
        held = _of_properties(obj)
    for value, written, pointer in held:
        if value is None:
            skipped += 1
        elif value[:2] not in found:
            found[value[:2]] = Key(value.kind, value.norm, written, pointer, warnings.hits(value, written))
    return tuple(found.values()), skipped


def _of_properties(obj: dict[str, Any]) -> Iterator[tuple[Value | None, str, str]]:
    type_ = str(obj.get("type", ""))
    for name, kind in _PROPERTIES.get(type_, ()):
        written = obj.get(name)
        if isinstance(written, str | int):
            value = normalise(kind, str(written))
            if value is not None or type_ != "vulnerability":  # a vulnerability's name need not be a CVE
                yield value, str(written), f"/{name}"
    hashes = obj.get("hashes")
    if type_ in _HASHED and isinstance(hashes, dict):
        for name, written in hashes.items():
            if isinstance(written, str) and hash_kind(name):
                yield _hash(name, written), written, f"/hashes/{name}"
    references = obj.get("external_references")
    if type_ == "vulnerability" and isinstance(references, list):
        for place, reference in enumerate(references):
            written = reference.get("external_id") if isinstance(reference, dict) else None
            if isinstance(written, str) and written[:4].upper() == "CVE-":
                yield normalise("cve", written), written, f"/external_references/{place}/external_id"


def _of_path(type_: str, path: str, written: str) -> Value | None:
    """Value of a pattern's comparison; a path through a reference (``dst_ref.value``) names what it refers to."""
    if path.startswith("hashes.") and type_ in _HASHED:
        return _hash(path[len("hashes.") :].strip("'\""), written)
    kind = _PROPERTY.get((type_, path))
    if kind:
        return normalise(kind, written)
    if path.endswith("_ref.value"):
        return next((value for kind in _REFERRED if (value := normalise(kind, written))), None)
    return None


def hash_kind(name: str) -> str:
    """Return the kind of a hash by any of its spellings, empty for one that nobody joins on.

    >>> hash_kind("SHA256"), hash_kind("'SHA-256'"), hash_kind("SSDEEP")
    ('sha-256', 'sha-256', '')
    """
    plain = name.strip("'\"").lower().replace("_", "-")
    kind = plain if plain in HASH_KINDS else plain.replace("sha", "sha-", 1)
    return kind if kind in HASH_KINDS else ""


def _hash(name: str, written: str) -> Value | None:
    kind = hash_kind(name)
    value = normalise(kind, written) if kind else None
    return value if value is not None and value.kind == kind else None
