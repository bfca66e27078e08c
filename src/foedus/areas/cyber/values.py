"""Values: what an indicator, an observable or a list line names, and its one normal form.

Source: the rules of section 4 of the cyber page; RFC 5952 (IPv6), RFC 5891 (IDNA), RFC 3986 section 6 (URL).
"""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

import idna

NORMAL_FORM = 1
"""Version of the normal forms; a change of any rule raises it, because joined values must be of one version."""

IP_KINDS = frozenset({"ipv4-addr", "ipv6-addr"})
HASH_KINDS = frozenset({"md5", "sha-1", "sha-224", "sha-256", "sha-384", "sha-512"})

_HASH_BY_LENGTH = {32: "md5", 40: "sha-1", 56: "sha-224", 64: "sha-256", 96: "sha-384", 128: "sha-512"}
_HEX = re.compile(r"[0-9a-f]+", re.ASCII)
_LDH = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)", re.ASCII)
_URL = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://([^/?#\s]*)([^#\s]*)(?:#\S*)?")
_AUTHORITY = re.compile(r"(?:([^@]*)@)?(\[[^\]]*\]|[^:]*)(?::(\d*))?")
_CVE = re.compile(r"CVE-\d{4}-\d{4,19}", re.ASCII)
_AS = re.compile(r"(?:ASN?\s?)?(\d{1,10})", re.ASCII | re.IGNORECASE)
_MAC = re.compile(r"[0-9a-f]{2}(?:[:-][0-9a-f]{2}){5}", re.ASCII)
_PORTS = {"http": "80", "https": "443", "ftp": "21", "ws": "80", "wss": "443"}
_DOTS = str.maketrans(dict.fromkeys("\u3002\uff0e\uff61", "."))  # look-alike dots of Japanese text
_HIVES = {
    "hkey_local_machine": "HKLM",
    "hkey_current_user": "HKCU",
    "hkey_classes_root": "HKCR",
    "hkey_users": "HKU",
    "hkey_current_config": "HKCC",
}
_HIVES |= {alias.lower(): alias for alias in _HIVES.values()}
_FANGS = (
    (re.compile(r"\b(h)(?:xx|tt|\*\*)(ps?)(?=\[?:)", re.IGNORECASE), r"\1tt\2"),
    (re.compile(r"\bfxp(?=\[?:)", re.IGNORECASE), "ftp"),
    (re.compile(r"\s?(?:\[\.\]|\(\.\)|\{\.\}|\[dot\]|\(dot\)|\{dot\})\s?", re.IGNORECASE), "."),
    (re.compile(r"\s?(?:\[@\]|\(@\)|\[at\]|\(at\))\s?", re.IGNORECASE), "@"),
    (re.compile(r"\[:\]|\[:(?=//)"), ":"),
    (re.compile(r"(?<=:)\[?//\]"), "//"),
)


class Value(NamedTuple):
    """A value: its kind, its normal form, and whether it had to be refanged to be read."""

    kind: str
    norm: str
    refanged: bool = False


def refang(text: str) -> str:
    """Return a text with the usual defanging undone.

    >>> refang("hxxps[:]//evil[.]example(dot)org/a")
    'https://evil.example.org/a'
    """
    for pattern, plain in _FANGS:
        text = pattern.sub(plain, text)
    return text


def normalise(kind: str, text: str) -> Value | None:
    """Return the value of a kind that a text names; None when the text is no such value.

    The kind of the result is the value's own: an IPv4-mapped IPv6 address is an ``ipv4-addr``, a network a ``cidr``.

    >>> normalise("domain-name", "Evil.EXAMPLE.org.")
    Value(kind='domain-name', norm='evil.example.org', refanged=False)
    """
    read = _READERS.get(kind)
    return read(text) if read else None


def guess(text: str) -> Value | None:
    """Return the value a text of unknown kind names, refanged where needed; None when it names none.

    >>> guess("203.0.113[.]9")
    Value(kind='ipv4-addr', norm='203.0.113.9', refanged=True)
    """
    plain = refang(text.strip())
    for read in _GUESSED:
        value = read(plain)
        if value is not None:
            return value._replace(refanged=plain != text.strip())
    return None


def host_of(value: Value) -> str:
    """Return the host a domain, URL or e-mail address names; empty where it names none."""
    if value.kind == "domain-name":
        return value.norm
    if value.kind == "email-addr":
        return value.norm.rpartition("@")[2]
    if value.kind == "url":
        match = _URL.match(value.norm)
        found = _AUTHORITY.fullmatch(match.group(2)) if match else None
        return found.group(2).strip("[]") if found else ""
    return ""


def is_reserved(value: Value) -> bool:
    """Say whether an address, or a URL's, is private, loopback, multicast or for documentation: it names no one host."""
    if value.kind == "url":
        named = _ip(host_of(value))
        return named is not None and is_reserved(named)
    if value.kind in IP_KINDS:
        address = ipaddress.ip_address(value.norm)
        return not address.is_global or address.is_multicast
    if value.kind == "cidr":
        network = ipaddress.ip_network(value.norm)
        return not network.is_global or network.is_multicast
    return False


def _host_text(text: str) -> str:
    return text if text.isascii() else unicodedata.normalize("NFKC", text.translate(_DOTS))


def _ip(text: str) -> Value | None:
    text = _host_text(text.strip())
    if not text.isascii() or "%" in text:
        return None
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is None:
            return Value("ipv6-addr", str(address))
        address = address.ipv4_mapped
    return Value("ipv4-addr", str(address))


def _cidr(text: str) -> Value | None:
    address, slash, bits = _host_text(text.strip()).partition("/")
    if not slash or not (bits.isascii() and bits.isdigit()) or _ip(address) is None:
        return None
    try:
        network = ipaddress.ip_network(f"{address}/{int(bits)}", strict=False)
    except ValueError:
        return None
    if network.prefixlen == network.max_prefixlen:
        return _ip(str(network.network_address))
    return Value("cidr", str(network))


def _address(text: str) -> Value | None:
    return _cidr(text) if "/" in text else _ip(text)


@lru_cache(maxsize=65_536)
def _domain(text: str) -> Value | None:
    host = _host_text(text.strip()).lower().rstrip(".")
    if not host.isascii():
        try:
            host = idna.encode(host, uts46=True).decode("ascii").lower()
        except (idna.IDNAError, UnicodeError):
            return None
    labels = host.split(".")
    if len(labels) < 2 or len(host) > 253 or labels[-1].isdigit() or not all(map(_LDH.fullmatch, labels)):
        return None
    return Value("domain-name", host)


def _url(text: str) -> Value | None:
    match = _URL.fullmatch(text.strip())
    authority = _AUTHORITY.fullmatch(match.group(2)) if match else None
    if match is None or authority is None:
        return None
    scheme, rest = match.group(1).lower(), match.group(3)
    user, host, port = authority.groups()
    named = _ip(host[1:-1]) if host.startswith("[") else _ip(host) or _domain(host)
    if named is None:
        return None
    shown = f"[{named.norm}]" if named.kind == "ipv6-addr" else named.norm
    place = f":{port}" if port and port != _PORTS.get(scheme) else ""
    login = f"{user}@" if user else ""
    return Value("url", f"{scheme}://{login}{shown}{place}{rest}")


def _email(text: str) -> Value | None:
    local, at, host = text.strip().rpartition("@")
    named = _domain(host) if at else None
    if named is None or not local or len(local) > 256 or re.search(r"[\s@<>\x00-\x1f]", local):
        return None
    return Value("email-addr", f"{local}@{named.norm}")


def _hash(text: str) -> Value | None:
    text = text.strip().lower()
    kind = _HASH_BY_LENGTH.get(len(text))
    return Value(kind, text) if kind and _HEX.fullmatch(text) else None


def _registry(text: str) -> Value | None:
    hive, slash, rest = text.strip().rstrip("\\").partition("\\")
    alias = _HIVES.get(hive.lower())
    return Value("windows-registry-key", f"{alias}\\{rest.casefold()}") if alias and slash else None


def _cve(text: str) -> Value | None:
    text = text.strip().upper()
    return Value("cve", text) if _CVE.fullmatch(text) else None


def _as(text: str) -> Value | None:
    match = _AS.fullmatch(text.strip())
    return Value("autonomous-system", str(int(match.group(1)))) if match and int(match.group(1)) < 2**32 else None


def _as_named(text: str) -> Value | None:
    return _as(text) if text[:2].upper() == "AS" else None


def _mac(text: str) -> Value | None:
    text = text.strip().lower()
    return Value("mac-addr", text.replace("-", ":")) if _MAC.fullmatch(text) else None


def _mutex(text: str) -> Value | None:
    return Value("mutex", text) if text else None


def _file_name(text: str) -> Value | None:
    return Value("file-name", text) if text else None


def _account(text: str) -> Value | None:
    return Value("user-account", text) if text else None


_READERS: dict[str, Callable[[str], Value | None]] = {
    "ipv4-addr": _address,
    "ipv6-addr": _address,
    "cidr": _address,
    "domain-name": _domain,
    "url": _url,
    "email-addr": _email,
    "windows-registry-key": _registry,
    "cve": _cve,
    "autonomous-system": _as,
    "mac-addr": _mac,
    "mutex": _mutex,
    "file-name": _file_name,
    "user-account": _account,
}
_READERS.update(dict.fromkeys(HASH_KINDS, _hash))
_GUESSED = (_address, _hash, _url, _email, _cve, _as_named, _mac, _registry, _domain)
