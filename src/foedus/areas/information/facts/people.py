"""People who hold a public office, told by the title beside the name. Nobody else is a person here."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from foedus.areas.information.facts.lexicon import either, words
from foedus.areas.information.facts.names import ADJECTIVE, CAPITAL, Hit
from foedus.areas.information.facts.told import BODY, STATE

_TITLES = either("english", "titles")
_NAME = r"[A-ZÀ-ÖØ-Þ][\w'’\-]{1,30}(?: (?:[A-Z]\.|van|von|der|de|bin|al|[A-ZÀ-ÖØ-Þ][\w'’\-]{1,30})){0,3}"
_BEFORE = re.compile(rf"(?P<role>(?<![\w-])(?:{_TITLES})) (?P<name>{_NAME})")
_AFTER = re.compile(
    rf"(?P<name>{_NAME}), (?:the |a |an )?(?P<of>[A-Z][\w.\- ]{{1,40}}?(?:'s|’s)? )?(?P<role>{_TITLES})(?![\w-])"
)
_APPOSED = re.compile(rf"(?P<role>(?<![\w-])(?:{_TITLES})), (?P<name>{_NAME}),")
_FORMER = re.compile(r"(?:\b[Ff]ormer|\b[Ee]x-|\b[Ll]ate|\b[Rr]etired|\b[Tt]hen-)[\w' \-]{0,40}$")
_OFFICE = re.compile(rf"(?<![\w-])(?:{_TITLES})(?![\w-])")
_NO_NAME = frozenset(words("english", "no_names"))
_JA_TITLES = either("japanese", "titles")
_JAPANESE = re.compile(
    rf"(?P<name>[一-龥々]{{2,5}}|[ァ-ヶー]{{2,12}}(?:[・＝][ァ-ヶー]{{1,12}}){{0,3}})(?P<role>{_JA_TITLES})"
)
_AGAIN = re.compile(rf"(?:(?<=[。、「」\n])|\A)(?P<role>{_JA_TITLES})(?=[はがも])")
_NO_JA_NAME = re.compile(r"前|元|新任|現職|各国|両国|同国|外国|歴代|次期|特命|同盟|加盟|関係")


class Holder(NamedTuple):
    """Somebody in an office: where name and title stand, the name, the title, the country or body."""

    start: int
    end: int
    name: str
    role: str
    country: str


def english(text: str, hits: Sequence[Hit]) -> Iterator[Holder]:
    """Yield those who are named with an office in a sentence; of a former office nobody."""
    taken: list[tuple[int, int]] = []
    for pattern in (_BEFORE, _APPOSED, _AFTER):
        for found in pattern.finditer(text):
            name, end = _name(found["name"], found.start("name"), hits)
            if not name or _FORMER.search(text[max(0, found.start() - 60) : found.start()]):
                continue
            if pattern is _AFTER and found["of"] and _FORMER.search(found["of"]):
                continue
            end = found.end() if pattern is _AFTER else end
            if any(start < end and found.start() < until for start, until in taken):
                continue
            taken.append((found.start(), end))
            beside = _beside(found.start("role"), text, hits)
            start = found.start() if beside is None or pattern is _AFTER else beside.start
            after = next((hit for hit in hits if text[end : hit.start] == " of " and hit.known.kind == STATE), None)
            beside, end = (after, after.end) if beside is None and after is not None else (beside, end)
            country = "" if beside is None else beside.known.country or beside.known.name
            yield Holder(start, end, name, found["role"], country)


def offices(text: str, hits: Sequence[Hit]) -> Iterator[Holder]:
    """Yield offices without a name that stand beside their state or body: "Japan's foreign minister"."""
    for found in _OFFICE.finditer(text):
        hit = _beside(found.start(), text, hits)
        if hit is not None and not _FORMER.search(text[max(0, hit.start - 30) : hit.start]):
            yield Holder(hit.start, found.end(), "", found[0], hit.known.country or hit.known.name)


def japanese(text: str, hits: Sequence[Hit]) -> Iterator[Holder]:
    """Yield those who are named with an office in a Japanese sentence; a country before the name is theirs."""
    for found in _JAPANESE.finditer(text):
        name, start = found["name"], found.start()
        country = next(
            (hit.known.country for hit in hits if hit.end in (start, start - 1) and hit.known.kind == STATE), ""
        )
        for hit in hits:
            if hit.start == start and hit.end < found.end("name") and hit.known.kind in (STATE, CAPITAL):
                country, name, start = hit.known.country, text[hit.end : found.end("name")], hit.end
        if any(hit.start <= start and hit.end >= found.end("name") for hit in hits):
            continue
        if len(name) >= 2 and text[max(0, start - 1) : start] not in ("前", "元") and not _NO_JA_NAME.match(name):
            yield Holder(start, found.end(), name, found["role"], country)


def japanese_again(text: str, holders: Sequence[Holder]) -> Iterator[Holder]:
    """Yield offices without a name that act in a Japanese sentence: whoever was last named with that title is meant."""
    for found in _AGAIN.finditer(text):
        held = next((one for one in reversed(holders) if one.role == found["role"]), None)
        if held is not None:
            yield Holder(found.start("role"), found.end("role"), held.name, held.role, held.country)


def _name(written: str, start: int, hits: Sequence[Hit]) -> tuple[str, int]:
    """Return the words of a name up to one that is none, and where they end."""
    kept: list[str] = []
    place = start
    end = start
    for word in written.split(" "):
        known = any(hit.start == place for hit in hits)
        if word.rstrip("’'s") in _NO_NAME or (known and not kept) or (known and len(kept) > 1):
            break
        kept.append(word)
        end = place + len(word)
        place = end + 1
    name = " ".join(kept)
    for possessive in ("'s", "’s"):
        if name.endswith(possessive):
            name, end = name.removesuffix(possessive), end - 2
    while name.rpartition(" ")[2] in ("de", "van", "von", "der", "bin", "al"):
        name, end = name.rpartition(" ")[0], end - len(name.rpartition(" ")[2]) - 1
    return name, end


def _beside(role_start: int, text: str, hits: Sequence[Hit]) -> Hit | None:
    """The state or body right before a title: "Japanese", "Japan's", "NATO"."""
    for hit in hits:
        between = text[hit.end : role_start] if hit.end <= role_start else "?"
        if between in (" ", "'s ", "’s ") and hit.known.kind in (STATE, ADJECTIVE, BODY):
            return hit
    return None
