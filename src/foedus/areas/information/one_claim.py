"""One claim: whether what two parties found carries the same claim, in whatever language; without either showing a post.

The claims are compared by the node's own model of meaning, or by anchors alone where there is none or it lacks a language
(``meaning.claims``). Who contests a claim tells no story with who carries it on, and anchors that contradict make it another.
"""

from __future__ import annotations

from collections.abc import Sequence

from foedus.areas.information.claimed import encoder_or_none
from foedus.areas.information.meaning import stance
from foedus.areas.information.meaning.claims import Claim, match
from foedus.areas.information.told import CLAIM
from foedus.errors import MalformedRecord
from foedus.model.finding import About, Key, Match

_ALONE = 0.5
"""How much anchors alone say."""


def one_claim(a: About, b: About) -> Match | None:
    """Return how the closest claims of two findings match; None where none do, in either direction alike."""
    mine, theirs = _claims(a), _claims(b)
    encoder = encoder_or_none() if mine and theirs else None
    others = [claim for _, claim in theirs]
    best: Match | None = None
    for key, claim in mine:
        for found in match(claim, others, encoder):
            if found.kind == "same-claim" and stance.supports(found.stance):
                score = round(found.score, 4) or _ALONE
                # Both in one order, so that neither party is first.
                shared = tuple(sorted((key, theirs[found.place][0]), key=lambda one: (one.kind, one.norm)))
                how = f"similarity {found.score:.3f}, " if found.score else ""
                said = Match(shared, min(score, 1.0), f"both carry one claim ({how}{found.method})")
                if best is None or (said.score, [one.norm for one in shared]) > (best.score, _norms(best)):
                    best = said
    return best


def _norms(match: Match) -> list[str]:
    return [one.norm for one in match.keys]


def _claims(about: About) -> Sequence[tuple[Key, Claim]]:
    """The claims of a finding, of whoever wrote it; what is no claim is none."""
    found = []
    for key in about.keys:
        if key.kind == CLAIM:
            language, _, text = key.norm.partition(" ")
            try:
                found.append((Key(key.kind, key.norm), Claim(text, language)))
            except MalformedRecord:
                continue
    return found
