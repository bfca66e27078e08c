"""Labels as integers: levels, audiences, unknown parts, spans of succession."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from tests.unit.release.sample import AT, AT_US, clause, label, programme

from foedus.model.duration import FOREVER_US
from foedus.model.label import Category, Label, Succession
from foedus.release.compile import compile  # noqa: A004
from foedus.release.facets import FACET_COLUMNS, Facets, all_facets, audience_of, facets, level_of
from foedus.release.policy import UNKNOWN_LEVEL

POLICY = compile(programme([clause("rr", caveats=["ATOMAL"])]), AT, digest="d", in_force=True)


def test_the_columns_are_documented_one_by_one():
    assert tuple(FACET_COLUMNS) == Facets._fields


@pytest.mark.parametrize(
    ("policy", "classification", "owner", "level"),
    [
        ("NATO", "RESTRICTED", "nato", 1),
        ("nato", "restricted", "jpn", 1),
        ("JPN", "秘", "jpn", 2),
        ("PUBLIC", "UNMARKED", "nato", 0),
        ("PUBLIC", "SECRET", "nato", UNKNOWN_LEVEL),
        ("JPN", "RESTRICTED", "nato", UNKNOWN_LEVEL),
        ("MARS", "RESTRICTED", "isac", UNKNOWN_LEVEL),
    ],
)
def test_a_level_is_read_from_the_map_of_the_labels_policy(policy, classification, owner, level):
    assert level_of(Label(policy, classification), owner, POLICY) == level


def test_an_empty_audience_is_the_originators():
    nobody = Label("MARS", "X", (Category("Context", "PERMISSIVE", ("MARS",)),))
    assert audience_of(nobody, "jpn", POLICY) == {"JPN"}


def test_masks_name_parties_and_marks():
    seen = facets(
        label(caveats=("ORCON",), more=[Category("Additional Sensitivity", "RESTRICTIVE", ("Atomal",))]),
        "nato",
        POLICY,
        AT,
    )
    assert seen.audience == POLICY.recipients["nato"].bit | POLICY.recipients["jpn"].bit
    assert (seen.cats, seen.caveats, seen.unknown) == (POLICY.marks["ATOMAL"], POLICY.marks["ORCON"], 0)


def test_an_informative_category_changes_nothing():
    staff = label(more=[Category("Administrative", "INFORMATIVE", ("STAFF",))])
    assert facets(staff, "nato", POLICY, AT) == facets(label(), "nato", POLICY, AT)


def test_the_forms_of_a_label_adjoin_and_each_holds_in_its_span():
    later = label(
        "SECRET", successions=(Succession(AT, label()), Succession(AT + timedelta(days=1), label("UNCLASSIFIED")))
    )
    first, second, third = all_facets(later, "nato", POLICY)
    assert (first.level, second.level, third.level) == (3, 1, 0)
    assert (first.from_us, first.until_us, second.from_us) == (0, AT_US, AT_US)
    assert (second.until_us, third.until_us) == (third.from_us, FOREVER_US)
    assert facets(later, "nato", POLICY, AT) == second
    assert all_facets(None, "nato", POLICY)[0].unknown == 1


def test_audiences_of_the_standards_markings(shared):
    cases = json.loads(shared("data/trust/kat/label_kat.json").read_bytes())["labels"]
    checked = 0
    for case in cases:
        cats = tuple(Category(c["TagName"], c["Type"], tuple(c["values"])) for c in case["cats"])
        admitted = audience_of(Label("NATO", case["class"], cats), "nato", POLICY)
        for state, admits in case.get("releasable", {}).items():
            assert (state in admitted) == admits, (case["marking"], state)
            checked += 1
    assert checked > 5
