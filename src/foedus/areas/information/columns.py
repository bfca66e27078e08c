"""Columns: which column of posts is what, said by a person or told by the names that exporters use."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from foedus.errors import InputError, UnsupportedFormat
from foedus.model.room import Settings

# Field → names it goes by, the surest first. Sources: CooRTweet 2.1.3 (R package), QUT coordination-network-toolkit 1.5.2,
# the Twitter API v1.1 and v2, Mastodon's API, CrowdTangle.
_NAMES: dict[str, tuple[str, ...]] = {
    "id": ("message_id", "post_id", "tweet_id", "status_id", "content_id", "id_str", "id"),
    "account": ("user_id", "account_id", "author_id", "from_user_id", "user.id_str", "user.id", "account.id", "author.id"),
    "handle": ("username", "user_name", "screen_name", "handle", "user.screen_name", "account.acct", "author.handle", "account",
               "author", "user"),
    "text": ("message", "full_text", "text", "content", "body", "caption"),
    "published": ("timestamp", "timestamp_share", "created_at", "published_at", "published", "time", "date"),
    "urls": ("urls", "links", "expanded_urls", "link", "url_id"),
    "url": ("permalink", "post_url", "url"),
    "hashtags": ("hashtags", "hashtag_id"),
    "media": ("media_sha256", "media", "phash_id"),
    "object": ("object_id",),
    "repost_of": ("repost_id", "retweet_id", "retweeted_status_id", "reblog.id", "repost_of"),
    "reply_to": ("reply_id", "in_reply_to_status_id", "in_reply_to_id", "reply_to"),
    "quote_of": ("quote_id", "quoted_status_id", "quote_of"),
    "platform": ("platform",),
    "channel": ("channel", "outlet"),
    "language": ("language", "lang"),
    "title": ("title",),
}  # fmt: skip
FIELDS = tuple(_NAMES)
_LISTED = re.compile(r"'((?:[^'\\]|\\.)*)'|\"((?:[^\"\\]|\\.)*)\"")
MAX_LISTED = 200


class Columns(NamedTuple):
    """Field → name of its column, and whether that was told by the names alone."""

    names: Mapping[str, str]
    guessed: bool


def columns_of(header: Iterable[str], settings: Settings) -> Columns:
    """Return which column is what.

    Args:
        header: the columns there are; a member of a nested object as ``user.id``.
        settings: ``columns`` (field → name), which wins over every guess.

    Raises:
        InputError: a field nobody knows (``columns-unknown``).
        UnsupportedFormat: no account or channel, no time, or nothing that was shared is among the columns.
    """
    said = settings.get("columns", {})
    said = dict(said) if isinstance(said, Mapping) else {}
    if unknown := sorted(set(said) - set(FIELDS)):
        raise InputError(
            f"no such field: {', '.join(map(str, unknown))[:100]}",
            code="columns-unknown",
            where="columns",
            hint=f"one of {', '.join(FIELDS)}",
        )
    there = {name.strip().lower(): name for name in header}
    guessed = {field: _first(names, there, set(said.values())) for field, names in _NAMES.items() if field not in said}
    found = {field: name for field, name in guessed.items() if name}
    names = {**found, **{field: str(name) for field, name in said.items()}}
    _require(names)
    return Columns(names, bool(found))


def texts(value: Any) -> list[str]:
    """Return the texts of a cell: a list, a JSON list or Python's, or words with spaces between; empty is nothing.

    >>> texts("['http://a.example/', 'http://b.example/']"), texts(""), texts("a b"), texts(["x", None, 7])
    (['http://a.example/', 'http://b.example/'], [], ['a', 'b'], ['x', '7'])
    """
    if isinstance(value, (list, tuple)):
        return [text for one in value[:MAX_LISTED] if (text := _member(one))]
    if value is None or isinstance(value, (dict, bool)):
        return []
    held = str(value).strip()
    if held.startswith("[") and held.endswith("]"):
        quoted = [first or second for first, second in _LISTED.findall(held)]
        return [one for one in quoted or re.split(r"[,\s]+", held[1:-1]) if one][:MAX_LISTED]
    return held.split()[:MAX_LISTED]


def text(value: Any) -> str:
    """Return a cell as text; of what is no text or number, nothing."""
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, float) and value == int(value) and abs(value) < 2**53:
        return str(int(value))
    return str(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else ""


def flat(obj: Mapping[str, Any]) -> dict[str, Any]:
    """Return an object with the members of its objects beside its own, as ``user.id``; one level deep."""
    made = dict(obj)
    for name, value in obj.items():
        if isinstance(value, dict):
            made |= {f"{name}.{inner}": held for inner, held in value.items()}
    return made


def _member(one: Any) -> str:
    """A member of a list; of an object that describes a link, a tag or a picture, what it names."""
    if isinstance(one, dict):
        return next(
            (text(one[key]) for key in ("expanded_url", "url", "text", "name", "tag", "sha256") if one.get(key)), ""
        )
    return text(one)


def _first(names: tuple[str, ...], there: Mapping[str, str], taken: set[str]) -> str:
    return next((there[name] for name in names if name in there and there[name] not in taken), "")


def _require(names: Mapping[str, str]) -> None:
    wanted = (
        (("account", "handle", "channel"), "whose it is", "columns.account"),
        (("published",), "when it was posted", "columns.published"),
        (("text", "urls", "hashtags", "media", "object", "repost_of", "title"), "what was shared", "columns.text"),
    )
    for fields, words, place in wanted:
        if not any(field in names for field in fields):
            raise UnsupportedFormat(
                f"no column says {words}",
                code="columns-missing",
                where=place,
                hint="name the columns: --columns account=...,published=...,text=...",
            )
