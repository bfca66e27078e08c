"""Structure: JSON values to the programme's types, collecting every mistake instead of stopping at the first.

A broken part is replaced by an empty one of its type, so that the semantic rules still run over everything else.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

import msgspec
from msgspec import inspect as types

from foedus.errors import MalformedRecord
from foedus.model import instant
from foedus.model.programme import Country, Day, Instant, Programme
from foedus.programme.countries import COUNTRIES
from foedus.programme.dates import parse_day
from foedus.programme.remark import Remark
from foedus.programme.yaml12 import escape

Report = Callable[[Remark], None]
MAX_MISTAKES = 1_000
_NAMES = {str: "text", bool: "true or false", int: "a number", float: "a number", list: "a list", dict: "a mapping"}


class _TooMany(Exception):
    """So many mistakes that looking for more only costs time."""


def convert(value: Any) -> tuple[Programme, tuple[Remark, ...]]:
    """Return the programme of a JSON value, broken parts emptied, and every structural mistake.

    The programme may be used as a programme only when there is no mistake.
    """
    remarks: list[Remark] = []

    def report(remark: Remark) -> None:
        remarks.append(remark)
        if len(remarks) >= MAX_MISTAKES:
            raise _TooMany

    try:
        programme: Programme = _convert(_programme_type(), value, "", report)
    except _TooMany:
        remarks.append(Remark("P002", f"{MAX_MISTAKES} mistakes, the rest is not looked at", "", "mend these first"))
        programme = _empty(_programme_type())
    return programme, tuple(remarks)


def schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of a programme document, generated from the types.

    >>> schema()["$schema"]
    'https://json-schema.org/draft/2020-12/schema'
    """
    made = msgspec.json.schema(Programme)
    # Through JSON once: defaults written as tuples become lists.
    made = msgspec.json.decode(msgspec.json.encode(made))
    programme = made["$defs"]["Programme"]
    programme["properties"]["parties"]["minItems"] = 2
    programme["properties"]["areas"]["minItems"] = 1
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:foedus:schema:programme:1",
        **made,
    }


@lru_cache(maxsize=1)
def _programme_type() -> types.Type:
    return types.type_info(Programme)


def _convert(info: types.Type, value: Any, pointer: str, report: Report) -> Any:
    match info:
        case types.AnyType():
            return value
        case types.UnionType():
            return _union(info, value, pointer, report)
        case types.StructType() if isinstance(value, dict):
            return _struct(info, value, pointer, report)
        case types.VarTupleType() if isinstance(value, list):
            items = (_convert(info.item_type, item, f"{pointer}/{i}", report) for i, item in enumerate(value))
            return tuple(items)
        case types.DictType() if isinstance(value, dict):
            for key in value:
                _convert(info.key_type, key, f"{pointer}/{escape(key)}", report)
            return {
                key: _convert(info.value_type, item, f"{pointer}/{escape(key)}", report) for key, item in value.items()
            }
        case types.StrType() if isinstance(value, str):
            _text(info.pattern, value, pointer, report)
            return value
        case types.LiteralType() if isinstance(value, str):
            if value not in info.values:
                report(Remark("P015", f"{value[:60]!r} is not allowed here", pointer, _one_of(info, value)))
            return value
        case types.BoolType() if isinstance(value, bool):
            return value
        case types.IntType() if isinstance(value, int) and not isinstance(value, bool):
            return value
        case types.FloatType() if isinstance(value, int | float) and not isinstance(value, bool):
            return value
        case types.NoneType() if value is None:
            return None
    report(Remark("P013", f"{_kind(value)} where {_wanted(info)} belongs", pointer, f"write {_wanted(info)}"))
    return _empty(info)


def _union(info: types.UnionType, value: Any, pointer: str, report: Report) -> Any:
    for option in info.types:
        if _fits(option, value):
            return _convert(option, value, pointer, report)
    report(Remark("P013", f"{_kind(value)} where {_wanted(info)} belongs", pointer, f"write {_wanted(info)}"))
    return _empty(info)


def _fits(info: types.Type, value: Any) -> bool:
    match info:
        case types.StrType() | types.LiteralType():
            return isinstance(value, str)
        case types.DictType() | types.StructType():
            return isinstance(value, dict)
        case types.VarTupleType():
            return isinstance(value, list)
        case types.IntType():
            return isinstance(value, int) and not isinstance(value, bool)
        case types.FloatType():
            return isinstance(value, int | float) and not isinstance(value, bool)
        case types.BoolType():
            return isinstance(value, bool)
        case types.NoneType():
            return value is None
    return False


def _struct(info: types.StructType, value: dict[str, Any], pointer: str, report: Report) -> Any:
    known = {field.encode_name for field in info.fields}
    for key in value:
        if key not in known:
            report(Remark("P011", f"unknown key {key[:60]!r}", f"{pointer}/{escape(key)}", _nearest(key, known)))
    made: dict[str, Any] = {}
    for field in info.fields:
        if field.encode_name in value:
            child = f"{pointer}/{escape(field.encode_name)}"
            made[field.name] = _convert(field.type, value[field.encode_name], child, report)
        elif field.required:
            child = f"{pointer}/{field.encode_name}"
            report(Remark("P012", f"{field.encode_name!r} is missing", child, f"add it: {_wanted(field.type)}"))
            made[field.name] = _empty(field.type)
    return info.cls(**made)


def _text(pattern: str | None, value: str, pointer: str, report: Report) -> None:
    if pattern is None:
        return
    if re.search(pattern, value, re.ASCII) is None or value.endswith("\n"):
        report(Remark("P014", f"{value[:60]!r} is malformed", pointer, _FORMS.get(pattern, f"must match {pattern}")))
    elif pattern == _DAY and parse_day(value) is None:
        report(Remark("P103", f"{value!r} is not a day of the calendar", pointer, "check month and day"))
    elif pattern == _COUNTRY and value not in COUNTRIES:
        report(Remark("P102", f"{value!r} is no country code", pointer, "ISO 3166-1 alpha-3, for example JPN"))
    elif pattern == _INSTANT and not _is_instant(value):
        report(Remark("P103", f"{value!r} is not an instant", pointer, "YYYY-MM-DDTHH:MM:SSZ"))


def _is_instant(value: str) -> bool:
    try:
        instant.parse(value)
    except MalformedRecord:
        return False
    return True


def _pattern(annotated: Any) -> str:
    info = types.type_info(annotated)
    assert isinstance(info, types.StrType)
    assert info.pattern is not None
    return info.pattern


_DAY, _COUNTRY, _INSTANT = _pattern(Day), _pattern(Country), _pattern(Instant)
_FORMS: Mapping[str, str] = {
    _DAY: 'a quoted day, "YYYY-MM-DD"',
    _COUNTRY: "ISO 3166-1 alpha-3 in capitals, for example NOR",
    _INSTANT: "YYYY-MM-DDTHH:MM:SSZ",
    r"^[a-z][a-z0-9-]{1,47}$": "2 to 48 of a-z, 0-9 and -, a letter first",
    r"^P(\d+[YMWD]|T\d+[HM])$": "a duration: P1Y, P6M, P2W, P90D, PT24H or PT30M",
    r"^\d+\.\d+\.\d+$": "a version: 1.0.0",
    r"^[0-9a-f]{64}$": "64 lower-case hexadecimal digits",
}


def _kind(value: Any) -> str:
    return "nothing" if value is None else _NAMES.get(type(value), type(value).__name__)


def _wanted(info: types.Type) -> str:
    match info:
        case types.UnionType():
            return " or ".join(dict.fromkeys(_wanted(t) for t in info.types if not isinstance(t, types.NoneType)))
        case types.StrType():
            return _FORMS.get(info.pattern or "", "text")
        case types.LiteralType():
            return "one of " + ", ".join(str(v) for v in info.values)
        case types.StructType() | types.DictType():
            return "a mapping"
        case types.VarTupleType():
            return "a list"
        case types.BoolType():
            return "true or false"
    return "a number"


def _empty(info: types.Type) -> Any:
    match info:
        case types.UnionType():
            options = info.types
            return None if any(isinstance(t, types.NoneType) for t in options) else _empty(options[0])
        case types.StructType():
            return info.cls(**{field.name: _empty(field.type) for field in info.fields if field.required})
        case types.VarTupleType():
            return ()
        case types.DictType():
            return {}
        case types.StrType() | types.LiteralType():
            return ""
        case types.BoolType():
            return False
        case types.IntType() | types.FloatType():
            return 0
    return None


def _one_of(info: types.LiteralType, value: str) -> str:
    allowed = [str(option) for option in info.values]
    return _nearest(value, set(allowed)) if len(allowed) > 1 else f"write {allowed[0]!r}"


def _nearest(word: str, known: set[str]) -> str:
    close = difflib.get_close_matches(word, sorted(known), n=1)
    guess = f"did you mean {close[0]!r}? " if close else ""
    return f"{guess}known: {', '.join(sorted(known))}"
