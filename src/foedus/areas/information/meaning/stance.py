"""Stance: whether a text asserts, reports, asks or contests what it says; never whether it is true.

Similarity is no stance: a claim and its denial lie close together in every embedding. Cues of a language are looked for in
the opening of a text (``LEAD_CHARACTERS``), where a text says what it is about.

* a denial in the opening: ``contests``;
* a question: ``asks``;
* a doubt, a negation whose claim has none, a denial further down, a language without cues: ``unknown``;
* an attribution or a quotation: ``reports``; else ``asserts``.

``supports`` is true for ``asserts`` and ``reports`` alone, so a denial never counts as support, nor does what is unclear.
Known limits: irony; a denial of a denial; words that are not in the list; a denial that belongs to another matter in the
same opening counts all the same. Each costs recall of support.
"""

from __future__ import annotations

import unicodedata
from typing import Literal, NamedTuple

from foedus.areas.information.meaning import stance_cues

Kind = Literal["asserts", "reports", "asks", "contests", "unknown"]
Sort = Literal["denial", "negation", "doubt", "attribution", "quotation", "question"]
LEAD_CHARACTERS = 400
LANGUAGES = tuple(stance_cues.cues())
_TURNING: tuple[Sort, ...] = ("negation", "doubt")


class Cue(NamedTuple):
    """A word that shows a stance, and where it stands in the text (in NFC code points)."""

    sort: str
    text: str
    start: int


class Stance(NamedTuple):
    """What a text does with what it says, by itself, and the cues that show it."""

    kind: Kind
    cues: tuple[Cue, ...] = ()

    @property
    def covered(self) -> bool:
        """Whether the text's language has cues at all."""
        return self.kind != "unknown" or bool(self.cues)

    def has(self, *sorts: Sort) -> bool:
        """Say whether there is a cue of one of some sorts in the opening."""
        return any(cue.sort in sorts and cue.start < LEAD_CHARACTERS for cue in self.cues)


def read(text: str, language: str) -> Stance:
    """Return the stance of a text by itself.

    >>> read("Берлин опроверг сообщения о сделке.", "ru").kind, read("政府否认该协定存在。", "zh").kind
    ('contests', 'contests')
    >>> read("Will the pact be signed?", "en").kind, read("The pact was signed.", "en").kind, read("Pakt", "xx").kind
    ('asks', 'asserts', 'unknown')
    """
    pattern = stance_cues.pattern(language.partition("-")[0])
    if pattern is None:
        return Stance("unknown")
    plain = unicodedata.normalize("NFC", text)
    found = [Cue(match.lastgroup or "", match[0], match.start()) for match in pattern.finditer(plain)]
    found += [Cue("quotation", match[0], match.start()) for match in stance_cues.QUOTATION.finditer(plain)]
    held = Stance("unknown", tuple(sorted(found, key=lambda cue: cue.start)))
    return held._replace(kind=_kind(held))


def towards(claim: Stance, text: Stance) -> Kind:
    """Return the stance of a text towards a claim that it is close to.

    Where exactly one of both denies, it contests. Where both deny, the text may be a copy of the denial or deny it in turn:
    ``unknown``. A negation on one side only is ``unknown`` too.

    >>> claim = read("The pact allows bases.", "en")
    >>> towards(claim, read("The pact does not allow bases.", "en"))
    'unknown'
    """
    if not (claim.covered and text.covered):
        return "unknown"
    if claim.has("denial") != text.has("denial"):
        return "contests"
    if "asks" in {claim.kind, text.kind}:
        return "asks"
    later = any(cue.sort == "denial" for cue in text.cues)
    if later or any(claim.has(sort) != text.has(sort) for sort in _TURNING):
        return "unknown"
    return "reports" if text.has("attribution", "quotation") else "asserts"


def supports(kind: Kind) -> bool:
    """Say whether a stance towards a claim counts as carrying it on: asserted or reported, nothing else."""
    return kind in {"asserts", "reports"}


def _kind(held: Stance) -> Kind:
    if held.has("denial"):
        return "contests"
    if held.has("question"):
        return "asks"
    later = any(cue.sort == "denial" for cue in held.cues)
    if later or held.has("doubt"):
        return "unknown"
    return "reports" if held.has("attribution", "quotation") else "asserts"
