"""Feeds: the items of RSS 2.0, RSS 1.0 and Atom as articles; XML that defines or includes anything is refused.

Source: RSS 2.0 (rssboard.org), RDF Site Summary 1.0, RFC 4287 (Atom), RFC 3470 section 5 (XML without entities).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from foedus.areas.information import addresses
from foedus.areas.information.pages import Page, article
from foedus.areas.information.posts import Capture
from foedus.areas.information.record import Record
from foedus.areas.information.whole import Decoded
from foedus.engine.refused import Refusal, refusal
from foedus.errors import FoedusError, LimitExceeded, MalformedRecord, UnsupportedFormat
from foedus.model.room import Settings

MAX_FEED = 4 * 1024 * 1024
MAX_ITEMS = 5_000
_DECLARED = re.compile(r"\A\s{0,64}<\?xml[^>]{0,256}\?>")
_DEFINES = re.compile(r"<!(?:DOCTYPE|ENTITY|ELEMENT|ATTLIST)", re.IGNORECASE)
_TAG = re.compile(r"<[^<>]{0,5000}>")
_NAMED = {"&nbsp;": " ", "&hellip;": "…", "&mdash;": "—", "&ndash;": "–", "&rsquo;": "’", "&lsquo;": "‘", "&ldquo;": "“",
          "&rdquo;": "”", "&lt;": "<", "&gt;": ">", "&quot;": '"', "&#39;": "'", "&apos;": "'", "&amp;": "&"}  # fmt: skip
_ROOTS = ("rss", "RDF", "feed")


def from_feed(held: Decoded, capture: Capture, settings: Settings) -> Iterator[Record | Refusal]:
    """Yield the items of a feed; an item that cannot be taken is refused with its place.

    Raises:
        MalformedRecord: no XML, or XML that defines entities or a document type.
        UnsupportedFormat: no feed.
    """
    from lxml import etree  # noqa: PLC0415  (the readers of posts do without)

    text = _DECLARED.sub("", held.text.lstrip("\ufeff"))
    if _DEFINES.search(text):
        raise MalformedRecord(
            "a feed that brings a document type or entities",
            code="xml-defines",
            where="byte 0",
            hint="no reader of feeds needs them; ask its publisher",
        )
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True, remove_pis=True
    )
    try:
        root = etree.fromstring(text.strip().encode(), parser)
    except etree.XMLSyntaxError as error:
        line = error.position[0] or 1
        raise MalformedRecord("not well-formed XML", code="xml-malformed", where=f"line {line}") from error
    if _local(root) not in _ROOTS:
        raise UnsupportedFormat("XML that is no feed", code="format-unknown", where="line 1", hint="RSS or Atom")
    base = addresses.canonical(_link(root, "") or _link(_child(root, "channel"), ""), str(settings.get("url", "")))
    items = [one for one in root.iter() if isinstance(one.tag, str) and _local(one) in ("item", "entry")]
    for number, item in enumerate(items):
        place = f"line {item.sourceline}, item {number + 1}"
        try:
            if number >= MAX_ITEMS:
                raise LimitExceeded(f"a feed of more than {MAX_ITEMS:,} items", code="feed-too-long")
            yield _record(item, base, capture, settings, held.noticed)
        except FoedusError as error:
            yield refusal(error, place, etree.tostring(item, encoding="utf-8"))
            if number >= MAX_ITEMS:
                return


def _record(item: Any, base: str, capture: Capture, settings: Settings, noticed: tuple[str, ...]) -> Record:
    said = {_local(child): "".join(child.itertext()) for child in item if isinstance(child.tag, str)}
    body = max((said.get(name, "") for name in ("encoded", "content", "description", "summary")), key=len)
    title, text = _plain(said.get("title", "")), _plain(body)
    if not title and not text:
        raise MalformedRecord("an item without title and text", code="post-empty")
    url = addresses.canonical(_link(item, base), base)
    page = Page(
        title,
        text,
        url,
        _first(said, ("pubDate", "published", "date", "updated")),
        "",
        tuple(addresses.found_in(body)),
        _first(said, ("guid", "id")) or url or f"{title}\n{text}",
        int(item.sourceline or 0),
        addresses.domain(base),
    )
    return article(page, capture, settings, noticed)


def _plain(markup: str) -> str:
    """The text of markup that was written as text; blocks end a line."""
    text = re.sub(r"<(?:br|/p|/div|/li|/h[1-6])\s{0,4}/?>", "\n", markup, flags=re.IGNORECASE)
    text = _TAG.sub("", text)
    for name, character in _NAMED.items():
        text = text.replace(name, character)
    return "\n".join(line for part in text.splitlines() if (line := " ".join(part.split())))


def _link(parent: Any, base: str) -> str:
    """Where an item stands: the link of RSS in its text, of Atom in an attribute, else a guid that is an address."""
    if parent is None:
        return base
    for child in parent:
        if isinstance(child.tag, str) and _local(child) == "link":
            href = child.get("href") if child.get("rel", "alternate") == "alternate" else None
            if found := (href or (child.text or "")).strip():
                return found
    guid = _child(parent, "guid")
    held = (guid.text or "").strip() if guid is not None else ""
    return held if held.startswith("http") else ""


def _child(parent: Any, name: str) -> Any:
    return next((one for one in parent if isinstance(one.tag, str) and _local(one) == name), None)


def _local(element: Any) -> str:
    return str(element.tag).rpartition("}")[2]


def _first(said: Mapping[str, str], names: tuple[str, ...]) -> str:
    return next((held for name in names if (held := said.get(name, "").strip())), "")
