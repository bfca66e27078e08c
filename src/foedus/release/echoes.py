"""What still gives a hidden value away: in another field, another spelling, an encoding, a hash or an id.

A position is looked for as decimals, degrees and minutes, and geohash; any value as text, hexadecimal, base64, its common
hashes, and the deterministic id of an observable made of it.
"""

from __future__ import annotations

import base64
import hashlib
import re
import uuid
from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from itertools import product
from typing import Any, NamedTuple

from foedus.model.canonical import canonical
from foedus.model.stix import SCO_NAMESPACE, is_id
from foedus.release.edits import GONE, Path, walk

MOST_POINTS = 64
"""So many points of a track are looked for in every encoding; as decimals all are."""

_SHORTEST, _LEAST_NUMBER = 4, 10_000
_DECIMAL = re.compile(r"(\d{1,3})[.,](\d{2,})")
_INSTANT = re.compile(r"(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d)")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z")
_HEX, _UUID5 = re.compile(r"[0-9a-f]{32}"), re.compile(r"-5[0-9a-f]{3}-[89ab]")
_FIXED = frozenset({"type", "spec_version", "created", "modified"})
_BASE32 = "0123456789bcdefghjkmnpqrstuvwxyz"
_GEOHASH = 5


class Change(NamedTuple):
    """A place of an object, what stood there, and what stands there now (GONE: nothing)."""

    path: Path
    old: Any
    new: Any


def echoes(shown: Mapping[str, Any], changes: Iterable[Change]) -> list[Path]:
    """Return the places of an object that give away what changes hid; identity and instants of the version are not asked.

    >>> echoes({"id": "x--1", "x_note": "YWNtZSBjb3Jw", "name": "n"}, [Change(("x_victim",), "acme corp", GONE)])
    [('x_note',)]
    """
    listed = list(changes)
    numbers = [change for change in listed if _is_number(change.old)]
    decimals = {_cut(abs(change.old)) for change in numbers} | {f"{abs(change.old):.2f}" for change in numbers}
    coarse = {change.new for change in numbers}
    places = [(path, value) for path, value in walk(dict(shown)) if path[0] not in _FIXED]
    texts = {text for path, value in places for text in (path[-1], value) if isinstance(text, str)}
    all_of_it = "\n".join(texts).casefold()
    coded = Coded(bool(_HEX.search(all_of_it)), bool(_UUID5.search(all_of_it)))
    needles = {text for change in listed for text in _of_text(change, coded)} | set(_of_points(numbers, coded))
    # Mostly none is there: then no text has to be looked at by itself.
    there = [needle for needle in needles if needle in all_of_it]
    short = [needle for needle in set(_short_forms(numbers)) if needle in all_of_it]
    # So few digits stand in any id and any instant by chance, and tell nothing there.
    telling = {text for text in texts if there and _gives_away(text, there, frozenset())}
    if short or decimals:
        telling |= {text for text in texts if not _is_number_like(text) and _gives_away(text, short, decimals)}
    found: list[Path] = []
    for path, value in places:
        exact = _is_number(value) and value not in coarse and value != int(value) and _cut(abs(value)) in decimals
        if exact or path[-1] in telling or (isinstance(value, str) and value in telling):
            found.append(path)
    # What stands below a place that goes, goes with it.
    gone = set(found)
    return [path for path in found if not any(path[:depth] in gone for depth in range(1, len(path)))]


class Coded(NamedTuple):
    """Whether anything in an object looks like a hash, like an id made of content: only then it is worth computing any."""

    hashes: bool
    ids: bool


def _is_number(value: Any) -> bool:
    return type(value) is float or type(value) is int


def _cut(value: float) -> str:
    """Return a number with two decimals, cut off and not rounded."""
    whole, _, rest = f"{value:.9f}".partition(".")
    return f"{whole}.{rest[:2]}"


def _is_number_like(text: str) -> bool:
    """Whether a text is an id or an instant and nothing else."""
    return is_id(text) or _MOMENT.fullmatch(text) is not None


def _gives_away(text: str, needles: Iterable[str], decimals: AbstractSet[str]) -> bool:
    folded = text.casefold()
    if any(needle in folded for needle in needles):
        return True
    return any(f"{whole}.{rest[:2]}" in decimals for whole, rest in _DECIMAL.findall(text))


def _of_text(change: Change, coded: Coded) -> Iterator[str]:
    """Yield every spelling of the texts that a change hid."""
    if type(change.old) is int and change.new is GONE:
        yield from (str(change.old),) if change.old >= _LEAST_NUMBER else ()
    texts = (
        [change.old] if isinstance(change.old, str) else [item for _, item in walk(change.old) if isinstance(item, str)]
    )
    for text in texts:
        moment = _INSTANT.match(text)
        if moment is not None:
            # Of an instant made coarse its day may be shown; hour and minute together may not.
            yield from (f"{moment[1]}{between}{moment[2]}" for between in ("t", " ")) if change.new is not GONE else ()
        elif is_id(text):
            yield text.casefold()
        elif len(text) >= _SHORTEST:
            yield from _spellings(text, coded)


def _spellings(text: str, coded: Coded) -> Iterator[str]:
    yield text.casefold()
    for form in dict.fromkeys((text, text.lower())):
        raw = form.encode(errors="replace")
        yield raw.hex()
        yield from (one.casefold() for one in _base64_cores(raw))
        for name in ("md5", "sha1", "sha256") if coded.hashes else ():
            yield hashlib.new(name, raw, usedforsecurity=False).hexdigest()
        for name in ("value", "name", "path", "user_id", "account_login") if coded.ids else ():
            yield str(uuid.uuid5(SCO_NAMESPACE, canonical({name: form}).decode()))


def _base64_cores(raw: bytes) -> Iterator[str]:
    """Yield what base64 of any text that holds these bytes contains, for each place they may begin at."""
    for lead in range(3):
        coded = base64.b64encode(b"\0" * lead + raw).decode()
        # The first characters mix with what stands before, the last ones with what comes after.
        core = coded[(0, 2, 3)[lead] : (lead + len(raw)) * 8 // 6]
        if len(core) > _SHORTEST:
            yield core


def _of_points(numbers: list[Change], coded: Coded) -> Iterator[str]:
    """Yield the spellings of pairs of coordinates that stand beside each other."""
    for pair in _pairs(numbers):
        if len(pair) == 2:
            for a, b in ((pair[0].old, pair[1].old), (pair[1].old, pair[0].old)):
                yield from (one for between in (",", ", ", " ", ";") for one in _spellings(f"{a}{between}{b}", coded))
        for change in pair:
            yield from _spellings(str(change.old), coded) if len(str(change.old)) > _SHORTEST + 1 else ()


def _short_forms(numbers: list[Change]) -> Iterator[str]:
    """Yield what a position is written as in few characters: geohash, degrees and minutes."""
    for pair in _pairs(numbers):
        if len(pair) == 2:
            first, second = (float(change.old) for change in pair)
            for lat, lon in ((first, second), (second, first)):
                if abs(lat) <= 90 and abs(lon) <= 180:
                    yield geohash(lat, lon)[:_GEOHASH]
        for change in pair:
            yield from _sexagesimal(abs(float(change.old)))


def _pairs(numbers: list[Change]) -> list[list[Change]]:
    """Coordinates that stand beside each other, of as many points as are looked for."""
    beside: dict[Path, list[Change]] = {}
    for change in numbers:
        beside.setdefault(change.path[:-1], []).append(change)
    return list(beside.values())[:MOST_POINTS]


def _sexagesimal(value: float) -> Iterator[str]:
    """Yield degrees and minutes as people write them."""
    degrees, minutes = int(value), int(value * 60) % 60
    for separator, minute in product(("°", "° ", "-", "d", "º"), {f"{minutes:02}", str(minutes)}):
        yield f"{degrees}{separator}{minute}" + ("-" if separator == "-" else "")
    yield f"{degrees}{minutes:02}{int(value * 3600) % 60:02}"


def geohash(lat: float, lon: float, length: int = 9) -> str:
    """Return the geohash of a position.

    Source: Niemeyer 2008; checked against its published example.

    >>> geohash(57.64911, 10.40744)
    'u4pruydqq'
    """
    bounds = [[-180.0, 180.0], [-90.0, 90.0]]
    bits = 0
    for turn in range(5 * length):
        value, span = ((lon, lat)[turn % 2], bounds[turn % 2])
        middle = (span[0] + span[1]) / 2
        upper = value >= middle
        span[0 if upper else 1] = middle
        bits = bits << 1 | upper
    return "".join(_BASE32[bits >> 5 * place & 31] for place in range(length - 1, -1, -1))
