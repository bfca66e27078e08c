"""MISP attribute types and STIX observables, both ways.

``observables`` gives the SCOs of an attribute (the first stands for it), ``pattern`` what an indicator of it looks for,
``attribute_of`` the MISP type and value of an observable. What is not listed here has no counterpart, and is kept as
``x-misp-attribute``.

Source: the mapping tables of misp-stix, cut to types that come back as they went.
"""

from __future__ import annotations

import ipaddress
import re
from typing import Any

from foedus.model.misp.extension import derived

HASHES = {
    "md5": "MD5",
    "sha1": "SHA-1",
    "sha256": "SHA-256",
    "sha512": "SHA-512",
    "sha3-256": "SHA3-256",
    "sha3-512": "SHA3-512",
    "ssdeep": "SSDEEP",
    "tlsh": "TLSH",
}
_SHAPES = {
    **{name: re.compile(rf"[0-9a-fA-F]{{{size}}}") for name, size in (("MD5", 32), ("SHA-1", 40))},
    **{name: re.compile(r"[0-9a-fA-F]{64}") for name in ("SHA-256", "SHA3-256")},
    **{name: re.compile(r"[0-9a-fA-F]{128}") for name in ("SHA-512", "SHA3-512")},
    "SSDEEP": re.compile(r"[0-9]+:[0-9a-zA-Z/+]{1,128}:[0-9a-zA-Z/+]{1,128}"),
    "TLSH": re.compile(r"(?:T1)?[0-9a-fA-F]{70}"),
}
RULES = {"yara": "yara", "snort": "snort", "sigma": "sigma", "suricata": "suricata"}
_BY_VALUE = {
    "domain": "domain-name",
    "hostname": "domain-name",
    "url": "url",
    "uri": "url",
    "link": "url",
    "email": "email-addr",
    "email-src": "email-addr",
    "email-dst": "email-addr",
    "mac-address": "mac-addr",
}
_NAMED = {"filename": "file", "email-attachment": "file", "mutex": "mutex"}
_ADDRESSES = ("ipv4-addr", "ipv6-addr")
_TYPE_OF_HASH = {name.replace("-", "").upper(): kind for kind, name in HASHES.items()}

Sco = dict[str, Any]


def observables(kind: str, value: str, uuid: str) -> list[Sco]:
    """Return the SCOs of an attribute, the first under its uuid; empty where the type, or the value, has none."""
    first, second = (*value.split("|", 1), "")[:2]
    if kind in _BY_VALUE:
        return [_sco(_BY_VALUE[kind], uuid, value=value)]
    if kind in ("ip-src", "ip-dst"):
        address = _address(value)
        return [_sco(address, uuid, value=value)] if address else []
    if kind in HASHES:
        return _hashed(HASHES[kind], value, uuid)
    if kind in _NAMED:
        return [_sco(_NAMED[kind], uuid, name=value)]
    if kind == "AS" and (number := value.upper().removeprefix("AS")).isascii() and number.isdigit():
        return [_sco("autonomous-system", uuid, number=int(number))]
    if kind == "regkey":
        return [_sco("windows-registry-key", uuid, key=value)]
    if kind == "email-subject":
        return [_sco("email-message", uuid, is_multipart=False, subject=value)]
    if "|" not in value:
        return []
    if kind == "regkey|value":
        return [_sco("windows-registry-key", uuid, key=first, values=[{"data": second}])]
    if kind.startswith("filename|") and (hash_ := HASHES.get(kind[9:])):
        return _hashed(hash_, second, uuid, name=first)
    if kind == "malware-sample":
        return _hashed("MD5", second, uuid, name=first)
    if kind == "domain|ip" and (address := _address(second)):
        target = _sco(address, derived("sco", uuid, address), value=second)
        return [_sco("domain-name", uuid, value=first, resolves_to_refs=[target["id"]]), target]
    return _endpoint(kind, first, second, uuid)


def _hashed(algorithm: str, value: str, uuid: str, **more: str) -> list[Sco]:
    """Return a file known by a hash; none where the value has not the shape of one, which STIX would not take."""
    return [_sco("file", uuid, hashes={algorithm: value}, **more)] if _SHAPES[algorithm].fullmatch(value) else []


def pattern(kind: str, value: str) -> str:
    """Return the STIX pattern that an attribute with ``to_ids`` asks to look for, empty where there is none.

    >>> pattern("filename|md5", "a.exe|d41d8cd98f00b204e9800998ecf8427e")
    "[file:hashes.MD5 = 'd41d8cd98f00b204e9800998ecf8427e' AND file:name = 'a.exe']"
    """
    found = observables(kind, value, derived("pattern"))
    if not found:
        return ""
    main = found[0]
    tests = [
        f"{main['type']}:{path} = {quoted if isinstance(quoted, int) else _quoted(quoted)}"
        for path, quoted in _paths(main, {sco["id"]: sco for sco in found})
    ]
    return f"[{' AND '.join(tests)}]"


def attribute_of(sco: Sco, others: dict[str, Sco], direction: str = "dst") -> list[tuple[str, str]]:
    """Return MISP types and values of an observable, several for a file with several hashes; empty where MISP has none.

    Args:
        sco: the observable.
        others: observables by id, for what it refers to.
        direction: ``src`` or ``dst``, which way an address stands.
    """
    kind = sco.get("type")
    value = sco.get("value")
    if kind in _ADDRESSES and isinstance(value, str):
        return [(f"ip-{direction}", value)]
    plain = {"domain-name": "domain", "url": "url", "email-addr": "email", "mac-addr": "mac-address"}.get(str(kind))
    if plain and isinstance(value, str):
        target = others.get(next(iter(sco.get("resolves_to_refs") or []), ""), {}).get("value")
        return (
            [("domain|ip", f"{value}|{target}")] if plain == "domain" and isinstance(target, str) else [(plain, value)]
        )
    if kind == "file":
        return _file(sco)
    if kind == "mutex" and isinstance(sco.get("name"), str):
        return [("mutex", sco["name"])]
    if kind == "autonomous-system" and type(sco.get("number")) is int:
        return [("AS", f"AS{sco['number']}")]
    if kind == "email-message" and isinstance(sco.get("subject"), str):
        return [("email-subject", sco["subject"])]
    if kind == "windows-registry-key" and isinstance(sco.get("key"), str):
        data = next((item.get("data") for item in sco.get("values") or [] if isinstance(item, dict)), None)
        return [("regkey|value", f"{sco['key']}|{data}")] if isinstance(data, str) else [("regkey", sco["key"])]
    if kind == "network-traffic":
        for way in ("dst", "src"):
            target, port = others.get(str(sco.get(f"{way}_ref")), {}), sco.get(f"{way}_port")
            if isinstance(target.get("value"), str) and type(port) is int:
                name = "hostname" if target.get("type") == "domain-name" else f"ip-{way}"
                return [(f"{name}|port", f"{target['value']}|{port}")]
    return []


_TEST = re.compile(r"\[\s*([a-z0-9-]+):([A-Za-z0-9_.'\"-]+)\s*=\s*'((?:[^'\\]|\\.)*)'\s*\]")


def sco_of_pattern(text: str) -> Sco:
    """Return the observable that a pattern of one equality looks for; empty for any other pattern.

    >>> sco_of_pattern("[domain-name:value = 'evil.example']")
    {'type': 'domain-name', 'value': 'evil.example'}
    """
    match = _TEST.fullmatch(text.strip())
    if match is None:
        return {}
    kind, path, quoted = match.groups()
    value = re.sub(r"\\(.)", r"\1", quoted, flags=re.DOTALL)
    if path.startswith("hashes."):
        return {"type": kind, "hashes": {path[7:].strip("'\""): value}}
    return {"type": kind, path: value} if path in ("value", "name", "key") else {}


def _sco(kind: str, uuid: str, **properties: Any) -> Sco:
    return {"type": kind, "spec_version": "2.1", "id": f"{kind}--{uuid}", **properties}


def _address(value: str) -> str:
    try:
        return _ADDRESSES[ipaddress.ip_network(value, strict=False).version == 6]
    except ValueError:
        return ""


def _endpoint(kind: str, host: str, port: str, uuid: str) -> list[Sco]:
    name, _, rest = kind.partition("|")
    address = "domain-name" if name == "hostname" else _address(host) if name in ("ip-src", "ip-dst") else ""
    if rest != "port" or not address or not (port.isascii() and port.isdigit() and int(port) < 65536):
        return []
    way = "src" if name == "ip-src" else "dst"
    target = _sco(address, derived("sco", uuid, address), value=host)
    ends = {f"{way}_ref": target["id"], f"{way}_port": int(port)}
    return [_sco("network-traffic", uuid, **ends, protocols=["tcp"]), target]


def _paths(sco: Sco, others: dict[str, Sco]) -> list[tuple[str, str | int]]:
    """Paths and values of a pattern, in a fixed order."""
    found: list[tuple[str, str | int]] = []
    for name, value in sco.items():
        if name == "hashes":
            found += [(f"hashes.{key if key.isalnum() else _quoted(key)}", item) for key, item in value.items()]
        elif name == "values":
            found += [("values[*].data", item["data"]) for item in value]
        elif name == "resolves_to_refs":
            found += [("resolves_to_refs[*].value", others[item]["value"]) for item in value]
        elif name.endswith("_ref"):
            found.append((f"{name}.value", others[value]["value"]))
        elif name in ("value", "name", "key", "subject", "number", "src_port", "dst_port"):
            found.append((name, value))
    return found


def _quoted(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def _file(sco: Sco) -> list[tuple[str, str]]:
    name = sco.get("name")
    hashes = sco.get("hashes")
    found = []
    for key, value in hashes.items() if isinstance(hashes, dict) else ():
        kind = _TYPE_OF_HASH.get(key.replace("-", "").upper())
        if kind and isinstance(value, str):
            found.append((f"filename|{kind}", f"{name}|{value}") if isinstance(name, str) else (kind, value))
    return found or ([("filename", name)] if isinstance(name, str) else [])
