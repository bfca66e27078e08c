"""Pseudonyms: what names an account or a post is keyed before anything else sees it.

The keys come with the settings and are the node's: one for accounts, which changes with each window of analysis, and one for
records, which stays. Without keys nothing is read.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from foedus.errors import InputError
from foedus.model.room import Settings

HEX = 32
KEYS = "keys"
# An ASCII handle ends where another script begins ("@aliceさんが"); one in another script ends at the next space.
_MENTION = re.compile(
    r"(?<![\w@＠])[@＠]([A-Za-z0-9_][A-Za-z0-9_.\-]{0,63}(?:@[A-Za-z0-9][A-Za-z0-9.\-]{0,80})?|[^\W\d_]\w{0,40})"
)
_MAIL = re.compile(r"(?<![\w.+\-])[\w.+\-]{1,64}@[A-Za-z0-9\-]{1,63}(?:\.[A-Za-z0-9\-]{1,63}){1,8}")
_PHONE = re.compile(r"(?<![\w+./\-])\+\d(?:[ \-]?\d){7,14}(?!\w)")
_SHORTEST = 4


class Pseudonyms:
    """Turns identifiers into keyed pseudonyms.

    Args:
        account_key: key of the window of analysis.
        record_key: key of record ids.
        public: handles of public channels, which are no persons and stay as they are.
    """

    def __init__(self, account_key: bytes, record_key: bytes, public: Iterable[str] = ()) -> None:
        self._account_key = account_key
        self._record_key = record_key
        self._public = {_handle(one) for one in public}
        self.account = lru_cache(maxsize=16_384)(self._account)
        """Return the pseudonym of an account (platform, how it is called): of a handle the same without its at sign."""

    def _account(self, platform: str, raw: str) -> str:
        return _keyed(self._account_key, "account", platform, _handle(raw)) if raw else ""

    def record(self, *parts: str) -> str:
        """Return the id of a record: of its platform or outlet, and what that calls it."""
        return _keyed(self._record_key, "record", *parts)

    def is_public(self, raw: str) -> bool:
        """Say whether a handle is that of a public channel."""
        return _handle(raw) in self._public

    def handle(self, platform: str, raw: str) -> str:
        """Return a handle as it may stand in a text: that of a public channel as it is, any other keyed."""
        return raw if self.is_public(raw) else self.account(platform, raw)

    def text(self, platform: str, text: str, own: Iterable[str] = ()) -> str:
        """Return a text without identifiers: mentions, mail addresses, telephone numbers, and the author's own names.

        Args:
            platform: where it was posted.
            text: what was posted.
            own: how the account that posted it is called.
        """
        if "@" in text or "＠" in text:
            text = _MAIL.sub("(mail)", text)
            text = _MENTION.sub(lambda found: "@" + self.handle(platform, found[1]), text)
        text = _PHONE.sub("(telephone)", text) if "+" in text else text
        for name in own:
            if len(name) >= _SHORTEST and not self.is_public(name) and name.casefold() in text.casefold():
                text = re.sub(
                    rf"(?<!\w){re.escape(name)}(?!\w)", self.account(platform, name), text, flags=re.IGNORECASE
                )
        return text


def pseudonyms_of(settings: Settings) -> Pseudonyms:
    """Return what the node's keys make.

    Raises:
        InputError: the settings bring no keys, or none of 16 bytes and more (``pseudonym-keys-missing``).
    """
    held: Any = settings.get(KEYS)
    try:
        account, record = (bytes.fromhex(held[name]) for name in ("account", "record"))
    except (TypeError, KeyError, ValueError):
        account = record = b""
    if min(len(account), len(record)) < 16 or account == record:
        raise InputError(
            "personal data is read with the node's keys only",
            code="pseudonym-keys-missing",
            where="settings",
            hint="read it through a node: foedus ingest information",
        )
    channels = settings.get("channels", ())
    return Pseudonyms(account, record, channels if isinstance(channels, (list, tuple)) else ())


def _keyed(key: bytes, *parts: str) -> str:
    said = b"".join(len(part.encode()).to_bytes(4, "big") + part.encode() for part in parts)
    return hmac.new(key, said, hashlib.sha256).hexdigest()[:HEX]


def _handle(raw: str) -> str:
    return raw.strip().lstrip("@＠").casefold()
