"""Copies among outlets: who copies faster than the copies' own speed explains is told of; an agency's report on forty sites is not."""

from __future__ import annotations

import io
import json
import random

import pytest
from tests.information.pushed import START
from tests.information.words import Language
from tests.unit.areas.information.conftest import AT, KEYS

from foedus.areas.information import remembered, replayed
from foedus.areas.information.cases import AGENCY, KIND
from foedus.areas.information.meaning.extensions import CASE
from foedus.engine.run import HeldLayers, analyse, records_from

SPAN = 5 * 86_400
COPIERS = range(60, 66)


def articles(*, wire: int = 12, rounds: int = 9, seed: int = 1) -> list[tuple[str, int, str]]:
    """Return (outlet, instant, text): 90 outlets with news of their own, 40 that take a wire, six that copy one another."""
    rng = random.Random(seed)
    language = Language(rng, words=900)

    def text() -> str:
        return " ".join(language.text(language.sentence(rng.randint(12, 20))) for _ in range(3))

    made = [(f"o{rng.randrange(90)}", rng.uniform(0, SPAN), text()) for _ in range(500)]
    for begun, said in ((rng.uniform(0, SPAN), text()) for _ in range(wire)):
        made += [(f"o{n}", begun + rng.expovariate(1 / 600), said) for n in range(40)]
    for begun, said in ((rng.uniform(0, SPAN), text()) for _ in range(rounds)):
        made += [(f"o{n}", begun + rng.uniform(0, 1200), said) for n in COPIERS]
    return sorted((one, START + int(after), said) for one, after, said in made)


def feed(outlet: str, held: list[tuple[str, int, str]]) -> bytes:
    """Return an outlet's articles as an RSS feed."""
    from email.utils import formatdate

    items = "".join(
        f"<item><guid>{outlet}-{n}</guid><link>https://{outlet}.example/{n}</link><title>News</title>"
        f"<description>{text}</description><pubDate>{formatdate(at, usegmt=True)}</pubDate></item>"
        for n, (_, at, text) in enumerate(held)
    )
    head = f"<title>{outlet}</title><link>https://{outlet}.example/</link><description>d</description>"
    return f'<?xml version="1.0"?><rss version="2.0"><channel>{head}{items}</channel></rss>'.encode()


@pytest.fixture(scope="module")
def concluded(information):
    """Articles -> what was concluded of copies, and the last analysis; all feeds come as one source."""

    def run(held: list[tuple[str, int, str]]):
        batches = []
        for outlet in sorted({one[0] for one in held}):
            told = {"at": AT, "keys": KEYS, "channel": f"{outlet}.example", "format": "feed"}
            raw = feed(outlet, [one for one in held if one[0] == outlet])
            batches += information.ingest(io.BytesIO(raw), settings=told)
        records = records_from(batches, "file:0")
        assert not records.refused
        made = analyse(information, records, settings={"owner": "nato"}, layers=HeldLayers(), state=b"", at=AT)
        return [one for one in made if one.kind == KIND], made

    return run


@pytest.fixture(scope="module")
def copied(concluded):
    return concluded(articles())


def case(finding) -> dict:
    return json.loads(finding.head.raw)["extensions"][CASE]


def test_outlets_that_copy_one_another_are_told_of_and_the_forty_of_a_wire_are_not(copied):
    [found] = copied[0]
    assert case(found)["coordination"]["accounts"] == 6
    assert case(found)["coordination"]["window_s"] == 3600
    assert case(found)["coverage"]["sharers"] == "outlets"
    assert AGENCY in case(found)["unseen"]
    assert case(found)["techniques"] == []
    assert "Copied together" in json.loads(found.head.raw)["name"]


@pytest.mark.parametrize("seed", [2, 3])
def test_a_wire_alone_is_no_coordination(concluded, seed):
    assert concluded(articles(rounds=0, seed=seed))[0] == []


def test_no_outlet_address_or_text_is_in_any_object(copied):
    raw = b"".join(raw for one in copied[0] for raw in (one.head.raw, *(held.object.raw for held in one.supports)))
    words = {word for _, _, text in articles() for word in text.split() if len(word) > 8}
    assert [one for one in (*words, ".example") if one.encode() in raw] == []


def test_it_is_replayed_and_forgotten_as_posts_are(copied):
    [found], made = copied
    pack = made.packs[replayed.pack_of(found.head)]
    assert [one.what for one in replayed.replay(pack.raw, found.head) if not one.same] == []
    kept = remembered.restore(remembered.restore(made.state).articles)
    assert len(remembered.read(kept.posts)) == len(articles())
    left = remembered.restore(remembered.restore(remembered.forget(made.state, {"file:0"})).articles)
    assert (left.posts, len(left.deleted)) == (b"", 1)
