"""Indicator lists: CSV with a column map, and plain lists with one value a line.

Every value becomes an indicator with an id of its own value, so the same list read twice says the same thing twice. A line
that is no value is refused with its number. A quoted field may not span lines.
"""

from __future__ import annotations

import csv
import uuid
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import BinaryIO

import msgspec

from foedus.areas.cyber.batches import Row
from foedus.areas.cyber.values import Value, guess, normalise, refang
from foedus.engine.refused import Refusal, refusal
from foedus.errors import FoedusError, InputError, MalformedRecord
from foedus.model import instant
from foedus.model.canonical import canonical
from foedus.model.room import Settings

NAMESPACE = uuid.UUID("9d0ad3c5-37a5-5a9e-9d57-2a1f24b1d8a1")
"""Namespace of the ids this room makes; never that of the SCOs, which is the standard's."""

MAX_LINE_BYTES = 64 * 1024
SAMPLE_LINES = 20
_DELIMITERS = ",;\t|"
_COMMENTS = ("#", "//", ";")
_VALUE_NAMES = (
    "value",
    "indicator",
    "ioc",
    "observable",
    "ip",
    "domain",
    "url",
    "sha256",
    "sha1",
    "md5",
    "hash",
    "email",
)
_KIND_NAMES = ("type", "kind", "indicator_type", "ioc_type")
_COMMENT_NAMES = ("comment", "description", "note", "備考", "説明")
_SEEN_NAMES = ("first_seen", "seen", "date", "valid_from", "firstseen")
_GROUPS = (("value", _VALUE_NAMES), ("kind", _KIND_NAMES), ("comment", _COMMENT_NAMES), ("seen", _SEEN_NAMES))
_KNOWN = frozenset(name for _, names in _GROUPS for name in names)
_KIND_WORDS = {
    "ip": "ipv4-addr", "ipv4": "ipv4-addr", "ip-src": "ipv4-addr", "ip-dst": "ipv4-addr", "ipv6": "ipv6-addr",
    "domain": "domain-name", "hostname": "domain-name", "fqdn": "domain-name", "uri": "url", "link": "url",
    "email": "email-addr", "email-src": "email-addr", "email-dst": "email-addr", "sha1": "sha-1", "sha224": "sha-224",
    "sha256": "sha-256", "sha384": "sha-384", "sha512": "sha-512", "regkey": "windows-registry-key",
    "vulnerability": "cve", "as": "autonomous-system", "asn": "autonomous-system", "filename": "file-name",
    "mac-address": "mac-addr",
}  # fmt: skip
_PATTERN = {
    "ipv4-addr": "ipv4-addr:value", "ipv6-addr": "ipv6-addr:value", "domain-name": "domain-name:value",
    "url": "url:value", "email-addr": "email-addr:value", "mac-addr": "mac-addr:value", "mutex": "mutex:name",
    "file-name": "file:name", "windows-registry-key": "windows-registry-key:key", "cve": "vulnerability:name",
    "user-account": "user-account:user_id", "md5": "file:hashes.MD5", "sha-1": "file:hashes.'SHA-1'",
    "sha-224": "file:hashes.'SHA-224'", "sha-256": "file:hashes.'SHA-256'", "sha-384": "file:hashes.'SHA-384'",
    "sha-512": "file:hashes.'SHA-512'",
}  # fmt: skip


class Columns(msgspec.Struct, frozen=True, omit_defaults=True):
    """Which column holds what, by number; ``delimiter`` empty means a plain list. ``header`` is the number of its line."""

    value: int = 0
    kind: int | None = None
    comment: int | None = None
    seen: int | None = None
    delimiter: str = ""
    header: int = 0


class Origin(msgspec.Struct, frozen=True):
    """What a list does not say itself: when it was made, by whom (an identity's id), how long its values hold."""

    at: datetime
    created_by: str = ""
    ttl_days: int | None = None


def origin(settings: Settings) -> Origin:
    """Return the origin that settings name: ``at`` (instant, needed), ``created_by``, ``ttl_days``.

    Raises:
        InputError: ``at`` is missing or no instant.
    """
    at = settings.get("at")
    if isinstance(at, str):
        at = instant.parse(at)
    if not isinstance(at, datetime) or at.tzinfo is None:
        raise InputError(
            "a list has no instant of its own", code="list-without-date", where="line 1", hint="give the setting at"
        )
    return Origin(at.astimezone(UTC), str(settings.get("created_by", "")), settings.get("ttl_days"))


def columns(head: bytes, settings: Settings) -> tuple[Columns, bool]:
    """Return the column map of a list's head, and whether it was guessed.

    ``settings["columns"]`` maps ``value``, ``kind``, ``comment`` and ``seen`` to a column's name or number.

    Raises:
        MalformedRecord: the settings name a column the header does not have.
    """
    lines = _sample(head)
    delimiter = str(settings.get("delimiter") or _delimiter([line for _, line in lines]))
    given = settings.get("columns")
    if not delimiter and not given:
        return Columns(), False
    rows = [(number, _cells(line, delimiter or ",")) for number, line in lines]
    number, first = rows[0] if rows else (0, [])
    names = [cell.strip().lower().replace(" ", "_") for cell in first]
    # A known column name decides: "ip.src" would pass for a host name.
    header = number if first and (_KNOWN & {*names} or not any(guess(cell) for cell in first)) else 0
    names = names if header else []
    if isinstance(given, Mapping):
        places = {what: _place(column, names) for what, column in given.items()}
        return msgspec.convert(places | {"delimiter": delimiter or ",", "header": header}, Columns), False
    body = [cells for at, cells in rows if at != header]
    return _guessed(names, body, delimiter, header), True


def read(source: BinaryIO, held: Columns, given: Origin) -> Iterator[Row | Refusal]:
    """Yield an indicator for every line that holds a value, a refusal for every line that should and does not."""
    for number, raw in _lines(source):
        where = f"line {number}"
        if len(raw) > MAX_LINE_BYTES:
            yield Refusal(
                where, "line-too-long", "a line is too long for a value", f"at most {MAX_LINE_BYTES} bytes", raw
            )
            continue
        try:
            line = raw.decode("utf-8-sig" if number == 1 else "utf-8").strip()
            if not line or line.startswith(_COMMENTS) or number == held.header:
                continue
            yield Row(_indicator(line, held, given), where, "csv" if held.delimiter else "list")
        except UnicodeDecodeError:
            yield Refusal(where, "encoding", "a line is not UTF-8", "write the list as UTF-8", raw)
        except FoedusError as error:
            yield refusal(error, where, raw)


def indicator_id(value: Value, created_by: str = "") -> str:
    """Return the id of the indicator that a creator makes of a value."""
    return f"indicator--{uuid.uuid5(NAMESPACE, canonical([created_by, value.kind, value.norm]).decode())}"


def _indicator(line: str, held: Columns, given: Origin) -> bytes:
    cells = _cells(line, held.delimiter) if held.delimiter else [line.partition(" #")[0].strip()]
    written = _cell(cells, held.value)
    value = _value(_cell(cells, held.kind).lower(), written)
    if value is None:
        raise MalformedRecord("no value in the line", code="list-no-value", hint="an address, name, URL, hash or CVE")
    if value.kind not in _PATTERN and value.kind not in {"cidr", "autonomous-system"}:
        raise MalformedRecord("no pattern for this kind of value", code="list-kind", hint="give it as STIX")
    created = instant.stix_text(given.at)
    seen = _cell(cells, held.seen)
    valid_from = instant.stix_text(instant.parse(seen if "T" in seen else f"{seen}T00:00:00Z")) if seen else created
    until = instant.stix_text(instant.parse(valid_from) + timedelta(days=given.ttl_days)) if given.ttl_days else ""
    comment = _cell(cells, held.comment)
    obj = {
        "type": "indicator",
        "spec_version": "2.1",
        "id": indicator_id(value, given.created_by),
        "created_by_ref": given.created_by,
        "created": created,
        "modified": created,
        "name": written,
        "description": comment,
        "pattern": pattern(value),
        "pattern_type": "stix",
        "valid_from": valid_from,
        "valid_until": until,
    }
    return canonical({key: item for key, item in obj.items() if item})


def pattern(value: Value) -> str:
    r"""Return the STIX pattern of a value.

    >>> pattern(Value("windows-registry-key", "HKLM\\run"))
    "[windows-registry-key:key = 'HKLM\\\\run']"
    """
    if value.kind == "autonomous-system":
        return f"[autonomous-system:number = {value.norm}]"
    path = _PATTERN.get(value.kind, "ipv6-addr:value" if ":" in value.norm else "ipv4-addr:value")
    escaped = value.norm.replace("\\", "\\\\").replace("'", "\\'")
    return f"[{path} = '{escaped}']"


def _value(kind: str, written: str) -> Value | None:
    named = _KIND_WORDS.get(kind, kind)
    return normalise(named, refang(written)) or guess(written)


def _lines(source: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """Lines with their numbers; of a line that is too long only its beginning is held."""
    number = 0
    while line := source.readline(MAX_LINE_BYTES + 1):
        number += 1
        yield number, line
        rest = line
        while len(rest) > MAX_LINE_BYTES and not rest.endswith(b"\n"):
            rest = source.readline(MAX_LINE_BYTES + 1)


def _sample(head: bytes) -> list[tuple[int, str]]:
    found = []
    for number, raw in enumerate(head.split(b"\n"), start=1):
        line = raw.decode("utf-8-sig", errors="replace").strip()
        if line and not line.startswith(_COMMENTS):
            found.append((number, line))
    return found[:SAMPLE_LINES]


def _delimiter(lines: Sequence[str]) -> str:
    """Delimiter that stands in most lines, the same number of times; empty where no line has one."""

    def score(mark: str) -> int:
        counts = [len(_cells(line, mark)) for line in lines]
        usual = max(counts, key=counts.count)
        return counts.count(usual) if usual > 1 else 0

    best = max(_DELIMITERS, key=score) if lines else ","
    return best if lines and score(best) * 2 > len(lines) else ""


def _cells(line: str, delimiter: str) -> list[str]:
    try:
        return [cell.strip() for cell in next(csv.reader([line], delimiter=delimiter, skipinitialspace=True), [])]
    except csv.Error as error:
        raise MalformedRecord("not a CSV line", code="csv-malformed") from error


def _cell(cells: Sequence[str], place: int | None) -> str:
    return cells[place].strip() if place is not None and place < len(cells) else ""


def _place(column: object, names: Sequence[str]) -> int:
    if isinstance(column, int):
        return column
    name = str(column).lower().replace(" ", "_")
    if name not in names:
        raise MalformedRecord("the settings name a column the list has not", code="csv-column", where="line 1")
    return names.index(name)


def _guessed(names: Sequence[str], body: Sequence[Sequence[str]], delimiter: str, header: int) -> Columns:
    """Column map by the header's names; without a known name the column that most often holds a value."""
    places = {what: next((names.index(name) for name in known if name in names), None) for what, known in _GROUPS}
    if places["value"] is None:
        width = max((len(cells) for cells in body), default=1)
        hits = [sum(1 for cells in body if guess(_cell(cells, place))) for place in range(width)]
        places["value"] = hits.index(max(hits))
    return msgspec.convert(places | {"delimiter": delimiter, "header": header}, Columns)
