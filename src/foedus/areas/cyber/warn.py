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

from foedus.areas.cyber.values import IP_KINDS, Value, host_of, is_reserved, normalise
from foedus.errors import FoedusError, MalformedRecord
from foedus.model import ijson

RESERVED = "foedus: reserved address"
"""Name of the one warning that needs no list: private, loopback, documentation and similar addresses."""

LAYER = "warninglist/"
_TYPES = frozenset({"string", "substring", "hostname", "cidr", "regex"})
_TEXT_LIMIT = 2_048  # characters of a value that are searched for parts
_GRAM = 4  # characters that index the entries of a substring list
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


class Probe:
    """A value, taken apart once for all lists."""

    def __init__(self, value: Value, written: str) -> None:
        self.kind = value.kind
        self.written = written
        self.texts = (value.norm.casefold(), written.casefold())
        self.hosts = tuple(_parents(host_of(value)))
        self.network = _network(value)

    def leading_bits(self) -> Iterator[tuple[tuple[int, int], int]]:
        """Yield (version, prefix length) and leading bits of every network that encloses the value."""
        if self.network is not None:
            number, width = int(self.network.network_address), self.network.max_prefixlen
            for bits in range(self.network.prefixlen + 1):
                yield (self.network.version, bits), number >> (width - bits)


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
        entries = [entry.strip() for entry in entries if entry.strip()]
        self._exact: frozenset[str] = frozenset()
        if type == "string":
            self._exact = frozenset(entry.casefold() for entry in entries)
        elif type == "hostname":
            self._exact = frozenset(_hostname(entry) for entry in entries)
        self._networks = _networks(entries) if type == "cidr" else {}
        self._grams = _grams(entries) if type == "substring" else {}
        self._expression = _expression(entries, name) if type == "regex" and entries else None

    def holds(self, probe: Probe) -> bool:
        """Say whether a value is on the list."""
        if self.kinds is not None and probe.kind not in self.kinds:
            return False
        if self._type == "string":
            return not self._exact.isdisjoint(probe.texts)
        if self._type == "hostname":
            return not self._exact.isdisjoint(probe.hosts)
        if self._type == "cidr":
            held = self._networks
            return any(bits in held[prefix] for prefix, bits in probe.leading_bits() if prefix in held)
        if self._type == "substring":
            return self._has_part(probe.texts[0])
        return self._expression is not None and self._expression.search(probe.written[:_TEXT_LIMIT]) is not None

    def _has_part(self, text: str) -> bool:
        text = text[:_TEXT_LIMIT]
        return any(
            text.startswith(entry, place)
            for place in range(len(text))
            for size in (_GRAM, *range(1, _GRAM))
            for entry in self._grams.get(text[place : place + size], ())
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
        probe = Probe(value, written)
        return own + tuple(one.name for one in self.lists if one.holds(probe))


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


def _grams(entries: Iterable[str]) -> dict[str, list[str]]:
    """Entries by their first characters, so that a place in a value costs a look-up, not a scan of the list."""
    held: dict[str, list[str]] = {}
    for entry in map(str.casefold, entries):
        held.setdefault(entry[:_GRAM], []).append(entry)
    return held


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
