"""Decisions on single findings: defaults, boundaries, unknowns, forbids, holds, duties."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from tests.unit.release.sample import AT, AT_US, DAY_US, clause, forbid, label, programme, subject

from foedus.model.decision import Facts, Grant
from foedus.model.label import Category, Label, Succession
from foedus.release.compile import compile  # noqa: A004
from foedus.release.decide import decide, decide_counted, decide_many

MINUTE_US = 60_000_000


def run(found=None, clauses=None, *, party="jpn", at=AT, purpose="", facts=None, **changes):
    policy = compile(programme(clauses), at, digest="d", in_force=True)
    return decide(found or subject(**changes), party, policy, at, purpose, facts or Facts())


def codes(decision):
    return [reason.code for reason in decision.reasons]


def test_a_covered_finding_is_released_with_its_clause_and_duties():
    decision = run()
    assert (decision.outcome, decision.clauses, decision.reasons) == ("release", ("r-cyber",), ())
    assert decision.purpose == "network-defence"
    assert (decision.duties.action, decision.duties.delete_after) == ("internally-visible", "P2Y")
    assert decision.label_hash == label().hash()


def test_without_any_clause_nothing_goes():
    assert codes(run(clauses=[])) == ["type-unknown", "purpose-unknown", "no-clause"]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"label": None}, "label-missing"),
        ({"label": label("BEIGE")}, "level-unknown"),
        ({"label": label("SECRET")}, "level-above-clearance"),
        ({"label": label(tlp=None)}, "tlp-missing"),
        ({"label": label(tlp="red")}, "tlp-above-party"),
        ({"label": label(to=())}, "not-in-audience"),
        ({"label": label(to=("NATO", "AUS"))}, "not-in-audience"),
        ({"label": label(caveats=("HOMEMADE",))}, "caveat-unknown"),
        ({"label": label(more=[Category("Additional Sensitivity", "RESTRICTIVE", ("BOHEMIA",))])}, "category-unknown"),
        ({"label": label(more=[Category("Colour", "PERMISSIVE", ("BLUE",))])}, "category-unknown"),
        ({"label": label(caveats=("NOFORN",))}, "caveat-not-accepted"),
        ({"label": label(caveats=("JPN-EYES-ONLY",))}, "caveat-not-accepted"),
        ({"owner": "stranger"}, "owner-unknown"),
        ({"owner": "jpn"}, "recipient-is-originator"),
        ({"owner": "isac"}, "owner-not-in-clause"),
        ({"area": "nowhere"}, "area-unknown"),
        ({"area": "maritime"}, "area-not-in-clause"),
        ({"kind": "malware"}, "type-unknown"),
        ({"created_us": -1}, "created-missing"),
        ({"created_us": AT_US + 5 * MINUTE_US + 1}, "created-in-future"),
        ({"labelled_us": AT_US + 1}, "labelled-later"),
    ],
)
def test_whatever_is_unknown_or_beyond_withholds_and_is_named(changes, code):
    decision = run(**changes)
    assert decision.outcome == "withhold"
    assert code in codes(decision)
    assert decision.duties is None


def test_boundaries_are_inclusive_for_ceilings_ages_and_skew():
    aged = [clause("rr", what={"max_age": "P1D"})]
    assert run(clauses=aged, created_us=AT_US - DAY_US).outcome == "release"
    assert codes(run(clauses=aged, created_us=AT_US - DAY_US - 1)) == ["too-old"]
    assert run(created_us=AT_US + 5 * MINUTE_US).outcome == "release"
    assert run(label=label(tlp="amber")).outcome == "release"


def test_validity_is_half_open():
    clauses = [clause("rr", valid={"from": "2026-06-01", "until": "2026-06-10"})]
    end = datetime(2026, 6, 11, tzinfo=UTC)
    us = timedelta(microseconds=1)
    assert codes(run(clauses=clauses, at=AT - us)) == ["clause-not-valid"]
    assert run(clauses=clauses, at=AT).outcome == "release"
    assert run(clauses=clauses, at=end - us).outcome == "release"
    assert codes(run(clauses=clauses, at=end)) == ["clause-not-valid"]


def test_an_unknown_party_and_an_unknown_purpose_withhold():
    assert codes(run(party="mars")) == ["party-unknown"]
    assert "purpose-unknown" in codes(run(purpose="marketing"))
    assert codes(
        run(purpose="assessment", clauses=[clause("rr", purposes=["network-defence"]), clause("ss", to=["nato"])])
    ) == ["purpose-not-in-clause"]


def test_every_failing_condition_is_listed_and_the_nearest_clause_named():
    decision = run(label=label("SECRET", "red", to=()), clauses=[clause("far", areas=["maritime"]), clause("near")])
    assert decision.nearest == "near"
    assert codes(decision) == [
        "level-above-clearance",
        "tlp-above-party",
        "not-in-audience",
        "level-above-clause",
        "tlp-above-clause",
    ]


def test_an_alliance_needs_every_member_in_the_audience_on_that_day():
    only = Label("JPN", "UNMARKED", (Category("Releasable To", "PERMISSIVE", ("DEU", "NOR")),), tlp="green")
    assert run(party="nato", owner="jpn", label=only).outcome == "release"
    after = datetime(2026, 7, 1, tzinfo=UTC)
    decision = run(party="nato", owner="jpn", label=only, at=after)
    assert (codes(decision), decision.reasons[0].actual) == (["not-in-audience"], "without SWE")


def test_an_organisation_is_its_own_audience():
    clauses = [clause("rr", to=["isac"])]
    for to, wanted in ((("NATO", "isac"), "release"), (("NATO", "JPN"), "withhold")):
        assert run(party="isac", clauses=clauses, label=label("UNCLASSIFIED", to=to)).outcome == wanted


def test_open_input_has_everybody_as_its_audience():
    assert run(label=Label("PUBLIC", "UNMARKED", tlp="clear")).outcome == "release"


def test_a_succession_switches_at_its_instant_and_a_review_date_does_not():
    later = label("SECRET", successions=(Succession(AT, label()),), review_at=AT - timedelta(days=1))
    assert run(label=later, at=AT - timedelta(microseconds=1)).outcome == "withhold"
    assert run(label=later).outcome == "release"
    assert run(label=label(review_at=AT - timedelta(days=1))).outcome == "release"


def test_a_forbid_beats_every_permit():
    clauses = [clause("rr", caveats=["NOFORN"]), forbid("ff", {"caveats_any": ["NOFORN"]})]
    decision = run(clauses=clauses, label=label(caveats=("NOFORN",)))
    assert (decision.outcome, decision.clauses, codes(decision)) == ("withhold", ("ff",), ["forbidden"])
    assert run(clauses=clauses).outcome == "release"


def test_a_pseudonymising_profile_lifts_the_forbid_that_asks_for_it():
    stop = forbid("ff", {"contains": ["personal-data"], "unless": "pseudonymised"})
    masked = clause("rr", redact=["pseudonymise-private-persons"])
    assert codes(run(clauses=[clause("rr"), stop], contains=("personal-data",))) == ["forbidden"]
    decision = run(clauses=[masked, stop], contains=("personal-data",))
    assert (decision.outcome, decision.profiles) == ("redact", ("pseudonymise-private-persons",))


def test_a_forbid_lifted_by_something_nobody_knows_is_not_lifted():
    assert codes(run(clauses=[clause("rr"), forbid("ff", {"unless": "a smile"})])) == ["forbidden"]


def test_orcon_is_held_until_the_originator_consents_and_only_for_whom_and_how_long():
    found = subject(label=label(caveats=("ORCON",)))
    held = run(found)
    assert (held.outcome, codes(held)) == ("hold", ["consent-missing"])
    for grant in (
        Grant("indicator--2", ("jpn",), AT_US + DAY_US),
        Grant("indicator--1", ("isac",), AT_US + DAY_US),
        Grant("indicator--1", ("jpn",), AT_US),
    ):
        assert run(found, facts=Facts(grants=(grant,))).outcome == "hold"
    released = run(found, facts=Facts(grants=(Grant("indicator--1", ("jpn",), AT_US + DAY_US),)))
    assert (released.outcome, released.expires_us) == ("release", AT_US + DAY_US)


def test_passing_on_anothers_finding_needs_consent_and_ones_own_does_not():
    assert codes(run(facts=Facts(sender="isac"))) == ["onward-consent-missing"]
    assert run(facts=Facts(sender="nato")).outcome == "release"
    grant = Grant("indicator--1", ("jpn",), AT_US + 1)
    assert run(facts=Facts(sender="isac", grants=(grant,))).outcome == "release"


def test_four_eyes_hold_until_approved_always_or_from_a_level_on():
    always = [clause("rr", four_eyes="always")]
    assert (run(clauses=always).outcome, codes(run(clauses=always))) == ("hold", ["four-eyes-missing"])
    assert run(clauses=always, facts=Facts(approved=frozenset({("indicator--1", "v1")}))).outcome == "release"
    assert run(clauses=always, facts=Facts(approved=frozenset({("indicator--1", "v0")}))).outcome == "hold"
    by_level = [clause("rr", four_eyes="restricted")]
    assert run(clauses=by_level).outcome == "hold"
    assert run(clauses=by_level, label=label("UNCLASSIFIED")).outcome == "release"


def test_the_first_beyond_a_limit_is_held_also_within_one_run():
    policy = compile(programme([clause("rr", limit={"count": 3, "window": "P1D"})]), AT, digest="d", in_force=True)
    found = [subject(object_id=f"indicator--{n}") for n in range(3)]
    decisions = decide_many(found, "jpn", policy, AT, "", Facts(counts={"rr": 1}))
    assert [d.outcome for d in decisions] == ["release", "release", "hold"]
    assert codes(decisions[2]) == ["limit-reached"]


def test_one_approval_lifts_a_limit_for_one_version_alone_and_takes_its_place():
    policy = compile(programme([clause("rr", limit={"count": 1, "window": "P1D"})]), AT, digest="d", in_force=True)
    found = [subject(object_id=f"indicator--{n}") for n in range(3)]
    facts = Facts(counts={"rr": 1}, cleared=frozenset({("indicator--1", "v1")}))
    decided, counts = decide_counted(found, "jpn", policy, AT, "", facts)
    assert [d.outcome for d in decided] == ["hold", "release", "hold"]
    assert counts == {"rr": 2}


def test_one_approval_never_lifts_four_eyes_and_two_lift_whatever_else_is_asked():
    clauses = [clause("rr", four_eyes="always", limit={"count": 1, "window": "P1D"})]
    version, counts = frozenset({("indicator--1", "v1")}), {"rr": 1}
    assert codes(run(clauses=clauses, facts=Facts(counts=counts, cleared=version))) == ["four-eyes-missing"]
    facts = Facts(counts=counts, approved=version, held=version)
    assert run(clauses=clauses, facts=facts).outcome == "release"


@pytest.mark.parametrize("held", [("indicator--1", "v1"), ("indicator--1", "")])
def test_what_a_person_holds_back_is_held_until_approved_and_nothing_else_is(held):
    facts = Facts(held=frozenset({held}))
    assert (run(facts=facts).outcome, codes(run(facts=facts))) == ("hold", ["held-by-person"])
    assert run(facts=facts, version="v2").outcome == ("release" if held[1] else "hold")
    assert run(facts=facts, object_id="indicator--2").outcome == "release"
    assert run(facts=msgspec.structs.replace(facts, cleared=frozenset({("indicator--1", "v1")}))).outcome == "release"


def test_no_approval_lifts_what_the_policy_withholds_or_what_only_consent_gives():
    version = frozenset({("indicator--1", "v1")})
    facts = Facts(approved=version, cleared=version, held=version, sender="isac")
    assert codes(run(facts=facts)) == ["onward-consent-missing"]
    assert run(clauses=[], facts=facts).outcome == "withhold"


def test_a_recalled_version_is_withheld():
    facts = Facts(recalled=frozenset({("indicator--1", "v1")}))
    assert codes(run(facts=facts)) == ["recalled"]
    assert run(facts=facts, version="v2").outcome == "release"


def test_of_several_covering_permits_the_strictest_duties_hold():
    clauses = [
        clause(
            "aa", actions="externally-visible-direct", retention={"delete_after": "P1Y"}, redact=["drop-internal-ids"]
        ),
        clause("bb", actions="contact-for-instruction", retention={"delete_after": "P2M", "review_every": "P1M"}),
        clause("cc", purposes=["network-defence"], redact=["drop-victim-identity"]),
    ]
    decision = run(clauses=clauses)
    assert decision.outcome == "redact"
    assert decision.clauses == ("aa", "bb", "cc")
    assert decision.profiles == ("drop-internal-ids", "drop-victim-identity")
    duties = decision.duties
    assert (duties.action, duties.delete_after, duties.review_every) == ("contact-for-instruction", "P2M", "P1M")
    assert duties.purposes == ("network-defence",)


def test_a_release_ends_with_retention_or_with_what_covers_it_whichever_is_first():
    assert run().expires_us == (datetime(2027, 1, 1, tzinfo=UTC) - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(
        microseconds=1
    )
    assert run(clauses=[clause("rr", retention={"delete_after": "P1D"})]).expires_us == AT_US + DAY_US


def test_whatever_goes_wrong_inside_withholds():
    broken = subject(created_us=None)
    decision = run(broken)
    assert (decision.outcome, codes(decision)) == ("withhold", ["evaluator-error"])
    policy = compile(programme(), AT, digest="d", in_force=True)
    naive = decide(subject(), "jpn", policy, datetime(2026, 6, 1), "", Facts())
    assert codes(naive) == ["evaluator-error"]


def test_the_same_inputs_give_the_same_bytes():
    assert msgspec.json.encode(run()) == msgspec.json.encode(run())


def test_labels_of_one_content_and_different_identity_are_decided_alike():
    policy = compile(programme(), AT, digest="d", in_force=True)
    found = [subject(label=label(level)) for level in ("RESTRICTED", "SECRET") * 50]
    assert [d.outcome for d in decide_many(found, "jpn", policy, AT, "", Facts())] == ["release", "withhold"] * 50
