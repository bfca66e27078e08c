"""Sentences of an article, with their places; a mark inside an abbreviation or a quotation does not end one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

MAX_SENTENCE = 2_000
_END = re.compile(r"[.!?][\"”’')\]]{0,3}(?=\s|$)|[。！？][」』）]{0,3}|\n")
_SHORT = re.compile(
    r"(?:\b(?:Mr|Mrs|Ms|Dr|St|Gen|Lt|Col|Adm|Capt|Sgt|Maj|Rep|Sen|Gov|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec|No|vs|etc"
    r"|Inc|Ltd|Co|Corp|approx)|\b[A-Z]|\b[A-Z]\.[A-Z])$"
)


class Sentence(NamedTuple):
    """A sentence and where it begins."""

    text: str
    start: int


def sentences(text: str) -> Iterator[Sentence]:
    r"""Yield the sentences of a text; what goes on for too long is cut.

    >>> [one.text for one in sentences("The U.S. agreed. Gen. Example left.\nTokyo said so.")]
    ['The U.S. agreed.', 'Gen. Example left.', 'Tokyo said so.']
    """
    start = 0
    for mark in _END.finditer(text):
        here = mark.end()
        if mark[0][0] == "." and _SHORT.search(text[max(start, mark.start() - 8) : mark.start()]):
            continue
        yield from _cut(text, start, here)
        start = here
    yield from _cut(text, start, len(text))


def _cut(text: str, start: int, end: int) -> Iterator[Sentence]:
    while start < end:
        part = text[start : min(end, start + MAX_SENTENCE)]
        bare = part.strip()
        if bare:
            yield Sentence(bare, start + part.index(bare[0]))
        start += len(part)
