"""A small week of posts as JSON lines: a crowd, a message that goes viral, and accounts that push messages in rounds."""

from __future__ import annotations

import json
import random

from tests.information.words import Language

START = 1_779_062_400  # Monday 18 May 2026
SPAN = 5 * 86_400
ACCOUNTS = tuple(f"zz_pusher_{n}" for n in range(7))
CLAIMS = {
    "en": "The undersea cable between Japan and Guam was cut on 3 March 2026 by a foreign ship.",
    "ja": "日本とグアムを結ぶ海底ケーブルは、2026年3月3日に外国船によって切断された。",
}


def posts(claim: str = "", *, pushed: bool = True, seed: int = 1) -> list[dict]:
    """Return posts by instant; ``claim`` is said in the first round of those who push."""
    rng = random.Random(seed)
    language = Language(rng, words=900)

    def text() -> str:
        return language.text(language.sentence(rng.randint(12, 20)))

    links = [f"https://news.example/{n}" for n in range(120)]
    made = [
        post(
            f"crowd_{rng.randrange(60)}", rng.uniform(0, SPAN), text(), (links[min(int(rng.paretovariate(0.8)), 119)],)
        )
        for _ in range(900)
    ]
    viral, begun = text(), rng.uniform(0, SPAN)
    made += [post(f"crowd_{n}", begun + rng.expovariate(1 / 240), viral, ()) for n in range(60)]
    for number in range(9 if pushed else 0):
        said, start = claim if claim and not number else text(), SPAN * (number + 1) / 11
        made += [post(one, start + rng.uniform(0, 40), said, ()) for one in ACCOUNTS]
    made.sort(key=lambda one: one["created_at"])
    return [one | {"id": f"8112{seed}3456789{n:06}"} for n, one in enumerate(made)]


def post(account: str, after_s: float, text: str, urls: tuple[str, ...]) -> dict:
    """Return a post, its time in whole seconds."""
    return {"user_id": account, "text": text, "created_at": START + int(after_s), "urls": list(urls)}


def lines(held: list[dict]) -> bytes:
    """Return posts as JSON lines."""
    return b"\n".join(json.dumps(one, ensure_ascii=False).encode() for one in held)
