from datetime import date

import pytest

from foedus.programme import diff

DAY = date(2026, 6, 1)
C = "/release/clauses"


@pytest.fixture
def changes(japan, mutate, document):
    """What the diff says after one change of the example."""

    def told(pointer, new=..., back=False):
        before = document(japan).draft
        after = document(mutate(japan, pointer, delete=True) if new is ... else mutate(japan, pointer, new)).draft
        return [(c.text, c.place, c.effect) for c in (diff(after, before, DAY) if back else diff(before, after, DAY))]

    return told


def test_nothing_changed_says_nothing(japan, document):
    assert diff(document(japan).programme, document(japan).programme, DAY) == ()


def test_types_gained_and_lost_are_counted_and_named(changes):
    old = ["indicator", "malware", "attack-pattern", "observed-data", "sighting", "report", "grouping"]
    assert changes(f"{C}/1/what/object_types", [*old[1:], "note", "tool"]) == [
        (
            "North Atlantic Treaty Organization, JPN gain 2 object types under r-cyber: note, tool",
            f"{C}/1/what/object_types",
            "loosening",
        ),
        (
            "North Atlantic Treaty Organization, JPN lose 1 object type under r-cyber: indicator",
            f"{C}/1/what/object_types",
            "tightening",
        ),
    ]


def test_targets_are_told_by_year(changes):
    assert changes("/indicators/0/targets/2026", 150) == [
        ("target cyber-released 2026: 120 -> 150", "/indicators/0/targets/2026", "neutral")
    ]
    assert changes("/indicators/0/targets/2026") == [
        ("target cyber-released 2026: 120 -> none", "/indicators/0/targets/2026", "neutral")
    ]


def test_groups_are_told_as_states(changes):
    assert changes(f"{C}/1/to", ["nato", "jpn", "ip4"]) == [
        ("AUS, KOR, NZL added to the recipients of r-cyber", f"{C}/1/to", "loosening")
    ]
    text, place, effect = changes("/groups/0/countries", ["AUS", "JPN", "KOR", "NZL", "IND"])[0]
    assert text == "IND added to group ip4 (clauses r-open-cti, r-cyber-ip4, r-launch)"
    assert (place, effect) == ("/groups/0/countries", "loosening")
    assert changes("/groups/0/countries", ["AUS", "JPN", "KOR"])[0][2] == "tightening"


def test_membership_is_told_by_the_day_it_turns(changes):
    assert changes("/parties/0/members/10/from", "2026-09-01") == [
        ("SWE is no longer a member of nato on 2026-06-01", "/parties/0/members", "tightening")
    ]
    assert changes("/parties/0/members/10/until", "2026-06-30") == [
        ("SWE is no longer a member of nato on 2026-07-01", "/parties/0/members", "tightening")
    ]
    assert changes("/parties/0/members/10/until", "2026-06-30", back=True)[0][2] == "loosening"
    assert changes("/parties/0/members/0/from", "1949-08-25")[0][2] == "neutral"


@pytest.mark.parametrize(
    ("pointer", "new", "effect"),
    [
        *(
            (f"{C}/1/what/max_classification", "confidential", "loosening"),
            (f"{C}/1/what/max_classification", "unclassified", "tightening"),
        ),
        *((f"{C}/1/what/tlp_max", "red", "loosening"), (f"{C}/1/what/tlp_max", "amber", "tightening")),
        *((f"{C}/1/actions", "none", "tightening"), (f"{C}/1/actions", "externally-visible-direct", "loosening")),
        *((f"{C}/1/caveats", ["ORCON"], "loosening"), (f"{C}/1/redact", ["drop-internal-ids"], "loosening")),
        *(
            (f"{C}/1/retention/delete_after", "P1Y", "tightening"),
            (f"{C}/1/retention/delete_after", "P25M", "loosening"),
        ),
        *((f"{C}/1/valid/from", "2024-01-01", "tightening"), (f"{C}/1/valid/until", "2026-11-30", "tightening")),
        *((f"{C}/1/valid/from", "2023-07-01", "loosening"), (f"{C}/1/four_eyes", "always", "tightening")),
        *((f"{C}/1/limit", {"count": 5, "window": "P1D"}, "tightening"), (f"{C}/1/what/max_age", "P30D", "tightening")),
        *((f"{C}/1/areas", ["cyber", "space"], "loosening"), (f"{C}/1/basis/article", "4", "neutral")),
        *((f"{C}/1/effect", "forbid", "tightening"), (f"{C}/8/effect", "permit", "loosening")),
        *((f"{C}/8/what/caveats_any", ["ORCON", "X"], "tightening"), (f"{C}/8/what/unless", ..., "tightening")),
        *((f"{C}/9/what/unless", "originator-consent", "loosening"), (f"{C}/8/areas", ["cyber"], "loosening")),
        *((f"{C}/8/what/object_types", ["report"], "loosening"), (f"{C}/8/what/tlp_max", "red", "loosening")),
        *(
            (f"{C}/1", ..., "tightening"),
            (f"{C}/8", ..., "loosening"),
            (f"{C}/1/purposes", ["network-defence"], "tightening"),
        ),
        *(
            ("/parties/1/clearance", "secret", "loosening"),
            ("/parties/1/clearance", ..., "tightening"),
            ("/parties/1/tlp_max", "green", "tightening"),
        ),
        *(
            ("/parties/1/name", "Nippon", "neutral"),
            ("/parties/1/misp_orgs", ["x"], "loosening"),
            ("/parties/1", ..., "tightening"),
        ),
        *(
            ("/release/classification_map/jpn/秘", "restricted", "loosening"),
            ("/release/classification_map/jpn/秘", "secret", "tightening"),
        ),
        *(
            ("/release/classification_map/jpn/秘", ..., "tightening"),
            ("/release/classification_map/jpn/極秘", "secret", "loosening"),
        ),
        *(
            ("/release/markings", {}, "tightening"),
            ("/release/obligations_default/encrypt_in_transit", "may", "loosening"),
        ),
        *(
            ("/release/obligations_default/notify_recall_within", "PT12H", "tightening"),
            ("/release/obligations_default/attribute", "may", "loosening"),
        ),
        *(
            ("/term/until", "2027-12-31", "loosening"),
            ("/term/until", "2026-06-30", "tightening"),
            ("/term/from", "2022-01-01", "loosening"),
        ),
        *(("/status", "terminated", "tightening"), ("/status", "agreed", "neutral"), ("/areas/0/aim", "x", "neutral")),
        *(
            ("/areas/0/rooms", ["cyber", "space"], "loosening"),
            ("/areas/0/rooms", [], "tightening"),
            ("/kind", "x", "neutral"),
        ),
    ],
)
def test_each_change_is_classed(changes, pointer, new, effect):
    found = changes(pointer, new)
    assert [c[2] for c in found] == [effect], found
    assert found[0][1].startswith(pointer.rsplit("/", 1)[0])


def test_a_field_removed_and_added_again_turns_its_effect(changes):
    pairs = {"loosening": "tightening", "tightening": "loosening"}
    for pointer, new in (
        (f"{C}/1/limit", {"count": 5, "window": "P1D"}),
        (f"{C}/1", ...),
        (f"{C}/8", ...),
        ("/parties/0/clearance", "secret"),
    ):
        assert changes(pointer, new, back=True)[0][2] == pairs[changes(pointer, new)[0][2]]


def test_a_new_clause_is_told_with_its_scope(changes, japan, mutate):
    clauses = [*japan["release"]["clauses"], {**japan["release"]["clauses"][2], "id": "r-new"}]
    ((text, place, effect),) = changes(C, clauses)
    assert text == "AUS, JPN, KOR, NZL gain 3 object types in cyber up to unclassified, TLP green (new clause r-new)"
    assert (place, effect) == (f"{C}/11", "loosening")


def test_an_unclear_change_of_a_release_rule_counts_as_loosening(changes, japan, mutate):
    assert (
        changes("/release/classification_map/order", ["unclassified", "restricted", "confidential", "secret", "top"])[
            0
        ][2]
        == "loosening"
    )


def test_order_of_named_things_does_not_matter(changes, japan):
    assert changes("/areas", japan["areas"][::-1]) == []


def test_sentences_name_whom_it_is_about(changes):
    assert changes(f"{C}/8/what/caveats_any", ["ORCON", "X"])[0][0] == "clause f-orcon gains 1 caveat: X"
    assert (
        changes(f"{C}/1/redact", ["drop-internal-ids"])[0][0]
        == "clause r-cyber loses 1 redaction profile: drop-victim-identity"
    )
    assert changes("/areas/0/rooms", ["cyber", "space"])[0][0] == "area cyber gains 1 room: space"
    assert changes("/parties/1/clearance", "secret")[0][0] == "jpn may receive up to secret instead of confidential"
    assert (
        changes(f"{C}/1")[0][0]
        == "North Atlantic Treaty Organization, JPN lose 7 object types in cyber up to restricted, TLP amber+strict (removed clause r-cyber)"
    )
