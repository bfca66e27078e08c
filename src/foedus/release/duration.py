"""Durations, as release names them."""

from foedus.model.duration import FOREVER_US, is_forever, shift_us, shortest

__all__ = ["FOREVER_US", "is_forever", "shift_us", "shortest"]
