"""Precision and recall of the maritime room on seeded traffic with planted events and decoys, with what was missed.

Every scene goes in as records and layer files, and what comes out as findings is held against the truth.

python -m tests.bench.bench_maritime_truth [first seed] [seeds]
"""

from __future__ import annotations

import sys

from tests.maritime.judge import judge, judge_silences


def main(first: int = 0, seeds: int = 40) -> None:
    print(f"\n### Seeded traffic, seeds {first} to {first + seeds - 1}\n")
    print(
        "| kind | planted | found | recall | reported | true | precision | missed |\n|---|---|---|---|---|---|---|---|"
    )
    chosen = range(first, first + seeds)
    for kind, score in (judge(chosen) | judge_silences(chosen)).items():
        missed = ", ".join(f"{count} {note}" for note, count in score.missed.most_common())
        recall, precision = score.found / score.planted, score.hits / max(1, score.reported)
        print(
            f"| {kind} | {score.planted} | {score.found} | {recall:.3f} | {score.reported} | {score.hits} | {precision:.3f} | {missed} |"
        )


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
