"""Door ``ingest``: articles, feeds and posts in, record batches out; also the findings of others as STIX 2.1.

Each also as gzip or Zstandard. The room never fetches, and never sees a key or a clock of its own.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any, BinaryIO

from foedus.areas.information import feeds, pages, posts, whole
from foedus.areas.information.columns import Columns, columns_of
from foedus.areas.information.language import languages_of
from foedus.areas.information.posts import Capture
from foedus.areas.information.pseudonyms import pseudonyms_of
from foedus.areas.information.record import Record, batch
from foedus.areas.information.times import clock_of
from foedus.engine import documents
from foedus.engine.opened import Opened
from foedus.engine.refused import Refusal, refusal, refused_batch
from foedus.errors import FoedusError, InputError, MalformedRecord, UnsupportedFormat
from foedus.model import ijson, instant
from foedus.model.room import Settings

if TYPE_CHECKING:
    import pyarrow as pa

GUESSED = b"foedus.guessed"
"""Key in a batch's schema metadata: which columns of posts were told by their names alone, as JSON."""
FORMATS = ("page", "text", "feed", "posts", "table", "stix")
MAX_ROWS = 1_000
MAX_BYTES = 4 * 2**20
_STIX = re.compile(rb'"(?:spec_version|objects)"\s*:|"type"\s*:\s*"bundle"')
_FEED = re.compile(rb"<(?:rss|feed|rdf:RDF)[\s>]")
_TAG = re.compile(rb"<(?:!doctype html|html|head|body|article|p|div)[\s>]", re.IGNORECASE)


def ingest(source: BinaryIO, *, settings: Settings) -> Iterator[pa.RecordBatch]:
    """Read articles, feeds or posts into record batches; refused parts come in the same stream.

    Args:
        source: the bytes, read once; of posts never held whole, of a page or feed up to its limit.
        settings: ``keys`` (``account`` and ``record``, hexadecimal: what identifiers are keyed with, needed), ``at``,
            ``captured_at``, ``capture_sha256``, ``format``, ``platform``, ``channels`` (handles of public channels), ``url``,
            ``channel``, ``published``, ``language``, ``languages``, ``columns``, ``time_format``, ``zone``, ``delimiter``.

    Yields:
        Batches of ``record.schema()`` (or of documents) and of ``refused_schema()``.
    """
    try:
        opened = Opened(source)
        kind = _format(opened.head, str(settings.get("format", "")))
        if kind == "stix":
            made: Iterable[pa.RecordBatch] = documents.batches(opened, ijson.MAX_OBJECT_BYTES)
        else:
            made = _batches(_READERS[kind](opened, capture_of(settings), settings))
    except FoedusError as error:
        yield refused_batch([refusal(error, "", b"")])
        return
    yield from made


def capture_of(settings: Settings) -> Capture:
    """Return what holds for every record of a source.

    Raises:
        InputError: no keys, no instant, an unknown zone or way of writing times.
    """
    pages.refuse_unknown(settings)
    given: Any = settings.get("captured_at") or settings.get("at")
    at = instant.parse(given) if isinstance(given, str) else given
    if not isinstance(at, datetime):
        raise InputError("nobody said when it was captured", code="capture-undated", where="captured_at")
    told = (str(settings.get(name, "")) for name in ("capture_sha256", "source", "platform"))
    sha256, called, platform = told
    return Capture(
        at, sha256, called, platform.lower(), pseudonyms_of(settings), languages_of(settings), clock_of(settings)
    )


def _format(head: bytes, given: str) -> str:
    if given:
        if given in FORMATS:
            return given
        raise InputError("no such format", code="format-unknown", where="byte 0", hint=f"one of {', '.join(FORMATS)}")
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if not text:
        raise MalformedRecord(
            "there is nothing here", code="input-empty", where="byte 0", hint="is this the right file?"
        )
    if text[:1] in (b"{", b"["):
        return "stix" if text[:1] == b"[" or _STIX.search(text[:4096]) else "posts"
    if text[:1] == b"<" or _TAG.search(head):
        return "feed" if _FEED.search(text[:8192]) else "page"
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "page" if b"<\x00" in head or b"\x00<" in head else "text"
    if b"\x00" in head[:4096]:
        raise UnsupportedFormat(
            "bytes that are no text", code="format-unknown", where="byte 0", hint=f"--format {'|'.join(FORMATS)}"
        )
    return "table" if _is_table(head) else "text"


def _is_table(head: bytes) -> bool:
    """Whether the first line names columns of posts."""
    header = posts.header_of(head)
    if len(header) < 3:
        return False
    try:
        columns_of(header, {})
    except FoedusError:
        return False
    return True


def _page(opened: Opened, capture: Capture, settings: Settings) -> Iterator[posts.Read]:
    return _article(opened, capture, settings, lambda held: pages.from_html(held, settings))


def _text(opened: Opened, capture: Capture, settings: Settings) -> Iterator[posts.Read]:
    return _article(opened, capture, settings, pages.from_plain)


def _article(
    opened: Opened, capture: Capture, settings: Settings, read: Callable[[whole.Decoded], pages.Page]
) -> Iterator[posts.Read]:
    def one(held: whole.Decoded) -> Iterator[posts.Read]:
        yield pages.article(read(held), capture, settings, held.noticed)

    return _document(opened, pages.MAX_PAGE, one)


def _feed(opened: Opened, capture: Capture, settings: Settings) -> Iterator[posts.Read]:
    return _document(opened, feeds.MAX_FEED, lambda held: feeds.from_feed(held, capture, settings))


def _document(
    opened: Opened, limit: int, read: Callable[[whole.Decoded], Iterator[posts.Read]]
) -> Iterator[posts.Read]:
    """Yield what one document holds; one that cannot be taken is refused as a whole."""
    raw = b""
    try:
        held = whole.Held(opened, limit)
        raw = held.raw
        if held.error is not None:
            yield refusal(held.error, "", raw)
            yield None
            for _ in held.rest():
                pass
            return
        yield from read(whole.decoded(raw))
    except FoedusError as error:
        yield refusal(error, "", raw)


def _batches(found: Iterable[posts.Read]) -> Iterator[pa.RecordBatch]:
    """Yield records and refused parts in batches of bounded size."""
    guessed = b""
    taken: list[Record] = []
    refused: list[Refusal] = []
    size = 0
    for one in found:
        if isinstance(one, Columns):
            guessed = posts.guessed(one)
            continue
        if isinstance(one, Refusal):
            refused.append(one)
            size += min(len(one.raw), 65_536)
        elif isinstance(one, Record):
            taken.append(one)
            size += len(one.text) + 500
        if one is None or len(taken) + len(refused) >= MAX_ROWS or size >= MAX_BYTES:
            yield from _flushed(taken, refused, guessed)
            taken, refused, size = [], [], 0
    yield from _flushed(taken, refused, guessed)


def _flushed(taken: list[Record], refused: list[Refusal], guessed: bytes) -> Iterator[pa.RecordBatch]:
    if taken:
        yield batch(taken).replace_schema_metadata({GUESSED: guessed} if guessed else None)
    if refused:
        yield refused_batch(refused)


_READERS: dict[str, Callable[[Opened, Capture, Settings], Iterator[posts.Read]]] = {
    "page": _page,
    "text": _text,
    "feed": _feed,
    "posts": posts.from_lines,
    "table": posts.from_table,
}
