"""Redaction: untouched bytes, profiles one by one, pruned references, selectors that follow, valid or dropped."""

from __future__ import annotations

import json

import orjson
import pytest

from foedus.errors import NotReleasable
from foedus.model.commitment import PARTIAL_VIEW
from foedus.programme.vocabulary import PROFILES as NAMED
from foedus.release.profiles import PROFILES, coarse_deg, pseudonym
from foedus.release.redact import prune, redact

KEY = b"k" * 32
HEAD = {"spec_version": "2.1", "created": "2026-05-01T00:00:00.000Z", "modified": "2026-05-02T00:00:00.000Z"}


def stix(type, **properties):
    return {"type": type, "id": f"{type}--1", **HEAD, **properties}


def shown(obj, *profiles, paths=()):
    """The redacted object as decoded, None where it is dropped, the very input where nothing was hidden."""
    raw = json.dumps(obj, indent=1).encode()
    found = redact(raw, profiles, key=KEY, prune=paths)
    if found is None:
        return None
    assert found.changed or found.raw is raw
    return orjson.loads(found.raw)


def test_every_profile_a_programme_may_name_exists():
    assert PROFILES.keys() >= NAMED
    with pytest.raises(NotReleasable):
        redact(b"{}", ["drop-everything"], key=KEY)


@pytest.mark.parametrize("profile", PROFILES)
def test_a_profile_that_finds_nothing_leaves_the_bytes_alone(profile):
    plain = stix(
        "malware",
        name="Worm",
        is_family=True,
        description="spreads",
        external_references=[{"source_name": "cve", "external_id": "CVE-2026-1"}],
    )
    assert shown(plain, profile) == plain


def test_id_and_modified_stay_and_an_extension_says_partial_view():
    found = shown(stix("incident", name="i", victim_org="ACME"), "drop-victim-identity")
    assert {k: found[k] for k in ("id", *HEAD)} == {"id": "incident--1", **HEAD}
    assert found["extensions"] == {
        PARTIAL_VIEW: {
            "extension_type": "property-extension",
            "partial_view": True,
            "profiles": ["drop-victim-identity"],
        }
    }


def test_victims_go_from_properties_sightings_and_text():
    obj = stix("incident", name="Theft at ACME", extensions={"x": {"victims": ["ACME"], "kind": "theft"}})
    found = shown(obj, "drop-victim-identity")
    assert found["extensions"]["x"] == {"kind": "theft"}
    assert found["name"] == "Theft at [withheld]"
    sighting = stix("sighting", sighting_of_ref="indicator--1", where_sighted_refs=["identity--9"], count=2)
    assert "where_sighted_refs" not in shown(sighting, "drop-victim-identity")


@pytest.mark.parametrize(
    "obj",
    [
        stix("relationship", relationship_type="targets", source_ref="malware--1", target_ref="identity--9"),
        stix("identity", name="ACME", roles=["victim"]),
    ],
)
def test_what_is_itself_the_victim_is_dropped(obj):
    assert shown(obj, "drop-victim-identity") is None


def test_internal_numbers_and_links_go_and_public_ones_stay():
    references = [
        {"source_name": "cve", "external_id": "CVE-2026-1"},
        {"source_name": "helpdesk", "external_id": "T-4711"},
        {"source_name": "wiki", "url": "https://wiki.corp/x"},
        {"source_name": "blog", "url": "https://blog.example.org/x"},
        {"source_name": "host", "url": "http://10.1.2.3/x"},
    ]
    found = shown(
        stix("report", name="r T-4711", external_references=references, x_opencti_id="7"), "drop-internal-ids"
    )
    assert [r["source_name"] for r in found["external_references"]] == ["cve", "blog"]
    assert "x_opencti_id" not in found
    assert found["name"] == "r [withheld]"


def test_persons_become_pseudonyms_everywhere_they_are_quoted():
    obj = stix("note", content="Jane Doe wrote it; jane doe again", authors=["Jane Doe"], object_refs=["report--1"])
    found = shown(obj, "pseudonymise-private-persons")
    mask = pseudonym("Jane Doe", KEY)
    assert found["authors"] == [mask]
    assert found["content"] == f"{mask} wrote it; {mask} again"
    assert pseudonym("Jane Doe", b"other") != mask
    assert shown(found, "pseudonymise-private-persons") == found


def test_a_private_identity_keeps_no_contact_and_an_organisation_keeps_its_name():
    person = stix("identity", name="Jane Doe", identity_class="individual", contact_information="jane@example.org")
    assert shown(person, "pseudonymise-private-persons").keys() & {"contact_information", "description"} == set()
    body = stix("identity", name="ACME", identity_class="organization")
    assert shown(body, "pseudonymise-private-persons") == body


def test_what_its_own_id_would_betray_is_dropped():
    assert (
        shown(
            {"type": "email-addr", "id": "email-addr--1", "value": "jane@example.org"}, "pseudonymise-private-persons"
        )
        is None
    )


def test_a_coarse_position_is_coarse_in_every_field_and_text():
    obj = stix(
        "incident",
        name="Gap at 35.4321N 139.8765E",
        description="last fix 35.4321, 139.8765",
        extensions={
            "maritime": {
                "own_force": True,
                "start": {"lat_deg": 35.4321, "lon_deg": 139.8765, "radius_km": 0.2},
                "track": [[139.8765, 35.4321, 1717200000], [139.9, 35.5, 1717200600]],
                "geohash": "xn76urx6",
                "distance_km": 12.345,
                "because": ["record:ab12"],
                "kind": "gap",
            }
        },
    )
    found = shown(obj, "coarsen-own-force-positions")
    event = found["extensions"]["maritime"]
    assert event["start"] == {"lat_deg": 35.5, "lon_deg": 139.5}
    assert event["track"] == [[139.5, 35.5], [139.5, 35.5]]
    assert event.keys() == {"own_force", "start", "track", "kind"}
    text = json.dumps(found)
    assert not any(digits in text for digits in ("4321", "8765", "xn76", "12.345", "ab12", "139.9"))
    assert shown(found, "coarsen-own-force-positions") == found


def test_others_positions_stay_where_only_own_forces_are_coarsened():
    obj = stix("location", latitude=35.4, longitude=139.8)
    assert shown(obj, "coarsen-own-force-positions") == obj
    assert shown(obj, "coarsen-positions")["precision"] > 70_000
    assert [coarse_deg(v) for v in (90.0, -90.0, 180.0, -180.0, 0.0)] == [89.5, -89.5, 179.5, -179.5, 0.5]


def test_sensors_are_not_named():
    obj = stix(
        "x-launch",
        extensions={"e": {"sensors": [{"name": "RADAR-7"}], "heard_by": 3, "kind": "launch"}},
        name="seen by RADAR-7",
    )
    found = shown(obj, "coarsen-sensor-source")
    assert found["extensions"]["e"] == {"kind": "launch"}
    assert found["name"] == "seen by [withheld]"


def test_a_counted_sighting_keeps_count_and_day():
    obj = stix(
        "sighting",
        sighting_of_ref="indicator--1",
        count=5,
        first_seen="2026-05-01T10:11:12.000Z",
        last_seen="2026-05-01T11:11:12.000Z",
        where_sighted_refs=["identity--1"],
        observed_data_refs=["observed-data--1"],
        created_by_ref="identity--2",
    )
    found = shown(obj, "counted")
    assert found.pop("extensions")[PARTIAL_VIEW]["profiles"] == ["counted"]
    day = "2026-05-01T00:00:00.000Z"
    assert found == stix("sighting", sighting_of_ref="indicator--1", count=5, first_seen=day, last_seen=day)


def test_pruning_takes_list_elements_properties_and_whole_entries():
    obj = stix(
        "report",
        name="r",
        published="2026-05-01T00:00:00Z",
        created_by_ref="identity--1",
        object_refs=["a--1", "b--1", "c--1"],
        x_contents=[{"object_ref": "a--1", "object_modified": "x"}, {"object_ref": "b--1", "object_modified": "y"}],
    )
    found = shown(obj, paths=["object_refs/0", "object_refs/2", "created_by_ref", "x_contents/0/object_ref"])
    assert found["object_refs"] == ["b--1"]
    assert found["x_contents"] == [{"object_ref": "b--1", "object_modified": "y"}]
    assert "created_by_ref" not in found
    assert found["extensions"][PARTIAL_VIEW] == {"extension_type": "property-extension", "partial_view": True}


def test_an_emptied_optional_list_goes_and_an_emptied_required_one_drops_the_object():
    malware = stix("malware", is_family=False, sample_refs=["file--1"])
    assert "sample_refs" not in shown(malware, paths=["sample_refs/0"])
    report = json.dumps(stix("report", name="r", published="x", object_refs=["a--1"])).encode()
    assert prune(report, ["object_refs/0"]) is None
    assert (
        prune(json.dumps(stix("relationship", source_ref="a--1", target_ref="b--1")).encode(), ["source_ref"]) is None
    )


def test_selectors_follow_what_moved_and_go_with_what_went():
    obj = stix(
        "report",
        name="r",
        published="x",
        object_refs=["a--1", "b--1", "c--1"],
        granular_markings=[
            {"marking_ref": "m--1", "selectors": ["object_refs.[0]", "object_refs.[2]", "name"]},
            {"marking_ref": "m--2", "selectors": ["object_refs.[0]"]},
        ],
    )
    found = shown(obj, paths=["object_refs/0"])
    assert found["granular_markings"] == [{"marking_ref": "m--1", "selectors": ["object_refs.[1]", "name"]}]
    only = stix(
        "report",
        name="r",
        published="x",
        object_refs=["a--1", "b--1"],
        granular_markings=[{"lang": "en", "selectors": ["object_refs.[0]"]}],
    )
    assert "granular_markings" not in shown(only, paths=["object_refs/0"])


def test_hiding_what_makes_the_object_drops_it():
    assert prune(json.dumps(stix("tool", name="t")).encode(), ["id"]) is None
