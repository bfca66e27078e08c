"""Records: one row an article or a post, in the order of the source; an account is a keyed pseudonym before it is a row."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    import pyarrow as pa

ARTICLE, POST = "article", "post"
REPOST, REPLY, QUOTE = "repost", "reply", "quote"
UNDETERMINED = "und"


def schema() -> pa.Schema:
    """Return the schema of the room's records.

    Every text is there, empty where the source says nothing; of the instants only ``published_at`` may be null.
    """
    import pyarrow as pa  # noqa: PLC0415  (the server process must not pay for it before it ingests)

    text, texts, instant = pa.string(), pa.list_(pa.string()), pa.timestamp("us", "UTC")
    return pa.schema(
        [
            ("record_id", text), ("published_at", instant), ("kind", text), ("platform", text), ("channel", text),
            ("account", text), ("language", text), ("title", text), ("text", text), ("urls", texts), ("hashtags", texts),
            ("media", texts), ("about_record", text), ("relation", text), ("captured_at", instant), ("capture_sha256", text),
            ("line", pa.int64()), ("source", text), ("url", text), ("published_raw", text), ("precision", text),
            ("language_by", text), ("warnings", texts),
        ]
    )  # fmt: skip


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """One article or post.

    ``record_id`` and ``account`` are keyed pseudonyms (32 hex characters); ``channel`` is a public outlet, its domain, or the
    handle of a public channel. ``about_record`` is the record that it reposts, replies to or quotes, as ``relation`` says.
    ``media`` are SHA-256 of what is attached. ``url`` is its own address, ``urls`` are those it names. ``precision`` of
    ``published_at`` is second, minute, day or none; ``published_raw`` is what was written. ``language_by`` says how the
    language was told: source, script, model, prior or none.
    """

    record_id: str
    published_at: datetime | None
    kind: str
    platform: str = ""
    channel: str = ""
    account: str = ""
    language: str = UNDETERMINED
    title: str = ""
    text: str = ""
    urls: tuple[str, ...] = ()
    hashtags: tuple[str, ...] = ()
    media: tuple[str, ...] = ()
    about_record: str = ""
    relation: str = ""
    captured_at: datetime
    capture_sha256: str = ""
    line: int
    source: str = ""
    url: str = ""
    published_raw: str = ""
    precision: str = "none"
    language_by: str = "none"
    warnings: tuple[str, ...] = ()


def batch(records: Sequence[Record]) -> pa.RecordBatch:
    """Return records as a batch."""
    import pyarrow as pa  # noqa: PLC0415

    names = schema()
    columns = [pa.array([getattr(one, field.name) for one in records], field.type) for field in names]
    return pa.RecordBatch.from_arrays(columns, schema=names)
