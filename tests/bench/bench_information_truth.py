"""Precision and recall of the information methods on seeded texts and posts with planted campaigns and decoys.

python -m tests.bench.bench_information_truth [first seed] [seeds]
"""

from __future__ import annotations

import sys

from tests.information.judge import Verdict, judge
from tests.information.judge_near import CHANGES, all_scripts
from tests.information.posts import hard


def near(seeds: range) -> None:
    told = all_scripts(seeds)
    print(f"\n### Texts in five scripts, seeds {seeds[0]} to {seeds[-1]}: exact / near / reworded / missed\n")
    print("| change | " + " | ".join(told) + " |\n|---|" + "---|" * len(told))
    for change in CHANGES:
        cells = [
            " / ".join(str(found[change].relations[kind]) for kind in ("exact", "near", "reworded", "missed"))
            for found in told.values()
        ]
        print(f"| {change} | " + " | ".join(cells) + " |")
    wrong = [str(sum(one.wrong for one in found.values())) for found in told.values()]
    print("| all: in another's cluster | " + " | ".join(wrong) + " |")


def campaigns(title: str, told: Verdict) -> None:
    print(
        f"\n### {title}\n\n| planted | campaigns | found | recall | community only | accounts | named |\n|---|---|---|---|---|---|---|"
    )
    for kind, score in told.scores.items():
        recall = score.found / score.planted
        print(
            f"| {kind} | {score.planted} | {score.found} | {recall:.3f} | {score.community} | {score.accounts} | {score.named} |"
        )
    true = sum(count for kind, count in told.groups.items() if kind in told.scores)
    strangers = f"{told.stranger} accounts in them of no campaign"
    print(
        f"\nStrong groups: {told.groups.total()}, of campaigns {true}, precision {true / max(told.groups.total(), 1):.3f}; {strangers}.\n"
    )
    print("| innocent | planted | strong | activity-only | nothing |\n|---|---|---|---|---|")
    for kind, said in sorted(told.innocent.items()):
        print(f"| {kind} | {said.total()} | {said['strong']} | {said['activity-only']} | {said['none']} |")


def main(first: int = 100, seeds: int = 24) -> None:
    span = range(first, first + seeds)
    near(span)
    campaigns(f"Campaigns among bursts and fans, seeds {span[0]} to {span[-1]}", judge(span))
    campaigns(f"What can hardly be told, seeds {span[0]} to {span[-1]}", judge(span, hard))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
