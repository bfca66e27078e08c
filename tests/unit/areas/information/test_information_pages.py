"""Pages and feeds: the article without what stands around it, its day as the page says, bombs refused in bounded time."""

from __future__ import annotations

import json

import pytest

WORDS = (
    "NATO and Japan agreed on Wednesday to expand their cooperation on cyber defence, officials of both sides said in Brussels. "
    * 4
)
PAGE = """<!doctype html><html lang="{lang}"><head><title>T</title>{head}</head><body><nav>MENU</nav><article><h1>A title</h1>
<p>{words}</p><p>{words}</p></article><footer>Copyright 2021</footer></body></html>"""


def page(head: str = "", words: str = WORDS, lang: str = "en") -> bytes:
    return PAGE.format(head=head, words=words, lang=lang).encode()


def feed(items: str, start: str = '<?xml version="1.0"?>') -> bytes:
    return f'{start}<rss version="2.0"><channel><link>https://wire.example/</link>{items}</channel></rss>'.encode()


ITEM = "<item><title>A</title><link>/a</link><description>Words.</description>{}</item>"


@pytest.mark.parametrize(("head", "day", "precision"), [
    ('<meta property="article:published_time" content="2026-05-20T18:40:00+02:00">', "2026-05-20T16:40:00+00:00", "second"),
    ('<script type="application/ld+json">{"datePublished": "2026-05-20T18:40Z"}</script>', "2026-05-20T18:40:00+00:00", "minute"),
    ('<meta name="date" content="2026-05-20">', "2026-05-20T00:00:00+00:00", "day"),
])  # fmt: skip
def test_the_page_itself_says_when_it_appeared(one, head, day, precision):
    row = one(page(head))
    assert (row["published_at"].isoformat(), row["precision"]) == (day, precision)


def test_a_copyright_line_is_no_date(one):
    row = one(page())
    assert (row["published_at"], row["precision"]) == (None, "none")
    assert "MENU" not in row["text"]
    assert "Copyright" not in row["text"]
    assert row["text"].startswith("NATO and Japan agreed")


def test_a_person_says_what_the_page_does_not(one):
    row = one(page(), url="https://Wire.example/a?utm_source=x", channel="wire", published="2026-05-20")
    assert (row["url"], row["channel"], row["precision"]) == ("https://wire.example/a", "wire", "day")
    assert (
        one(page('<link rel="canonical" href="/b">'), url="https://wire.example/a")["url"] == "https://wire.example/b"
    )


@pytest.mark.parametrize(("raw", "code"), [
    (b"<html><body></body></html>", "page-empty"),
    (b"<div>" * 100_000 + b"x", "page-too-deep"),
    (b"<html><body>" + b"<br>" * 40_000 + b"</body></html>", "page-too-deep"),
    (b"<html>" + b"x" * (2 * 2**20 + 1), "document-too-long"),
    (page('<meta property="article:published_time" content="2099-01-01T00:00:00Z">'), "time-future"),
    (b"   \n", "input-empty"),
    (b"\x00\x01\x02" * 9, "format-unknown"),
    (page(words="long words of an article that never ends. " * 3_000), "text-too-long"),
])  # fmt: skip
def test_a_page_that_cannot_be_taken_says_why(codes, raw, code):
    assert codes(raw) == [code]


@pytest.mark.parametrize(("encoding", "declared"), [
    ("utf-8", ""), ("utf-8-sig", ""), ("utf-16", ""), ("shift_jis", "Shift_JIS"), ("euc-jp", "euc-jp"), ("iso-2022-jp", "iso-2022-jp"),
])  # fmt: skip
def test_a_page_is_read_in_the_encoding_it_says(one, encoding, declared):
    words = "日本政府は北大西洋条約機構と協力計画に署名した。期間は四年間となる。" * 12
    raw = page(f'<meta charset="{declared}">' if declared else "", words, "ja").decode().encode(encoding)
    row = one(raw)
    assert "北大西洋条約機構と協力計画に署名した" in row["text"]
    assert (row["language"], row["warnings"]) == ("ja", [])


def test_an_encoding_that_nobody_said_is_guessed_and_marked(one):
    assert one(page(words="Übung über dem Meer, größer als zuvor. " * 12).decode().encode("cp1252"))["warnings"] == [
        "encoding-guessed"
    ]
    mixed = page(words="日本と協力する。" * 60).replace("。".encode(), b"\xe9", 1)
    assert one(mixed)["warnings"] == ["encoding-mixed"]


def test_tricks_for_the_eye_are_kept_and_marked_and_do_not_reach_a_title(conclude, one):
    text = "TOKYO, May 20 (Wire) - Japan signed a\u202edeal\u202c with NATO\u200b on Wednesday\x07 👩\u200d🚀."
    assert one(text.encode())["warnings"] == ["control-removed", "bidi-control", "invisible-character"]
    [finding] = conclude(text.encode(), published="2026-05-20")
    assert "\u202e" not in finding.head.raw.decode()


def test_plain_text_has_a_title_where_its_first_line_stands_alone(one):
    row = one(b"A headline\n\nJapan and Norway met. write to ann@mail.example", channel="wire")
    assert (row["title"], row["text"]) == ("A headline", "Japan and Norway met. write to (mail)")
    assert one(b"one line\nand another")["title"] == ""


def test_lines_that_were_cut_to_a_width_are_joined(one):
    wrapped = b"TOKYO, May 20 (Wire) - Japan signed a treaty with NATO on\nWednesday, and Norway did not.\nA short line\nends here."
    assert one(wrapped)["text"].split("\n")[0].endswith("with NATO on Wednesday, and Norway did not.")
    assert one(wrapped)["text"].split("\n")[1:] == ["A short line", "ends here."]
    assert (
        "計画に署名"
        in one(
            (
                "日本政府は北大西洋条約機構と新たな協力計画についてブリュッセルで協議したうえで計画に\n署名した。" * 2
            ).encode()
        )["text"]
    )


def test_items_of_rss_and_atom_are_articles(take):
    rows, refused = take(
        feed(
            ITEM.format("<pubDate>Wed, 20 May 2026 10:00:00 +0900</pubDate>")
            + ITEM.format("<guid>https://w.example/g</guid>")
        )
    )
    assert refused == []
    assert [row["url"] for row in rows] == ["https://wire.example/a"] * 2
    atom = b'<feed xmlns="http://www.w3.org/2005/Atom"><entry><title>A &amp; B</title><link href="https://w.example/1"/><updated>2026-05-20T00:00:00Z</updated><content type="html">&lt;p&gt;x&lt;/p&gt;&lt;p&gt;y&amp;nbsp;z&lt;/p&gt;</content></entry></feed>'
    [row] = take(atom)[0]
    assert (row["title"], row["text"], row["channel"], row["kind"]) == ("A & B", "x\ny z", "w.example", "article")


def test_a_byline_is_not_kept(take):
    rows, _ = take(feed(ITEM.format("<author>pat@wire.example (Pat Privat)</author>")))
    assert "Privat" not in json.dumps(rows, default=str)


@pytest.mark.parametrize(("raw", "code"), [
    (feed(ITEM.format(""), '<!DOCTYPE rss [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>'), "xml-defines"),
    (feed(ITEM.format(""), '<!DOCTYPE rss SYSTEM "file:///etc/passwd">'), "xml-defines"),
    (feed("<item>" * 300), "xml-malformed"),
    (feed("<a>" * 300 + "</a>" * 300), "xml-malformed"),
    (feed(ITEM.format("&undefined;")), "xml-malformed"),
    (b"<rss><channel>" + b"x" * (4 * 2**20), "document-too-long"),
    (feed("<item><link>/a</link></item>"), "post-empty"),
    (feed(ITEM.format("<pubDate>Thu, 01 Jan 2099 00:00:00 GMT</pubDate>")), "time-future"),
])  # fmt: skip
def test_a_feed_that_cannot_be_taken_says_why(codes, raw, code):
    assert codes(raw) == [code]


def test_xml_that_is_no_feed_is_refused(codes):
    assert codes(b"<svg><a/></svg>", format="feed") == ["format-unknown"]


def test_a_feed_without_end_is_taken_up_to_its_limit(take):
    rows, refused = take(feed(ITEM.format("") * 5_001))
    assert (len(rows), [one["code"] for one in refused]) == (5_000, ["feed-too-long"])
