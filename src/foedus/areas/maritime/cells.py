"""Columns of a table with types of their own: what the rows of a CSV say as text, read a column at a time by the same rules.

Every distinct text is read once, by what reads a CSV's cells; numbers and times that have a type are taken as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from foedus.areas.maritime.dialects import EPOCH, Dialect, Times
from foedus.areas.maritime.record import Coded
from foedus.areas.maritime.tables import number

if TYPE_CHECKING:
    import pyarrow as pa

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Value = TypeVar("Value")

_FINEST = 7


class Cells:
    """The cells of some rows, by field.

    Args:
        columns: arrays by field.
        rows: how many rows there are.
        dialect: how the table is written.
        times: reads its times.
    """

    def __init__(self, columns: Mapping[str, pa.Array], rows: int, dialect: Dialect, times: Times) -> None:
        self._columns = columns
        self._rows = rows
        self._none = {text.lower() for text in dialect.none}
        self._dialect = dialect
        self._times = times

    def numbers(self, field: str) -> Floats:
        """Return numbers; NaN where there is none."""
        import pyarrow as pa  # noqa: PLC0415  (the server process must not pay for it before it ingests)

        column = self._columns.get(field)
        if column is None:
            return np.full(self._rows, np.nan)
        if _is_text(column):
            return np.array([np.nan if one is None else one for one in self._each(column, number)], np.float64)[
                _codes(column)
            ]
        made: Floats = column.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False)
        return np.where(np.isfinite(made), made, np.nan)

    def wholes(self, field: str, most: int) -> Ints:
        """Return whole numbers from 0 to a limit; -1 where there is none."""
        made = self.numbers(field)
        with np.errstate(invalid="ignore"):
            good = (made >= 0) & (made <= most) & (made == np.floor(made))
        return np.where(good, made, -1).astype(np.int64)

    def told(self, field: str, read: Callable[[str], Value | None], most: int) -> Ints:
        """Return whole numbers that texts stand for by some rule, or that stand there as numbers."""
        column = self._columns.get(field)
        if column is None or not _is_text(column):
            return self.wholes(field, most)
        return np.array([-1 if one is None else one for one in self._each(column, read)], np.int64)[_codes(column)]

    def texts(self, field: str, read: Callable[[str], str | None] = str) -> Coded:
        """Return texts."""
        import pyarrow as pa  # noqa: PLC0415

        column = self._columns.get(field)
        if column is None:
            return Coded(np.full(self._rows, -1), [])
        column = column if _is_text(column) else column.cast(pa.string()).dictionary_encode()
        held = self._each(column, read)
        known = Coded.of(held)
        return Coded(known.codes[_codes(column)], known.names)

    def instants(self) -> Ints:
        """Return when each row's report was made, in milliseconds; -1 where that cannot be read."""
        import pyarrow as pa  # noqa: PLC0415
        import pyarrow.compute as pc  # noqa: PLC0415

        column = self._columns["t"]
        if _is_text(column):
            return np.array([self._times.ms(one or "") for one in self._each(column, str)], np.int64)[_codes(column)]
        if pa.types.is_timestamp(column.type):
            if column.type.tz is None:
                column = pc.assume_timezone(column, self._dialect.zone, ambiguous="earliest", nonexistent="latest")
            column = column.cast(pa.timestamp("ms", "UTC"), safe=False).cast(pa.int64())
            made_ms: Ints = np.maximum(pc.fill_null(column, -1).to_numpy(zero_copy_only=False), -1)
            return made_ms
        if self._dialect.time_format != EPOCH:
            return np.full(self._rows, -1)
        made = self.numbers("t")
        made = np.where(made > 1e11, made, made * 1_000)
        return np.where(np.isfinite(made) & (made >= 0), np.round(made), -1).astype(np.int64)

    def resolution(self) -> float:
        """Return degrees of the last digit that any place has."""
        places = np.concatenate((self.numbers("lat"), self.numbers("lon")))
        places = places[np.isfinite(places)]
        for digits in range(_FINEST):
            if np.array_equal(np.round(places, digits), places):
                return 10.0**-digits
        return 10.0**-_FINEST

    def _each(self, column: pa.Array, read: Callable[[str], Any]) -> list[Any]:
        """What each distinct text says, and None behind them for rows that say nothing."""
        held = [str(one).strip() for one in column.dictionary.to_pylist()]
        return [None if one.lower() in self._none else read(one) for one in held] + [None]


def _is_text(column: pa.Array) -> bool:
    import pyarrow as pa  # noqa: PLC0415

    return bool(pa.types.is_dictionary(column.type))


def _codes(column: pa.Array) -> Ints:
    """Which of the distinct texts each row has; -1, the last of what ``_each`` gives, for none."""
    import pyarrow.compute as pc  # noqa: PLC0415

    codes: Ints = pc.fill_null(column.indices.cast("int64"), -1).to_numpy(zero_copy_only=False)
    return codes
