"""DISARM: the table is the bundle's, a suggestion has a measurement behind it, the mislabelled original is put right in a copy."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime
from importlib import resources

import pytest
import stix2
from hypothesis import given
from hypothesis import strategies as st

from foedus.areas.information.meaning import disarm
from foedus.areas.information.meaning.disarm import RULES, Measured, Tag, suggest
from foedus.areas.information.meaning.judgement import ByHand
from foedus.errors import MalformedRecord

RECORDS = ("a" * 64,)
CHANCES = {"activity": 1e-9, "timing": 1e-7}
NEVER = ("T0022", "T0023", "T0084.003", "T0097", "T0098", "T0143")


def measured(behaviour, **changed):
    held = {
        "method": "near-duplicates-1",
        "parameters": {"window_s": 60.0},
        "chances": CHANCES,
        "records": RECORDS,
        "grade": "strong",
    }
    return Measured(behaviour, **(held | {"assessed": "Jun Sato"} | changed))


@pytest.fixture(scope="module")
def bundle(shared):
    return gzip.decompress(shared("data/information/disarm/DISARM_v1.6.stix.json.gz").read_bytes())


def test_the_table_is_what_the_bundle_gives(bundle):
    text = resources.files(disarm.__package__).joinpath("data", "disarm_v1_6.tsv").read_text(encoding="utf-8")
    assert text == disarm.table(bundle)
    assert len(disarm.techniques()) == 391


def test_the_table_names_its_licence():
    text = resources.files(disarm.__package__).joinpath("data", "disarm_v1_6.tsv").read_text(encoding="utf-8")
    assert text.startswith("# DISARM Framework, © DISARM Foundation, CC BY-SA 4.0")


def test_another_bundle_is_refused():
    with pytest.raises(MalformedRecord) as caught:
        disarm.table(b'{"type": "bundle", "id": "bundle--4b8b0d29-e85e-4299-81d4-749033173d00", "objects": []}')
    assert caught.value.code == "disarm-version"


@pytest.mark.parametrize("behaviour", RULES)
def test_each_behaviour_gives_its_technique_as_consistent_with(behaviour):
    tag = suggest(measured(behaviour))
    assert (tag.technique, tag.wording) == (RULES[behaviour][0], "consistent with")
    assert tag.stix_id == disarm.technique(tag.technique).stix_id


@pytest.mark.parametrize("behaviour", [name for name, (_, graded) in RULES.items() if graded])
@pytest.mark.parametrize("weak", [{"grade": "activity-only"}, {"grade": "none"}, {"chances": {"activity": 1e-9}}])
def test_what_is_not_graded_strong_suggests_nothing(behaviour, weak):
    assert suggest(measured(behaviour, **weak)) is None


def test_inauthentic_sites_need_an_assessor():
    assert suggest(measured("assessed-sites", assessed="")) is None


@given(st.sampled_from(sorted(RULES)), st.sampled_from(["strong", "activity-only", "none"]))
def test_no_measurement_ever_suggests_intent_or_deception(behaviour, grade):
    tag = suggest(measured(behaviour, grade=grade))
    assert tag is None or not tag.technique.startswith(NEVER)
    assert tag is None or not {"plan-strategy", "plan-objectives"} & set(
        disarm.technique(tag.technique).tactic.split(",")
    )


@pytest.mark.parametrize("empty", [{"method": ""}, {"parameters": {}}, {"records": ()}])
def test_a_tag_without_a_measurement_cannot_be_made(empty):
    with pytest.raises(MalformedRecord) as caught:
        suggest(measured("translation", **empty))
    assert caught.value.code == "tag-unsupported"


def test_a_tag_cannot_claim_more_than_consistency():
    with pytest.raises(MalformedRecord):
        Tag("T0049", "Flood Information Space", "x", measured("volume"), wording="proves")


def test_an_id_of_another_version_is_refused():
    with pytest.raises(MalformedRecord) as caught:
        disarm.technique("T0001")
    assert (caught.value.code, caught.value.where) == ("technique-unknown", "T0001")


def test_a_person_may_set_any_technique_with_reason_and_source():
    at = datetime(2026, 6, 1, tzinfo=UTC)
    assert ByHand(by="Jun Sato", at=at, sources=("report 7",), reason="forged letterhead", technique="T0097").technique
    with pytest.raises(MalformedRecord):
        ByHand(by="system", at=at, sources=("report 7",), reason="forged letterhead", technique="T0097")


def test_the_normalised_copy_says_disarm_and_keeps_id_creator_and_marking(bundle):
    originals = [one for one in json.loads(bundle)["objects"] if one["type"] == "attack-pattern"]
    for original in originals[:40]:
        raw = json.dumps(original).encode()
        copy = json.loads(disarm.normalised(raw))
        stix2.parse(copy)
        assert "mitre" not in json.dumps(copy)
        for kept in ("id", "created_by_ref", "created", "object_marking_refs", "name"):
            assert copy[kept] == original[kept]
        assert copy["modified"] > original["modified"]


def test_what_is_no_technique_is_refused_with_what_it_lacks():
    with pytest.raises(MalformedRecord) as refused:
        disarm.normalised(b'{"type": "identity", "modified": "2024-11-22T00:00:00.000Z"}')
    assert (refused.value.code, refused.value.where) == ("disarm-malformed", "external_references, kill_chain_phases")
