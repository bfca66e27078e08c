"""Cases as STIX: ids as OpenCTI makes them, judgements apart, nobody attributed by the machine, nobody private named."""

from __future__ import annotations

import ast
import json
from datetime import UTC, datetime, timedelta

import jsonschema
import msgspec
import pytest
import stix2
from hypothesis import given
from hypothesis import strategies as st

from foedus.areas.information.meaning import disarm, extensions, judgement, opencti_ids
from foedus.areas.information.meaning.claims import claim
from foedus.areas.information.meaning.findings import Article, Case, campaign, encode
from foedus.areas.information.meaning.judgement import (
    Attribution,
    Campaign,
    Channel,
    Coordination,
    Foreignness,
    Inauthenticity,
    Listing,
)  # fmt: skip
from foedus.errors import MalformedRecord
from foedus.model import instant

AT = datetime(2026, 6, 1, tzinfo=UTC)
COORDINATION = Coordination(11, 5, 60, {"activity": 1e-9, "timing": 1e-6}, "coshare-1", {"window_s": 60.0}, "a" * 64)
JUDGED = {"by": "Jun Sato", "at": AT, "sources": ("report 7", "report 9"), "reason": "registered by one office"}
LISTING = Listing("list of 2026", "2026-05-01", "Jun Sato", ("shared server",), ("same hours",))
CHANNELS = (
    Channel("Example News", "https://news.example/", "media", LISTING),
    Channel("A Private Person", "https://person.example/", "private"),
    Channel("Nobody Knows", "https://unknown.example/"),
)
ARTICLES = (
    Article("https://news.example/cable", "Cable cut", AT, "Example News"),
    Article("https://person.example/cable", "Cable cut", AT, "A Private Person"),
    Article("https://elsewhere.example/cable", "Cable cut", AT, "Not Listed"),
)
MEASURED = disarm.Measured("translation", "links-1", {"threshold": 0.47}, {}, ("b" * 64,))
CASE = Case(
    name="Cable rumour", from_at=AT, to_at=AT, stage="analysis", coordination=COORDINATION,
    claims=(claim("The cable between Japan and Guam was cut.", "en", {"ja": "ケーブルは切断された。"}),),
    channels=CHANNELS, articles=ARTICLES, tags=(disarm.suggest(MEASURED),), coverage={"sources": 3, "skipped": 2},
)  # fmt: skip
JUDGED_CASE = msgspec.structs.replace(
    CASE, inauthenticity=Inauthenticity(**JUDGED), foreignness=Foreignness(country="XA", **JUDGED),
    attribution=Attribution(actor="Example Set", **JUDGED),
)  # fmt: skip


def objects(encoded):
    return [json.loads(one.raw) for one in (encoded.head, *encoded.supports)]


def case_of(encoded):
    return json.loads(encoded.head.raw)["extensions"][extensions.CASE]


@pytest.mark.parametrize(
    ("id_", "known"),
    [
        (opencti_ids.named("channel", " Example NEWS "), "channel--98dd6e56-55a1-56a1-b655-617fabdf9f92"),
        (opencti_ids.named("narrative", "ケーブルは切断された"), "narrative--42d49cd9-b642-56e6-96cc-095d346841c6"),
        (opencti_ids.named("campaign", "Example News"), "campaign--98dd6e56-55a1-56a1-b655-617fabdf9f92"),
        (
            opencti_ids.incident(" Cable Rumour ", "2026-06-01T00:00:00.000Z"),
            "incident--74717f43-fd2f-5c3c-8806-15021be7bee1",
        ),
        (
            opencti_ids.grouping("Cable Rumour", "suspicious-activity", "2026-06-01T00:00:00.000Z"),
            "grouping--96e620ac-d3a3-5079-a790-0bede7fe3031",
        ),
    ],
)
def test_ids_are_those_of_opencti(id_, known):
    assert id_ == known


def test_one_name_in_two_unicode_forms_is_one_object():
    assert opencti_ids.named("narrative", "Côte") == opencti_ids.named("narrative", "Co\u0302te")


@pytest.mark.parametrize("profile", ["opencti", "plain"])
@pytest.mark.parametrize("case", [CASE, JUDGED_CASE])
def test_every_object_is_strict_stix_and_every_reference_is_known(case, profile):
    encoded = encode(case, profile, AT, AT)
    held = objects(encoded)
    for one in held:
        # The library knows no reference to a type that an extension defines, which the standard allows.
        stix2.parse(one, allow_custom=profile == "opencti" and one["type"] == "relationship")
    known = {one["id"] for one in held} | {tag.stix_id for tag in case.tags}
    for one in (encoded.head, *encoded.supports):
        assert {reference.target for reference in one.references} <= known
    assert encode(case, profile, AT, AT) == encoded


@pytest.mark.parametrize("profile", ["opencti", "plain"])
def test_the_types_are_those_of_the_profile(profile):
    kinds = {one["type"] for one in objects(encode(JUDGED_CASE, profile, AT, AT))} - {"extension-definition"}
    opencti = {"incident", "narrative", "channel", "media-content", "intrusion-set", "relationship", "identity"}
    plain = {"grouping", "note", "identity", "url", "observed-data", "intrusion-set"}
    assert kinds == (opencti if profile == "opencti" else plain)


@pytest.mark.parametrize("profile", ["opencti", "plain"])
def test_extensions_hold_what_their_schema_says(profile):
    for one in objects(encode(JUDGED_CASE, profile, AT, AT)):
        for id_, held in one.get("extensions", {}).items():
            if id_ in (extensions.CASE, extensions.CHANNEL, extensions.CLAIM):
                jsonschema.validate(held, extensions.schema(id_))


@pytest.mark.parametrize("profile", ["opencti", "plain"])
def test_only_public_channels_are_named(profile):
    raw = b"".join(one.raw for one in encode(JUDGED_CASE, profile, AT, AT).supports)
    assert b"Example News" in raw
    assert not any(hidden in raw for hidden in (b"Private", b"person.example", b"Nobody Knows", b"elsewhere.example"))
    assert b"https://news.example/cable" in raw


@pytest.mark.parametrize("profile", ["opencti", "plain"])
def test_no_object_stands_there_twice(profile):
    same = msgspec.structs.replace(CASE, articles=(Article(CHANNELS[0].url, "Home", AT, "Example News"),))
    ids = [one["id"] for one in objects(encode(same, profile, AT, AT))]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("name", ["", " ", "what @somebody wrote", "https://example.org/1"])
def test_the_name_of_a_case_names_nobody(name):
    with pytest.raises(MalformedRecord) as caught:
        msgspec.structs.replace(CASE, name=name)
    assert caught.value.code == "case-malformed"


def test_nothing_in_the_room_makes_a_judgement(root):
    """Only what a person hands in becomes one: no code of the room calls these types."""
    judged = {"Attribution", "Inauthenticity", "Foreignness", "Campaign", "ByHand"}
    calls = [
        (path.name, node.lineno)
        for path in (root / "src" / "foedus" / "areas" / "information").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and judged & {getattr(node.func, "id", ""), getattr(node.func, "attr", "")}
    ]
    assert calls == []


def test_coordination_inauthenticity_and_foreignness_are_three_fields():
    assert (
        (held := case_of(encode(CASE, "opencti", AT, AT)))["inauthenticity"]
        is held["foreignness"]
        is held["attribution"]
        is None
    )
    held = case_of(
        encode(msgspec.structs.replace(CASE, foreignness=Foreignness(country="XA", **JUDGED)), "opencti", AT, AT)
    )
    assert held["foreignness"]["by"] == "Jun Sato"
    assert held["inauthenticity"] is held["attribution"] is None


@pytest.mark.parametrize("field", ["coordination", "inauthenticity", "foreignness", "attribution"])
def test_no_judgement_passes_for_another(field):
    held = msgspec.to_builtins(JUDGED_CASE)
    for other in {"coordination", "inauthenticity", "foreignness", "attribution"} - {field}:
        with pytest.raises(msgspec.ValidationError):
            msgspec.convert(held | {field: held[other]}, Case)
    assert msgspec.convert(held, Case) == JUDGED_CASE


@pytest.mark.parametrize("kind", [Inauthenticity, Foreignness, Attribution, Campaign])
@pytest.mark.parametrize(
    ("changed", "where"),
    [
        ({"by": ""}, "by"),
        ({"by": "Foedus"}, "by"),
        ({"by": "system "}, "by"),
        ({"sources": ()}, "sources"),
        ({"sources": (" ",)}, "sources"),
        ({"reason": " "}, "reason"),
        ({"at": datetime(2026, 6, 1)}, "at"),
    ],
)
def test_a_judgement_needs_a_person_sources_a_reason_and_an_instant(kind, changed, where):
    extra = {Foreignness: {"country": "XA"}, Attribution: {"actor": "x"}, Campaign: {"name": "x"}}.get(kind, {})
    with pytest.raises(MalformedRecord) as caught:
        kind(**(JUDGED | extra | changed))
    assert (caught.value.code, caught.value.where) == ("judgement-unsupported", where)


def test_an_attribution_needs_two_sources_that_differ():
    for sources in (("report 7",), ("report 7", "report 7 ")):
        with pytest.raises(MalformedRecord):
            Attribution(actor="Example Set", **(JUDGED | {"sources": sources}))


def test_an_attribution_says_who_made_it_and_on_what():
    actor = next(one for one in objects(encode(JUDGED_CASE, "opencti", AT, AT)) if one["type"] == "intrusion-set")
    assert "Jun Sato" in actor["description"]
    assert [one["description"] for one in actor["external_references"]] == ["report 7", "report 9"]
    assert not [one for one in objects(encode(CASE, "opencti", AT, AT)) if one["type"] == "intrusion-set"]


def test_a_later_version_keeps_its_id_and_wins():
    later = encode(CASE, "plain", AT, AT + timedelta(days=1))
    first = encode(CASE, "plain", AT, AT)
    assert later.head.id == first.head.id
    assert later.head.version_ns > first.head.version_ns


def test_no_hash_of_a_record_goes_out():
    raw = b"".join(one.raw for one in (encode(CASE, "opencti", AT, AT).head, encode(CASE, "plain", AT, AT).head))
    assert not any(sha256.encode() in raw for sha256 in MEASURED.records)


def test_techniques_are_referred_to_and_not_copied_in():
    held = objects(encode(CASE, "opencti", AT, AT))
    assert [one["target_ref"] for one in held if one.get("target_ref", "").startswith("attack-pattern")] == [
        CASE.tags[0].stix_id
    ]
    assert not [one for one in held if one["type"] == "attack-pattern"]
    assert case_of(encode(CASE, "opencti", AT, AT))["techniques"][0]["wording"] == "consistent with"


@pytest.mark.parametrize("profile", ["opencti", "plain"])
def test_nothing_scores_truth_or_lists_people(profile):
    def names(value):
        if isinstance(value, dict):
            return set(value) | {name for one in value.values() for name in names(one)}
        return {name for one in value for name in names(one)} if isinstance(value, list) else set()

    found = {name for one in objects(encode(JUDGED_CASE, profile, AT, AT)) for name in names(one)}
    assert not [
        name
        for name in found
        if any(bad in name for bad in ("truth", "credib", "watch", "politic", "score", "account_"))
    ]


@pytest.mark.parametrize("changed", [{"accounts": 2}, {"chances": {"activity": 1e-9}}, {"chances": {}}])
def test_small_groups_and_what_one_null_model_explains_are_no_coordination(changed):
    with pytest.raises(MalformedRecord):
        Coordination(**(msgspec.structs.asdict(COORDINATION) | changed))


@given(st.integers(3, 40), st.integers(3, 40))
def test_two_exports_subtract_to_no_small_group(first, second):
    def told(accounts):
        held = msgspec.structs.replace(COORDINATION, accounts=accounts)
        encoded = encode(msgspec.structs.replace(CASE, coordination=held), "opencti", AT, AT)
        assert (
            f"t least {case_of(encoded)['coordination']['accounts']} accounts"
            in json.loads(encoded.head.raw)["description"]
        )
        return case_of(encoded)["coordination"]["accounts"]

    assert abs(told(first) - told(second)) not in range(1, judgement.K)


@pytest.mark.parametrize(
    "wrong",
    [
        {"tier": "media"},
        {"tier": "linked", "listing": Listing("list", "2026-05-01", "Jun Sato", ("shared server",))},
        {"tier": "aligned", "listing": Listing("list", "2026-05-01", "Jun Sato", (), ("same hours",))},
    ],
)
def test_a_tier_comes_from_a_list_with_its_indicators(wrong):
    with pytest.raises(MalformedRecord):
        Channel("Example News", "", **wrong)


def test_a_campaign_is_put_together_by_a_person():
    cases = [encode(CASE, "opencti", AT, AT), encode(msgspec.structs.replace(CASE, name="Other"), "opencti", AT, AT)]
    held = objects(campaign(Campaign(name="Spring", **JUDGED), cases, AT))
    assert held[0]["id"] == opencti_ids.named("campaign", "Spring")
    assert "judged by Jun Sato" in held[0]["description"]
    assert [one["target_ref"] for one in held[1:]] == [case.head.id for case in cases]
    assert instant.stix_text(AT) == held[0]["created"]
