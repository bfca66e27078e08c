"""The last look at outgoing bytes: free text must not quote what identifies a hidden object."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from typing import Any

import orjson

# Text that people or tools wrote freely; ids, types, instants and references are the closure's business.
_FREE_TEXT = frozenset(
    {"pattern", "name", "description", "content", "abstract", "explanation", "title", "summary", "statement", "subject"}
    | {"body", "comment", "objective", "result", "url", "value", "path", "command_line", "aliases", "labels", "authors"}
)
_NAMING = ("name", "value", "account_login", "display_name", "path", "serial_number", "subject", "x_mitre_id")
_SHORTEST = 3
_DEFANGED = ((re.compile(r"\[(\.|:|@|//?)\]|\((\.|@)\)|\\(['\\])"), r"\1\2\3"), (re.compile(r"\bhxxp"), "http"))


def identifying(obj: dict[str, Any]) -> tuple[str, ...]:
    """Return the values by which an object would be known if it were quoted: names, values, aliases, hashes."""
    found = [obj[name] for name in _NAMING if isinstance(obj.get(name), str)]
    found += [
        alias for name in ("aliases", "x_mitre_aliases") for alias in obj.get(name) or () if isinstance(alias, str)
    ]
    hashes = obj.get("hashes")
    if isinstance(hashes, dict):
        found += [value for value in hashes.values() if isinstance(value, str)]
    return tuple(dict.fromkeys(value for value in found if len(value) >= _SHORTEST))


def screen(raw: bytes, hidden: Iterable[str]) -> tuple[str, ...]:
    """Return the places (JSON pointers) at which outgoing bytes quote a hidden value; empty: nothing found.

    Values are matched whole, whatever their case, spelling in Unicode or defanging; what is shorter than three
    characters is not looked for. The hidden value itself is never part of the answer.

    >>> screen(b'{"name":"x","description":"seen with evil[.]example"}', ["evil.example"])
    ('/description',)
    """
    wanted = [re.escape(_plain(value)) for value in hidden if len(value) >= _SHORTEST]
    if not wanted:
        return ()
    matcher = re.compile(rf"(?<!\w)(?:{'|'.join(sorted(wanted, key=len, reverse=True))})(?!\w)")
    return tuple(pointer for pointer, text in _texts(orjson.loads(raw), "", free=False) if matcher.search(_plain(text)))


def _texts(value: Any, pointer: str, *, free: bool) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        if free:
            yield pointer, value
    elif isinstance(value, dict):
        for key, item in value.items():
            # A custom object's texts have names nobody listed: below extensions and x_ everything is text.
            inside = free or key in _FREE_TEXT or key.startswith("x_") or key == "extensions"
            yield from _texts(item, f"{pointer}/{key.replace('~', '~0').replace('/', '~1')}", free=inside)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _texts(item, f"{pointer}/{index}", free=free)


def _plain(text: str) -> str:
    folded = unicodedata.normalize("NFKC", text).casefold()
    for pattern, into in _DEFANGED:
        folded = pattern.sub(into, folded)
    return folded
