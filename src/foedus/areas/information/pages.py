"""Pages: one article, from its HTML or as plain text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from foedus.areas.information import addresses, written
from foedus.areas.information.posts import Capture
from foedus.areas.information.record import ARTICLE, Record
from foedus.areas.information.times import FUTURE, Time
from foedus.areas.information.whole import Decoded
from foedus.errors import InputError, LimitExceeded, MalformedRecord
from foedus.model.room import Settings

MAX_PAGE = 2 * 1024 * 1024
MAX_TAGS = 30_000
MAX_NESTED = 400
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]{0,20})")
_VOID = frozenset(
    {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr", "p", "li"}
)
_DATES = (
    '//meta[@property="article:published_time"]/@content',
    '//meta[@name="article:published_time" or @itemprop="datePublished" or @name="date" or @name="pubdate"]/@content',
    "//article//time[@datetime][1]/@datetime",
    "//time[@datetime][1]/@datetime",
)
_JSON_DATE = re.compile(r'"datePublished"\s{0,8}:\s{0,8}"([^"\\]{8,40})"')
_ADDRESSES = ('//link[@rel="canonical"]/@href', '//meta[@property="og:url"]/@content')
_LANGUAGE = "/html/@lang"
_WRAPPED = re.compile(r"(?<=[^\n]{40})([^\n.!?:。！？」”\"'])[ \t]?\n(?=[^\n])")


class Page(NamedTuple):
    """What a page, or an item of a feed, says: its words, and what it says of itself.

    ``native`` is what a feed calls the item, ``line`` where it stands there; ``home`` is the outlet where no address says it.
    """

    title: str
    text: str
    url: str
    published: str
    language: str
    links: tuple[str, ...] = ()
    native: str = ""
    line: int = 1
    home: str = ""


def from_html(held: Decoded, settings: Settings) -> Page:
    """Return the article of a page, without what stands around it.

    Source: Barbaresi, "Trafilatura: A Web Scraping Library and Command-Line Tool", ACL 2021; with its search for dates in the
    text switched off: it makes a date of a copyright line.

    Raises:
        LimitExceeded: more tags, or deeper, than any article has.
        MalformedRecord: there is no article in it.
    """
    from lxml import html  # noqa: PLC0415  (the readers of posts do without)
    from trafilatura import bare_extraction  # noqa: PLC0415  (half a second to load)

    _bounded(held.text)
    try:
        tree = html.fromstring(held.text.replace("\x00", ""), parser=html.HTMLParser(no_network=True, huge_tree=False))
    except (ValueError, AssertionError, LookupError, SyntaxError) as error:  # a parser's error is a SyntaxError
        raise MalformedRecord("not HTML", code="page-malformed", where="byte 0") from error
    address = next((one for path in _ADDRESSES for one in _found(tree, path)), "")
    said = _published(tree, held.text)
    language = next(iter(_found(tree, _LANGUAGE)), "")
    url = addresses.canonical(address, str(settings.get("url", "")))
    links = tuple(addresses.canonical(one, url) for one in _found(tree, "//article//a/@href"))
    made: Any = bare_extraction(
        tree, with_metadata=True, include_comments=False, include_tables=False,
        date_extraction_params={"extensive_search": False, "original_date": True},
    )  # fmt: skip
    text = str(made.text or "") if made is not None else ""
    if not text.strip():
        raise MalformedRecord(
            "no article in this page", code="page-empty", where="byte 0", hint="a page made by script holds no text"
        )
    return Page(str(made.title or ""), text, url, said or str(made.date or ""), language, links)


def from_plain(held: Decoded) -> Page:
    """Return an article of plain text: a short first line before an empty one is its title.

    Raises:
        MalformedRecord: there is nothing in it.
    """
    text = held.text.strip()
    if not text:
        raise MalformedRecord(
            "there is nothing here", code="input-empty", where="byte 0", hint="is this the right file?"
        )
    first, _, rest = text.replace("\r\n", "\n").partition("\n\n")
    if rest and "\n" not in first and len(first) <= 200:
        return Page(first, _unwrapped(rest), "", "", "")
    return Page("", _unwrapped(text), "", "", "")


def _unwrapped(text: str) -> str:
    """Join lines that were cut to a width: long ones that end in no mark of a sentence's end."""
    return _WRAPPED.sub(lambda found: found[1] if found[1] > "\u2e80" else f"{found[1]} ", text.replace("\r\n", "\n"))


def article(page: Page, capture: Capture, settings: Settings, noticed: tuple[str, ...] = ()) -> Record:
    """Return the record of an article.

    Args:
        page: what it says.
        capture: where it was taken from.
        settings: ``url``, ``channel``, ``published``: said by a person where the page says nothing.
        noticed: what was noticed of its bytes.

    Raises:
        LimitExceeded: its text is too long.
        MalformedRecord: it says that it appeared after it was captured.
    """
    title, of_title = written.cleaned(capture.names.text("", page.title))
    text, of_text = written.cleaned(capture.names.text("", addresses.keyed_text(page.text, "", capture.names)))
    text = text.removeprefix(f"{title}\n").strip() if title else text
    if len(text) > written.MAX_TEXT:
        raise LimitExceeded(
            f"an article of more than {written.MAX_TEXT:,} characters", code="text-too-long", where="byte 0"
        )
    url = page.url or ("" if page.native else addresses.canonical(str(settings.get("url", ""))))
    channel = str(settings.get("channel", "")) or addresses.domain(url) or page.home
    when = published(page.published or str(settings.get("published", "")), capture)
    language = capture.languages.tell(f"{title}\n{text}", page.language)
    return Record(
        record_id=capture.names.record(ARTICLE, channel, url or page.native or capture.sha256 or f"{title}\n{text}"),
        published_at=when.at,
        kind=ARTICLE,
        platform="feed" if page.native else "web" if url else "",
        channel=channel,
        language=language.tag,
        title=title[:1_000],
        text=text,
        urls=addresses.keyed((*page.links, *addresses.found_in(text)), "", capture.names),
        captured_at=capture.at,
        capture_sha256=capture.sha256,
        line=page.line,
        source=capture.source,
        url=next(iter(addresses.keyed([url], "", capture.names)), ""),
        published_raw=when.raw,
        precision=when.precision,
        language_by=language.by,
        warnings=tuple(dict.fromkeys((*noticed, *of_title, *of_text))),
    )


def published(said: str, capture: Capture) -> Time:
    """Return when it appeared.

    Raises:
        MalformedRecord: that is after it was captured.
    """
    when = capture.clock.read(said)
    if when.at is None and said[:10].count("-") == 2:
        # A day without zone is a day all the same, whole: midnight UTC stands for it, and ``precision`` says so.
        day = capture.clock.read(f"{said[:10]}T00:00:00Z")
        when = Time(day.at, "day" if day.at else "none", when.raw)
    if when.at is not None and when.at > capture.at + FUTURE:
        raise MalformedRecord("it says that it appeared after it was captured", code="time-future", where="byte 0")
    return when


def _published(tree: Any, text: str) -> str:
    found = next((one for path in _DATES[:2] for one in _found(tree, path)), "")
    if found:
        return found
    in_json = _JSON_DATE.search(text)
    return in_json[1] if in_json else next((one for path in _DATES[2:] for one in _found(tree, path)), "")


def _found(tree: Any, path: str) -> Iterator[str]:
    return (text for one in tree.xpath(path) if (text := str(one).strip()))


def _bounded(text: str) -> None:
    """Refuse what only a bomb is: the parser and what looks for the article take long over it."""
    depth = deepest = count = 0
    for close, name in _TAG.findall(text):
        count += 1
        if name.lower() not in _VOID:
            depth += -1 if close else 1
        deepest = max(deepest, depth)
    if count > MAX_TAGS or deepest > MAX_NESTED:
        raise LimitExceeded("more tags, or deeper, than an article has", code="page-too-deep", where="byte 0")


def refuse_unknown(settings: Settings) -> None:
    """Refuse a way of writing times that nobody knows before anything is read."""
    if "%" not in (form := str(settings.get("time_format", ""))) and form not in ("", "iso", "s", "ms", "us"):
        raise InputError(
            "no such way of writing times",
            code="time-format-unknown",
            where="time_format",
            hint="iso, s, ms, us, or strptime",
        )
