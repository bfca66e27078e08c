"""Identifiers: no account's name is in a record, wherever it stood."""

from __future__ import annotations

import json
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foedus.areas.information.addresses import NO_ACCOUNT, canonical, domain, found_in, keyed, keyed_text
from foedus.areas.information.pseudonyms import Pseudonyms

NAMES = Pseudonyms(b"a" * 32, b"b" * 32, ("nato", "@ModJapan_en"))
HANDLE = "zz_planted_one"
WHERE = [
    "@{}", "＠{}", "RT @{}: x", "hello @{}さん", "(@{})", "@{}@social.example", "x @{}.", "https://x.com/{}/status/1790000000000000000",
    "https://twitter.com/{}", "https://t.me/s/{}/12", "https://www.instagram.com/{}/", "https://social.example/@{}/11122233344",
    "https://www.tiktok.com/@{}/video/71234567890", "https://bsky.app/profile/{}", "https://www.youtube.com/@{}",
    "https://vk.com/{}?z=1", "https://example.org/?from=@{}", "mail {}@mail.example now", "{} says hello", "I AM {}!",
]  # fmt: skip


@pytest.mark.parametrize("where", WHERE)
def test_no_handle_stays_in_a_post(one, where):
    raw = {
        "id": "1",
        "user_id": HANDLE,
        "username": HANDLE,
        "text": where.format(HANDLE),
        "created_at": "2026-05-20T00:00:00Z",
    }
    row = one(json.dumps(raw | {"urls": [where.format(HANDLE)], "url": where.format(HANDLE)}).encode())
    assert HANDLE not in json.dumps(row, default=str).lower()


@given(
    st.text(string.ascii_lowercase + string.digits + "_", min_size=5, max_size=15).filter(
        lambda name: name not in NO_ACCOUNT | {"https"}
    )
)
def test_no_handle_stays_in_a_text_that_mentions_it(name):
    text = f"see @{name}, https://x.com/{name}/status/123456789 and {name}@mail.example"
    done = NAMES.text("x", keyed_text(text, "x", NAMES))
    assert name not in done.replace("status", "").replace("mail", "") or name in NAMES.account("x", name)


def test_the_number_of_a_post_and_a_telephone_number_go_too():
    text = "https://x.com/i/status/1790000000000000000 call +81 90-1234-5678 or +44 20 7946 0000"
    done = NAMES.text("x", keyed_text(text, "x", NAMES))
    assert "1790000000000000000" not in done
    assert done.count("(telephone)") == 2


def test_a_public_channel_keeps_its_name_wherever_it_stands():
    text = "@NATO https://x.com/nato/status/1790000000000000000 @modjapan_en"
    assert NAMES.text("x", keyed_text(text, "x", NAMES)) == text


def test_a_pseudonym_depends_on_platform_key_and_handle_alone():
    other = Pseudonyms(b"c" * 32, b"b" * 32)
    assert NAMES.account("x", "@Ann") == NAMES.account("x", "ann") != NAMES.account("vk", "ann")
    assert NAMES.account("x", "ann") != other.account("x", "ann")
    assert NAMES.record("post", "x", "1") == other.record("post", "x", "1") != NAMES.record("post", "x1", "")
    assert len(NAMES.account("x", "ann")) == 32
    assert NAMES.account("x", "") == ""


def test_a_word_that_is_a_short_name_stays():
    assert NAMES.text("x", "a news post", ["a", "new"]) == "a news post"


@pytest.mark.parametrize(("written", "one_spelling"), [
    ("http://EXAMPLE.org", "http://example.org/"),
    ("https://example.org:443/a#b", "https://example.org/a"),
    ("https://bücher.example/ä?fbclid=1&x=2", "https://xn--bcher-kva.example/ä?x=2"),
    ("https://user:secret@example.org/a", "https://example.org/a"),
    ("ftp://example.org/", ""), ("javascript:alert(1)", ""), ("https://", ""), ("https://exa mple.org/", ""),
    ("https://example.org:99999/", ""), ("http://[::1", ""), ("https://example.org/" + "a" * 3000, ""),
])  # fmt: skip
def test_an_address_has_one_spelling_or_none(written, one_spelling):
    assert canonical(written) == one_spelling


def test_addresses_are_each_once_and_bounded():
    assert keyed(["https://a.example/", "https://A.example", "no"], "", NAMES) == ("https://a.example/",)
    assert len(keyed((f"https://a.example/{n}" for n in range(500)), "", NAMES)) == 200
    assert len(found_in("https://a.example/ " * 500)) == 200
    assert domain("https://www.a.example/x") == "a.example"
    assert canonical("/b", "https://a.example/a") == "https://a.example/b"
