"""Pictures as markup: well formed, without script or style, whatever a partner wrote; and every drawing has its table."""

import itertools
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from foedus.model.picture import Graph, Line, Map, Picture, Series, Table, Track, Words
from foedus.picture import render
from foedus.picture.markup import ticks
from foedus.picture.tracks import unwrapped

START = datetime(2026, 6, 1, tzinfo=UTC)
HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onload='x",
    "]]>",
    "&#x3c;b&#x3e;",
    "\x00\x1b[2J",
    "\u202eabc",
]
ALLOWED = {
    "p", "figure", "figcaption", "div", "table", "thead", "tbody", "tr", "th", "td", "svg", "title", "g", "line", "text",
    "polyline", "circle", "details", "summary", "ul", "li", "span",
}  # fmt: skip


def picture(word="word", values=(1.0, 4.0, 2.0)):
    times = tuple(START + timedelta(hours=n) for n in range(len(values)))
    lats = tuple(min(90.0, max(-90.0, v)) if abs(v) < 1e9 else v for v in values)
    return Picture(
        word,
        (
            Words(word),
            Map(word, (Track(word, lats, tuple(values)),)),
            Series(word, (Line(word, times, tuple(values), word),), ((word, 3.0),)),
            Graph(word, (("a", word), ("b", word)), (("a", "b", word), ("a", "gone", word))),
            Table(word, (word, word), ((word, word),)),
        ),
    )


def elements(markup):
    return list(etree.fromstring(f"<div>{markup}</div>").iter())


@pytest.mark.parametrize("word", HOSTILE)
def test_nothing_hostile_becomes_markup(word):
    found = elements(render(picture(word)))
    assert {one.tag for one in found} <= ALLOWED
    assert not [
        name for one in found for name in one.attrib if name.startswith("on") or name in ("style", "href", "src")
    ]


@given(st.text(max_size=40), st.lists(st.floats(), max_size=8))
@settings(max_examples=60)
def test_any_words_and_numbers_give_well_formed_markup(word, values):
    assert {one.tag for one in elements(render(picture(word, tuple(values))))} <= ALLOWED


def test_every_drawing_has_a_name_and_its_table():
    found = elements(render(picture()))
    drawings = [one for one in found if one.tag == "svg"]
    assert len(drawings) == 3
    for one in drawings:
        assert one[0].tag == "title"
        assert one.getparent().find("details/div/table") is not None


def test_a_tangle_is_a_table_and_no_drawing():
    nodes = tuple((str(n), f"node {n}") for n in range(60))
    edges = tuple(("0", str(n), "to") for n in range(1, 60))
    found = elements(render(Picture("", (Graph("Links", nodes, edges),))))
    assert [one.tag for one in found].count("svg") == 0
    assert [one.tag for one in found].count("tr") == 60


def test_long_tables_say_how_much_is_left_out():
    rows = tuple((str(n),) for n in range(450))
    assert "and 250 more" in render(Picture("", (Table("T", ("n",), rows),)))
    assert "<details>" in render(Picture("", (Table("T", ("n",), rows[:16]),)))
    assert "<details>" not in render(Picture("", (Table("T", ("n",), rows[:15]),)))


def test_a_track_across_180_degrees_stays_in_one_piece():
    track = Track("v", (0.0, 1.0, 2.0, 1.0), (178.0, -179.0, -177.0, 179.5))
    lons = [lon for _, lon in unwrapped(track)]
    assert all(abs(a - b) <= 4 for a, b in itertools.pairwise(lons))


@given(st.floats(-1e12, 1e12), st.floats(0, 1e12))
def test_ticks_lie_within_and_are_few(low, span):
    found = ticks(low, low + span)
    assert 1 <= len(found) <= 8
    assert all(low - abs(low) * 1e-9 - 1e-6 <= one <= low + span + abs(low) * 1e-9 + 1e-6 for one in found)
