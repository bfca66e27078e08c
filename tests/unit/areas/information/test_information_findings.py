"""Facts as findings: STIX, dated by the capture, without title, text, address or a private name; columns and tables."""

from __future__ import annotations

import json
from importlib import resources
from pathlib import Path

import jsonschema
import msgspec
import pytest

from foedus.areas.information import extensions
from foedus.areas.information.about import about, same, show
from foedus.engine.run import HeldLayers
from foedus.model import stix
from foedus.model.finding import Finding

SAMPLE = Path(str(resources.files("foedus.areas.information"))) / "sample"
LAYERS = HeldLayers()


@pytest.fixture(scope="module")
def page() -> bytes:
    return (SAMPLE / "page.html").read_bytes()


@pytest.fixture
def finding(conclude, page) -> Finding:
    [found] = conclude(page)
    return found


def said(finding: Finding) -> dict:
    return json.loads(finding.head.raw)["extensions"][extensions.FACTS]


def test_the_extension_is_what_its_schema_says_and_its_definition_goes_along(finding):
    held = said(finding)
    held.pop("extension_type")
    jsonschema.validate(held, extensions.schema(extensions.FACTS))
    assert extensions.FACTS in {one.object.id for one in finding.supports}


def test_everything_it_refers_to_goes_along(finding):
    ids = {one.object.id for one in finding.supports}
    assert {one.target for one in finding.head.references} <= ids
    refs = {name["ref"] for fact in said(finding)["facts"] for name in fact["who"]}
    assert refs <= ids


def test_title_text_address_and_private_names_stay_home(finding):
    raw = b"".join([finding.head.raw, *(one.object.raw for one in finding.supports)])
    for private in (b"Privat", b"Kenji", b"Robin", b"harbour-wire.example/", b"partnership programme", b"fisherman"):
        assert private not in raw
    assert said(finding)["withheld"] == 1


def test_a_person_rests_on_the_article_and_a_state_on_our_tables(finding):
    because = {one.object.name: one.because for one in finding.supports}
    assert because["Haruka Exempla"] == ("source:s",)
    assert because["Japan"] == ("layer:information-names",)


def test_the_same_article_says_the_same_whenever_it_is_read_and_a_state_is_one_object(conclude, page, finding):
    assert msgspec.json.encode(conclude(page)[0]) == msgspec.json.encode(finding)
    [other] = conclude(page.replace(b"/world/", b"/welt/"))
    assert other.head.id != finding.head.id
    mine, theirs = (
        {one.object.sha256 for one in held.supports if one.object.name == "Japan"} for held in (finding, other)
    )
    assert mine == theirs


def test_columns_are_those_of_the_article(finding):
    told = about(finding, (), layers=LAYERS)
    assert (told.kind, told.from_at.isoformat(), told.contains) == (
        "article-facts",
        "2026-05-20T16:40:00+00:00",
        ("personal-data",),
    )
    assert told.title == "NATO, Japan: agree, on 2026-05-20 [reported] (harbour-wire.example)"
    assert [key.kind for key in told.keys] == ["article"]


def test_two_readings_of_one_address_are_one_story_and_of_others_are_not(conclude, page, finding):
    [theirs] = conclude(page, owner="jpn")
    [other] = conclude(page.replace(b"/world/", b"/welt/"))
    mine, same_page, elsewhere = (about(one, (), layers=LAYERS) for one in (finding, theirs, other))
    assert same(mine, same_page).score == 0.95
    assert same(mine, elsewhere) is None


def test_it_is_shown_as_tables_with_what_it_does_not_tell(finding):
    panes = show(finding, ()).panes
    assert [pane.title for pane in panes if hasattr(pane, "columns")] == ["Facts", "Quotations", "Named"]
    assert "Quotations of nobody with a public office, not shown: 1" in {getattr(pane, "text", "") for pane in panes}


@pytest.mark.parametrize("harm", [
    {}, {"facts": 7}, {"facts": [7, {"who": 7, "span": "x", "when": 3}]}, {"quotations": [{"speaker": 1}], "withheld": "x", "unseen": 1},
    {"published": "never", "url_sha256": 5, "mentioned": [{"name": 1}]},
])  # fmt: skip
def test_what_others_wrote_into_the_extension_is_shown_as_far_as_it_goes(harm):
    head = {
        "type": "note", "spec_version": "2.1", "id": "note--6b1d0a52-7c0e-4c0b-9a54-3f6b2c7d9e12", "created": "2026-05-21T08:00:00.000Z",
        "modified": "2026-05-21T08:00:00.000Z", "content": "x", "object_refs": [], "extensions": {extensions.FACTS: harm},
    }  # fmt: skip
    finding = Finding(
        "information", "article-facts", stix.read(json.dumps(head).encode()), ("source:s",), document=True
    )
    assert about(finding, (), layers=LAYERS).title
    assert show(finding, ()).title


def test_an_article_without_facts_and_posts_conclude_nothing(conclude):
    assert conclude(b"A quiet day in the harbour. Nobody did anything at all.") == []
    assert conclude((SAMPLE / "posts.csv").read_bytes()) == []
