"""People's labels: what they write is understood or refused by name, and markings read as the standard prints them."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from foedus.errors import MalformedRecord
from foedus.label import nato
from foedus.label.names import country_code, country_name, fold
from foedus.label.text import marking, parse_text
from foedus.model.label import Category, Label

LEVELS = {"JPN 秘": ("JPN", "秘"), "秘": ("JPN", "秘"), "KOR Dae-oe-bi": ("KOR", "Dae-oe-bi")}


def kat_labels(shared) -> list[tuple[dict, Label]]:
    kat = json.loads(shared("data/trust/kat/label_kat.json").read_bytes())
    return [
        (
            one,
            Label(
                "NATO", one["class"], tuple(Category(c["TagName"], c["Type"], tuple(c["values"])) for c in one["cats"])
            ),
        )
        for one in kat["labels"]
    ]


def test_every_known_marking_is_rendered_and_read_back(shared):
    cases = kat_labels(shared)
    assert len(cases) == 8
    for one, label in cases:
        assert marking(label) == one["marking"]
        assert parse_text(one["marking"]) == label


def test_a_whole_label_is_read():
    at = datetime(2026, 6, 1, tzinfo=UTC)
    got = parse_text(
        "NATO RESTRICTED Releasable to Japan, Switzerland TLP:AMBER ORCON", originator="nato", created_at=at
    )
    assert got == Label(
        "NATO",
        "RESTRICTED",
        nato.label("RESTRICTED", to=("JPN", "CHE")).categories,
        tlp="amber",
        caveats=("ORCON",),
        originator="nato",
        created_at=at,
    )


@pytest.mark.parametrize(
    ("text", "policy", "classification"),
    [
        ("PUBLIC", "PUBLIC", "UNMARKED"),
        ("public unmarked", "PUBLIC", "UNMARKED"),
        ("UNMARKED", "PUBLIC", "UNMARKED"),
        ("  nato   restricted ", "NATO", "RESTRICTED"),
        ("COSMIC TOP SECRET", "NATO", "TOP SECRET"),
        ("NATO TOP SECRET", "NATO", "TOP SECRET"),
        ("秘", "JPN", "秘"),
        ("JPN 秘", "JPN", "秘"),
        ("kor dae-oe-bi", "KOR", "Dae-oe-bi"),
    ],
)
def test_levels_are_found_in_any_case(text, policy, classification):
    got = parse_text(text, levels=LEVELS)
    assert (got.policy, got.classification) == (policy, classification)


def test_tlp_and_caveats_may_stand_anywhere():
    a = parse_text("TLP:AMBER+STRICT NATO SECRET JPN-EYES-ONLY NOFORN Releasable to JPN")
    b = parse_text("NATO SECRET Releasable to JPN jpn-eyes-only noforn tlp:amber+strict")
    assert a == b
    assert (a.tlp, a.caveats) == ("amber+strict", ("JPN-EYES-ONLY", "NOFORN"))


def test_every_part_of_a_nato_label_is_read():
    got = parse_text("NATO/KFOR CONFIDENTIAL ATOMAL NATO, Ireland Only Releasable to Japan")
    assert got.values("Additional Sensitivity") == ("ATOMAL",)
    assert got.values("Context") == ("KFOR", "Releasable")
    assert got.values("Only") == ("NATO", "IRL")
    assert got.values("Releasable To") == ("KFOR", "JPN")
    assert parse_text("NATO UNCLASSIFIED - STAFF MEDICAL").values("Administrative") == ("STAFF", "MEDICAL")


def test_a_state_label_has_releasable_to_without_context():
    got = parse_text("秘 REL TO NATO, AUS", levels=LEVELS)
    assert got.categories == (Category("Releasable To", "PERMISSIVE", ("NATO", "AUS")),)
    assert marking(got) == "JPN 秘 Releasable to NATO, Australia"


def test_groups_are_known_when_they_are_given():
    assert parse_text("NATO SECRET Releasable to ip4", names=["IP4"]).values("Releasable To") == ("NATO", "IP4")
    with pytest.raises(MalformedRecord, match="'ip4' is no state or group"):
        parse_text("NATO SECRET Releasable to ip4")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no known policy"),
        ("SECRET", "no known policy"),
        ("NATO SECRT", "'NATO SECRT'"),
        ("NATO SECRET FOO", "'FOO' is not understood"),
        ("NATO SECRET Releasable to Atlantis", "'Atlantis' is no state"),
        ("NATO SECRET Releasable to Japan,, Australia", "empty place"),
        ("NATO SECRET TLP:BLUE", "not a TLP"),
        ("NATO SECRET TLP:RED TLP:CLEAR", "two different"),
        ("NATO SECRET - STAFF", "UNCLASSIFIED only"),
        ("PUBLIC Releasable to Japan", "no limit"),
        ("秘 - STAFF", "no administrative"),
        ("秘 ATOMAL", "'ATOMAL' is not understood"),
    ],
)
def test_what_is_not_understood_is_named(text, said):
    with pytest.raises(MalformedRecord, match=said):
        parse_text(text, levels=LEVELS)


def test_caveats_and_tlp_follow_the_marking():
    label = Label("PUBLIC", "UNMARKED", tlp="clear", caveats=("ORCON",))
    assert marking(label) == "PUBLIC ORCON TLP:CLEAR"


def test_french_markings():
    assert marking(parse_text("NATO UNCLASSIFIED Releasable to ISAF, KFOR"), "fr") == (
        "NATO SANS CLASSIFICATION Communicable a ISAF, KFOR"
    )
    assert marking(parse_text("NATO RESTRICTED Germany Only"), "fr") == "NATO DIFFUSION RESTREINTE Allemagne SEULEMENT"
    assert marking(parse_text("COSMIC TOP SECRET"), "fr") == "COSMIC TRES SECRET"


def test_other_policies_show_all_their_values():
    label = Label("ACME", "INTERNAL", (Category("Sensitive", "RESTRICTIVE", ("RED", "BLUE")),))
    assert marking(label) == "ACME INTERNAL RED BLUE"


def test_countries_are_known_by_code_and_by_both_names():
    for code in ("JPN", "KOR", "AUS", "NZL", "GBR", "USA", "TUR", "CHE", "XKX"):
        assert country_code(code.lower()) == code
        assert country_code(country_name(code)) == code
        assert country_code(country_name(code, "fr")) == code
    assert country_name("ZZZ") == "ZZZ"


def test_names_are_compared_after_nfc_without_case_and_never_transliterated():
    assert fold("Dae-oe-bi") == fold("dae-oe-bi ")
    assert fold("re\u0301serve\u0301") == fold("RÉSERVÉ")
    assert fold("秘") != fold("Hi")
