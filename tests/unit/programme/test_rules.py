"""One mistake a time: each rule names its place, and nothing else is called an error."""

import pytest

from foedus.programme import CODES, RoomFacts, check
from foedus.programme.vocabulary import PROFILES
from foedus.release.profiles import PROFILES as made

C = "/release/clauses"
FORBID = {
    "id": "f-x",
    "effect": "forbid",
    "from": ["nato", "jpn"],
    "to": ["nato", "jpn", "ip4"],
    "areas": ["*"],
    "what": {},
}

# code, place changed, new value (... deletes), pointer named (None: the place changed), other codes that must follow from it
ONE = [
    ("P101", "/areas/1/id", "cyber", None, {"P124", "P132", "P141"}),
    ("P101", "/groups/0/id", "jpn", None, {"P140"}),
    ("P101", "/areas/1/activities/0/id", "cyber-ex", None, set()),
    ("P101", f"{C}/1/id", "r-open-cti", None, set()),
    ("P104", "/parties/0/contacts/1/until", "2020-01-01", None, set()),
    ("P104", "/parties/0/members/0/until", "1940-01-01", None, set()),
    ("P105", "/parties/1/country", ..., None, set()),
    ("P106", "/parties/0/members/1/countries/0", "BEL", None, set()),
    ("P106", "/groups/0/countries/1", "AUS", None, set()),
    ("P107", "/areas/0/provenance/sources/0", "nobody", None, set()),
    ("P108", "/areas/0/provenance/sources", [], "/areas/0/provenance", set()),
    ("P109", "/areas/4/number", 4, None, set()),
    ("P109", "/areas/4/number", 17, None, set()),
    ("P110", "/areas/0/priority", "urgent", None, set()),
    ("P111", "/areas/0/supports/1", "peace", None, set()),
    ("P112", "/areas/0/indicators/0", "cyber-lost", None, {"P119"}),
    ("P113", "/areas/1/indicators/0", "cyber-released", None, {"P119"}),
    ("P114", "/areas/14/measurable", "auto", "/areas/14/indicators/0", set()),
    ("P115", "/areas/0/measurable", "attested", "/areas/0/indicators/0", set()),
    ("P116", "/areas/0/status", "merged", "/areas/0/merged_into", set()),
    ("P116", "/areas/0/merged_into", "cyber", None, set()),
    ("P117", "/areas/4/indicators", [], None, {"P119"}),
    ("P118", "/strategic_objectives/0/id", "talk", None, {"P111"}),
    ("P119", "/areas/0/indicators/0", "cyber-ack", "/indicators/0/id", {"P113"}),
    ("P120", "/indicators/0/compute", ..., None, set()),
    ("P121", "/indicators/0/compute/source", "release.wished", None, set()),
    ("P121", "/milestones/4/evidence/source", "review.wished", None, set()),
    ("P122", "/indicators/2/compute/numerator", ..., None, set()),
    ("P123", "/indicators/0/compute/field", ..., None, set()),
    ("P124", "/indicators/0/compute/where/area", "sea", None, set()),
    ("P125", "/indicators/3/compute/where/parties", ["nato", "kor"], None, set()),
    ("P126", "/indicators/9/scale", ..., None, set()),
    ("P126", "/indicators/9/scale", "ogp6", None, set()),
    ("P127", "/indicators/9/targets/2025", "nearly", None, set()),
    ("P127", "/indicators/0/targets/2025", "many", None, set()),
    ("P128", "/indicators/0/targets", {"2027": 5}, "/indicators/0/targets/2027", set()),
    ("P129", "/indicators/0/targets/2025", 10, None, set()),
    ("P129", "/indicators/1/direction", "up", "/indicators/1/targets/2024", set()),
    ("P130", "/indicators/2/targets/2026", 101, None, set()),
    ("P131", "/indicators/0/targets", {"2026": 0}, "/indicators/0/targets/2026", set()),
    ("P132", "/milestones/0/area", "moon", None, set()),
    ("P133", "/milestones/0/due", "2027-01-01", None, set()),
    ("P134", "/milestones/0/done", ..., "/milestones/0", set()),
    ("P140", f"{C}/0/to/2", "ip5", None, set()),
    ("P140", f"{C}/1/from/0", "kor", None, set()),
    ("P140", "/areas/0/activities/0/lead", "kor", None, set()),
    ("P141", f"{C}/1/areas/0", "cybre", None, set()),
    ("P142", f"{C}/1/purposes", [], None, set()),
    ("P142", f"{C}/1/actions", ..., None, set()),
    ("P142", f"{C}/1/retention", ..., None, set()),
    ("P142", f"{C}/1/valid", ..., None, set()),
    ("P142", f"{C}/8/to", [], f"{C}/8", set()),
    ("P143", f"{C}/1/what/tlp_max", ..., None, set()),
    ("P143", f"{C}/1/what/max_classification", ..., None, set()),
    ("P144", f"{C}/1/what/object_types", [], None, set()),
    ("P145", f"{C}/1/areas", ["*"], None, set()),
    ("P146", f"{C}/1/what/max_classification", "beige", None, set()),
    ("P146", "/parties/0/clearance", "beige", None, set()),
    ("P146", f"{C}/1/four_eyes", "sometimes", None, set()),
    ("P146", "/release/classification_map/jpn/秘", "beige", None, {"P157"}),
    ("P146", "/release/classification_map/order", ["restricted", "restricted"], None, set()),
    ("P147", f"{C}/1/basis/instrument", "jpd-2013", f"{C}/1/what/max_classification", set()),
    ("P147", "/instruments/0/relation", "basis", f"{C}/6/what/max_classification", set()),
    ("P148", f"{C}/1/basis/instrument", "isa-2011", None, set()),
    ("P149", f"{C}/1/valid/until", "2027-01-01", f"{C}/1/valid", set()),
    ("P149", f"{C}/1/valid/until", "2023-01-01", f"{C}/1/valid", set()),
    ("P150", f"{C}/6/to", ["jpn"], None, set()),
    ("P151", f"{C}/8", FORBID, f"{C}/0", set()),
    ("P152", f"{C}/1/basis", {"instrument": "late"}, f"{C}/1/valid/from", {"P148"}),
    ("P154", f"{C}/1/redact/0", "drop-everything", None, set()),
    ("P155", f"{C}/1/purposes/0", "curiosity", None, set()),
    ("P155", "/areas/0/default_purpose", "curiosity", None, set()),
    ("P156", "/indicators/0/compute/where", {"colour": "red"}, "/indicators/0/compute/where/colour", set()),
    ("P156", "/indicators/0/compute/field", "colour", None, set()),
    ("P157", "/release/classification_map/jpn/秘", ..., "/release/classification_map/jpn", set()),
    ("P157", "/release/classification_map/jpn", ..., None, set()),
    ("P158", "/release/classification_map/nato/NATO RESTRICTED", "secret", None, {"P157"}),
    ("P165", "/parties", [], None, {"P140", "P125", "P150"}),
    ("P165", "/areas", [], None, {"P118", "P119", "P124", "P132", "P141"}),
    ("P166", f"{C}/8/what/unless", "good-mood", None, set()),
    ("P166", f"{C}/1/what/unless", "originator-consent", None, set()),
    ("P167", "/release/markings", {"x": "statement"}, "/release/markings/x", set()),
    ("P167", "/release/markings/marking-definition--fa42a846-8d90-4e51-bc29-71d5b4802168", "anything", None, set()),
    ("P168", "/review/thresholds/green", 0.5, "/review/thresholds", set()),
]


def base(japan, mutate, code):
    if code == "P152":
        late = {"id": "late", "kind": "x", "title": "x", "date": "2025-01-01", "relation": "governs-release"}
        return mutate(japan, "/instruments", [*japan["instruments"], late])
    return japan


@pytest.mark.parametrize(("code", "pointer", "new", "named", "follow"), ONE, ids=[f"{row[0]}:{row[1]}" for row in ONE])
def test_one_mistake_is_found_where_it_is_and_alone(japan, mutate, document, code, pointer, new, named, follow):
    value = base(japan, mutate, code)
    value = mutate(value, pointer, delete=True) if new is ... else mutate(value, pointer, new)
    errors = [r for r in check(document(value)) if r.severity == "error"]
    assert (code, named or pointer) in {(r.code, r.pointer) for r in errors}
    assert {r.code for r in errors} <= {code} | follow
    assert all(r.message and r.hint for r in errors)


def test_every_semantic_code_has_a_test():
    elsewhere = {"P102", "P103", "P153", "P159", "P160", "P161", "P162", "P163", "P164", "P169"}
    assert {row[0] for row in ONE} | elsewhere == {code for code in CODES if code >= "P100"}


def test_a_forbid_that_leaves_the_permit_something_does_not_make_it_unreachable(japan, mutate, document):
    for what in (
        {"tlp_max": "green"},
        {"unless": "pseudonymised"},
        {"caveats_any": ["X"]},
        {"object_types": ["report"]},
    ):
        found = check(document(mutate(japan, f"{C}/8", {**FORBID, "areas": ["stratcom"], "what": what})))
        assert "P151" not in {r.code for r in found}
    narrow = {**FORBID, "areas": ["stratcom"], "valid": {"from": "2026-01-01", "until": "2026-12-31"}}
    assert "P151" not in {r.code for r in check(document(mutate(japan, f"{C}/8", narrow)))}


def test_a_clause_wider_than_its_instrument_is_named(japan, mutate, document):
    value = mutate(japan, "/instruments/0/max_classification", "unclassified")
    assert {(r.code, r.pointer) for r in check(document(value)) if r.severity == "error"} == {
        ("P152", f"{C}/1/what/max_classification")
    }


def test_an_authentic_text_that_changed_is_named(japan, mutate, document):
    uri = japan["authentic_text"][0]["uri"]
    sound = document(
        mutate(japan, "/authentic_text/0/sha256", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
    )
    assert "P153" not in {r.code for r in check(sound, texts={uri: b""})}
    assert ("P153", "/authentic_text/0/sha256") in {(r.code, r.pointer) for r in check(sound, texts={uri: b"new"})}


def test_an_event_the_partner_cannot_verify_is_a_warning(japan, document):
    (remark,) = check(document(japan))
    assert (remark.code, remark.severity, remark.pointer) == ("P159", "warning", "/indicators/15/compute/source")


ROOMS = {
    "cyber": RoomFacts(measures=frozenset({"release.sent"})),
    "space": RoomFacts(
        frozenset({"orbit", "conjunction", "re-entry", "manoeuvre", "overflight", "new-object"}),
        frozenset({"release.sent"}),
    ),
}


def test_clauses_need_a_room_and_types_somebody_makes(japan, mutate, document):
    found = check(document(japan), ROOMS)
    by_code = {code: {r.pointer for r in found if r.code == code} for code in ("P160", "P161", "P162")}
    assert by_code["P162"] == {"/areas/1/rooms/0", "/areas/2/rooms/0", "/areas/6/rooms/0", "/areas/7/rooms/0"}
    assert by_code["P160"] == {f"{C}/3/areas", f"{C}/5/areas", f"{C}/6/areas"}  # r-tech has attested areas
    assert f"{C}/5/what/object_types/0" in by_code["P161"]
    assert not any(p.startswith((f"{C}/1/", f"{C}/4/", f"{C}/7/")) for p in by_code["P161"])
    only = mutate(japan, f"{C}/1/what/object_types", ["indicator", "wish"])
    assert [r.severity for r in check(document(only), ROOMS) if r.pointer == f"{C}/1/what/object_types/1"] == [
        "warning"
    ]
    none = mutate(japan, f"{C}/1/what/object_types", ["wish"])
    assert [r.severity for r in check(document(none), ROOMS) if r.pointer == f"{C}/1/what/object_types/0"] == ["error"]


def test_an_indicator_over_events_its_room_never_feeds_is_a_warning(japan, document):
    rooms = {"cyber": RoomFacts(measures=frozenset({"release.sent"})), "space": RoomFacts(measures=frozenset())}
    found = {(r.pointer, r.severity) for r in check(document(japan), rooms) if r.code == "P169"}
    assert found == {("/indicators/7/compute/source", "warning"), ("/indicators/8/compute/source", "warning")}


def test_the_redaction_profiles_a_clause_may_name_are_those_that_release_has():
    assert set(made) == set(PROFILES)
