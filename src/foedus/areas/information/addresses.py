"""Addresses: one spelling for one URL, and no account's name in it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from urllib.parse import SplitResult, parse_qsl, urlencode, urljoin, urlsplit, urlunsplit

import idna

from foedus.areas.information.pseudonyms import Pseudonyms

MAX_URL = 2_048
MAX_URLS = 200
_FOUND = re.compile(r"https?://[^\s<>\"'`{}|\\^\u3000-\u303f\uff00-\uff0f]{1,2048}", re.IGNORECASE)
_TRACKING = frozenset({"fbclid", "gclid", "igshid", "mc_cid", "mc_eid"})
_POST_NUMBER = re.compile(r"\d{5,20}")
_PORTS = {"http": 80, "https": 443}
_TRAILING = ".,;:!?)]}'\"…»”’"
# Where a path names an account: the segment after which it stands, "" for the first one.
_SOCIAL: dict[str, frozenset[str]] = {
    "x.com": frozenset({""}), "twitter.com": frozenset({""}), "facebook.com": frozenset({"", "people"}),
    "instagram.com": frozenset({""}), "t.me": frozenset({"", "s"}), "vk.com": frozenset({""}), "threads.net": frozenset({""}),
    "threads.com": frozenset({""}), "tiktok.com": frozenset(), "bsky.app": frozenset({"profile"}),
    "linkedin.com": frozenset({"in"}), "youtube.com": frozenset({"user", "c", "channel"}), "weibo.com": frozenset({"", "u"}),
    "reddit.com": frozenset({"user", "u"}), "ok.ru": frozenset({"", "profile"}), "truthsocial.com": frozenset(),
}  # fmt: skip
NO_ACCOUNT = frozenset({
    "i", "s", "hashtag", "search", "watch", "p", "reel", "groups", "events", "intent", "share", "sharer", "home", "explore",
    "status", "video", "videos", "photo", "story.php", "permalink.php", "sharer.php", "profile", "people", "in", "user", "u", "r",
})  # fmt: skip
"""First parts of addresses that are a platform's own words, and nobody's name."""


def found_in(text: str) -> list[str]:
    """Return the URLs that stand in a text.

    >>> found_in("see https://example.org/a, and http://example.com/b.")
    ['https://example.org/a', 'http://example.com/b']
    """
    return [one.rstrip(_TRAILING) for one in _FOUND.findall(text)[:MAX_URLS]]


@lru_cache(maxsize=16_384)
def canonical(url: str, base: str = "") -> str:
    """Return a URL in its one spelling: host in lower case and ASCII, no default port, fragment, name or tracking; "" if none.

    >>> canonical("HTTPS://Example.ORG:443/A?utm_source=x&b=1#top")
    'https://example.org/A?b=1'
    """
    parts = _parts(url, base)
    if parts is None:
        return ""
    host = _host(parts.hostname or "")
    port = _port(parts)
    if not host or port < 0:
        return ""
    place = host if port in (0, _PORTS[parts.scheme]) else f"{host}:{port}"
    query = [pair for pair in parse_qsl(parts.query, keep_blank_values=True) if not _tracks(pair[0])]
    kept = parts.query if len(query) == parts.query.count("&") + 1 else urlencode(query)
    made = urlunsplit((parts.scheme, place, parts.path or "/", kept, ""))
    return made if len(made) <= MAX_URL else ""


@lru_cache(maxsize=16_384)
def domain(url: str) -> str:
    """Return the host of a canonical URL, without ``www.``; "" if there is none."""
    parts = _parts(url, "")
    return _host(parts.hostname or "").removeprefix("www.") if parts is not None else ""


def keyed(urls: Iterable[str], platform: str, names: Pseudonyms) -> tuple[str, ...]:
    """Return URLs in their one spelling, each once, an account's name in one keyed."""
    made = (_unnamed(canonical(one), platform, names) for one in urls)
    return tuple(dict.fromkeys(one for one in made if one))[:MAX_URLS]


def keyed_text(text: str, platform: str, names: Pseudonyms) -> str:
    """Return a text in which URLs that name an account have it keyed; all others stay as written."""

    def replace(found: re.Match[str]) -> str:
        written = found[0].rstrip(_TRAILING)
        told = canonical(written)
        unnamed = _unnamed(told, platform, names)
        has_name = "@" in written or unnamed != told
        return (unnamed if has_name else written) + found[0][len(written) :]

    return _FOUND.sub(replace, text) if "://" in text else text


def _unnamed(url: str, platform: str, names: Pseudonyms) -> str:
    if not url:
        return ""
    parts = urlsplit(url)
    segments = parts.path.split("/")
    places = list(_naming(domain(url), segments))
    if _social(domain(url)) is not None and not any(names.is_public(segments[place]) for place in places):
        # The number of a post leads to whoever posted it as surely as a name.
        segments = [names.record("path", one) if _POST_NUMBER.fullmatch(one) else one for one in segments]
    for place in places:
        bare = segments[place].removeprefix("@")
        segments[place] = ("@" if bare != segments[place] else "") + names.handle(platform, bare)
    query = "" if "@" in parts.query or "%40" in parts.query else parts.query
    return urlunsplit((parts.scheme, parts.netloc, "/".join(segments), query, ""))


def _naming(host: str, segments: list[str]) -> Iterator[int]:
    """Yield the places of segments that name an account: one with an at sign, or where the platform has it."""
    social = _social(host)
    for place, segment in enumerate(segments):
        if segment.startswith("@") and len(segment) > 1:
            yield place
        elif social is not None and place and segment and segment.lower() not in NO_ACCOUNT:
            before = segments[place - 1].lower()
            if before in social and (before or place == 1):
                yield place


def _social(host: str) -> frozenset[str] | None:
    return next((held for name, held in _SOCIAL.items() if host == name or host.endswith(f".{name}")), None)


def _parts(url: str, base: str) -> SplitResult | None:
    try:
        parts = urlsplit(urljoin(base, url.strip()) if base else url.strip())
    except ValueError:
        return None
    return parts._replace(scheme=parts.scheme.lower()) if parts.scheme.lower() in _PORTS else None


def _port(parts: SplitResult) -> int:
    try:
        return parts.port or 0
    except ValueError:
        return -1


def _host(host: str) -> str:
    if host.isascii():
        return host.lower().rstrip(".") if re.fullmatch(r"[A-Za-z0-9.\-:_]{1,253}", host) else ""
    try:
        return idna.encode(host.rstrip("."), uts46=True).decode().lower()
    except (idna.IDNAError, UnicodeError):
        return ""


def _tracks(name: str) -> bool:
    return name in _TRACKING or name.startswith("utm_")
