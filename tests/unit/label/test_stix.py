"""STIX markings: the strictest over all paths, nothing unknown dropped, nothing believed that belies its id."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime

import msgspec
import pytest

from foedus.errors import LabelUnknown, MalformedRecord
from foedus.label import nato, tlp
from foedus.label.dominance import Terms
from foedus.label.selectors import nearest, selects
from foedus.label.stix import (
    EXTENSION,
    Markings,
    describe,
    label_of,
    mapping_of,
    marking_of,
    marking_refs,
    own_marking_id,
)
from foedus.model.label import TLP_ORDER, Label

MITRE = "marking-definition--fa42a846-8d90-4e51-bc29-71d5b4802168"
FOREIGN = "marking-definition--11111111-1111-4111-8111-111111111111"
STATEMENT = {
    "type": "marking-definition",
    "id": MITRE,
    "definition_type": "statement",
    "definition": {"statement": "x"},
}
BASE = Label("PUBLIC", "UNMARKED", tlp="clear")
TERMS = Terms(expand=lambda name: {"NATO": frozenset({"DEU"})}.get(name, frozenset({name})))
SECRET = nato.label("SECRET", to=("JPN",))


def marked(*refs: str, granular: list | None = None, **more) -> dict:
    stix = {"type": "indicator", "name": "x", "labels": ["a", "b"], "object_marking_refs": list(refs), **more}
    return stix | ({"granular_markings": granular} if granular is not None else {})


def label(stix: dict, definitions: dict | None = None, mapped: dict | None = None, base: Label = BASE) -> Label:
    return label_of(stix, definitions or {}, mapped or {}, base, TERMS)


@pytest.mark.parametrize("level", TLP_ORDER)
def test_every_tlp_is_read_by_id_alone_and_never_lowers_the_source(level):
    assert label(marked(tlp.marking_id(level))).tlp == level
    assert label(marked(tlp.marking_id(level), tlp.marking_id("green", version=1))).tlp == tlp.strictest(level, "green")
    red = msgspec.structs.replace(BASE, tlp="red")
    assert label(marked(tlp.marking_id(level)), base=red) == red


def test_without_markings_the_sources_label_stands():
    assert label({"type": "indicator"}) is BASE


def test_a_known_id_with_another_content_is_refused():
    id_ = tlp.marking_id("clear")
    assert label(marked(id_), {id_: tlp.definition("clear") | {"name": "anything"}}).tlp == "clear"
    for content in (tlp.definition("red"), STATEMENT, {}):
        with pytest.raises(LabelUnknown, match=id_):
            label(marked(id_), {id_: content})


def test_an_unknown_marking_is_named_and_withheld():
    with pytest.raises(LabelUnknown, match=f"{MITRE}.*statement") as caught:
        label(marked(MITRE), {MITRE: STATEMENT})
    assert caught.value.code == "marking-unknown"
    with pytest.raises(LabelUnknown, match="definition missing"):
        label(marked(FOREIGN))


def test_a_statement_travels_and_does_not_raise_the_label():
    assert label(marked(MITRE), {MITRE: STATEMENT}, {MITRE: "statement"}) == BASE


def test_a_foreign_marking_means_what_the_programme_says():
    got = label(marked(FOREIGN), {}, {FOREIGN: SECRET})
    assert got == msgspec.structs.replace(SECRET, tlp="clear")
    with pytest.raises(LabelUnknown, match="several policies"):
        label(marked(FOREIGN), {}, {FOREIGN: Label("JPN", "秘")}, base=SECRET)


def test_foreign_schemes_are_shown_and_not_interpreted(shared):
    constants = json.loads(shared("data/trust/kat/stix_marking_constants.json").read_bytes())
    acs = {"extensions": {constants["acs_extension"]: {"control_set": {"classification": "U"}}}}
    iep = {"extensions": {constants["iep2_extension"]: constants["iep2_example"]}}
    cui = {"extensions": {constants["cui_extension"]: {}}}
    assert [describe(one) for one in (acs, iep, cui)] == ["ACS 3.0: U", "IEP 2.0: red", "CUI"]
    for one in (acs, iep, cui):
        with pytest.raises(LabelUnknown):
            label(marked(FOREIGN), {FOREIGN: one})


def test_the_own_marking_carries_the_whole_label():
    full = msgspec.structs.replace(
        SECRET,
        tlp="amber",
        caveats=("ORCON",),
        originator="nato",
        created_at=datetime(2026, 6, 1, 12, 0, 0, 123456, tzinfo=UTC),
        alternatives=(Label("JPN", "特定秘密"),),
    )
    made = json.loads(json.dumps(marking_of(full)))
    assert made["id"] == own_marking_id(full) == marking_refs(full)[0]
    assert marking_refs(full)[1:] == (tlp.marking_id("amber"),)
    assert made["created"] == "2026-06-01T12:00:00.123Z"
    assert made["name"] == "NATO SECRET Releasable to Japan ORCON TLP:AMBER"
    assert label(marked(*marking_refs(full)), {made["id"]: made}, base=full) == full
    assert label(marked(made["id"]), {made["id"]: made}).classification == "SECRET"


def test_one_label_has_one_id():
    assert own_marking_id(SECRET) == own_marking_id(nato.label("SECRET", to=("JPN",)))
    assert own_marking_id(SECRET) != own_marking_id(nato.label("SECRET", to=("AUS",)))


def test_an_own_marking_whose_content_was_changed_is_refused():
    made = marking_of(SECRET)
    lower = json.loads(json.dumps(made).replace('"SECRET"', '"RESTRICTED"'))
    for content in (lower, made | {"extensions": {EXTENSION: {"label": {"policy": 1}}}}):
        with pytest.raises(LabelUnknown):
            label(marked(made["id"]), {made["id"]: content})
    with pytest.raises(LabelUnknown, match="not that of its label"):
        label(marked(FOREIGN), {FOREIGN: made}, {FOREIGN: "statement"})


def test_granular_markings_raise_the_whole_and_never_lower_it():
    red = [{"marking_ref": tlp.marking_id("red"), "selectors": ["name"]}]
    clear = [{"marking_ref": tlp.marking_id("clear"), "selectors": ["name"]}]
    assert label(marked(tlp.marking_id("green"), granular=red)).tlp == "red"
    assert label(marked(tlp.marking_id("amber"), granular=clear)).tlp == "amber"
    assert label(marked(granular=[{"lang": "ja", "selectors": ["name"]}])) == BASE


@pytest.mark.parametrize(
    ("granular", "code", "where"),
    [
        ([{"marking_ref": FOREIGN, "selectors": ["nothing"]}], "selector-empty", "/granular_markings/0/selectors/0"),
        ([{"lang": "en", "selectors": ["name", "labels.[2]"]}], "selector-empty", "/granular_markings/0/selectors/1"),
        ([{"marking_ref": FOREIGN, "selectors": []}], "markings-malformed", "/granular_markings/0"),
        ([{"selectors": ["name"]}], "markings-malformed", "/granular_markings/0"),
        ([{"lang": "en", "marking_ref": FOREIGN, "selectors": ["name"]}], "markings-malformed", "/granular_markings/0"),
        (["x"], "markings-malformed", "/granular_markings/0"),
        ({}, "markings-malformed", "/granular_markings"),
    ],
)
def test_granular_markings_that_make_no_sense_name_the_place(granular, code, where):
    with pytest.raises(MalformedRecord) as caught:
        label(marked(granular=granular))
    assert (caught.value.code, caught.value.where) == (code, where)


@pytest.mark.parametrize("refs", ["x", [1], {}])
def test_markings_that_are_no_list_of_ids_are_refused(refs):
    with pytest.raises(MalformedRecord):
        label({"object_marking_refs": refs})


def test_paths_have_labels_of_their_own_for_redaction():
    made = marking_of(SECRET)
    stix = marked(
        made["id"],
        tlp.marking_id("amber"),
        external={"a": {"b": 1}},
        granular=[
            {"marking_ref": tlp.marking_id("clear"), "selectors": ["name", "external"]},
            {"marking_ref": tlp.marking_id("red"), "selectors": ["external.a"]},
            {"marking_ref": FOREIGN, "selectors": ["external.a.b"]},
        ],
    )
    paths = Markings({made["id"]: made}, {FOREIGN: nato.label("RESTRICTED")}, TERMS).paths(stix, BASE)
    assert {path: (one.classification, one.tlp) for path, one in paths.items()} == {
        "": ("SECRET", "amber"),
        "name": ("SECRET", "clear"),
        "external": ("SECRET", "clear"),
        "external.a": ("SECRET", "red"),
        "external.a.b": ("RESTRICTED", "red"),
    }
    assert nearest(paths, "external.a.c") == "external.a"
    assert nearest(paths, "labels.[0]") is None


def test_several_markings_at_one_path_all_hold_and_are_inherited_each_for_its_kind():
    stix = marked(
        tlp.marking_id("red"),
        external={"a": {"b": 1}},
        granular=[
            {"marking_ref": tlp.marking_id("green"), "selectors": ["external"]},
            {"marking_ref": tlp.marking_id("amber"), "selectors": ["external"]},
            {"marking_ref": FOREIGN, "selectors": ["external", "external.a"]},
        ],
    )
    paths = Markings({}, {FOREIGN: SECRET}, TERMS).paths(stix, BASE)
    assert {path: (one.classification, one.tlp) for path, one in paths.items()} == {
        "": ("UNMARKED", "red"),
        "external": ("SECRET", "amber"),
        "external.a": ("SECRET", "amber"),
    }


def test_selectors():
    stix = {"a": {"SHA-256": "x"}, "b": [{"c": None}], "d": "text"}
    for selector in ("a", "a.SHA-256", "b", "b.[0]", "b.[0].c", "d"):
        assert selects(stix, selector)
    for selector in ("", "x", "a.x", "b.0", "b.[1]", "b.[-1]", "b.[00]", "b.[0].c.d", "d.[0]", "b.c", "b.[９]"):
        assert not selects(stix, selector)


def test_the_programmes_mapping_is_typed_or_refused():
    got = mapping_of({MITRE: "statement", FOREIGN: {"policy": "NATO", "classification": "SECRET"}})
    assert got == {MITRE: "statement", FOREIGN: Label("NATO", "SECRET")}
    with pytest.raises(MalformedRecord, match=FOREIGN):
        mapping_of({FOREIGN: "ignore"})


def test_many_objects_with_the_same_markings_cost_a_look_up():
    markings = Markings({MITRE: STATEMENT}, {MITRE: "statement"}, TERMS)
    refs = (MITRE, tlp.marking_id("green"))
    first = markings.of_ids(refs, BASE)
    started = time.process_time()
    assert all(markings.of_ids(refs, BASE) is first for _ in range(25_000))
    assert time.process_time() - started < 1


def test_what_is_remembered_is_bounded(monkeypatch):
    monkeypatch.setattr("foedus.label.stix._CACHE_LIMIT", 2)
    markings = Markings({}, {}, TERMS)
    for level in TLP_ORDER:
        assert markings.of_ids((tlp.marking_id(level),), BASE).tlp == level
        assert len(markings._labels) <= 2


def test_a_scheme_without_readable_content_is_named_alone():
    assert describe({"extensions": {EXTENSION: None}}) == "Foedus label"
    assert describe({"extensions": []}) == "unknown kind"
    assert describe({"definition_type": ["tlp"]}) == "unknown kind"
    assert describe({"extensions": {tlp.EXTENSION: {"tlp_2_0": "x" * 99}}}) == "TLP 2.0"
