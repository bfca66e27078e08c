"""TLP: order, spelling, marking-definitions, and content that belies an id."""

from __future__ import annotations

import json

import pytest

from foedus.errors import MalformedRecord
from foedus.label import tlp
from foedus.model.label import TLP_ORDER


def test_order_is_that_of_tlp_2():
    assert [tlp.rank(level) for level in (None, "clear", "green", "amber", "amber+strict", "red")] == [
        -1,
        0,
        1,
        2,
        3,
        4,
    ]


@pytest.mark.parametrize("level", TLP_ORDER)
def test_every_level_is_read_as_it_is_written(level):
    assert tlp.parse(tlp.render(level)) == level
    assert tlp.parse(level.upper()) == level
    assert tlp.of_marking(tlp.marking_id(level)) == level
    assert tlp.level_of(tlp.definition(level)) == level


def test_spelling_is_upper_case_without_blanks():
    assert tlp.render("amber+strict") == "TLP:AMBER+STRICT"


@pytest.mark.parametrize("text", ["", "TLP:", "TLP:BLUE", "AMBER-STRICT", "TLP:TLP:RED"])
def test_what_is_no_tlp_is_refused(text):
    with pytest.raises(MalformedRecord):
        tlp.parse(text)


def test_ids_are_those_oasis_published(shared):
    constants = json.loads(shared("data/trust/kat/stix_marking_constants.json").read_bytes())
    assert constants["tlp2_extension"] == tlp.EXTENSION
    assert constants["tlp2_marking_ids"] == tlp.IDS
    first = dict(constants["tlp1_marking_ids"])
    first["clear"] = first.pop("white")
    assert first == tlp.TLP1_IDS


def test_definitions_are_those_the_stix2_library_knows():
    import stix2

    for level in ("green", "amber", "red"):
        assert getattr(stix2, f"TLP_{level.upper()}")["id"] == tlp.marking_id(level, version=1)


def test_for_a_tlp_1_peer_amber_strict_becomes_red_never_amber():
    assert tlp.of_marking(tlp.marking_id("amber+strict", version=1)) == "red"
    assert [tlp.of_marking(tlp.marking_id(level, version=1)) for level in TLP_ORDER if level != "amber+strict"] == [
        "clear",
        "green",
        "amber",
        "red",
    ]


def test_of_several_the_strictest_counts():
    assert tlp.strictest("clear", "amber+strict", "amber", None) == "amber+strict"
    assert tlp.strictest() is None
    assert tlp.strictest(None) is None


@pytest.mark.parametrize(
    ("marking", "level"),
    [
        ({"definition_type": "tlp", "definition": {"tlp": "white"}, "name": "TLP:CLEAR"}, "clear"),
        ({"definition_type": "tlp", "definition": {"tlp": "clear"}}, "clear"),
        ({"definition_type": "statement", "definition": {"tlp": "white"}}, None),
        ({"definition_type": "tlp", "definition": {"tlp": ["red"]}, "extensions": []}, None),
        ({"definition": {"tlp": "red"}, "extensions": {tlp.EXTENSION: {"tlp_2_0": "clear"}}}, None),
        ({"definition_type": "tlp", "definition": {"tlp": "blue"}}, None),
        ({}, None),
    ],
)
def test_the_level_counts_and_no_other_text(marking, level):
    assert tlp.level_of(marking) == level
