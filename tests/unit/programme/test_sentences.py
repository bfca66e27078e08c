"""Every change of a document is one plain sentence."""

from __future__ import annotations

from datetime import date

import pytest

from foedus.programme import diff
from foedus.programme.sentences import change, phrase, value

DAY = date(2026, 6, 1)
C = "/release/clauses"
GONE = object()
ALL = "North Atlantic Treaty Organization, JPN, AUS, KOR, NZL"

CASES = [
    # Rules of a permit.
    (f"{C}/1/what/max_classification", "confidential", "North Atlantic Treaty Organization, JPN may receive up to confidential instead of restricted under r-cyber"),
    (f"{C}/2/what/tlp_max", "amber", "AUS, JPN, KOR, NZL may receive up to TLP amber instead of TLP green under r-cyber-ip4"),
    (f"{C}/1/what/max_age", "P30D", "North Atlantic Treaty Organization, JPN may receive what is of an age up to P30D instead of any age under r-cyber"),
    (f"{C}/1/actions", "none", "North Atlantic Treaty Organization, JPN may act on what r-cyber permits as far as none instead of internally-visible"),
    (f"{C}/1/retention/delete_after", "P1Y", "North Atlantic Treaty Organization, JPN must delete what r-cyber permits after P1Y instead of P2Y"),
    (f"{C}/1/retention/review_every", "P3M", "North Atlantic Treaty Organization, JPN must review what r-cyber permits every P3M instead of every P6M"),
    (f"{C}/1/retention/review_every", GONE, "North Atlantic Treaty Organization, JPN must review what r-cyber permits never instead of every P6M"),
    (f"{C}/1/valid/from", "2024-01-01", "r-cyber holds for North Atlantic Treaty Organization, JPN from 2024-01-01 instead of 2023-07-12 on"),
    (f"{C}/1/valid/until", "2026-11-30", "r-cyber holds for North Atlantic Treaty Organization, JPN until 2026-11-30 instead of 2026-12-31"),
    (f"{C}/1/valid", GONE, "r-cyber holds for North Atlantic Treaty Organization, JPN always instead of from 2023-07-12 until 2026-12-31"),
    (f"{C}/1/limit", {"count": 5, "window": "P1D"}, "r-cyber lets 5 objects in P1D instead of any number of objects through to North Atlantic Treaty Organization, JPN"),
    (f"{C}/1/four_eyes", "always", "r-cyber asks for two persons' approval of what goes to North Atlantic Treaty Organization, JPN: always instead of never"),
    (f"{C}/1/purposes", ["network-defence"], "North Atlantic Treaty Organization, JPN lose 1 purpose under r-cyber: situational-awareness"),
    (f"{C}/1/areas", ["cyber", "space"], "North Atlantic Treaty Organization, JPN gain 1 area under r-cyber: space"),
    (f"{C}/1/caveats", ["ORCON"], "North Atlantic Treaty Organization, JPN gain 1 accepted caveat under r-cyber: ORCON"),
    (f"{C}/1/from", ["nato"], "clause r-cyber loses 1 originator: jpn"),
    (f"{C}/1/to", ["nato"], "JPN taken from the recipients of r-cyber"),
    (f"{C}/1/effect", "forbid", "r-cyber turns from permit to forbid for North Atlantic Treaty Organization, JPN"),
    (f"{C}/1/basis/article", "4", "the article of the basis of clause r-cyber is 4, not given before"),
    # Rules of a forbid.
    (f"{C}/8/what/unless", GONE, f"f-orcon is lifted for {ALL} by nothing instead of originator-consent"),
    (f"{C}/8/what/tlp_max", "red", f"f-orcon keeps from {ALL} what is up to TLP red instead of any TLP"),
    (f"{C}/8/what/max_classification", "secret", f"f-orcon keeps from {ALL} what is up to secret instead of any level"),
    (f"{C}/8/areas", ["cyber"], "f-orcon covers 1 area instead of every area: cyber"),
    (f"{C}/8/what/object_types", ["report", "note"], "f-orcon covers 2 object types instead of every object type: report, note"),
    # Targets and indicators.
    ("/indicators/0/targets/2026", 150, "target cyber-released 2026: 120 -> 150"),
    ("/indicators/0/baseline/value", 3, "the value of the baseline of indicator cyber-released is 3 instead of 0"),
    ("/indicators/0", GONE, "indicator cyber-released is removed: Cyber findings released to the other party"),
    # Parties and groups.
    ("/parties/1", GONE, "jpn leaves as a party: Japan, state"),
    ("/parties/1/name", "Nippon", "the name of party jpn is Nippon instead of Japan"),
    ("/parties/1/misp_orgs", ["x"], "the MISP organisations of party jpn gain x"),
    ("/parties/1/clearance", "secret", "jpn may receive up to secret instead of confidential"),
    ("/parties/1/tlp_max", "green", "jpn may receive up to TLP green instead of amber+strict"),
    ("/groups/0", GONE, "group ip4 is removed: Indo-Pacific partners"),
    # Terms.
    ("/term/from", "2022-01-01", "the term begins on 2022-01-01 instead of 2023-01-01"),
    ("/term/until", "2027-12-31", "the term ends on 2027-12-31 instead of 2026-12-31"),
    ("/status", "terminated", "the programme is terminated instead of in-force"),
    # Areas.
    ("/areas/0", GONE, "area cyber is removed: Cyber defence"),
    ("/areas/0/aim", "Less", "the aim of area cyber is Less instead of Share what is seen of hostile cyber activity, exercise together, and align practice."),
    ("/areas/0/supports", ["dialogue"], "the supports of area cyber lose interop, resilience"),
    ("/areas/0/rooms", ["cyber", "space"], "area cyber gains 1 room: space"),
    ("/areas/0/status", "complete", "the status of area cyber is complete, not given before"),
    ("/areas/0/default_purpose", GONE, "the default purpose of area cyber is no longer given, before it was network-defence"),
    # What else binds.
    ("/release/obligations_default/encrypt_in_transit", "may", "the encryption in transit of the default obligations is may instead of must"),
    ("/release/classification_map/jpn/秘", GONE, "jpn: '秘' is no longer known, before it counted as confidential"),
    ("/milestones/0/due", "2026-01-01", "the due day of milestone ms-line is 2026-01-01 instead of 2024-07-31"),
    ("/review/every", "P2Y", "the interval of the review is P2Y instead of P1Y"),
]  # fmt: skip


@pytest.mark.parametrize(("pointer", "new", "sentence"), CASES, ids=[pointer for pointer, _, _ in CASES])
def test_a_change_is_told_in_one_sentence(japan, mutate, document, pointer, new, sentence):
    after = mutate(japan, pointer, delete=True) if new is GONE else mutate(japan, pointer, new)
    found = diff(document(japan).draft, document(after).draft, DAY)
    assert [one.text for one in found] == [sentence]


@pytest.mark.parametrize(
    ("pointer", "new", "sentence"),
    [
        (f"{C}/1/limit", {"count": 5, "window": "P1D"}, "r-cyber lets any number of objects instead of 5 objects in P1D through to North Atlantic Treaty Organization, JPN"),
        (f"{C}/8/areas", ["cyber"], "f-orcon covers every area instead of 1 area: cyber"),
        ("/parties/1", GONE, "jpn joins as a party: Japan, state"),
        ("/release/classification_map/jpn/秘", GONE, "jpn: '秘' counts as confidential, unknown before"),
        ("/areas/0", GONE, "area cyber is added: Cyber defence"),
    ],
)  # fmt: skip
def test_the_same_change_backwards_is_told_the_other_way_round(japan, mutate, document, pointer, new, sentence):
    after = mutate(japan, pointer, delete=True) if new is GONE else mutate(japan, pointer, new)
    found = diff(document(after).draft, document(japan).draft, DAY)
    assert [one.text for one in found] == [sentence]


def test_every_field_of_a_limit_has_its_words(japan, mutate, document):
    limited = mutate(japan, f"{C}/1/limit", {"count": 5, "window": "P1D", "level": "restricted"})
    other = mutate(japan, f"{C}/1/limit", {"count": 9, "window": "P2D", "level": "confidential"})
    assert {one.text for one in diff(document(limited).draft, document(other).draft, DAY)} == {
        "r-cyber lets 9 instead of 5 objects in its window through to North Atlantic Treaty Organization, JPN",
        "r-cyber counts what goes to North Atlantic Treaty Organization, JPN over P2D instead of P1D",
        "r-cyber counts what goes to North Atlantic Treaty Organization, JPN from level confidential instead of restricted on",
    }


def test_the_words_of_a_place_follow_the_document():
    assert phrase(("status",)) == "the status"
    assert phrase(("agreed", "at")) == "the place of the agreement"
    assert phrase(("parties", "nato", "nodes", "east", "endpoint")) == "the endpoint of node east of party nato"


def test_texts_that_would_read_alike_are_told_in_full():
    long = "x" * 200
    assert change(("areas", "a", "aim"), f"{long}1", f"{long}2").endswith(f"{long}2 instead of {long}1")
    told = change(("title",), "T", {"en": "T", "ja": "U"})
    assert told == 'the title is {"en":"T","ja":"U"} instead of T'


def test_values_read_as_people_write_them():
    assert (value(None), value(True), value(["a", "b"]), value([]), value({"en": "A", "ja": "B"})) == (
        "none",
        "yes",
        "a, b",
        "none",
        "A",
    )
    assert len(value("x" * 200)) == 160
