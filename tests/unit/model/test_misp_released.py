from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from tests.unit.model.misp_samples import EVENT, FIRST, OURS, SECOND, THEIRS, attribute, event, group, raw

from foedus.model import misp
from foedus.model.misp import Organisation

AT = datetime(2026, 6, 1, tzinfo=UTC)
U = "8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f"
HEAD = {"spec_version": "2.1", "created": "2026-01-01T00:00:00.000Z", "modified": "2026-01-02T00:00:00.000Z"}


def released(*objects, **more):
    raws = [obj if isinstance(obj, bytes) else json.dumps(obj).encode() for obj in objects]
    made = misp.released_event(raws, uuid=EVENT, info="t", originator=Organisation(OURS, "ours"), at=AT, **more)
    return json.loads(made)["Event"]


def indicator(pattern, **more):
    return {"type": "indicator", "id": f"indicator--{U}", **HEAD, "pattern_type": "stix", "pattern": pattern, **more}


def values(made):
    return [(item["type"], item["value"], item["to_ids"]) for item in made["Attribute"]]


def test_the_event_is_by_the_originator_and_for_the_receiver_only():
    made = released(indicator("[domain-name:value = 'a.example']"))
    assert (made["uuid"], made["info"], made["date"], made["timestamp"]) == (EVENT, "t", "2026-06-01", "1780272000")
    assert (made["distribution"], made["Orgc"]) == ("0", {"uuid": OURS, "name": "ours"})
    assert "SharingGroup" not in made


def test_onward_use_is_a_group_of_originator_and_partner():
    made = released(indicator("[url:value = 'x']"), onward=Organisation(THEIRS, "theirs"))
    members = [item["Organisation"]["uuid"] for item in made["SharingGroup"]["SharingGroupOrg"]]
    assert (made["distribution"], members) == ("4", [OURS, THEIRS])
    assert not any(item["extend"] for item in made["SharingGroup"]["SharingGroupOrg"])


def test_distribution_and_groups_of_the_source_are_never_copied():
    inner = event(
        attribute(distribution="3", to_ids=True),
        attribute(uuid=SECOND, value="b.example", distribution="4", SharingGroup=group(THEIRS)),
        Object=[
            {"name": "file", "distribution": "2", "Attribute": [attribute("md5", "a" * 32, uuid=U, distribution="1")]}
        ],
    )
    made = released(*(item.object.raw for item in misp.to_stix(misp.read_event(raw(inner)))))
    parts = [*made["Attribute"], *made["Object"], *made["Object"][0]["Attribute"]]
    assert len(parts) == 4
    assert {(part["distribution"], part["sharing_group_id"]) for part in parts} == {("5", "0")}
    assert THEIRS not in json.dumps(made)


def test_what_was_not_released_is_not_there():
    shown = misp.to_stix(misp.read_event(raw(event(attribute(to_ids=True), attribute(uuid=SECOND, value="b.example")))))
    made = released(*(item.object.raw for item in shown if FIRST in item.object.id))
    assert values(made) == [("domain", "evil.example", True)]


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("[domain-name:value = 'a.example']", ("domain", "a.example")),
        ("[ipv4-addr:value = '198.51.100.1']", ("ip-dst", "198.51.100.1")),
        ("[file:hashes.'SHA-256' = 'aa']", ("sha256", "aa")),
        ("[file:hashes.MD5 = 'aa']", ("md5", "aa")),
        ("[file:name = 'it\\'s \\\\ x']", ("filename", "it's \\ x")),
        ("[url:value = 'a' OR url:value = 'b']", ("stix2-pattern", "[url:value = 'a' OR url:value = 'b']")),
        ("[url:value LIKE 'a%']", ("stix2-pattern", "[url:value LIKE 'a%']")),
        ("[process:pid = '3']", ("stix2-pattern", "[process:pid = '3']")),
    ],
)
def test_an_indicator_that_never_was_misps_becomes_an_attribute(pattern, expected):
    assert values(released(indicator(pattern))) == [(*expected, True)]


def test_rules_keep_their_language():
    assert values(released(indicator("rule x {}", pattern_type="yara"))) == [("yara", "rule x {}", True)]


def test_observables_without_indicator_become_attributes():
    sco = {"type": "file", "id": f"file--{U}", "spec_version": "2.1", "hashes": {"MD5": "a", "SHA-1": "b"}}
    observed = {"type": "observed-data", "id": f"observed-data--{SECOND}", **HEAD, "object_refs": [sco["id"]]}
    made = released(observed, sco)
    assert values(made) == [("md5", "a", False), ("sha1", "b", False)]
    assert len({item["uuid"] for item in made["Attribute"]}) == 2
    assert {item["timestamp"] for item in made["Attribute"]} == {"1780272000"}


def test_an_observable_an_indicator_looks_for_is_there_once():
    sco = {"type": "url", "id": f"url--{SECOND}", "spec_version": "2.1", "value": "x"}
    assert values(released(sco, indicator("[url:value = 'x']"))) == [("url", "x", True)]


def test_an_observable_inside_another_is_part_of_its_value():
    address = {"type": "ipv4-addr", "id": f"ipv4-addr--{U}", "value": "198.51.100.1"}
    traffic = {"type": "network-traffic", "id": f"network-traffic--{U}", "dst_ref": address["id"], "dst_port": 443}
    assert values(released(address, traffic)) == [("ip-dst|port", "198.51.100.1|443", False)]


def test_notes_are_event_reports_and_families_are_tags():
    note = {"type": "note", "id": f"note--{U}", **HEAD, "abstract": "n", "content": "text", "object_refs": []}
    made = released(note, {"type": "malware", "id": f"malware--{U}", **HEAD, "name": "X"})
    assert [(item["name"], item["content"], item["distribution"]) for item in made["EventReport"]] == [
        ("n", "text", "5")
    ]
    assert made["Tag"] == [{"name": 'misp-galaxy:mitre-malware="X"'}]


def test_the_event_has_one_tlp_the_strictest_of_its_parts():
    marks = ["marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb"]
    strict = ["marking-definition--f88d31f6-486f-44da-b317-01333bde0b82"]
    made = released(
        indicator("[url:value = 'x']", object_marking_refs=marks),
        {"type": "url", "id": f"url--{SECOND}", "value": "y", "object_marking_refs": strict},
    )
    assert made["Tag"] == [{"name": "tlp:amber"}]
    assert [item["Tag"] for item in made["Attribute"]] == [[{"name": "tlp:green"}], [{"name": "tlp:amber"}]]


def test_a_released_event_is_read_again():
    made = misp.released_event([], uuid=EVENT, info="t", originator=Organisation(OURS, "ours"), at=AT)
    read = misp.read_event(made)
    assert (read.uuid, misp.handling(read, read.event).distribution) == (EVENT, 0)


def test_what_misp_stix_writes_is_read(shared):
    bundle = json.loads(shared("data/cyber/misp_events/test_events_collection_stix21.json").read_text())
    lists = misp.from_stix([json.dumps(obj).encode() for obj in bundle["objects"]])
    found = {(item["type"], item["category"]) for item in lists["Attribute"]}
    assert {("AS", "Network activity"), ("domain", "Network activity")} <= found
    named = next(item for item in lists["Attribute"] if item["type"] == "domain")
    assert (named["uuid"], named["value"], named["to_ids"]) == (
        "4bb235a7-7d25-4aef-802f-2c6b45c5eceb",
        "circl.lu",
        True,
    )
