"""Made-up texts: sentences of made-up words in several scripts, and ways in which people and machines change them."""

from __future__ import annotations

import random

SCRIPTS = {
    "latin": "abcdefghijklmnoprstuvyz",
    "cyrillic": "абвгдежзиклмнопрстуфхцчшыэюя",
    "han": "".join(chr(0x4E00 + n * 7) for n in range(900)),
    "kana": "".join(chr(point) for point in range(0x3042, 0x3093)),
    "hangul": "".join(chr(0xAC00 + n * 13) for n in range(700)),
}
DENSE = frozenset({"han", "kana", "hangul"})
EMOJI = ("🙂", "🔥", "👍🏽", "❤️", "🚨", "‼️", "🇯🇵", "👨‍👩‍👧", "ℹ️")
HIDDEN = "\u200b\u200d\u2060\u202a\u202c\ufeff"


class Language:
    """Words of one script, the frequent ones first, as in any language."""

    def __init__(self, rng: random.Random, script: str = "latin", words: int = 4000) -> None:
        letters = SCRIPTS[script]
        longest = 3 if script in DENSE else 9
        made = {
            "".join(rng.choice(letters) for _ in range(rng.randint(1 if longest == 3 else 2, longest)))
            for _ in range(words)
        }
        self.rng, self.script = rng, script
        self.words = sorted(made, key=lambda word: (len(word), word))
        rng.shuffle(self.words)

    def word(self) -> str:
        return (
            self.words[min(int(self.rng.paretovariate(0.6)) - 1, len(self.words) - 1)]
            if self.rng.random() < 0.5
            else self.rng.choice(self.words)
        )

    def sentence(self, size: int = 18) -> list[str]:
        return [self.word() for _ in range(size)]

    def text(self, words: list[str]) -> str:
        return ("" if self.script in ("han", "kana") else " ").join(words)


def replaced(language: Language, words: list[str], share: float) -> list[str]:
    """Some words replaced by others."""
    return [language.word() if language.rng.random() < share else word for word in words]


def disguised(rng: random.Random, text: str) -> str:
    """The same text to a reader: other case, hidden characters, emoji, a link and a mention added."""
    marks = [rng.choice(HIDDEN) + letter if rng.random() < 0.1 else letter for letter in text]
    shown = "".join(marks)
    shown = shown.upper() if rng.random() < 0.5 else shown.title()
    return f"@you{rng.randint(1, 999)} {rng.choice(EMOJI)} {shown}  {rng.choice(EMOJI)} https://l.example/{rng.randint(1, 10**9)}"
