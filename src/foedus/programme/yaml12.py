"""Strict YAML 1.2: what YAML 1.1 and 1.2 would read differently is refused, not guessed.

The events come from libyaml (PyYAML's C parser); resolving scalars is done here. JSON is read through the same door.
Everything that can be read on after a mistake is, so that one pass reports all of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from typing import Any, NamedTuple

import yaml
from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from foedus.errors import InvalidProgramme
from foedus.programme.remark import Place, Remark

MAX_BYTES = 1 << 20
MAX_DEPTH = 32
MAX_NODES = 100_000
MAX_CHARACTERS = 100
_SAFE = 2**53 - 1

# C0 (but tab, line feed, carriage return), DEL, C1, line separators of YAML 1.1, bidi controls, BOM inside, non-characters.
_BAD = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff\ufffe\uffff]")
_NUMBER = re.compile(r"-?(0|[1-9][0-9]{0,15})(\.[0-9]{1,17})?")
_YEAR = re.compile(r"[1-9][0-9]{3}")
# Everything that the type resolution of YAML 1.1 or of the 1.2 core schema reads as something else than text.
_AMBIGUOUS = re.compile(
    r"""(?ix:
      y | n | yes | no | on | off | true | false | null | ~ | = | <<
      | [-+]? 0b[01_]+ | [-+]? 0o?[0-7_]+ | [-+]? 0x[0-9a-f_]+
      | [-+]? [0-9][0-9_]* (\.[0-9_]*)? (e[-+]?[0-9]+)? | [-+]? \.[0-9_]+ (e[-+]?[0-9]+)?
      | [-+]? [0-9][0-9_]* (:[0-9]?[0-9])+ (\.[0-9_]*)?
      | [-+]? \.inf | \.nan
      | [0-9]{4}-[0-9]{1,2}-[0-9]{1,2} ([Tt\ \t].*)?
    )"""
)
_REFUSED_KEYS = frozenset({"on", "off", "yes", "no", "y", "n"})


class Loaded(NamedTuple):
    """The value of a document, the place of each of its pointers, and what was refused on the way."""

    value: Any
    places: dict[str, Place]
    remarks: tuple[Remark, ...]


def load(raw: bytes, name: str = "") -> Loaded:
    """Read strict YAML 1.2 or JSON.

    Args:
        raw: the document's bytes, UTF-8.
        name: the file's name for remarks.

    Raises:
        InvalidProgramme: nothing can be read at all: syntax, encoding, a limit; ``findings`` holds what was seen.

    >>> load(b"{a: 1, b: 'no'}").value
    {'a': 1, 'b': 'no'}
    >>> [remark.code for remark in load(b"a: no").remarks]
    ['P005']
    """
    if len(raw) > MAX_BYTES:
        raise _unreadable(Remark("P002", f"larger than {MAX_BYTES} bytes", file=name, hint="split long texts off"), ())
    try:
        text = raw.decode()
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        broken = Remark("P001", "not UTF-8", file=name, line=line, column=1, hint="save the file as UTF-8 without BOM")
        raise _unreadable(broken, ()) from error
    return _Reader(text, name).read()


def escape(key: str) -> str:
    """Return a key as a JSON pointer token (RFC 6901)."""
    return key.replace("~", "~0").replace("/", "~1") if "~" in key or "/" in key else key


def _unreadable(remark: Remark, before: tuple[Remark, ...]) -> InvalidProgramme:
    where = ":".join(str(part) for part in (remark.file, remark.line, remark.column) if part)
    return InvalidProgramme(remark.message, (*before, remark), where=where, hint=remark.hint)


class _Stop(Exception):
    def __init__(self, remark: Remark) -> None:
        super().__init__(remark.message)
        self.remark = remark


class _Reader:
    def __init__(self, text: str, name: str) -> None:
        self.name = name
        self.remarks: list[Remark] = []
        self.places: dict[str, Place] = {}
        self.nodes = 0
        self.end = 0
        if text.startswith("\ufeff"):
            self._remark("P003", "byte order mark", "", (1, 1), "save the file as UTF-8 without BOM")
            text = text[1:]
        for match in islice(_BAD.finditer(text), MAX_CHARACTERS):
            line = text.count("\n", 0, match.start()) + 1
            column = match.start() - text.rfind("\n", 0, match.start())
            self._remark("P003", f"forbidden character U+{ord(match[0]):04X}", "", (line, column), "delete it")
        # Replaced one for one, so that places hold and the rest is still read.
        self.text = _BAD.sub("\ufffd", text)

    def _remark(self, code: str, message: str, pointer: str, at: tuple[int, int], hint: str) -> None:
        line, column = at
        self.remarks.append(Remark(code, message, pointer, hint, file=self.name, line=line, column=column))

    def read(self) -> Loaded:
        events = yaml.parse(self.text, Loader=yaml.CSafeLoader)
        try:
            value = self._documents(iter(events))
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            at = (mark.line + 1, mark.column + 1) if mark else (1, 1)
            hint = "write the character itself, not an escape" if "escape" in str(error.problem) else "quote the text?"
            remark = Remark("P001", str(error.problem), hint=hint, file=self.name, line=at[0], column=at[1])
            raise _unreadable(remark, tuple(self.remarks)) from error
        except yaml.YAMLError as error:
            remark = Remark("P001", str(error).split("\n", 1)[0], file=self.name, line=1, column=1)
            raise _unreadable(remark, tuple(self.remarks)) from error
        except _Stop as stop:
            raise _unreadable(stop.remark, tuple(self.remarks)) from stop
        return Loaded(value, self.places, tuple(self.remarks))

    def _documents(self, events: Iterator[Event]) -> Any:
        value: Any = None
        seen = 0
        for event in events:
            if not isinstance(event, DocumentStartEvent):
                continue
            seen += 1
            if event.tags or (event.version and tuple(event.version) != (1, 2)):
                self._remark("P007", "directive", "", _at(event), "only %YAML 1.2 may stand here; delete it")
            if seen > 1:
                self._remark("P007", "second document in the file", "", _at(event), "one programme a file")
                break
            first = next(events)
            value = self._node(first, events, "", 0, named=first)
        return value

    def _node(self, event: Event, events: Iterator[Event], pointer: str, depth: int, *, named: Event) -> Any:
        self.nodes += 1
        if self.nodes > MAX_NODES or depth > MAX_DEPTH:
            what = f"more than {MAX_NODES} values" if self.nodes > MAX_NODES else f"deeper than {MAX_DEPTH} levels"
            raise _Stop(Remark("P002", what, pointer, "split the document", "error", self.name, *_at(event)))
        anchor, tag = getattr(event, "anchor", None), getattr(event, "tag", None)
        if anchor:
            kind = "alias" if isinstance(event, AliasEvent) else "anchor"
            self._remark("P007", f"{kind} {anchor!r}", pointer, _at(event), "write the value out")
        if tag:
            self._remark("P007", f"tag {tag}", pointer, _at(event), "delete the tag; quote what is text")
        start = _start(event)
        flow = bool(getattr(event, "flow_style", False))
        value: Any = None
        if isinstance(event, ScalarEvent):
            self.end = _end(event)
            value = self._scalar(event, pointer)
        elif isinstance(event, MappingStartEvent):
            value = self._mapping(events, pointer, depth, flow=flow)
        elif isinstance(event, SequenceStartEvent):
            value = self._sequence(events, pointer, depth, flow=flow)
        else:
            self.end = _end(event)
        line, column = _at(named)
        self.places[pointer] = Place(line, column, _start(named), start, self.end, flow)
        return value

    def _sequence(self, events: Iterator[Event], pointer: str, depth: int, *, flow: bool) -> list[Any]:
        items: list[Any] = []
        for event in events:
            if isinstance(event, SequenceEndEvent):
                if flow:
                    self.end = _end(event)
                break
            child = f"{pointer}/{len(items)}"
            items.append(self._node(event, events, child, depth + 1, named=event))
        return items

    def _mapping(self, events: Iterator[Event], pointer: str, depth: int, *, flow: bool) -> dict[str, Any]:
        found: dict[str, Any] = {}
        targets = pointer.endswith("/targets")
        for event in events:
            if isinstance(event, MappingEndEvent):
                if flow:
                    self.end = _end(event)
                break
            key = self._key(event, events, pointer, depth, targets=targets)
            child = f"{pointer}/{escape(key)}"
            before = self.places.get(child) if key in found else None
            if before:
                first = f"first in line {before.line}, column {before.column}"
                self._remark("P004", f"duplicate key {key!r}, {first}", child, _at(event), "keep one of them")
            value = self._node(next(events), events, child, depth + 1, named=event)
            if before:
                self.places[child] = before
            else:
                found[key] = value
        return found

    def _key(self, event: Event, events: Iterator[Event], pointer: str, depth: int, *, targets: bool) -> str:
        if not isinstance(event, ScalarEvent):
            self._remark("P006", "a key that is no text", pointer, _at(event), "keys are words")
            self._node(event, events, f"{pointer}/?", depth + 1, named=event)
            return "?"
        key = str(event.value)
        if event.anchor or event.tag:
            self._remark("P007", "anchor or tag on a key", pointer, _at(event), "delete it")
        plain = event.implicit[0]
        if plain and targets and _YEAR.fullmatch(key):
            return key
        if key.lower() in _REFUSED_KEYS:
            hint = "YAML 1.1 reads it as true or false; use another word"
            self._remark("P006", f"key {key!r}", f"{pointer}/{escape(key)}", _at(event), hint)
        elif plain and (not key or _AMBIGUOUS.fullmatch(key)):
            hint = "quote it; bare years only in targets"
            self._remark("P006", f"ambiguous key {key!r}", f"{pointer}/{escape(key)}", _at(event), hint)
        elif _BAD.search(key):
            self._remark("P003", "forbidden character in a key", pointer, _at(event), "delete it")
        return key

    def _scalar(self, event: ScalarEvent, pointer: str) -> Any:
        text = str(event.value)
        if not event.implicit[0]:
            if _BAD.search(text):
                self._remark("P003", "forbidden character behind an escape", pointer, _at(event), "delete it")
            return text
        if text in {"", "~", "null"}:
            return None
        if text in {"true", "false"}:
            return text == "true"
        if _NUMBER.fullmatch(text):
            number = float(text) if "." in text else int(text)
            if abs(number) <= _SAFE:
                return number
        if _AMBIGUOUS.fullmatch(text):
            self._remark("P005", f"ambiguous plain scalar {text[:40]!r}", pointer, _at(event), _advice(text))
        return text


def _start(event: Event) -> int:
    assert event.start_mark is not None
    return int(event.start_mark.index)


def _end(event: Event) -> int:
    assert event.end_mark is not None
    return int(event.end_mark.index)


def _at(event: Event) -> tuple[int, int]:
    assert event.start_mark is not None
    return event.start_mark.line + 1, event.start_mark.column + 1


def _advice(text: str) -> str:
    if len(text) == 2 and text.isalpha():
        return "YAML 1.1 reads it as true or false: quote it, or write the country as alpha-3"
    if text[:1].isdigit() or text[:1] in "+-.":
        return "quote it if it is text; numbers are written -?(0|[1-9][0-9]*)(.[0-9]+)?"
    return "quote it if it is text; only true, false, null and ~ stand bare"
