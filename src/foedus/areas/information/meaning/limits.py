"""The thresholds in force, with what they belong to; ``calibrate.py`` made them from tests/information/data/calibration.tsv.

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
    "2e8a00f719ddc6afdceabba50b62b9fa52127781542d621f5dbe427bf42b30a2",
    across=Pairing(0.46, 0.64),
    within=Pairing(0.5, 0.63),
    claim=0.48,
)
