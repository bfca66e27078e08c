"""How the methods fare on the multilingual set: thresholds from the calibration half, figures from the other."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import NamedTuple

from tests.information.texts import DATA, Row, claims, one_story, pairs, rows

from foedus.areas.information.meaning import across, anchors, calibrate, stance
from foedus.areas.information.meaning.claims import Claim, match
from foedus.areas.information.meaning.embed import Encoder, similarity
from foedus.areas.information.meaning.limits import SHORT, Limits, Pairing

OPEN = Pairing(0.3, 0.3)


class Judged(NamedTuple):
    """One decision of a method, the truth, and the texts it is about."""

    score: float
    truth: bool
    reported: bool
    texts: tuple[Row, Row]


def calibrated(encoder: Encoder) -> Limits:
    """Return the thresholds that the calibration half gives."""
    held = rows("calibration")
    links = judged_links(held, encoder, SHORT._replace(across=OPEN, within=OPEN))
    found = {
        (same, route): calibrate.precise([(one.score, one.truth) for one, link in links if _of(one, link, same, route)])
        for same in (False, True)
        for route in ("mutual", "anchored")
    }
    matters = [(one.score, one.truth) for one in judged_claims(held, encoder, 0.0) if one.reported]
    return Limits(
        encoder.model, SHORT.texts, hashlib.sha256((DATA / "calibration.tsv").read_bytes()).hexdigest(),
        Pairing(found[False, "mutual"], found[False, "anchored"]), Pairing(found[True, "mutual"], found[True, "anchored"]),
        calibrate.best(matters),
    )  # fmt: skip


def _of(one: Judged, link: across.Link, same: bool, route: str) -> bool:
    a, b = one.texts
    return (a.lang == b.lang) == same and link.route == route


def judged_links(held: Sequence[Row], encoder: Encoder, limits: Limits) -> list[tuple[Judged, across.Link]]:
    """Every link that is not merely of one topic, beside the truth."""
    known = {row.id: row for row in held}
    found = []
    for link in across.link([row.as_text() for row in held], encoder, limits):
        texts = (known[link.first], known[link.second])
        if link.kind != "same-topic":
            found.append((Judged(link.score, one_story(*texts), True, texts), link))
    return found


def judged_claims(held: Sequence[Row], encoder: Encoder, threshold: float) -> list[Judged]:
    """Every text against every claim: on its matter, and not contradicted by an anchor."""
    topics = claims(held)
    texts = [row for row in held if row not in topics.values()]
    scores = similarity(
        encoder.encode([row.text for row in topics.values()]), encoder.encode([row.text for row in texts])
    )
    found = []
    for at, (topic, claim) in enumerate(topics.items()):
        mine = anchors.find(claim.text, claim.lang)
        for column, row in enumerate(texts):
            against = anchors.weigh(mine, anchors.find(row.text, row.lang)).contradicting
            truth = row.topic == topic and row.role == "same"
            score = float(scores[at, column])
            found.append(Judged(score, truth, score >= threshold and not against, (claim, row)))
    return found


def judged_alone(held: Sequence[Row]) -> list[Judged]:
    """Every text against every claim by anchors alone, as where the encoder is missing."""
    topics = claims(held)
    texts = [row for row in held if row not in topics.values()]
    others = [Claim(row.text, row.lang) for row in texts]
    found = []
    for topic, row in topics.items():
        places = {one.place for one in match(Claim(row.text, row.lang), others)}
        found += [
            Judged(0.0, text.topic == topic and text.role == "same", place in places, (row, text))
            for place, text in enumerate(texts)
        ]
    return found


def judged_stances(held: Sequence[Row]) -> list[tuple[Row, stance.Kind]]:
    """The stance towards its claim of every text on its matter, the claims themselves left out."""
    topics = claims(held)
    return [
        (row, stance.towards(_read(topics[row.topic]), _read(row)))
        for row in held
        if row.role == "same" and row is not topics[row.topic]
    ]


def carried(held: Sequence[Row], encoder: Encoder) -> list[Row]:
    """Texts that count as carrying their claim on: matched with it, and asserting or reporting it."""
    kinds = {row.id: kind for row, kind in judged_stances(held)}
    matched = [one.texts[1] for one in judged_claims(held, encoder, SHORT.claim) if one.reported and one.truth]
    return [row for row in matched if stance.supports(kinds[row.id])]


def _read(row: Row) -> stance.Stance:
    return stance.read(row.text, row.lang)


def representatives(held: Sequence[Row]) -> list[Row]:
    """The first text of each story in each language, and every distractor: what near-duplicate clusters leave over."""
    first = {(row.topic, row.lang): row for row in reversed(held) if row.role == "same"}
    return [row for row in held if row.role != "same" or first[row.topic, row.lang] is row]


def stories_found(held: Sequence[Row], encoder: Encoder, limits: Limits) -> tuple[int, int, int]:
    """Pairs of different languages in one story: right and reported, reported, right."""
    texts = [row.as_text() for row in held]
    group = {
        id_: number
        for number, ids in enumerate(across.stories(texts, across.link(texts, encoder, limits)))
        for id_ in ids
    }
    right = reported = known = 0
    for a, b in pairs(held):
        if a.lang == b.lang:
            continue
        together = a.id in group and group[a.id] == group.get(b.id)
        reported += together
        known += one_story(a, b)
        right += together and one_story(a, b)
    return right, reported, known
