"""Canonical JSON (RFC 8785): one value, one spelling, so that a hash of it means the value."""

from __future__ import annotations

import hashlib
from typing import Any

import orjson
import rfc8785

_SAFE = 2**53 - 1


def canonical(value: Any) -> bytes:
    r"""Return the RFC 8785 bytes of a JSON value (dict, list, tuple, str, int, float, bool, None).

    orjson with sorted keys gives the same bytes as RFC 8785 when every key is ASCII, every integer lies within ±(2^53 - 1),
    whole floats are written as integers, and other floats lie where both write them without exponent. Only then is it used.

    Raises:
        rfc8785.CanonicalizationError: NaN, infinity, an integer too large, a lone surrogate, a type that is no JSON.
        Source: RFC 8785 section 3.2.

    >>> canonical({"b": 1.0, "a": "é"})
    b'{"a":"\xc3\xa9","b":1}'
    """
    try:
        try:
            return orjson.dumps(_agreed(value), option=orjson.OPT_SORT_KEYS)
        except _Doubt:
            return rfc8785.dumps(value)
    except (orjson.JSONEncodeError, UnicodeEncodeError) as error:
        raise rfc8785.CanonicalizationError(f"no canonical form: {error}") from error


def digest(value: Any) -> str:
    """Return the SHA-256 of the canonical form, hex."""
    return hashlib.sha256(canonical(value)).hexdigest()


class _Doubt(Exception):
    """orjson may spell this otherwise."""


def _agreed(value: Any) -> Any:
    """Return the value, rebuilt only where whole floats became integers, or raise where orjson and RFC 8785 may differ."""
    kind = type(value)
    if kind is str or kind is bool or value is None:
        return value
    if kind is dict:
        return _agreed_dict(value)
    if kind is list or kind is tuple:
        items = [item if type(item) is str else _agreed(item) for item in value]
        return items if any(a is not b for a, b in zip(items, value, strict=True)) else value
    if kind is int and -_SAFE <= value <= _SAFE:
        return value
    if kind is float and -1e15 < value < 1e15:
        if value == int(value):
            return int(value)
        if value >= 1e-4 or value <= -1e-4:
            return value
    raise _Doubt


def _agreed_dict(value: dict[Any, Any]) -> dict[str, Any]:
    changed: dict[str, Any] = {}
    for key, item in value.items():
        if type(key) is not str or not key.isascii():
            raise _Doubt
        if type(item) is not str:
            agreed = _agreed(item)
            if agreed is not item:
                changed[key] = agreed
    return {**value, **changed} if changed else value
