"""STIX 2.1 envelope: received bytes are kept exactly, beside them a typed view.

Source: STIX 2.1 (OASIS Standard, 2021) sections 2, 3 and 9; STIX 2.0 objects are read by the same rules.
"""

from __future__ import annotations

import hashlib
import re
import uuid
from functools import lru_cache
from typing import Any

import msgspec

from foedus.errors import MalformedRecord, UnsupportedFormat
from foedus.model import ijson
from foedus.model.canonical import canonical
from foedus.model.instant import parse_ns

SCO_NAMESPACE = uuid.UUID("00abedb4-aa42-466c-9c01-fed23315a9b7")
NAME_CHARACTERS = 300

_SCO_ID_PROPERTIES: dict[str, tuple[str, ...]] = {
    "artifact": ("hashes", "payload_bin"),
    "autonomous-system": ("number",),
    "directory": ("path",),
    "domain-name": ("value",),
    "email-addr": ("value",),
    "email-message": ("from_ref", "subject", "body"),
    "file": ("hashes", "name", "parent_directory_ref", "extensions"),
    "ipv4-addr": ("value",),
    "ipv6-addr": ("value",),
    "mac-addr": ("value",),
    "mutex": ("name",),
    "network-traffic": ("start", "end", "src_ref", "dst_ref", "src_port", "dst_port", "protocols", "extensions"),
    "process": (),
    "software": ("name", "cpe", "swid", "vendor", "version"),
    "url": ("value",),
    "user-account": ("account_type", "user_id", "account_login"),
    "windows-registry-key": ("key", "values"),
    "x509-certificate": ("hashes", "serial_number"),
}
_HASH_CHOICE = ("MD5", "SHA-1", "SHA-256", "SHA-512")

SCO_TYPES = frozenset(_SCO_ID_PROPERTIES)
SDO_TYPES = frozenset(
    (
        "attack-pattern",
        "campaign",
        "course-of-action",
        "grouping",
        "identity",
        "incident",
        "indicator",
        "infrastructure",
        "intrusion-set",
        "location",
        "malware",
        "malware-analysis",
        "note",
        "observed-data",
        "opinion",
        "report",
        "threat-actor",
        "tool",
        "vulnerability",
    )
)
SRO_TYPES = frozenset(("relationship", "sighting"))

VERSIONED_TYPES = SDO_TYPES | SRO_TYPES
_ID = re.compile(r"([a-z0-9][a-z0-9-]{1,248}[a-z0-9])--[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", re.ASCII)
_SPEC_VERSIONS = ("2.1", "2.0")
_INSTANTS = frozenset(
    (
        "valid_from",
        "valid_until",
        "first_seen",
        "last_seen",
        "first_observed",
        "last_observed",
        "published",
        "object_modified",
    )
)
_MARKING_KEYS = frozenset(("object_marking_refs", "marking_ref"))


class Reference(msgspec.Struct, frozen=True, array_like=True):
    """One STIX reference: the property path it stands at (``objects/0`` for lists), and the id it names."""

    path: str
    target: str


class StixObject(msgspec.Struct, frozen=True):
    """One STIX object.

    ``version`` is the object's own text of ``modified``, else ``created``, else empty (SCO); ``version_ns`` its instant in
    nanoseconds since 1970, -1 where there is none. ``markings`` are the object's ``object_marking_refs``; ``granular`` says
    that it has granular markings too. ``references`` leave out markings.
    """

    raw: bytes
    sha256: str
    id: str
    type: str
    spec_version: str
    version: str = ""
    version_ns: int = -1
    created_ns: int = -1
    created_by: str = ""
    revoked: bool = False
    confidence: int | None = None
    name: str = ""
    markings: tuple[str, ...] = ()
    granular: bool = False
    references: tuple[Reference, ...] = ()
    extensions: tuple[str, ...] = ()


def read(raw: bytes) -> StixObject:
    """Return the header and the references of one STIX object; its bytes are kept.

    What is checked is what every later step relies on: type and id, versions, references, markings, confidence. All other
    properties are whatever the sender wrote. ``name`` is cut to 300 characters.

    Raises:
        MalformedRecord: not strict I-JSON, or the header is no STIX; with JSON pointer and hint.
        UnsupportedFormat: a ``spec_version`` other than 2.0 and 2.1 (``stix-version``), or a bundle (``stix-bundle``).
        LimitExceeded: nested too deep, or too large.

    >>> read(b'{"type": "mutex", "id": "mutex--e41de63a-5842-52a7-ae83-f010fea2a5ea", "name": "x"}').spec_version
    '2.1'
    """
    obj = ijson.decode(raw, max_bytes=ijson.MAX_OBJECT_BYTES)
    if type(obj) is not dict:
        raise _bad("", "not a JSON object", "send one STIX object")
    found: list[Reference] = []
    keys = _collect(obj, found)
    if keys < 0 or not ijson.all_keys_met(raw, obj, keys):
        ijson.refuse_faults(raw)
    kind, id_ = _type_and_id(obj)
    created, modified = _versions(obj, kind)
    name = obj.get("name")
    return StixObject(
        raw,
        hashlib.sha256(raw).hexdigest(),
        id_,
        kind,
        _spec_version(obj["spec_version"]) if "spec_version" in obj else "2.1" if kind in SCO_TYPES else "2.0",
        obj.get("modified") or obj.get("created") or "",
        created if modified < 0 else modified,
        created,
        _created_by(obj["created_by_ref"]) if "created_by_ref" in obj else "",
        _revoked(obj["revoked"]) if "revoked" in obj else False,
        _confidence(obj["confidence"]) if "confidence" in obj else None,
        name[:NAME_CHARACTERS] if type(name) is str else "",
        _markings(obj["object_marking_refs"]) if "object_marking_refs" in obj else (),
        _granular(obj["granular_markings"]) if "granular_markings" in obj else False,
        tuple(found),
        _extensions(obj["extensions"]) if "extensions" in obj else (),
    )


def references(obj: dict[str, Any]) -> tuple[Reference, ...]:
    """Return every reference of a decoded object, at any depth, markings left out.

    An empty string is no reference. Outside the standard's own top-level properties a value that is no id is none either,
    such as the local keys inside the ``objects`` of STIX 2.0 observed-data.

    Raises:
        MalformedRecord: a top-level reference that is no id.

    >>> references({"type": "note", "object_refs": ["mutex--e41de63a-5842-52a7-ae83-f010fea2a5ea"]})[0].path
    'object_refs/0'
    """
    found: list[Reference] = []
    _collect(obj, found)
    return tuple(found)


def sco_id(obj: dict[str, Any]) -> str | None:
    """Return the deterministic id of a cyber observable, None where it has none (no SCO, or nothing that contributes).

    Source: STIX 2.1 section 2.9: UUIDv5 over the canonical form of the id-contributing properties; of ``hashes`` only the
    first present of MD5, SHA-1, SHA-256, SHA-512 contributes, else the first there is.

    >>> sco_id({"type": "ipv4-addr", "value": "198.51.100.3"})
    'ipv4-addr--28bb3599-77cd-5a82-a950-b5bc3caf07c4'
    """
    seed = id_basis(obj)
    return f"{obj['type']}--{uuid.uuid5(SCO_NAMESPACE, canonical(seed).decode())}" if seed else None


def id_basis(obj: dict[str, Any]) -> dict[str, Any]:
    """Return the properties that the id of a cyber observable is computed from; empty where there are none."""
    seed = {name: obj[name] for name in _SCO_ID_PROPERTIES.get(obj.get("type", ""), ()) if name in obj}
    hashes = seed.get("hashes")
    if isinstance(hashes, dict):
        chosen = next((name for name in (*_HASH_CHOICE, *hashes) if name in hashes), None)
        if chosen is None:
            del seed["hashes"]
        else:
            seed["hashes"] = {chosen: hashes[chosen]}
    return seed


def is_id(value: Any) -> bool:
    """Say whether a value is a STIX identifier, ``type--UUID``."""
    return type(value) is str and _type_of(value) != ""


# The same identities and markings stand in object after object.
@lru_cache(maxsize=65536)
def _type_of(id_: str) -> str:
    match = _ID.fullmatch(id_)
    return match[1] if match is not None else ""


def _bad(pointer: str, message: str, hint: str, code: str = "stix-malformed") -> MalformedRecord:
    return MalformedRecord(message, code=code, where=pointer, hint=hint)


def _collect(obj: dict[str, Any], found: list[Reference]) -> int:
    """Add the references of an object to ``found``; return its number of keys, -1 where it is too deep."""
    count = len(obj)
    for key, item in obj.items():
        kind = type(item)
        if "_ref" in key and item != "":
            _add(found, key, item)
        if kind is dict or kind is list:
            hits: list[str] = []
            below = _count(item, ijson.MAX_DEPTH - 1, hits)
            if below < 0:
                return -1
            count += below
            if hits:
                _collect_nested(item, ijson.escape(key), found)
    return count


def _count(value: Any, depth: int, hits: list[str]) -> int:
    """Number of keys in a list or dict, -1 where too deep; keys that look like references are added to ``hits``."""
    if depth <= 0:
        return -1
    count = 0
    if type(value) is dict:
        count = len(value)
        for key in value:
            if "_ref" in key:
                hits.append(key)
        value = value.values()
    for item in value:
        kind = type(item)
        if kind is dict or kind is list:
            below = _count(item, depth - 1, hits)
            if below < 0:
                return -1
            count += below
    return count


def _collect_nested(value: Any, path: str, found: list[Reference]) -> None:
    if type(value) is list:
        for index, item in enumerate(value):
            if type(item) is dict or type(item) is list:
                _collect_nested(item, f"{path}/{index}", found)
        return
    for key, item in value.items():
        step = f"{path}/{ijson.escape(key)}"
        if type(item) is dict or type(item) is list:
            _collect_nested(item, step, found)
        if key.endswith(("_ref", "_refs")) and key not in _MARKING_KEYS:
            found.extend(_ids(step, item))


def _add(found: list[Reference], key: str, item: Any) -> None:
    """Add a top-level reference; where the standard has one, anything that is none is an error."""
    single, many = key[-4:] == "_ref", key[-5:] == "_refs"
    if not (single or many) or key in _MARKING_KEYS:
        return
    if single and is_id(item):
        found.append(Reference(ijson.escape(key), item))
        return
    if key[:2] != "x_":
        if single or type(item) is not list:
            raise _not_an_id(key)
        for index, target in enumerate(item):
            if target != "" and not is_id(target):
                raise _not_an_id(f"{key}/{index}")
    found.extend(_ids(ijson.escape(key), item))


def _ids(path: str, item: Any) -> list[Reference]:
    """References that a value holds, itself or in a list: whichever a sender used, a target must not be missed."""
    if type(item) is list:
        return [Reference(f"{path}/{index}", target) for index, target in enumerate(item) if is_id(target)]
    return [Reference(path, item)] if is_id(item) else []


def _not_an_id(pointer: str) -> MalformedRecord:
    return _bad(f"/{pointer}", "a reference is no identifier", "write type--UUID")


def _type_and_id(obj: dict[str, Any]) -> tuple[str, str]:
    kind, id_ = obj.get("type"), obj.get("id")
    if type(kind) is not str or not kind:
        raise _bad("/type", "no type", "every STIX object has a type")
    if kind == "bundle":
        raise UnsupportedFormat("a bundle is no object", code="stix-bundle", where="/type", hint="split it first")
    if type(id_) is not str or not (type_ := _type_of(id_)):
        raise _bad("/id", "no identifier", "write type--UUID, lower-case type of 3 to 250 characters")
    if type_ != kind:
        raise _bad("/id", "identifier and type disagree", "the identifier begins with the object's type")
    return kind, id_


def _versions(obj: dict[str, Any], kind: str) -> tuple[int, int]:
    """Instants of created and modified, -1 where absent."""
    created = _instant(obj["created"], "created") if "created" in obj else -1
    modified = _instant(obj["modified"], "modified") if "modified" in obj else -1
    if kind in VERSIONED_TYPES and ("created" not in obj or "modified" not in obj):
        missing = "/created" if "created" not in obj else "/modified"
        raise _bad(missing, "no version", "this type needs created and modified", "stix-version-missing")
    if modified < created and "modified" in obj:
        raise _bad("/modified", "modified before it was created", "modified is created or later", "stix-version-order")
    if not obj.keys().isdisjoint(_INSTANTS):
        for name in _INSTANTS:
            if name in obj:
                _instant(obj[name], name)
    return created, modified


def _instant(value: Any, name: str) -> int:
    if type(value) is not str:
        raise _bad(f"/{name}", "not an instant", "write YYYY-MM-DDTHH:MM:SS.sssZ", "timestamp-malformed")
    try:
        return parse_ns(value)
    except MalformedRecord as error:
        raise _bad(f"/{name}", error.message, "write YYYY-MM-DDTHH:MM:SS.sssZ", error.code) from None


def _spec_version(value: Any) -> str:
    if value not in _SPEC_VERSIONS:
        raise UnsupportedFormat(
            "a STIX version nobody here reads", code="stix-version", where="/spec_version", hint="send 2.1 or 2.0"
        )
    return str(value)


def _created_by(value: Any) -> str:
    if value == "":
        return ""
    if not is_id(value) or not value.startswith("identity--"):
        raise _bad("/created_by_ref", "the creator is no identity", "write identity--UUID")
    return str(value)


def _revoked(value: Any) -> bool:
    if type(value) is not bool:
        raise _bad("/revoked", "neither true nor false", "write true or false")
    return value


def _confidence(value: Any) -> int:
    if type(value) is not int or not 0 <= value <= 100:
        raise _bad("/confidence", "confidence out of range", "write an integer from 0 to 100")
    return value


def _marking(value: Any, pointer: str) -> str:
    if not is_id(value) or _type_of(value) != "marking-definition":
        raise _bad(pointer, "a marking is no identifier", "write marking-definition--UUID", "stix-marking-malformed")
    return str(value)


def _markings(value: Any) -> tuple[str, ...]:
    if type(value) is not list:
        raise _bad("/object_marking_refs", "not a list", "a list of marking-definition ids", "stix-marking-malformed")
    for index, item in enumerate(value):
        if type(item) is not str or _type_of(item) != "marking-definition":
            _marking(item, f"/object_marking_refs/{index}")
    return tuple(value)


def _granular(value: Any) -> bool:
    code, hint = "stix-marking-malformed", "a list of {marking_ref or lang, selectors}"
    if type(value) is not list:
        raise _bad("/granular_markings", "not a list", hint, code)
    for index, item in enumerate(value):
        pointer = f"/granular_markings/{index}"
        selectors = item.get("selectors") if type(item) is dict else None
        if type(selectors) is not list or not selectors or not all(type(text) is str for text in selectors):
            raise _bad(pointer, "a granular marking without selectors", hint, code)
        if "marking_ref" in item:
            _marking(item["marking_ref"], f"{pointer}/marking_ref")
        elif type(item.get("lang")) is not str:
            raise _bad(pointer, "a granular marking without marking", hint, code)
    return bool(value)


def _extensions(value: Any) -> tuple[str, ...]:
    if type(value) is not dict:
        raise _bad("/extensions", "not an object", "extensions are keyed by their definition's id")
    return tuple(value)
