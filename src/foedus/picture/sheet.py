"""Sheet: rows as CSV (RFC 4180) that no spreadsheet runs."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

# A spreadsheet runs a cell of text that begins with one of these.
_RUNS = ("=", "+", "-", "@", "\t", "\r")


def lines(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    r"""Yield the line of names and a line a row; None is empty, numbers stay numbers.

    >>> list(lines(("a", "b"), [("=1+1", None), ("-", -1.5)]))
    ['a,b\r\n', "'=1+1,\r\n", "'-,-1.5\r\n"]
    """
    out = io.StringIO()
    writer = csv.writer(out)
    for row in chain([columns], rows):
        writer.writerow([_cell(one) for one in row])
        yield out.getvalue()
        out.seek(0)
        out.truncate()


def _cell(value: object) -> object:
    if value is None or isinstance(value, (int, float)):
        return value
    text = str(value)
    return f"'{text}" if text.startswith(_RUNS) else text
