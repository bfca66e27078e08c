"""Watch lists: hulls and owners somebody wants to hear of, and registers that say whose a hull is and under which flag.

CSV with a header. A list (``maritime/watchlist/*.csv``) has at least one of ``imo``, ``mmsi``, ``owner``; a register
(``maritime/register/*.csv``) ``imo`` or ``mmsi`` and what it knows of ``owner``, ``flag``. A hull is matched by IMO number first,
then by MMSI, then by its owner as a register tells; never by a name alone.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from foedus.areas.maritime.files import FOLDER, Ground, ground_of
from foedus.errors import FoedusError, MalformedRecord
from foedus.model.finding import Key
from foedus.model.room import Layers

_COLUMNS = frozenset({"imo", "mmsi", "owner", "name", "flag", "list", "reason", "date", "source"})
_NUMBERS = {"imo": 7, "mmsi": 9}


class Row(NamedTuple):
    """One line of a file: what it says, where it stands."""

    said: Mapping[str, str]
    ground: Ground


class Hit(NamedTuple):
    """A hull on a list: which file and list, which field matched on which value, what the list says of it."""

    ground: Ground
    list: str
    field: str
    value: str
    reason: str

    @property
    def why(self) -> str:
        """Which field matched on which list, in words."""
        return f"on the list {self.list} by {self.field} {self.value}" + (f": {self.reason}" if self.reason else "")


class Watch:
    """Lists and registers, indexed.

    Args:
        lists: lines of watch lists.
        registers: lines of registers.
    """

    def __init__(self, lists: tuple[Row, ...], registers: tuple[Row, ...]) -> None:
        self.lists = lists
        self._lists = _indexed(lists, ("imo", "mmsi", "owner"))
        self._registers = _indexed(registers, ("imo", "mmsi"))

    def hits(self, mmsi: int, imo: int) -> tuple[Hit, ...]:
        """Return the lists a hull is on, by the first field that matches in each file."""
        found: dict[tuple[str, str], Hit] = {}
        owner = self.registered(mmsi, imo).get("owner", "").casefold()
        for field, value in (("imo", f"{imo:07d}" if imo else ""), ("mmsi", f"{mmsi:09d}"), ("owner", owner)):
            for row in self._lists.get((field, value), ()) if value else ():
                named = name_of(row)
                shown = row.said.get(field, value)
                found.setdefault(
                    (row.ground.name, named), Hit(row.ground, named, field, shown, row.said.get("reason", ""))
                )
        return tuple(found[key] for key in sorted(found))

    def registered(self, mmsi: int, imo: int) -> Mapping[str, str]:
        """Return what a register says of a hull, by its IMO number first."""
        for key in (("imo", f"{imo:07d}"), ("mmsi", f"{mmsi:09d}")):
            for row in self._registers.get(key, ()):
                return row.said
        return {}


def name_of(row: Row) -> str:
    """Return the list that a line is of: the one it names, else its file."""
    return row.said.get("list") or row.ground.name.rpartition("/")[2].rpartition(".")[0]


def watch(layers: Layers) -> Watch:
    """Read the lists and registers of the room.

    Raises:
        MalformedRecord: one of them is not understood; ``where`` is its name and line.
    """
    files = layers.files(FOLDER)
    return _watch(tuple(sorted((name, raw) for name, raw in files.items() if name.endswith(".csv"))))


def watch_or_none(layers: Layers) -> Watch:
    """Return the lists, none where one of them is broken: what is only shown must not stand in the way of what arrives."""
    try:
        return watch(layers)
    except FoedusError:
        return Watch((), ())


def hits_of(keys: Sequence[Key], lists: Watch) -> tuple[Hit, ...]:
    """Return the lists that hold a vessel of which a finding's keys hold the numbers."""
    numbers = {
        kind: [int(key.norm) for key in keys if key.kind == kind and key.norm.isdecimal()] for kind in ("mmsi", "imo")
    }
    imos = [imo for imo in numbers["imo"] if imo < 10_000_000]
    asked = [(mmsi, 0) for mmsi in numbers["mmsi"]] + [(0, imo) for imo in imos]
    return tuple(hit for mmsi, imo in asked for hit in lists.hits(mmsi, imo))


@lru_cache(maxsize=4)
def _watch(files: tuple[tuple[str, bytes], ...]) -> Watch:
    lists = tuple(
        row for name, raw in files if name.startswith(f"{FOLDER}watchlist/") for row in _rows(name, raw, list_=True)
    )
    registers = tuple(
        row for name, raw in files if name.startswith(f"{FOLDER}register/") for row in _rows(name, raw, list_=False)
    )
    return Watch(lists, registers)


def _rows(file: str, raw: bytes, *, list_: bool) -> Iterator[Row]:
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise _wrong("no UTF-8", file, line) from error
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    ground = ground_of(file, raw)
    try:
        header = [name.strip().casefold() for name in next(reader, [])]
        _check(header, file, list_=list_)
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield Row(_said(header, cells, file, reader.line_num), ground)
    except csv.Error as error:
        raise _wrong(f"no CSV: {error}", file, reader.line_num) from error


def _check(header: list[str], file: str, *, list_: bool) -> None:
    needed = ("imo", "mmsi", "owner") if list_ else ("imo", "mmsi")
    if not set(header) & set(needed):
        raise _wrong(f"none of the columns {', '.join(needed)}", file, 1)
    if unknown := sorted(set(header) - _COLUMNS):
        raise _wrong(f"a column nobody knows: {unknown[0][:40]!r}", file, 1)
    if len(set(header)) != len(header):
        raise _wrong("a column twice", file, 1)


def _said(header: list[str], cells: list[str], file: str, line: int) -> dict[str, str]:
    if len(cells) != len(header):
        raise _wrong(f"{len(cells)} cells where the header has {len(header)}", file, line)
    said = {name: cell.strip()[:300] for name, cell in zip(header, cells, strict=True) if cell.strip()}
    for name, digits in _NUMBERS.items():
        number = said.get(name, "").upper().removeprefix("IMO").strip()
        if name in said:
            if not (number.isascii() and number.isdecimal() and len(number) == digits):
                raise _wrong(f"{name} has {digits} digits", file, line)
            said[name] = number
    return said


def _indexed(rows: tuple[Row, ...], fields: tuple[str, ...]) -> dict[tuple[str, str], list[Row]]:
    found: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        for field in fields:
            if field in row.said:
                found.setdefault((field, row.said[field].casefold()), []).append(row)
    return found


def _wrong(what: str, file: str, line: int) -> MalformedRecord:
    hint = f"columns: {', '.join(sorted(_COLUMNS))}"
    return MalformedRecord(f"list: {what}", code="layer-malformed", where=f"{file} line {line}", hint=hint)
