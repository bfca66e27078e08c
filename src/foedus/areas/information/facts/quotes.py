"""Quotations: words in quotation marks, and the office or body that is said to have spoken them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from foedus.areas.information.facts.told import PLACE, Name, Quotation, Span

_ENGLISH = re.compile(r"“([^“”\n]{3,1500})”|(?<!\w)\"([^\"\n]{3,1500})\"")
_JAPANESE = re.compile(r"「([^「」\n]{3,800})」")
_SAYS = re.compile(
    r"\b(?:said|says|told|stated|added|wrote|noted|explained|warned"
    r"|stressed|insisted|declared|announced|called|described|according to)\b"
)
_SAYS_JA = re.compile(r"^(?:など)?(?:と|とし、?)(?:述べ|語|話|強調|指摘|表明|説明|発言|コメント|主張)")
_GOES_ON = re.compile(r"[”\"][^\n.!?“”\"]{1,120}[.] ")
"""Between a quotation with its speaker and the next: it goes on in the same voice."""
_NEAR = 160


def english(text: str, names: Sequence[Name]) -> Iterator[Quotation]:
    """Yield quotations of a text, each with who spoke where that stands beside it."""
    before: Quotation | None = None
    for found in _ENGLISH.finditer(text):
        group = 1 if found[1] else 2
        words = found[group]
        if " " not in words.strip():
            continue
        speaker = _speaker(text, found, names)
        if speaker is None and before is not None and _GOES_ON.fullmatch(text, before.span.end, found.start()):
            speaker = before.speaker
        before = Quotation(words, Span(found.start(group), found.end(group)), speaker)
        yield before


def japanese(text: str, names: Sequence[Name]) -> Iterator[Quotation]:
    """Yield quotations of a Japanese text; words in brackets that nobody spoke are names of things."""
    for found in _JAPANESE.finditer(text):
        if not _SAYS_JA.match(text[found.end() : found.end() + 12]):
            continue
        begin = max(text.rfind("。", 0, found.start()), text.rfind("\n", 0, found.start())) + 1
        before = [
            one
            for one in names
            if begin <= one.span.start
            and one.span.end <= found.start()
            and text[one.span.end : one.span.end + 1] in "はが"
        ]
        yield Quotation(found[1], Span(found.start(1), found.end(1)), before[-1] if before else None)


def _speaker(text: str, found: re.Match[str], names: Sequence[Name]) -> Name | None:
    """The name beside a verb of saying: first after the quotation, in its sentence, then before it."""
    after_end = _sentence_end(text, found.end())
    comes = _SAYS.search(text, found.end(), after_end)
    if comes:
        near = [one for one in names if found.end() <= one.span.start <= after_end and one.kind != PLACE]
        best = min(near, key=lambda one: _distance(one.span, comes), default=None)
        return best if best is not None and _distance(best.span, comes) <= 40 else None
    begin = max(text.rfind(". ", 0, found.start()), text.rfind("\n", 0, found.start()), found.start() - _NEAR) + 1
    said = list(_SAYS.finditer(text, begin, found.start()))
    if not said:
        return None
    near = [
        one for one in names if begin <= one.span.start and one.span.end <= said[-1].start() + 1 and one.kind != PLACE
    ]
    return near[-1] if near else None


def _distance(span: Span, verb: re.Match[str]) -> int:
    return span.start - verb.end() if span.start >= verb.end() else verb.start() - span.end


def _sentence_end(text: str, start: int) -> int:
    end = re.compile(r"[.!?](?:\s|$)|\n").search(text, start, min(len(text), start + _NEAR))
    return end.start() if end else min(len(text), start + _NEAR)
