"""What is too few to tell of: nothing that leaves counts fewer than ``K`` accounts, and counts go in steps of it."""

from __future__ import annotations

K = 3


def rounded(count: int, k: int = K) -> int:
    """Return a count rounded down to a multiple of ``k``; what is smaller is 0 and not told.

    Two counts that were told differ by nothing or by ``k`` and more, so no single account shows in the difference.

    >>> rounded(2), rounded(3), rounded(11)
    (0, 3, 9)
    """
    return count - count % k
