"""Warning lists: values that are everywhere, reserved or shared, so that seeing them twice says little.

A hit is shown, never used to drop a document. Source: the list format of MISP's warning lists (``type``, ``list``,
``matching_attributes``); dictionaries instead of scans, so that a value costs a number of look-ups that does not grow with
the lists.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any

from foedus.areas.cyber.values import IP_KINDS, Value, host_of, is_reserved, normalise
from foedus.errors import FoedusError, MalformedRecord
from foedus.model import ijson

RESERVED = "foedus: reserved address"
"""Name of the one warning that needs no list: private, loopback, documentation and similar addresses."""

LAYER = "warninglist/"
_TYPES = frozenset({"string", "substring", "hostname", "cidr", "regex"})
_REGEX_LIMIT = 2_048  # characters of a value shown to a list's own expressions
# What MISP calls the attributes that may hold a value of a kind.
_ATTRIBUTES: Mapping[str, frozenset[str]] = {
    "ipv4-addr": frozenset({"ip-src", "ip-dst", "domain|ip", "ip-src|port", "ip-dst|port"}),
    "ipv6-addr": frozenset({"ip-src", "ip-dst", "domain|ip", "ip-src|port", "ip-dst|port"}),
    "cidr": frozenset({"ip-src", "ip-dst"}),
    "domain-name": frozenset({"domain", "hostname", "domain|ip", "hostname|port"}),
    "url": frozenset({"url", "uri", "link"}),
    "email-addr": frozenset({"email", "email-src", "email-dst", "whois-registrant-email", "dns-soa-email"}),
    "md5": frozenset({"md5", "filename|md5"}),
    "sha-1": frozenset({"sha1", "filename|sha1"}),
    "sha-224": frozenset({"sha224", "filename|sha224"}),
    "sha-256": frozenset({"sha256", "filename|sha256"}),
    "sha-384": frozenset({"sha384", "filename|sha384"}),
    "sha-512": frozenset({"sha512", "filename|sha512"}),
    "file-name": frozenset({"filename"}),
    "autonomous-system": frozenset({"AS"}),
    "windows-registry-key": frozenset({"regkey"}),
}


class WarningList:
    """One warning list, compiled for look-ups.

    Args:
        name: how a hit names it.
        type: ``string``, ``substring``, ``hostname``, ``cidr`` or ``regex``.
        entries: its lines.
        attributes: MISP attribute types it is for; empty: all.
    """

    def __init__(self, name: str, type: str, entries: Iterable[str], attributes: Iterable[str] = ()) -> None:
        self.name = name
        self.kinds = _kinds(frozenset(attributes))
        self._type = type
        self._exact: frozenset[str] = frozenset()
        self._networks: dict[tuple[int, int], set[int]] = {}
        self._expression: re.Pattern[str] | None = None
        entries = [entry.strip() for entry in entries if entry.strip()]
        if type == "string":
            self._exact = frozenset(entry.casefold() for entry in entries)
        elif type == "hostname":
            self._exact = frozenset(_hostname(entry) for entry in entries)
        elif type == "cidr":
            self._networks = _networks(entries)
        elif entries:
            parts = entries if type == "regex" else [re.escape(entry.casefold()) for entry in entries]
            self._expression = _expression(parts, name)

    def holds(self, value: Value, written: str) -> bool:
        """Say whether a value is on the list."""
        if self.kinds is not None and value.kind not in self.kinds:
            return False
        if self._type == "string":
            return value.norm.casefold() in self._exact or written.casefold() in self._exact
        if self._type == "hostname":
            return any(parent in self._exact for parent in _parents(host_of(value)))
        if self._type == "cidr":
            return self._inside(value)
        text = (written if self._type == "regex" else value.norm.casefold())[:_REGEX_LIMIT]
        return self._expression is not None and self._expression.search(text) is not None

    def _inside(self, value: Value) -> bool:
        network = _network(value)
        if network is None:
            return False
        version, number, length = network.version, int(network.network_address), network.prefixlen
        width = network.max_prefixlen
        return any(
            number >> (width - bits) in numbers
            for (of, bits), numbers in self._networks.items()
            if of == version and bits <= length
        )


class WarningLists:
    """All warning lists a node has, asked at once.

    >>> lists = WarningLists((WarningList("public resolvers", "cidr", ["8.8.8.8"]),))
    >>> lists.hits(Value("ipv4-addr", "8.8.8.8"), "8.8.8.8"), lists.hits(Value("ipv4-addr", "8.8.8.9"), "8.8.8.9")
    (('public resolvers',), ())
    """

    def __init__(self, lists: Iterable[WarningList], broken: Iterable[str] = ()) -> None:
        self.lists = tuple(lists)
        self.broken = tuple(broken)

    def hits(self, value: Value, written: str) -> tuple[str, ...]:
        """Return the names of the lists a value is on."""
        own = (RESERVED,) if is_reserved(value) else ()
        return own + tuple(one.name for one in self.lists if one.holds(value, written))


def warning_lists(files: Mapping[str, bytes]) -> WarningLists:
    """Return the warning lists of layer files, compiled once for the same files; what is no list is named in ``broken``."""
    return _compiled(tuple(sorted(files.items())))


def read_list(raw: bytes) -> WarningList:
    """Return the warning list of a MISP ``list.json``.

    Raises:
        MalformedRecord: no warning list.
    """
    held = ijson.loads(raw)
    if not isinstance(held, dict) or not isinstance(held.get("list"), list) or not held.get("name"):
        raise MalformedRecord("not a warning list", code="warninglist-malformed", hint="it needs name, type and list")
    type_ = held.get("type", "string")
    if type_ not in _TYPES:
        raise MalformedRecord("unknown type of warning list", code="warninglist-type", where="/type")
    name = f"{held['name']} ({held.get('version', 0)})"
    return WarningList(name, type_, map(str, held["list"]), map(str, held.get("matching_attributes") or ()))


@lru_cache(maxsize=4)
def _compiled(files: tuple[tuple[str, bytes], ...]) -> WarningLists:
    lists: list[WarningList] = []
    broken: list[str] = []
    for name, raw in files:
        try:
            lists.append(read_list(raw))
        except FoedusError as error:
            broken.append(f"{name}: {error.code}")
    return WarningLists(lists, broken)


def _kinds(attributes: frozenset[str]) -> frozenset[str] | None:
    """Kinds of value a list is for; None: all."""
    return frozenset(kind for kind, names in _ATTRIBUTES.items() if names & attributes) if attributes else None


def _hostname(entry: str) -> str:
    value = normalise("url", entry) or normalise("domain-name", entry.lstrip("."))
    return host_of(value) if value else entry.lstrip(".").casefold()


def _parents(host: str) -> Iterator[str]:
    while host:
        yield host
        host = host.partition(".")[2]


def _expression(parts: list[str], name: str) -> re.Pattern[str]:
    try:
        return re.compile("|".join(f"(?:{part.strip('/') if part[:1] == '/' else part})" for part in parts))
    except re.error as error:
        raise MalformedRecord("unreadable expression", code="warninglist-regex", where=name) from error


def _network(value: Value) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    if value.kind in IP_KINDS or value.kind == "cidr":
        return ipaddress.ip_network(value.norm)
    named = normalise("ipv4-addr", host_of(value)) if value.kind == "url" else None
    return ipaddress.ip_network(named.norm) if named else None


def _networks(entries: Iterable[str]) -> dict[tuple[int, int], set[int]]:
    """Networks as (version, prefix length) -> leading bits: one probe a length, at most 33 + 129 a value."""
    held: dict[tuple[int, int], set[int]] = {}
    for entry in entries:
        try:
            network = ipaddress.ip_network(entry, strict=False)
        except ValueError:
            continue  # a list's own mistake; the rest of it still warns
        bits = int(network.network_address) >> (network.max_prefixlen - network.prefixlen)
        held.setdefault((network.version, network.prefixlen), set()).add(bits)
    return held
