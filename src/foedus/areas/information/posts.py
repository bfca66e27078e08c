"""Posts: rows of a table or JSON lines become records, each by itself; what cannot be taken is refused with its line."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, NamedTuple

import msgspec

from foedus.areas.information import addresses, written
from foedus.areas.information.columns import Columns, columns_of, flat, text, texts
from foedus.areas.information.language import Languages
from foedus.areas.information.pseudonyms import Pseudonyms
from foedus.areas.information.record import POST, QUOTE, REPLY, REPOST, Record
from foedus.areas.information.rows import Line, lines, rows
from foedus.areas.information.times import FUTURE, Clock, Time
from foedus.engine.opened import Opened
from foedus.engine.refused import Refusal, refusal
from foedus.errors import FoedusError, LimitExceeded, MalformedRecord, UnsupportedFormat
from foedus.model import ijson
from foedus.model.room import Settings

MAX_DEPTH = 12
_SHA256 = re.compile(r"[0-9a-fA-F]{64}")
_BOM = b"\xef\xbb\xbf"


class Capture(NamedTuple):
    """What holds for every record of one source."""

    at: datetime
    sha256: str
    source: str
    platform: str
    names: Pseudonyms
    languages: Languages
    clock: Clock


Read = Record | Refusal | Columns | None
"""What a reader finds; None: what was found so far may go on now, much is left to be read past."""


def from_lines(opened: Opened, capture: Capture, settings: Settings) -> Iterator[Read]:
    """Yield the records of JSON lines; the columns first, as soon as they are known."""
    reader: _Posts | None = None
    for line in lines(opened):
        if isinstance(line, Refusal):
            yield line
            continue
        raw = line.raw.removeprefix(_BOM) if line.number == 1 else line.raw
        if not raw.strip():
            continue
        try:
            obj = ijson.loads(raw, max_depth=MAX_DEPTH)
            if not isinstance(obj, dict):
                raise MalformedRecord("not a JSON object", code="line-not-an-object", hint="write one object a line")
            cells = flat(obj)
            if reader is None:
                columns = columns_of(cells, settings)
                reader = _Posts(columns.names, capture)
                yield columns
            yield reader.post(cells, line.number)
        except UnsupportedFormat as error:
            yield _refused(error, line.number, raw)
            return
        except FoedusError as error:
            yield _refused(error, line.number, raw)


def from_table(opened: Opened, capture: Capture, settings: Settings) -> Iterator[Read]:
    """Yield the records of a table with a header; the columns first."""
    delimiter = str(settings.get("delimiter", "")) or _delimiter(opened.head)
    header: list[str] = []
    reader: _Posts | None = None
    for row in rows(opened):
        if isinstance(row, Refusal):
            yield row
        elif reader is None:
            try:
                header = _cells(Line(row.raw.removeprefix(_BOM), row.number), delimiter)
                columns = columns_of(header, settings)
            except FoedusError as error:
                yield _refused(error, row.number, row.raw)
                return
            reader = _Posts(columns.names, capture)
            yield columns
        elif row.raw.strip():
            try:
                cells = _cells(row, delimiter, len(header))
                yield reader.post(dict(zip(header, cells, strict=True)), row.number)
            except FoedusError as error:
                yield _refused(error, row.number, row.raw)


def header_of(head: bytes) -> list[str]:
    """Return the column names of what may be a table; empty where its first line is none."""
    raw = head.removeprefix(_BOM).partition(b"\n")[0].rstrip(b"\r")
    try:
        return _cells(Line(raw, 1), _delimiter(head))
    except FoedusError:
        return []


class _Shared(NamedTuple):
    """What a post shares, and which record it is about."""

    urls: tuple[str, ...]
    tags: tuple[str, ...]
    media: tuple[str, ...]
    about: str
    relation: str


class _Posts:
    """Makes records of cells by name."""

    def __init__(self, names: Mapping[str, str], capture: Capture) -> None:
        self._names = names
        self._capture = capture

    def post(self, cells: Mapping[str, Any], line: int) -> Record:
        """Return a record.

        Raises:
            MalformedRecord: no account, time or content, or a time that cannot be.
            LimitExceeded: its text is too long.
        """
        said = {field: cells.get(name) for field, name in self._names.items()}
        told = {field: text(value) for field, value in said.items()}
        capture, names = self._capture, self._capture.names
        platform = (told.get("platform") or capture.platform).lower()[:60]
        when = self._when(told)
        body, noticed = written.cleaned(_bounded(told.get("text", "")))
        own = [one for one in (told.get("handle", ""), told.get("account", "")) if one]
        who = told.get("account") or told.get("handle", "")
        shared = self._shared(said, told, platform, body)
        channel = _channel(told, names)
        if not who and not channel:
            raise MalformedRecord("nobody's: no account and no channel", code="account-none")
        if not (body or told.get("title") or any(shared)):
            raise MalformedRecord("an empty post: no text and nothing it shares", code="post-empty")
        language = capture.languages.tell(body, told.get("language", ""))
        return Record(
            record_id=names.record(POST, platform, told.get("id") or f"{who}|{when.at}|{body}"),
            published_at=when.at,
            kind=POST,
            platform=platform,
            channel=channel,
            account=names.account(platform, who),
            language=language.tag,
            title=names.text(platform, written.cleaned(_bounded(told.get("title", "")))[0], own),
            text=names.text(platform, addresses.keyed_text(body, platform, names), own),
            urls=shared.urls,
            hashtags=tuple(dict.fromkeys(names.text(platform, one, own) for one in shared.tags)),
            media=shared.media,
            about_record=shared.about,
            relation=shared.relation,
            captured_at=capture.at,
            capture_sha256=capture.sha256,
            line=line,
            source=capture.source,
            url=next(iter(addresses.keyed([told.get("url", "")], platform, names)), ""),
            published_raw=when.raw,
            precision=when.precision,
            language_by=language.by,
            warnings=tuple(noticed),
        )

    def _shared(self, said: Mapping[str, Any], told: Mapping[str, str], platform: str, body: str) -> _Shared:
        """Return what a post shares; what a co-sharing table calls its object goes where it belongs.

        That is an address, a hashtag, else what is reposted.
        """
        names, held = self._capture.names, told.get("object", "")
        links = [*texts(said.get("urls")), *addresses.found_in(body), *([held] if "://" in held else [])]
        tags = [*texts(said.get("hashtags")), *([held] if held.startswith(("#", "＃")) else [])]
        about = {REPOST: told.get("repost_of"), QUOTE: told.get("quote_of"), REPLY: told.get("reply_to")}
        if held and "://" not in held and not held.startswith(("#", "＃")):
            about[REPOST] = about[REPOST] or held
        relation = next((one for one, native in about.items() if native), "")
        return _Shared(
            addresses.keyed(links, platform, names),
            (*(one.lstrip("#＃").casefold() for one in tags), *written.hashtags(body)),
            tuple(one.lower() for one in texts(said.get("media")) if _SHA256.fullmatch(one)),
            names.record(POST, platform, about[relation] or "") if relation else "",
            relation,
        )

    def _when(self, told: Mapping[str, str]) -> Time:
        when = self._capture.clock.read(told.get("published", ""))
        if when.at is None:
            raise MalformedRecord(
                "the time cannot be read, or names no zone",
                code="time-malformed",
                hint='say how times are written: time_format = "...", zone = "..." in the settings',
            )
        if when.at > self._capture.at + FUTURE:
            raise MalformedRecord("posted after it was captured", code="time-future", hint="is the zone right?")
        return when


def _channel(told: Mapping[str, str], names: Pseudonyms) -> str:
    """The public channel it was posted in: as the source says, or an account that a person listed as one."""
    if told.get("channel"):
        return told["channel"][:200] if names.is_public(told["channel"]) else ""
    return next(
        (told[one].lstrip("@") for one in ("handle", "account") if told.get(one) and names.is_public(told[one])), ""
    )


def _bounded(value: str) -> str:
    if len(value) > written.MAX_TEXT:
        raise LimitExceeded(f"a text of more than {written.MAX_TEXT:,} characters", code="text-too-long")
    return value


def _cells(row: Line, delimiter: str, width: int = 0) -> list[str]:
    try:
        cells = next(csv.reader([row.raw.decode()], delimiter=delimiter, strict=True), [])
    except UnicodeDecodeError as error:
        raise MalformedRecord("not UTF-8", code="encoding-wrong", hint="write the table as UTF-8") from error
    except csv.Error as error:
        too_long = "field limit" in str(error)
        raise MalformedRecord(
            "a cell that is too long" if too_long else "not a row with quotes closed",
            code="text-too-long" if too_long else "row-malformed",
        ) from error
    if width and len(cells) != width:
        raise MalformedRecord(f"{len(cells)} cells under {width} names", code="row-malformed")
    return cells


def _delimiter(head: bytes) -> str:
    first = head.partition(b"\n")[0]
    return max((",", "\t", ";"), key=lambda one: first.count(one.encode()))


def _refused(error: FoedusError, line: int, raw: bytes) -> Refusal:
    place = f"line {line}, " if error.where.startswith("/") else f"line {line}"
    return refusal(error, place, raw)


def guessed(columns: Columns) -> bytes:
    """Return which columns were told by their names alone, as JSON; nothing where a person said all."""
    return msgspec.json.encode(dict(columns.names)) if columns.guessed else b""
