"""SPIF: policies are read with their rules, and every rule is enforced."""

from __future__ import annotations

import json
from datetime import date

import pytest
from tests.unit.label import acme

from foedus.errors import MalformedRecord, UnsupportedFormat
from foedus.label import nato, spif
from foedus.label.spif import CategoryRef, Requirement
from foedus.label.text import parse_text
from foedus.label.validity import validate
from foedus.model.label import Category, Label

NS = ' xmlns="http://www.xmlspif.org/spif"'
SAMPLE = """<SPIF{ns}>
<securityPolicyId name="P" id="1.2.3"/>
<equivalentPolicies><equivalentPolicy name="Q" id="1.2.4"/></equivalentPolicies>
<securityClassifications>
 <securityClassification name="LOW" lacv="01" hierarchy="1">
  <equivalentClassification policyRef="Q" lacv="7" applied="both"/></securityClassification>
 <securityClassification name="HIGH" lacv="2" hierarchy="2">
  <requiredCategory operation="oneOrMore"><categoryGroup tagSetRef="T" tagType="restrictive" all="true"/></requiredCategory>
 </securityClassification>
 <securityClassification name="OLD" lacv="3" hierarchy="3" obsolete="true"/>
</securityClassifications>
<securityCategoryTagSets>
 <securityCategoryTagSet name="T" id="1.2.3.1">
  <securityCategoryTag name="R" tagType="restrictive" maxSelection="2">
   <tagCategory name="A" lacv="1"><excludedClass>LOW</excludedClass></tagCategory>
   <tagCategory name="B" lacv="2"><requiredClass>HIGH</requiredClass></tagCategory>
   <tagCategory name="C" lacv="3" notBefore="2026-01-01" notAfter="2026-12-31T00:00:00Z"/>
   <tagCategory name="D" lacv="4" obsolete="true"/>
  </securityCategoryTag>
  <securityCategoryTag name="I" tagType="tagType7" singleSelection="true">
   <tagCategory name="X" lacv="1"/><tagCategory name="Y" lacv="2"/>
  </securityCategoryTag>
 </securityCategoryTagSet>
 <securityCategoryTagSet name="U" id="1.2.3.2">
  <securityCategoryTag name="P" tagType="enumerated" enumType="permissive">
   <tagCategory name="all" lacv="1"><requiredCategory operation="all">
    <categoryGroup tagSetRef="T" tagType="restrictive" lacv="1"/><categoryGroup tagSetRef="T" tagType="restrictive" lacv="02"/>
   </requiredCategory></tagCategory>
   <tagCategory name="one" lacv="2"><requiredCategory operation="onlyOne">
    <categoryGroup tagSetRef="T" tagType="restrictive"/></requiredCategory></tagCategory>
   <tagCategory name="not" lacv="3"><excludedCategory tagSetRef="U" all="true"/></tagCategory>
   <tagCategory name="lost" lacv="4"><requiredCategory operation="oneOrMore">
    <categoryGroup tagSetRef="nowhere"/></requiredCategory></tagCategory>
  </securityCategoryTag>
 </securityCategoryTagSet>
 <securityCategoryTagSet name="V" id="1.2.3.3">
  <securityCategoryTag name="V" tagType="tagType7" minSelection="0"><tagCategory name="v" lacv="1"/></securityCategoryTag>
 </securityCategoryTagSet>
</securityCategoryTagSets></SPIF>"""
POLICY = spif.read(SAMPLE.format(ns=NS).encode())


def label(classification: str, *values: str) -> Label:
    """``R:A`` is the value A of tag R; tags of one set stand in one label category each."""
    sets = {"R": ("T", "RESTRICTIVE"), "I": ("T", "INFORMATIVE"), "P": ("U", "PERMISSIVE"), "V": ("V", "INFORMATIVE")}
    split = [value.split(":") for value in values]
    tags = dict.fromkeys(tag for tag, _ in split)
    return Label(
        "P", classification, tuple(Category(*sets[tag], tuple(v for t, v in split if t == tag)) for tag in tags)
    )


def test_elements_are_read_with_and_without_namespace():
    assert spif.read(SAMPLE.format(ns="").encode()) == POLICY


def test_what_a_policy_says_is_typed():
    assert (POLICY.name, POLICY.id, POLICY.equivalent_policies) == ("P", "1.2.3", ("Q",))
    low, high, old = POLICY.levels
    assert (low.lacv, low.hierarchy, low.equivalents[0].policy, low.equivalents[0].lacv) == ("1", 1, "Q", "7")
    assert high.required == (Requirement("oneOrMore", (CategoryRef("T", "RESTRICTIVE"),)),)
    assert old.obsolete
    assert POLICY.level("low") is low
    assert POLICY.tag_set("t").tags[1].single
    assert [tag.type for one in POLICY.tag_sets for tag in one.tags] == [
        "RESTRICTIVE",
        "INFORMATIVE",
        "PERMISSIVE",
        "INFORMATIVE",
    ]


@pytest.mark.parametrize(
    "good",
    [
        label("LOW"),
        label("low", "I:x"),
        label("HIGH", "R:A", "R:B"),
        label("HIGH", "R:A", "R:B", "P:all"),
        label("HIGH", "R:A", "P:one"),
        label("HIGH", "R:A", "P:not"),
        label("OLD", "R:D"),
    ],
)
def test_a_label_within_the_rules_has_no_problem(good):
    assert validate(good, POLICY, day=date(2026, 6, 1)) == ()


@pytest.mark.parametrize(
    ("bad", "code"),
    [
        (label("NONE"), "classification"),
        (label("HIGH"), "required-category"),
        (label("LOW", "R:A"), "excluded-class"),
        (label("LOW", "R:B"), "required-class"),
        (label("OLD", "R:A", "R:C", "R:D"), "selection"),
        (label("LOW", "I:X", "I:Y"), "selection"),
        (label("HIGH", "R:A", "P:all"), "required-category"),
        (label("HIGH", "R:A", "R:B", "P:one"), "required-category"),
        (label("LOW", "P:one"), "required-category"),
        (label("HIGH", "R:A", "P:not", "P:one"), "excluded-category"),
        (label("LOW", "P:lost"), "required-category"),
        (label("LOW", "R:Z"), "value"),
        (label("LOW", "R:C", "R:c"), "double"),
        (Label("P", "LOW", (Category("W", "RESTRICTIVE", ("A",)),)), "tag-set"),
        (Label("P", "LOW", (Category("T", "PERMISSIVE", ("C",)),)), "value"),
        (Label("Q", "LOW"), "policy"),
    ],
)
def test_every_broken_rule_is_found(bad, code):
    assert [problem.code for problem in validate(bad, POLICY) if problem.code == code] != []
    assert {problem.code for problem in validate(bad, POLICY)} <= {code, "required-class"}


def test_windows_are_inclusive_and_asked_for_a_day():
    held = label("LOW", "R:C")
    assert validate(held, POLICY) == ()
    days = [date(2025, 12, 31), date(2026, 1, 1), date(2026, 12, 31), date(2027, 1, 1)]
    assert [[p.code for p in validate(held, POLICY, day=day)] for day in days] == [
        ["not-before"],
        [],
        [],
        ["not-after"],
    ]


def test_what_is_obsolete_is_read_and_not_written():
    held = label("OLD", "R:D")
    assert validate(held, POLICY) == ()
    assert [p.where for p in validate(held, POLICY, writing=True)] == ["classification", "T/D"]


def test_a_least_selection_is_enforced():
    policy = spif.read(SAMPLE.format(ns=NS).replace('minSelection="0"', 'minSelection="1"').encode())
    assert [p.message for p in validate(label("LOW"), policy)] == ["at least 1 of its values, not 0"]
    assert validate(label("LOW", "V:v"), policy) == ()


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ('name="P" id="1.2.3"', 'id="1.2.3"', "spif-attribute"),
        ('<securityPolicyId name="P" id="1.2.3"/>', "", "spif-incomplete"),
        ('name="HIGH" lacv', 'name="low" lacv', "spif-double"),
        ('hierarchy="2"', 'hierarchy="high"', "spif-attribute"),
        ('tagType="restrictive" max', 'tagType="loose" max', "spif-tag-type"),
        ('tagType="restrictive" max', "max", "spif-tag-type"),
        ('enumType="permissive"', "", "spif-tag-type"),
        ('operation="onlyOne"', 'operation="some"', "spif-operation"),
        ('applied="both"', "", "spif-applied"),
        ('obsolete="true"', 'obsolete="maybe"', "spif-attribute"),
        ('notBefore="2026-01-01"', 'notBefore="soon"', "spif-attribute"),
        ("<excludedClass>LOW<", "<excludedClass>LOW</excludedClass><excludedClass>low<", "spif-double"),
        ('name="Y"', 'name="x"', "spif-double"),
    ],
)
def test_a_damaged_policy_is_refused_with_the_place(old, new, code):
    raw = SAMPLE.format(ns=NS)
    assert old in raw
    with pytest.raises(MalformedRecord) as caught:
        spif.read(raw.replace(old, new).encode())
    assert caught.value.code == code
    assert caught.value.where.startswith("line ")


def test_another_document_is_no_policy():
    for raw in (b"<label/>", b'<SPIF xmlns="urn:other"/>'):
        with pytest.raises(UnsupportedFormat):
            spif.read(raw)


@pytest.mark.parametrize(("name", "levels"), [("nato-4774-policy", 5), ("tlp", 4), ("tlp-plus", 4), ("uk-demo", 3)])
def test_published_policies_are_read(shared, name, levels):
    assert len(spif.read(shared(f"data/trust/spiffing/{name}.xml").read_bytes()).levels) == levels


@pytest.mark.parametrize(
    ("name", "where"),
    [
        ("food-policy", "line 81"),
        ("food-policy-missi", "line 85"),
        ("food-policy-borked", "line 35"),
        ("bsi-commercial", "line 54"),
    ],
)
def test_published_policies_that_are_damaged_are_refused(shared, name, where):
    with pytest.raises(MalformedRecord) as caught:
        spif.read(shared(f"data/trust/spiffing/{name}.xml").read_bytes())
    assert caught.value.where.startswith(where)


def test_the_published_nato_policy_judges_labels(shared):
    policy = spif.read(shared("data/trust/spiffing/nato-4774-policy.xml").read_bytes())
    assert validate(parse_text("NATO RESTRICTED Releasable to Japan, Switzerland, Ukraine"), policy) == ()
    assert [p.code for p in validate(nato.label("RESTRICTED", sensitivity=("ATOMAL",)), policy)] == ["excluded-class"]
    assert "value" in [p.code for p in validate(nato.label("RESTRICTED", only=("BGR",)), policy)]
    assert [p.code for p in validate(nato.label("SECRET", context="RESOLUTE SUPPORT"), policy, writing=True)] == [
        "obsolete"
    ]


def test_the_standards_example_policy_forbids_what_it_forbids(shared):
    policy = acme.policy(json.loads(shared("data/trust/kat/acme_policy.json").read_bytes()))
    assert validate(acme.label("ACME CONFIDENTIAL REL TO MOCK"), policy) == ()
    assert [p.code for p in validate(acme.label("ACME CONFIDENTIAL"), policy)] == ["required-category"]
    assert [p.code for p in validate(acme.label("ACME PUBLIC RED"), policy)] == ["excluded-class"]
