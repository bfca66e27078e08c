"""Private set intersection of two parties: which values both hold, by Diffie-Hellman over X25519.

Each side turns its values into points, multiplies them by a secret of this session alone, and sends them; the other side
multiplies them again. X25519(a, X25519(b, P)) equals X25519(b, X25519(a, P)), so equal values meet as equal points, and a
point that was multiplied by somebody else's secret says nothing else about its value.

What is guaranteed, against a party that follows the protocol (semi-honest) and under decisional Diffie-Hellman: it learns
the values both hold and the other's bucket of size (a power of two, at least 64), since both lists are filled up with
random points. Secrets live for one session and the session's id goes into every point, so two sessions cannot be joined.
Lists are sent in ascending order of the blinded bytes, which is a random order.

What is not: a party may lie about its own set, that is, ask for guessed values: hence limits on sessions and points, and
sets that hold only what may be told. It may stop once it has learnt its part. And a hash taken as a u-coordinate lies on
the curve or on its twist, which multiplication keeps: one bit of each point's value shows. A list that is in a random
order and filled up leaves of it how many of the values are of either sort.

The small subgroups of curve and twist are no way in: clamped scalars are multiples of the cofactor (8; 4 on the twist), so a
component there vanishes, and a point that lies there alone gives zero, which is refused.

Source: Meadows 1986 and Huberman, Franklin, Hogg 1999 (the construction); RFC 7748 sections 5 and 6.1 (X25519).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise
from typing import NamedTuple

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

from foedus.errors import MalformedRecord

POINT_BYTES = 32
MIN_POINTS = 64
MAX_POINTS = 16_384
_DOMAIN = b"foedus/ask/1"
_PRIME = 2**255 - 19

Value = tuple[str, str]
"""Kind and normal form."""


class Context(NamedTuple):
    """What a point is bound to beside its value: the session's id, the programme's id, the area."""

    session: bytes
    programme: str
    area: str


class Side:
    """One party's part in one session.

    Args:
        context: what both sides bind points to.
        values: the own set; a value given twice counts once.
        secret: 32 random bytes, for this session alone.
        entropy: gives random bytes, for the points that fill up.

    Raises:
        MalformedRecord: more values than a list may have.
    """

    def __init__(
        self, context: Context, values: Iterable[Value], secret: bytes, entropy: Callable[[int], bytes]
    ) -> None:
        own: list[Value | None] = list(dict.fromkeys(values))
        size = bucket(len(own))
        self._secret = X25519PrivateKey.from_private_bytes(secret)
        plain = _points_of(context, own)
        # Random points go the same way as all others: as they are, every second could be told from a blinded one.
        plain += [entropy(POINT_BYTES) for _ in range(size - len(own))]
        own += [None] * (size - len(own))
        pairs = sorted(zip(self.again(plain), own, strict=True), key=lambda pair: pair[0])
        self.points = [point for point, _ in pairs]
        self._values = [value for _, value in pairs]

    def again(self, points: Iterable[bytes]) -> list[bytes]:
        """Return points multiplied by the session's secret, in their order.

        The library holds the interpreter's lock meanwhile, so threads gain nothing: about 35 µs a point.

        Raises:
            MalformedRecord: a point of low order, which gives zero whatever the secret is.
        """
        exchange, read = self._secret.exchange, X25519PublicKey.from_public_bytes
        try:
            return [exchange(read(point)) for point in points]
        except ValueError as error:
            raise _malformed("a point of low order") from error

    def matched(self, own_twice: Sequence[bytes], theirs_twice: Iterable[bytes]) -> list[Value]:
        """Return the values that both hold, in order.

        Args:
            own_twice: the own points as the other side multiplied them, in the order of ``points``.
            theirs_twice: the other side's points, multiplied by both.

        Raises:
            MalformedRecord: not as many points as were sent.
        """
        if len(own_twice) != len(self.points):
            raise _malformed("not as many points as were sent")
        known = set(theirs_twice)
        found = (value for value, point in zip(self._values, own_twice, strict=True) if point in known)
        return sorted(value for value in found if value is not None)


def bucket(count: int) -> int:
    """Return how many points a set of a size is filled up to: the next power of two, at least 64.

    Raises:
        MalformedRecord: more than a list may have.

    >>> bucket(0), bucket(64), bucket(65), bucket(10_000)
    (64, 64, 128, 16384)
    """
    if count > MAX_POINTS:
        raise _malformed("more values than a list may have")
    return max(MIN_POINTS, 1 << max(count - 1, 0).bit_length())


def packed(points: Iterable[bytes]) -> bytes:
    """Return points one after the other, as they are sent."""
    return b"".join(points)


def unpacked(raw: bytes, *, ascending: bool) -> list[bytes]:
    """Return the points of a list that came in.

    Args:
        raw: points one after the other.
        ascending: the list must be in ascending order, so that its order says nothing.

    Raises:
        MalformedRecord: not whole points, not of a bucket's size, a point twice, a point that is not in its one canonical
            form, or another order.
    """
    points = [raw[start : start + POINT_BYTES] for start in range(0, len(raw), POINT_BYTES)]
    if len(raw) % POINT_BYTES or len(points) > MAX_POINTS or bucket(len(points)) != len(points):
        raise _malformed("not the size of a list")
    if ascending and any(one >= other for one, other in pairwise(points)):
        raise _malformed("not in ascending order")
    if len(set(points)) != len(points):
        raise _malformed("a point twice")
    if any(int.from_bytes(point, "little") >= _PRIME for point in points):
        raise _malformed("a point not in canonical form")
    return points


def _points_of(context: Context, values: Iterable[Value | None]) -> list[bytes]:
    """Hash values to u-coordinates; every part goes in with its length, so that no two inputs are the same bytes."""
    start = hashlib.sha256()
    for part in (_DOMAIN, context.session, context.programme.encode(), context.area.encode()):
        start.update(_sized(part))
    points: list[bytes] = []
    for value in values:
        if value is not None:
            hashed = start.copy()
            hashed.update(_sized(value[0].encode()) + _sized(value[1].encode()))
            points.append(hashed.digest())
    return points


def _sized(part: bytes) -> bytes:
    return len(part).to_bytes(4, "big") + part


def _malformed(why: str) -> MalformedRecord:
    return MalformedRecord(f"not a list of points: {why}", code="points-malformed", hint="compare versions")
