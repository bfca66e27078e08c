"""Canonical JSON (RFC 8785): one value, one spelling, so that a hash of it means the value."""

from __future__ import annotations

import hashlib
from typing import Any

import orjson
import rfc8785

_SAFE = 2**53 - 1


def canonical(value: Any) -> bytes:
    r"""Return the RFC 8785 bytes of a JSON value (dict, list, tuple, str, int, float, bool, None).

    orjson with sorted keys gives the same bytes as RFC 8785 exactly when there is no float, every key is ASCII and every
    integer lies within ±(2^53 - 1); only then is it used.

    Raises:
        rfc8785.CanonicalizationError: NaN, infinity, an integer too large, a lone surrogate, a type that is no JSON.
        Source: RFC 8785 section 3.2.

    >>> canonical({"b": 1.0, "a": "é"})
    b'{"a":"\xc3\xa9","b":1}'
    """
    try:
        if _orjson_agrees(value):
            return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
        return rfc8785.dumps(value)
    except (orjson.JSONEncodeError, UnicodeEncodeError) as error:
        raise rfc8785.CanonicalizationError(f"no canonical form: {error}") from error


def digest(value: Any) -> str:
    """Return the SHA-256 of the canonical form, hex."""
    return hashlib.sha256(canonical(value)).hexdigest()


def _orjson_agrees(value: Any) -> bool:
    kind = type(value)
    if kind is str:
        return True
    if kind is dict:
        for key, item in value.items():
            if type(key) is not str or not key.isascii():
                return False
            if type(item) is not str and not _orjson_agrees(item):
                return False
        return True
    if kind is list or kind is tuple:
        for item in value:
            if type(item) is not str and not _orjson_agrees(item):
                return False
        return True
    if kind is int:
        return bool(-_SAFE <= value <= _SAFE)
    return kind is bool or value is None
