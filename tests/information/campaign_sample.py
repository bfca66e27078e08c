"""The room's sample of a campaign: two weeks of made-up posts in three languages, in which six accounts push a claim together.

``python -m tests.information.campaign_sample FILE`` writes it. Nobody and nothing in it exists.
"""

from __future__ import annotations

import gzip
import json
import random
import sys
from pathlib import Path

START = 1_778_457_600  # Monday 11 May 2026
WEEK_S = 7 * 86_400
PUSHERS = tuple(f"reader_{n}" for n in (4, 17, 23, 38, 41, 52))
PUSHED = (
    {
        "en": "The undersea cable between Japan and Guam was cut on 3 March 2026 by a foreign ship.",
        "ja": "日本とグアムを結ぶ海底ケーブルは、2026年3月3日に外国船によって切断された。",
        "ko": "일본과 괌을 잇는 해저 케이블이 2026년 3월 3일 외국 선박에 의해 절단되었다.",
    },
    {
        "en": "Two days without a connection, and still no minister has told the islanders why.",
        "ja": "二日間も通信が途絶えているのに、島民に理由を説明した大臣はまだ一人もいない。",
        "ko": "이틀째 통신이 끊겼는데도 섬 주민들에게 이유를 설명한 장관은 아직 한 명도 없다.",
    },
    {
        "en": "Repair ships wait in the harbour because nobody wants to say who anchored there.",
        "ja": "誰がそこに錨を下ろしたのか誰も言いたがらないので、修理船は港で待っている。",
        "ko": "누가 그곳에 닻을 내렸는지 아무도 말하려 하지 않아 수리선이 항구에서 기다린다.",
    },
    {
        "en": "Ask your bank how it will reach its servers when the next line goes dark too.",
        "ja": "次の回線も切れたとき、銀行はどうやってサーバーにつなぐのか聞いてみるといい。",
        "ko": "다음 회선마저 끊기면 은행이 어떻게 서버에 접속할지 한번 물어보라.",
    },
)
WORDS = {
    "en": "rain ferry market school garden bridge noodles train festival library morning harbour cat lantern bakery island music "
    "river teacher winter lemon window bicycle paper boat evening summer kitchen mountain letter".split(),
    "ja": "雨 船 市場 学校 庭 橋 麺 電車 祭り 図書館 朝 港 猫 提灯 パン屋 島 音楽 川 先生 冬 窓 自転車 紙 夕方 夏 台所 山 手紙".split(),
    "ko": "비 배 시장 학교 정원 다리 국수 기차 축제 도서관 아침 항구 고양이 등불 빵집 섬 음악 강 선생님 겨울 창문 자전거 종이 저녁 여름 부엌 산 편지".split(),
}


def posts() -> list[dict]:
    """Return the posts by instant, each with its id, its account, its text, its links."""
    rng = random.Random(20_260_511)
    made = [one for week in range(2) for one in (*_crowd(rng, week), *_pushed(rng, week))]
    made.sort(key=lambda one: (one["created_at"], one["user_id"]))
    return [{"id": str(n), **one} for n, one in enumerate(made)]


def packed() -> bytes:
    """Return the posts as JSON lines, compressed; the same bytes each time."""
    raw = "\n".join(json.dumps(one, ensure_ascii=False) for one in posts())
    return gzip.compress(raw.encode(), mtime=0)


def _crowd(rng: random.Random, week: int) -> list[dict]:
    """Sixty readers: posts of their own with popular links, and a message that goes round in an hour."""
    links = [f"https://harbour-wire.example/{week}/{n}" for n in range(60)]
    made = [
        _post(
            f"reader_{rng.randrange(60)}",
            week,
            rng.uniform(0, 5 * 86_400),
            _text(rng),
            links[min(int(rng.paretovariate(0.8)), 59)],
        )
        for _ in range(420)
    ]
    viral, begun = _text(rng), rng.uniform(0, 4 * 86_400)
    return made + [_post(f"reader_{n}", week, begun + rng.expovariate(1 / 900), viral) for n in range(0, 60, 2)]


def _pushed(rng: random.Random, week: int) -> list[dict]:
    """Six of them: each message in three languages, by all six within forty seconds."""
    made = []
    for number, said in enumerate(PUSHED):
        for place, text in enumerate(said.values()):
            begun = 86_400 * number + 30_000 + 7_000 * place + rng.uniform(0, 3_000)
            made += [_post(one, week, begun + rng.uniform(0, 40), text) for one in PUSHERS]
    return made


def _text(rng: random.Random) -> str:
    language = rng.choice(sorted(WORDS))
    return ("" if language == "ja" else " ").join(rng.choice(WORDS[language]) for _ in range(rng.randint(8, 14)))


def _post(account: str, week: int, after_s: float, text: str, *links: str) -> dict:
    return {"user_id": account, "text": text, "created_at": START + week * WEEK_S + int(after_s), "urls": list(links)}


if __name__ == "__main__":
    Path(sys.argv[1]).write_bytes(packed())
