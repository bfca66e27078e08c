"""Seeded posts of three days: ordinary accounts, popular links and phrases, bursts, fans, and planted campaigns.

Nothing here knows of the methods, their kinds, windows or thresholds.
"""

from __future__ import annotations

import random
from typing import NamedTuple

from tests.information.words import Language, disguised, replaced

START = 1_780_272_000
SPAN = 3 * 86_400
MUTATED = {"mutated": 0.08, "mutated-short": 0.08, "mutated-freely": 0.6}


class Post(NamedTuple):
    account: str
    t_s: float
    text: str
    urls: tuple[str, ...] = ()
    hashtags: tuple[str, ...] = ()


class Planted(NamedTuple):
    """Accounts that act in one way; ``guilty`` if somebody arranged it."""

    kind: str
    accounts: frozenset[str]
    guilty: bool


class Scene(NamedTuple):
    posts: list[Post]
    planted: list[Planted]


class _World:
    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.language = Language(self.rng)
        self.accounts = [f"ordinary-{n}" for n in range(420)]
        self.habit = {name: self.rng.lognormvariate(2.0, 0.9) for name in self.accounts}
        self.posts: list[Post] = []
        self.planted: list[Planted] = []
        self.links = [f"https://news.example/{seed}/{n}" for n in range(900)]
        self.tags = [f"tag{n}" for n in range(150)]
        self.headlines: dict[str, str] = {}
        self.phrases = [self.text(5) for _ in range(12)]

    def text(self, size: int = 0) -> str:
        return self.language.text(self.language.sentence(size or self.rng.randint(10, 26)))

    def instant(self) -> float:
        """Waking hours are busier."""
        while True:
            t = self.rng.uniform(0, SPAN)
            hour = t / 3600 % 24
            if self.rng.random() < (1.0 if 7 <= hour < 23 else 0.2):
                return START + t

    def popular(self, names: list[str]) -> str:
        """One of names, the first by far the most often."""
        return names[min(int(self.rng.paretovariate(0.7)) - 1, len(names) - 1)]

    def scene(self) -> Scene:
        self.rng.shuffle(self.posts)
        return Scene(self.posts, self.planted)

    def daily(self, account: str, mean: float) -> None:
        """What an account posts of its own accord."""
        for _ in range(max(1, int(self.rng.gauss(mean, mean / 4)))):
            text = self.rng.choice(self.phrases) if self.rng.random() < 0.05 else self.text()
            urls = (self.popular(self.links),) if self.rng.random() < 0.5 else ()
            text = self.shared(urls[0], text) if urls else text
            tags = tuple({self.popular(self.tags) for _ in range(self.rng.choice((0, 0, 1, 2)))})
            self.posts.append(Post(account, self.instant(), text, urls, tags))

    def shared(self, url: str, text: str) -> str:
        """Many share a link by a button, which fills in its headline."""
        headline = self.headlines.setdefault(url, self.text(11))
        return headline if self.rng.random() < 0.4 else text

    def made(self, name: str, size: int) -> list[str]:
        """New accounts, which also post of their own accord."""
        accounts = [f"{name}-{n}" for n in range(size)]
        for account in accounts:
            self.daily(account, self.rng.lognormvariate(2.0, 0.6))
        return accounts

    def plant(self, kind: str, accounts: list[str], guilty: bool) -> None:
        self.planted.append(Planted(kind, frozenset(accounts), guilty))

    def burst(self, n: int) -> None:
        """Something happens: unrelated accounts share one link, or one joke, within minutes."""
        start, size = self.instant(), self.rng.randint(90, 160)
        joke = self.text() if n % 2 else ""
        crowd = self.rng.sample(self.accounts, size)
        for account in crowd:
            t = start + self.rng.expovariate(1 / 240)
            url = f"https://breaking.example/{n}"
            text = joke or self.shared(url, self.text())
            self.posts.append(Post(account, t, text, () if joke else (url,), ("breaking",)))
        self.plant("burst", crowd, guilty=False)

    def fans(self, kind: str, size: int, lag_s: float, pieces: int, share: float) -> None:
        """Followers of one outlet pass its pieces on, each on their own, some time after these appear."""
        accounts = self.made(kind, size)
        for piece in range(pieces):
            start = self.instant()
            for account in accounts:
                if self.rng.random() < share:
                    t = start + self.rng.expovariate(1 / lag_s)
                    url = f"https://{kind}.example/{piece}"
                    self.posts.append(Post(account, t, self.shared(url, self.text()), (url,), ("fan" + kind,)))
        self.plant(kind, accounts, guilty=False)

    def campaign(self, kind: str, size: int, rounds: int, reach_s: float, join: float = 0.85) -> None:
        """A message goes out in rounds; most accounts take part in each, within seconds."""
        accounts = self.made(kind, size)
        for number in range(rounds):
            start, words = self.instant(), self.language.sentence(self.rng.randint(14, 22))
            for account in accounts:
                if self.rng.random() < join:
                    t = start + self.rng.uniform(0, reach_s)
                    self.posts.append(self.message(kind, account, t, words, number))
        self.plant(kind, accounts, guilty=True)

    def message(self, kind: str, account: str, t: float, words: list[str], number: int) -> Post:
        if kind.startswith("link"):
            return Post(account, t, self.text(), (f"https://pushed-{kind}.example/{number}",))
        if kind.startswith("mutated"):
            return Post(
                account, t, disguised(self.rng, self.language.text(replaced(self.language, words, MUTATED[kind])))
            )
        return Post(account, t, self.language.text(words))


def scene(seed: int) -> Scene:
    """Make a scene; seed and place in the posts say nothing of what is planted."""
    world = _World(seed)
    for account, mean in world.habit.items():
        world.daily(account, mean)
    for n in range(4):
        world.burst(n)
    world.fans("loose", 40, 1800, 25, 0.3)
    world.fans("tight", 30, 180, 20, 0.4)
    world.campaign("verbatim", 8, 10, 40)
    world.campaign("mutated", 8, 10, 40)
    world.campaign("link", 10, 8, 30)
    world.campaign("link-slow", 8, 8, 90)
    world.campaign("mutated-short", 6, 4, 30)
    world.campaign("verbatim-large", 36, 9, 45)
    return world.scene()


def hard(seed: int) -> Scene:
    """Make a scene of what can hardly be told: innocent haste, and campaigns that take their time or find their own words."""
    world = _World(seed)
    for account, mean in world.habit.items():
        world.daily(account, mean)
    world.burst(0)
    world.fans("push", 12, 45, 15, 0.5)
    world.fans("push-large", 60, 45, 15, 0.5)
    world.campaign("verbatim-patient", 8, 10, 1200)
    world.campaign("verbatim-pair", 2, 12, 40)
    world.campaign("verbatim-short", 6, 3, 40)
    world.campaign("mutated-freely", 8, 10, 40)
    return world.scene()
