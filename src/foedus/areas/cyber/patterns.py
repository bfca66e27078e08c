"""Scanner for STIX patterns: which values a pattern names, and how much of it says more than equality.

A hand-made scanner, because a pattern is read once for every indicator that comes in; the standard's grammar is the
oracle in the tests. Source: STIX 2.1 section 9.
"""

from __future__ import annotations

import re
from itertools import islice
from typing import NamedTuple

_STRING = r"'(?:[^'\\]|\\.)*'"
_SIMPLE = re.compile(rf"\s*\[\s*([a-z0-9-]+):([A-Za-z0-9_.'\-]+?)\s*=\s*({_STRING})\s*\]\s*", re.DOTALL)
_TOKEN = re.compile(
    rf"""\s+|/\*.*?\*/|//[^\n]*
    |(?P<path>[A-Za-z0-9_-]+:(?:'(?:[^'\\]|\\.)*'|[A-Za-z0-9_-]+)(?:\.(?:'(?:[^'\\]|\\.)*'|[A-Za-z0-9_-]+)|\[(?:\d+|\*)\])*)
    |(?P<literal>[hbt]?{_STRING}|[+-]?\d+(?:\.\d+)?)
    |(?P<sign><=|>=|!=|<>|==|=|<|>)
    |(?P<mark>[\[\](),])
    |(?P<word>[A-Za-z]+)""",
    re.DOTALL | re.VERBOSE,
)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)


class Named(NamedTuple):
    """One equality of a pattern: object type, property path as written, value."""

    type: str
    path: str
    value: str


class Scan(NamedTuple):
    """What a pattern names, and how many comparisons were left out because they are no plain equality."""

    named: tuple[Named, ...]
    skipped: int


def scan(pattern: str) -> Scan:
    r"""Return the values that a STIX pattern names by ``=`` or ``IN`` under AND and OR.

    ``LIKE``, ``MATCHES``, ``NOT``, order and set comparisons are skipped and counted, and so is the whole of a pattern with
    ``FOLLOWEDBY`` or ``WITHIN``: there no value stands for itself. What is no pattern names nothing and counts as one.

    >>> scan(r"[file:name = 'a\'b' OR url:value LIKE '%/x']")
    Scan(named=(Named(type='file', path='name', value="a'b"),), skipped=1)
    """
    simple = _SIMPLE.fullmatch(pattern)
    if simple:
        return Scan((Named(simple.group(1), simple.group(2), _text(simple.group(3))),), 0)
    tokens = _tokens(pattern)
    if tokens is None:
        return Scan((), 1)
    named, skipped = _comparisons(tokens)
    if any(kind == "word" and text in {"FOLLOWEDBY", "WITHIN"} for kind, text in tokens):
        return Scan((), skipped + len(named))
    return Scan(tuple(named), skipped)


def _tokens(pattern: str) -> list[tuple[str, str]] | None:
    found, at, depth = [], 0, 0
    while at < len(pattern):
        match = _TOKEN.match(pattern, at)
        if match is None:
            return None
        at = match.end()
        if match.lastgroup:
            found.append((match.lastgroup, match.group()))
        depth += {"[": 1, "]": -1}.get(match.group(), 0) if match.lastgroup == "mark" else 0
        if depth not in {0, 1} or (match.lastgroup == "path" and depth == 0):
            return None
    return found if depth == 0 and any(kind == "path" for kind, _ in found) else None


def _comparisons(tokens: list[tuple[str, str]]) -> tuple[list[Named], int]:
    named: list[Named] = []
    skipped = 0
    for place, (kind, path) in enumerate(tokens):
        if kind != "path":
            continue
        literals = _literals(tokens, place + 1)
        plain = [_text(text) for text in literals if text[0] not in "hbt"]
        if plain and len(plain) == len(literals):
            type_, _, steps = path.partition(":")
            named += [Named(type_, steps, value) for value in plain]
        else:
            skipped += 1
    return named, skipped


def _literals(tokens: list[tuple[str, str]], place: int) -> list[str]:
    """Literals of the ``=`` or ``IN`` at a place; none where it is another comparison, or broken."""
    sign, first = [text for _, text in tokens[place : place + 2]] if place + 1 < len(tokens) else ("", "")
    if sign in {"=", "=="}:
        return [first] if tokens[place + 1][0] == "literal" else []
    if sign != "IN" or first != "(":
        return []
    inside: list[str] = []
    for kind, text in islice(tokens, place + 2, None):
        if text == ")" and kind == "mark":
            return inside
        if kind == "literal":
            inside.append(text)
    return []


def _text(literal: str) -> str:
    if not literal.startswith("'"):
        return literal
    return _ESCAPE.sub(r"\1", literal[1:-1]) if "\\" in literal else literal[1:-1]
