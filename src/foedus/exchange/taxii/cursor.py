"""Paging cursors: stateless, opaque, and good for nobody but the party and the query they were made for."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Sequence

import msgspec

from foedus.errors import MalformedRecord

_TAG_BYTES = 16
_TEXT = re.compile(r"[A-Za-z0-9_-]{24,120}", re.ASCII)


class Mark(msgspec.Struct, frozen=True, array_like=True):
    """Where a page ended, and the ``added_after`` the query began with (microseconds)."""

    position_us: int
    added_after_us: int | None = None
    v: int = 1


class Cursors:
    """Seals and opens cursors.

    A cursor is ``base64url(tag16 || msgpack(position, added_after, v))``. The tag is an HMAC-SHA-256 that also covers what the
    cursor is bound to (party, view, endpoint, match parameters), so that everything wrong with it gives one and the same error.

    Args:
        secret: the node's secret; new cursors are sealed with it.
        old: earlier secrets that are still accepted.
    """

    def __init__(self, secret: bytes, old: Sequence[bytes] = ()) -> None:
        self._secrets = (secret, *old)

    def seal(self, mark: Mark, bound_to: Sequence[str]) -> str:
        """Return the cursor of a mark, for one query.

        >>> cursors = Cursors(b"k" * 32)
        >>> cursors.open(cursors.seal(Mark(5), ["kat"]), ["kat"])
        Mark(position_us=5, added_after_us=None, v=1)
        """
        payload = msgspec.msgpack.encode(mark)
        return base64.urlsafe_b64encode(_tag(self._secrets[0], payload, bound_to) + payload).decode().rstrip("=")

    def open(self, text: str, bound_to: Sequence[str]) -> Mark:
        """Return the mark of a cursor.

        Raises:
            MalformedRecord: garbage, another party's, another collection's, another query's: always the same.
        """
        if _TEXT.fullmatch(text) and len(text) % 4 != 1:
            raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
            tag, payload = raw[:_TAG_BYTES], raw[_TAG_BYTES:]
            if any(hmac.compare_digest(tag, _tag(secret, payload, bound_to)) for secret in self._secrets):
                return msgspec.msgpack.decode(payload, type=Mark)
        raise bad_cursor()


def bad_cursor() -> MalformedRecord:
    """Return the one error of every cursor that cannot be used."""
    return MalformedRecord(
        "not a cursor of this query",
        code="cursor-invalid",
        where="next",
        hint="repeat the query without next, from the last X-TAXII-Date-Added-Last",
    )


def _tag(secret: bytes, payload: bytes, bound_to: Sequence[str]) -> bytes:
    # msgpack of a list is unambiguous: no two lists of texts share an encoding.
    covered = msgspec.msgpack.encode(["foedus-taxii-cursor", payload, *bound_to])
    return hmac.digest(secret, covered, hashlib.sha256)[:_TAG_BYTES]
