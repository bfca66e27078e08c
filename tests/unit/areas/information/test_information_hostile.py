"""Hostile input: refused or read in bounded memory and in time that grows with its length, never with its square."""

from __future__ import annotations

import io
import json
import tracemalloc
from datetime import date

import pytest
from tests.unit.areas.information.conftest import AT, KEYS

from foedus.areas.information import addresses, written
from foedus.areas.information.columns import texts
from foedus.areas.information.facts.article import facts_of
from foedus.areas.information.pseudonyms import Pseudonyms
from foedus.areas.information.times import Clock

NAMES = Pseudonyms(b"a" * 32, b"b" * 32)
UNIT = [
    "@", "@a", "a@", "#", "1,", "http://", "https://x.com/", "[", "'", '"', "“", "A ", "A. ", ". ", "Prime Minister ", "Foreign ", "NATO and ",
    "Japan, ", "said ", "held ", "on May ", "not ", "(", "the ", "日本", "は", "「", "Aa-", "$1,", "<", "&", "\u202e", "👩\u200d", "+1 ", "to agree and ",
]  # fmt: skip
LONG = 40_000


class Source(io.RawIOBase):
    """Bytes that are made as they are read."""

    def __init__(self, parts) -> None:
        self.parts = parts

    def readable(self) -> bool:
        return True

    def read(self, size=-1):
        return next(self.parts, b"")


@pytest.mark.parametrize("unit", UNIT)
def test_repeated_pieces_of_every_pattern_are_read_to_the_end(unit):
    text = (unit * (LONG // len(unit) + 1))[:LONG]
    NAMES.text("x", addresses.keyed_text(text, "x", NAMES))
    written.cleaned(text)
    written.hashtags(text)
    texts(text)
    Clock().read(text)
    for language in ("en", "ja"):
        facts_of(text, language, date(2026, 5, 20))


def test_a_post_of_ten_megabytes_is_refused_and_not_held(information, one):
    one(b'{"id": "1", "user_id": "7", "created_at": 1779294000, "text": "what is loaded once is loaded now"}')
    post = b'{"id": "1", "user_id": "7", "created_at": "2026-05-20T00:00:00Z", "text": "'
    parts = iter([post, *[b"x" * 65_536] * 160, b'"}\n', post + b'ok"}\n'])
    tracemalloc.start()
    batches = list(information.ingest(Source(parts), settings={"at": AT, "keys": KEYS}))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    rows = [row for batch in batches for row in batch.to_pylist()]
    assert [row.get("code") for row in rows] == ["line-too-long", None] or [row.get("code") for row in rows] == [
        None,
        "line-too-long",
    ]
    assert peak < 8 * 2**20


def test_one_account_with_very_many_posts_takes_no_more_memory_than_few(information):
    def peak(count: int) -> int:
        posts = (b'{"id": "%d", "user_id": "7", "text": "abc", "created_at": 1779294000}\n' % n for n in range(count))
        tracemalloc.start()
        accounts = set()
        for batch in information.ingest(Source(posts), settings={"at": AT, "keys": KEYS}):
            accounts.update(batch["account"].to_pylist())
        held = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert len(accounts) == 1
        return held

    peak(10)  # what is loaded once
    few, many = peak(1_200), peak(4_800)
    assert many < 1.2 * few + 2**18


def test_a_bomb_behind_its_compression_is_cut(information):
    import gzip

    bomb = io.BytesIO(gzip.compress(b"<html>" + b"\0" * 50_000_000))
    [batch] = information.ingest(bomb, settings={"at": AT, "keys": KEYS})
    assert batch["code"].to_pylist() == ["document-too-long"]
    assert len(batch["raw"][0].as_py()) <= 65_536


def test_no_refusal_says_anything_of_what_was_refused(take):
    secret = "zz_secret_person"
    lines = [
        {"id": 1, "user_id": secret, "text": secret, "created_at": secret}, {"id": 1, "user_id": secret, "text": "", "created_at": 1779294000},
        {"id": 1, "user_id": secret, "text": secret * 9_000, "created_at": 1779294000},
    ]  # fmt: skip
    raw = b"\n".join([json.dumps(one).encode() for one in lines] + [b'{"a": "' + secret.encode(), secret.encode()])
    _, refused = take(raw, format="posts")
    assert len(refused) == 5
    assert secret not in json.dumps([{name: value for name, value in one.items() if name != "raw"} for one in refused])
