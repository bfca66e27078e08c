"""Granular marking selectors: which paths of a STIX object they name (``a.b.[0].c``).

Source: STIX 2.1 section 7.2.3.1.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

_INDEX = re.compile(r"\[(0|[1-9]\d{0,8})\]", re.ASCII)
_NOTHING = object()


def selects(stix: Mapping[str, Any], selector: str) -> bool:
    """Return whether a selector names something that is there.

    >>> selects({"a": [{"b": 1}]}, "a.[0].b"), selects({"a": []}, "a.[0]")
    (True, False)
    """
    value: Any = stix
    for part in selector.split("."):
        value = _step(value, part)
        if value is _NOTHING:
            return False
    return True


def _step(value: Any, part: str) -> Any:
    if isinstance(value, Mapping):
        return value.get(part, _NOTHING)
    index = _INDEX.fullmatch(part)
    if isinstance(value, list) and index is not None and int(index[1]) < len(value):
        return value[int(index[1])]
    return _NOTHING


def nearest(selectors: Iterable[str], path: str) -> str | None:
    """Return the selector that covers a path most closely: the path itself, or its nearest selected ancestor.

    >>> nearest(["a", "a.[0]"], "a.[0].b"), nearest(["ab"], "a")
    ('a.[0]', None)
    """
    covering = [one for one in selectors if path == one or path.startswith(one + ".")]
    return max(covering, key=len, default=None)
