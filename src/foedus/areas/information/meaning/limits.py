"""The thresholds in force, with what they belong to; ``calibrate.py`` made them from tests/information/data/calibration.tsv.

Thresholds of links are the least at which nine of ten links of the calibration half are right; that of claims has its best F1.
Languages are pooled: the set is too small to tell one pair of languages from another. Pairs within one language have
thresholds of their own, since near misses of one wording lie closer there.
"""

from __future__ import annotations

from typing import NamedTuple

from foedus.areas.information.meaning import embed


class Pairing(NamedTuple):
    """Least similarities of a link.

    Attributes:
        mutual: each is the other's nearest neighbour.
        anchored: it is not, but an anchor is shared.
    """

    mutual: float
    anchored: float


class Limits(NamedTuple):
    """Thresholds of one model and one class of texts.

    Attributes:
        model: SHA-256 of the weights.
        texts: class of texts they were calibrated on.
        calibration: SHA-256 of the labelled set.
        across: between two languages.
        within: in one language.
        claim: a text on the matter of a claim.
    """

    model: str
    texts: str
    calibration: str
    across: Pairing
    within: Pairing
    claim: float


SHORT = Limits(
    embed.SentenceEncoder.model,
    "sentences and headlines",
    "a763d31198194d78722b815e14266766b97a72e857f45304df7d9392015fb7bd",
    across=Pairing(0.47, 0.78),
    within=Pairing(0.9, 0.75),
    claim=0.48,
)
