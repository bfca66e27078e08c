"""Meaning across languages: speed of the encoder, precision and recall of links, claims and stance, with what was missed.

python -m tests.bench.bench_information_language [--misses]
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Sequence

from tests.bench.measure import cpu_s, head, row
from tests.information.texts import Row, one_story, pairs, rows
from tests.information.weighed import (
    Judged,
    carried,
    judged_alone,
    judged_claims,
    judged_links,
    judged_stances,
    representatives,
    stories_found,
)

from foedus.areas.information.meaning import across, calibrate, embed, stance
from foedus.areas.information.meaning.embed import SentenceEncoder
from foedus.areas.information.meaning.limits import SHORT, Pairing

LANGUAGES = ("en", "ja", "ko", "ru", "zh")


def speed(encoder: SentenceEncoder) -> None:
    held = rows("test")
    texts = [f"{one.text} {number}" for number in range(10) for one in held]
    encoder.encode(texts[:20])
    rate = len(texts) / cpu_s(lambda: encoder.encode(texts))
    row("short texts embedded per CPU-s, one thread", f"{rate:,.0f}", bar="≥ 300", met=rate >= 300)
    whole = [
        one.as_text()._replace(id=f"{one.id}-{number}", text=f"{one.text} {number}")
        for number in range(10)
        for one in held
    ]
    row(
        "texts linked per CPU-s (vectors, anchors, stance, neighbours)",
        f"{len(whole) / cpu_s(lambda: across.link(whole, encoder), 1):,.0f}",
    )
    same = encoder.encode(texts).tobytes() == encoder.encode(texts).tobytes()
    back = encoder.encode(texts[::-1])[::-1].tobytes() == encoder.encode(texts).tobytes()
    row(
        "two runs; two orders of one input",
        "identical bytes" if same and back else "differ",
        bar="identical",
        met=same and back,
    )


def by_language(held: Sequence[Row], found: Sequence[Judged], known: dict[str, int]) -> None:
    right, reported = Counter(), Counter()
    for one in found:
        key = "-".join(sorted(text.lang for text in one.texts))
        reported[key] += 1
        right[key] += one.truth
    print("\n| languages | pairs | linked | right | precision | recall |\n|---|---|---|---|---|---|")
    for key in sorted(known, key=lambda name: (len(set(name.split("-"))), name)):
        if known[key]:
            precision = right[key] / max(1, reported[key])
            print(
                f"| {key} | {known[key]} | {reported[key]} | {right[key]} | {precision:.2f} | {right[key] / known[key]:.2f} |"
            )


def links(encoder: SentenceEncoder, held: Sequence[Row]) -> list[Judged]:
    found = [one for one, _ in judged_links(held, encoder, SHORT)]
    known = Counter("-".join(sorted((a.lang, b.lang))) for a, b in pairs(held) if one_story(a, b))
    head("Links and stories, texts not used for calibration")
    right = sum(one.truth for one in found)
    row("links that are right", f"{right} of {len(found)}, precision {right / len(found):.3f}")
    right, reported, total = stories_found(representatives(held), encoder, SHORT)
    row(
        "one text a story and language, near misses beside: recall",
        f"{right} of {total}, {right / total:.3f}",
        bar="> 0.602",
        met=right / total > 0.602,
    )
    row(
        "the same: precision",
        f"{right} of {reported}, {right / reported:.3f}",
        bar="no false pair",
        met=right == reported,
    )
    right, reported, total = stories_found(held, encoder, SHORT)
    row(
        "several texts a story and language: pairs in one story",
        f"precision {right / reported:.3f}, recall {right / total:.3f}",
    )
    for mutual, anchored in ((0.45, 0.55), (0.5, 0.6), (0.55, 0.65), (0.6, 0.7)):
        other = SHORT._replace(across=Pairing(mutual, anchored), within=Pairing(mutual, anchored))
        right, reported, total = stories_found(held, encoder, other)
        row(
            f"the same at thresholds {mutual} and {anchored}",
            f"precision {right / reported:.3f}, recall {right / total:.3f}",
        )
    by_language(held, found, known)
    return found


def claims(encoder: SentenceEncoder, held: Sequence[Row]) -> list[Judged]:
    head("Texts matched with a claim in English")
    found = judged_claims(held, encoder, SHORT.claim)
    print("\n| language | on the matter | matched | right | precision | recall |\n|---|---|---|---|---|---|")
    for language in (*LANGUAGES, "all"):
        mine = [one for one in found if language in (one.texts[1].lang, "all")]
        known, matched = sum(one.truth for one in mine), [one for one in mine if one.reported]
        right = sum(one.truth for one in matched)
        print(
            f"| {language} | {known} | {len(matched)} | {right} | {right / max(1, len(matched)):.2f} | {right / max(1, known):.2f} |"
        )
    scored = [(one.score, one.truth) for one in found]
    alone = judged_alone(held)
    right, reported = sum(one.truth and one.reported for one in alone), sum(one.reported for one in alone)
    known = sum(one.truth for one in alone)
    print(f"| all, by anchors alone | {known} | {reported} | {right} | {right / reported:.2f} | {right / known:.2f} |")
    print("\n| threshold, without anchors | precision | recall |\n|---|---|---|")
    for threshold in (0.35, 0.4, 0.45, 0.5, 0.55, 0.6, 0.65):
        at = calibrate.point(scored, threshold)
        print(f"| {threshold:.2f} | {at.precision:.3f} | {at.recall:.3f} |")
    return found


def stances(held: Sequence[Row], encoder: SentenceEncoder) -> None:
    head("Stance towards the claim")
    support = carried(held, encoder)
    wrong = sum(one.stance == "contests" for one in support)
    denials = sum(one.stance == "contests" and one.role == "same" for one in held)
    row(
        "denials counted as support of their claim, after match and stance",
        f"{wrong} of {denials}",
        bar="0",
        met=not wrong,
    )
    row(
        "texts counted as support",
        f"{len(support)}, of them wrong {sum(one.stance not in {'asserts', 'reports'} for one in support)}",
    )
    found = judged_stances(held)
    print(
        "\n| language | supports | of them kept as support | denials | contests | unknown | taken for support |\n|---|---|---|---|---|---|---|"
    )
    for language in (*LANGUAGES, "all"):
        mine = [(one, kind) for one, kind in found if language in (one.lang, "all")]
        kinds = [kind for one, kind in mine if one.stance in {"asserts", "reports"}]
        denied = Counter("support" if stance.supports(kind) else kind for one, kind in mine if one.stance == "contests")
        kept = sum(map(stance.supports, kinds))
        print(
            f"| {language} | {len(kinds)} | {kept} | {denied.total()} | {denied['contests']} | {denied['unknown']} | {denied['support']} |"
        )


def misses(linked: Sequence[Judged], matched: Sequence[Judged], held: Sequence[Row]) -> None:
    print("\n#### What went wrong\n")
    for one in linked:
        if not one.truth:
            print(f"* linked, not one statement ({one.score:.2f}): {one.texts[0].text} / {one.texts[1].text}")
    for one in matched:
        if one.reported != one.truth:
            print(
                f"* {'matched' if one.reported else 'not matched'} ({one.score:.2f}) with {one.texts[0].topic}: {one.texts[1].text}"
            )
    for text, kind in judged_stances(held):
        kept = stance.supports(kind)
        if (text.stance == "contests" and kept) or (text.stance in {"asserts", "reports"} and not kept):
            print(f"* {text.stance} read as {kind}: {text.text}")


def main(arguments: Sequence[str]) -> None:
    if not embed.installed():
        raise SystemExit("this bench needs the extra 'language'")
    encoder, held = embed.load(), rows("test")
    head("Meaning across languages")
    speed(encoder)
    linked, matched = links(encoder, held), claims(encoder, held)
    stances(held, encoder)
    if "--misses" in arguments:
        misses(linked, matched, held)


if __name__ == "__main__":
    main(sys.argv[1:])
