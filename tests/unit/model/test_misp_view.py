from __future__ import annotations

import json
import warnings
from collections import Counter

import pytest
import stix2
from tests.unit.model.misp_samples import EVENT, FIRST, OURS, SECOND, THEIRS, THIRD, attribute, event, group, raw

from foedus.model import misp
from foedus.model.misp import tlp
from foedus.model.misp.event import parts

SAMPLES = (
    "57c4445b-c548-4654-af0b-4be3950d210f",
    "existing_event",
    "galaxy_1",
    "japanese_test",
    "japanese_test_heavy",
    "long_event",
    "mainly_objects_1",
    "proposals",
    "sighting_1",
    "test_attributes_collection_1",
    "test_events_collection_1",
    "test_objects_collection_1",
    "very_long_event",
)
FIELDS = ("uuid", "type", "category", "value", "comment", "object_relation", "timestamp", "first_seen", "last_seen")


def view(inner):
    return misp.to_stix(misp.read_event(raw(inner)))


def decoded(inner):
    return [json.loads(shown.object.raw) for shown in view(inner)]


def of_type(inner, kind):
    return [obj for obj in decoded(inner) if obj["type"] == kind]


def all_attributes(inner):
    yield from ((item, ()) for item in parts(inner, "Attribute"))
    for holder in parts(inner, "Object"):
        yield from ((item, (holder,)) for item in parts(holder, "Attribute"))


@pytest.fixture(params=SAMPLES)
def events(request, shared):
    return list(misp.read_events(shared(f"data/cyber/misp_events/{request.param}.json").read_bytes()))


def test_real_events_come_back_attribute_by_attribute(events):
    for read in events:
        shown = misp.to_stix(read)
        lists = misp.from_stix([item.object.raw for item in shown])
        back = [item for item, _ in all_attributes(lists)]
        for original, _ in all_attributes(read.event):
            kept = {key: original.get(key) or "" for key in FIELDS if original.get("uuid") or key != "uuid"}
            if "timestamp" not in original:
                kept.pop("timestamp")
            matching = [
                item
                for item in back
                if all((item.get(key) or "") == value for key, value in kept.items())
                and item["to_ids"] == bool(original.get("to_ids"))
                and {tag["name"] for tag in parts(original, "Tag")}
                <= {tag["name"] for tag in item["Tag"]} | {"tlp:white"}
            ]
            assert matching, kept
            back.remove(matching[0])
        assert not back


def test_real_events_keep_the_handling_of_every_attribute(events):
    for read in events:
        expected = Counter(
            (item.get("uuid") or "", misp.handling(read, item, *wholes).distribution)
            for item, wholes in all_attributes(read.event)
        )
        held = {}
        for item in misp.to_stix(read):
            said = json.loads(item.object.raw)["extensions"][misp.EXTENSION]
            if "attribute" in said and "type" in said:
                held[item.object.id.partition("--")[2]] = (said["attribute"], item.distribution)
                assert said["distribution"] == item.distribution
        given = {uuid for uuid, _ in expected if uuid}
        assert Counter((uuid if uuid in given else "", level) for uuid, level in held.values()) == expected


def test_real_events_are_valid_stix_and_the_same_each_time(events):
    for read in events:
        shown = misp.to_stix(read)
        assert shown == misp.to_stix(read)
        assert len({item.object.id for item in shown}) == len(shown)
        ids = {item.object.id for item in shown}
        for item in shown:
            assert all(reference.target in ids for reference in item.object.references)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                stix2.parse(item.object.raw.decode(), allow_custom=True)


def test_japanese_text_is_kept(shared):
    read = misp.read_event(shared("data/cyber/misp_events/japanese_test_heavy.json").read_bytes())
    values = {item["value"] for item, _ in all_attributes(read.event)}
    shown = b"".join(item.object.raw for item in misp.to_stix(read)).decode()
    assert any(ord(letter) > 0x3000 for value in values for letter in value)
    assert all(json.dumps(value, ensure_ascii=False)[1:-1] in shown for value in values)


def test_an_attribute_for_detection_is_three_objects_that_are_tied():
    inner = event(attribute(to_ids=True, comment="why", distribution="5"))
    indicator, observed, sco, based_on = (
        of_type(inner, kind)[0] for kind in ("indicator", "observed-data", "domain-name", "relationship")
    )
    assert indicator["pattern"] == "[domain-name:value = 'evil.example']"
    assert (indicator["id"], indicator["description"]) == (f"indicator--{FIRST}", "why")
    assert observed["object_refs"] == [sco["id"]] == [f"domain-name--{FIRST}"]
    assert (based_on["source_ref"], based_on["target_ref"]) == (indicator["id"], observed["id"])
    assert indicator["labels"] == ['misp:type="domain"', 'misp:category="Network activity"']
    said = indicator["extensions"][misp.EXTENSION]
    assert (said["event"], said["attribute"], said["to_ids"], said["comment"]) == (EVENT, FIRST, True, "why")


def test_an_attribute_for_context_has_no_indicator():
    assert not of_type(event(attribute(to_ids=False)), "indicator")


def test_nothing_of_a_part_for_the_own_organisation_is_shown_wider():
    secret = attribute(value="secret.example", to_ids=True, distribution="0", uuid=SECOND, comment="secret")
    secret |= {
        "Sighting": [{"type": "0", "date_sighting": "1700000000"}],
        "ShadowAttribute": [attribute("text", "secret")],
    }
    shown = view(event(attribute(distribution="5"), secret))
    wide = [item for item in shown if item.distribution != 0]
    head = [item for item in wide if item.object.type == "report"]
    assert len(head) == 1
    assert not any(b"secret" in item.object.raw for item in wide)
    assert not any(SECOND.encode() in item.object.raw for item in wide if item not in head)
    assert all(
        json.loads(item.object.raw)["extensions"][misp.EXTENSION]["distribution"] == 0
        for item in shown
        if SECOND.encode() in item.object.raw and item not in head
    )


def test_two_parts_with_one_uuid_stay_two():
    inner = event(attribute(), attribute(value="b.example"), attribute(value="c.example", distribution="0"))
    assert sorted(obj["value"] for obj in of_type(inner, "domain-name")) == ["b.example", "c.example", "evil.example"]


def test_a_group_goes_with_the_parts_it_is_for():
    shown = view(event(attribute(distribution="4", SharingGroup=group(THEIRS))))
    held = {item.object.type: item for item in shown}
    assert held["domain-name"].distribution == 4
    assert held["domain-name"].sharing_group.organisations == (THEIRS,)
    assert not any(THEIRS.encode() in item.object.raw for item in shown)


def test_tlp_tags_are_markings_and_the_stricter_one_wins():
    inner = event(
        attribute(Tag=[{"name": "TLP:Amber+Strict"}, {"name": "tlp:green"}], distribution="5"),
        Tag=[{"name": "tlp:white"}, {"name": "type:OSINT"}],
    )
    marks = {item.object.type: (item.mark, item.object.markings) for item in view(inner)}
    assert marks["domain-name"] == ("amber+strict", (tlp.MARKINGS["amber+strict"],))
    assert marks["report"] == ("clear", (tlp.MARKINGS["clear"],))
    assert of_type(inner, "report")[0]["labels"] == ["type:OSINT"]


@pytest.mark.parametrize("level", ["clear", "green", "amber", "amber+strict", "red"])
def test_each_tlp_leaves_as_its_marking_and_comes_back(level):
    shown = view(event(attribute(Tag=[{"name": f"tlp:{level}"}])))
    lists = misp.from_stix([item.object.raw for item in shown])
    assert {"name": f"tlp:{level}"} in lists["Attribute"][0]["Tag"]


def test_a_tlp_tag_nobody_knows_is_red():
    assert tlp.level(["tlp:unclear"]) == "red"
    assert tlp.level(["osint"]) is None


def test_clusters_without_uuid_get_the_same_id_in_every_event():
    galaxy = [
        {"type": "mitre-attack-pattern", "GalaxyCluster": [{"uuid": "", "value": "Account Manipulation - T1098"}]}
    ]
    one = of_type(event(Galaxy=galaxy), "attack-pattern")[0]
    two = of_type(event(info="other", uuid=SECOND, Galaxy=galaxy), "attack-pattern")[0]
    assert one["id"] == two["id"]
    assert one["external_references"] == [{"source_name": "mitre-attack", "external_id": "T1098"}]
    assert one["extensions"][misp.EXTENSION]["derived"] is True


def test_a_cluster_on_two_attributes_reaches_whom_the_wider_one_reaches():
    galaxy = [{"type": "tool", "GalaxyCluster": [{"value": "x"}]}]
    for order in ((0, 5), (5, 0)):
        both = [
            attribute(uuid=uuid, distribution=level, Galaxy=galaxy)
            for uuid, level in zip((FIRST, SECOND), order, strict=True)
        ]
        shown = view(event(*both))
        assert [item.distribution for item in shown if item.object.type == "tool"] == [3]
        assert sorted(item.distribution for item in shown if item.object.type == "relationship") == [0, 3]


def test_a_cluster_for_two_different_groups_is_for_nobody():
    galaxy = [{"type": "tool", "GalaxyCluster": [{"value": "x"}]}]
    both = [
        attribute(uuid=uuid, distribution="4", SharingGroup=group(member), Galaxy=galaxy)
        for uuid, member in ((FIRST, OURS), (SECOND, THEIRS))
    ]
    assert [item.distribution for item in view(event(*both)) if item.object.type == "tool"] == [0]


def test_tags_that_stay_at_home_or_name_a_cluster_for_fewer_are_no_labels():
    galaxy = [{"type": "tool", "GalaxyCluster": [{"value": "x", "type": "tool", "distribution": "0"}]}]
    tags = [
        {"name": 'misp-galaxy:tool="x"'},
        {"name": "a", "exportable": False},
        {"name": "b", "local": "1"},
        {"name": "c"},
    ]
    inner = event(attribute(), Galaxy=galaxy, Tag=tags)
    assert of_type(inner, "report")[0]["labels"] == ["c"]
    assert [item.distribution for item in view(inner) if item.object.type == "tool"] == [0]


def test_unknown_clusters_are_kept_as_such():
    galaxy = [{"type": "guidelines", "GalaxyCluster": [{"value": "x"}]}]
    assert of_type(event(Galaxy=galaxy), "x-misp-galaxy-cluster")[0]["x_misp_type"] == "guidelines"


def test_sightings_of_all_three_kinds_are_shown():
    sightings = [
        {"type": str(kind), "date_sighting": "1700000000", "Organisation": {"uuid": THEIRS, "name": "b"}}
        for kind in (0, 1, 2)
    ]
    inner = event(attribute(to_ids=True, Sighting=sightings))
    sighting = of_type(inner, "sighting")[0]
    assert (sighting["sighting_of_ref"], sighting["where_sighted_refs"]) == (
        f"indicator--{FIRST}",
        [f"identity--{THEIRS}"],
    )
    assert of_type(inner, "opinion")[0]["opinion"] == "strongly-disagree"
    assert of_type(inner, "note")[0]["extensions"][misp.EXTENSION]["valid_until"] == "2023-11-14T22:13:20.000Z"


def test_a_proposal_changes_nothing():
    proposal = [{"type": "domain", "value": "other.example", "to_ids": True}]
    inner = event(attribute(ShadowAttribute=proposal), ShadowAttribute=[{"type": "text", "value": "new"}])
    assert [obj["value"] for obj in of_type(inner, "domain-name")] == ["evil.example"]
    assert [note["content"] for note in of_type(inner, "note")] == ["other.example", "new"]
    assert of_type(inner, "opinion")[0]["opinion"] == "disagree"


def test_objects_tie_their_attributes_and_references_become_relationships():
    file = {
        "uuid": SECOND,
        "name": "file",
        "distribution": "5",
        "Attribute": [attribute("md5", "a" * 32, object_relation="md5", distribution="5")],
    }
    file["ObjectReference"] = [{"referenced_uuid": THIRD, "relationship_type": "dropped-by"}]
    inner = event(attribute(uuid=THIRD, to_ids=True, distribution="0"), Object=[file])
    assert of_type(inner, "x-misp-object")[0]["object_refs"] == [f"observed-data--{FIRST}"]
    tie = next(item for item in view(inner) if b"dropped-by" in item.object.raw)
    assert [reference.target for reference in tie.object.references[1:]] == [
        f"x-misp-object--{SECOND}",
        f"indicator--{THIRD}",
    ]
    assert tie.distribution == 0


def test_a_soft_delete_travels_as_revoked():
    assert of_type(event(attribute(deleted=True)), "observed-data")[0]["revoked"] is True


def test_an_unpublished_event_is_a_grouping():
    assert of_type(event(attribute(), published=False), "grouping")[0]["id"] == f"grouping--{EVENT}"


def test_an_event_report_is_a_note_with_its_own_audience():
    inner = event(EventReport=[{"uuid": SECOND, "name": "n", "content": "# text", "distribution": "0"}])
    note = next(item for item in view(inner) if item.object.type == "note")
    assert (note.distribution, json.loads(note.object.raw)["content"]) == (0, "# text")


def test_an_event_without_content_shows_nothing():
    assert view({"info": "x"}) == ()
