"""What the room says of a finding."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from foedus.engine.run import HeldLayers
from foedus.model import stix
from foedus.model.finding import About, Finding, Key
from foedus.model.picture import Graph, Table, Words

T = "2026-05-01T00:00:00.000Z"


def made(type_: str, number: int = 1, **more) -> Finding:
    obj = {"type": type_, "spec_version": "2.1", "id": f"{type_}--0c5d1c00-0000-4000-8000-{number:012d}"}
    if type_ not in stix.SCO_TYPES:
        obj |= {"created": T, "modified": T}
    head = stix.read(json.dumps(obj | more).encode())
    return Finding("cyber", type_, head, ("source:s",), document=True)


def indicator(pattern: str, **more) -> Finding:
    return made("indicator", pattern=pattern, pattern_type="stix", valid_from=T, **more)


def about(cyber, finding, objects=(), files=None) -> About:
    return cyber.about(finding, objects, layers=HeldLayers(files))


def test_keys_carry_value_place_and_warnings(cyber):
    files = {"warninglist/x": b'{"name": "everywhere", "type": "hostname", "list": ["evil.example"], "version": 3}'}
    said = about(cyber, indicator("[domain-name:value = 'WWW.Evil.example' OR url:value LIKE 'x%']"), files=files)
    assert said.keys == (Key("domain-name", "www.evil.example", "WWW.Evil.example", "/pattern", ("everywhere (3)",)),)


@pytest.mark.parametrize(
    ("hashes", "kinds"),
    [
        ({"MD5": "d" * 32, "SHA-256": "d" * 64}, ["md5", "sha-256"]),
        ({"sha256": "D" * 64}, ["sha-256"]),
        ({"SHA-256": "d" * 32}, []),  # a hash of another length is not what it says
        ({"SSDEEP": "3:abc"}, []),
    ],
)
def test_hashes_are_read_in_any_spelling_and_only_at_their_length(cyber, hashes, kinds):
    assert [key.kind for key in about(cyber, made("file", hashes=hashes)).keys] == kinds


@pytest.mark.parametrize(
    ("finding", "urgency"),
    [
        (indicator("[a:b = 'x']"), 1),
        (indicator("[a:b = 'x']", revoked=True), 0),
        (indicator("[a:b = 'x']", labels=['misp:threat-level="high-risk"']), 3),
        (made("sighting", sighting_of_ref="indicator--0c5d1c00-0000-4000-8000-000000000001"), 2),
        (made("sighting", sighting_of_ref="indicator--0c5d1c00-0000-4000-8000-000000000001", count=0), 0),
        (made("note", content="x", object_refs=["indicator--0c5d1c00-0000-4000-8000-000000000001"]), 0),
    ],
)
def test_urgency(cyber, finding, urgency):
    assert about(cyber, finding).urgency == urgency


@pytest.mark.parametrize(
    ("finding", "personal"),
    [
        (made("email-addr", value="a@b.example"), True),
        (made("user-account", user_id="u"), True),
        (made("identity", name="A B", identity_class="individual"), True),
        (made("identity", name="Org", identity_class="organization"), False),
        (indicator("[email-message:from_ref.value = 'a@b.example']"), True),
        (indicator("[domain-name:value = 'b.example']"), False),
    ],
)
def test_personal_data_is_named(cyber, finding, personal):
    assert about(cyber, finding).contains == (("personal-data",) if personal else ())


def test_times_confidence_and_title(cyber):
    said = about(cyber, indicator("[a:b = 'x']", name="偽サイト", valid_until="2026-07-01T00:00:00Z", confidence=70))
    assert (said.title, said.confidence) == ("偽サイト", 70)
    assert (said.from_at, said.to_at) == (datetime(2026, 5, 1, tzinfo=UTC), datetime(2026, 7, 1, tzinfo=UTC))


def test_a_relationship_is_titled_by_its_ends_when_they_are_held(cyber):
    a, b = indicator("[a:b = 'x']", name="A"), made("malware", 2, name="B", is_family=True)
    relation = made("relationship", 3, relationship_type="indicates", target_ref=b.head.id, source_ref=a.head.id)
    assert about(cyber, relation, (a.head, b.head)).title == "A indicates B"
    assert about(cyber, relation).title


def key(kind: str, norm: str, *warned: str) -> Key:
    return Key(kind, norm, warned=warned)


def story(*keys: Key) -> About:
    return About("indicator", "t", keys=keys)


def test_two_findings_are_one_story_by_what_they_share(cyber):
    a = story(key("md5", "d"), key("ipv4-addr", "8.8.4.4"), key("url", "x"))
    b = story(key("ipv4-addr", "8.8.4.4"), key("md5", "d"))
    match = cyber.same(a, b)
    assert match == cyber.same(b, a)
    assert [one.kind for one in match.keys] == ["md5", "ipv4-addr"]
    assert match.score == 0.975
    assert match.score > cyber.same(a, story(key("ipv4-addr", "8.8.4.4"))).score


@pytest.mark.parametrize(
    ("a", "b"),
    [
        (story(), story()),
        (story(key("url", "x")), story(key("url", "y"))),
        (story(key("url", "x")), story(key("mutex", "x"))),
        (story(key("url", "x", "list")), story(key("url", "x"))),
        (story(key("url", "x")), story(key("url", "x", "list"))),
    ],
)
def test_nothing_or_only_noise_shared_is_no_match(cyber, a, b):
    assert cyber.same(a, b) is None


def test_a_picture_shows_words_values_and_references_of_what_is_held(cyber):
    malware = made("malware", 2, name="KOHAKU", is_family=True)
    relation = made(
        "relationship",
        3,
        relationship_type="uses",
        source_ref=malware.head.id,
        target_ref="tool--0c5d1c00-0000-4000-8000-000000000009",
    )
    finding = indicator("[ipv4-addr:value = '198.51.100.1']", description="説明")
    panes = cyber.show(finding, ()).panes
    assert [type(pane) for pane in panes] == [Words, Words, Table]
    assert panes[2].rows == (("ipv4-addr", "198.51.100.1", "198.51.100.1", "foedus: reserved address"),)
    assert cyber.show(relation, (malware.head,)).panes == (
        Graph(
            "References",
            ((malware.head.id, "malware: KOHAKU"), (relation.head.id, "relationship")),
            ((relation.head.id, malware.head.id, "source_ref"),),
        ),
    )
    assert cyber.show(relation, ()).panes == ()
