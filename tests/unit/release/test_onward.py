"""Passing on: consent of the originator, and duties that go with an object wherever it goes."""

from __future__ import annotations

import msgspec
import pytest
from tests.unit.release.sample import AT, AT_US, DAY_US, clause, label, programme, subject

from foedus.model.decision import Bound, Facts, Grant
from foedus.release.compile import compile  # noqa: A004
from foedus.release.decide import decide

KEY = ("indicator--1", "v1", "nato")
CAME = Bound(("network-defence", "assessment"), "clause-only", "internally-visible", None)
GRANT = Grant("indicator--1", ("jpn",), AT_US + DAY_US, "1", "nato")
ORCON = label(caveats=("ORCON",))


def passed(*bounds, grants=(), clauses=None, onward="clause-only", **changes):
    """Decide on what the ISAC received from NATO, for Japan."""
    made = programme(clauses or [clause("rr")])
    duties = msgspec.structs.replace(made.release.obligations_default, onward=onward)
    made = msgspec.structs.replace(made, release=msgspec.structs.replace(made.release, obligations_default=duties))
    policy = compile(made, AT, digest="d", in_force=True)
    facts = Facts(sender="isac", received={KEY: tuple(bounds)} if bounds else {}, grants=tuple(grants))
    return decide(subject(**changes), "jpn", policy, AT, "", facts)


def codes(decision):
    return [reason.code for reason in decision.reasons]


def changed(**fields):
    return msgspec.structs.replace(CAME, **fields)


def test_what_came_without_duties_does_not_go_on():
    assert (passed().outcome, codes(passed())) == ("withhold", ["duties-missing"])


@pytest.mark.parametrize(("end", "code"), [(AT_US, ["retention-ended"]), (AT_US + 1, [])])
def test_it_goes_on_until_its_time_is_over_and_no_longer(end, code):
    decision = passed(changed(until_us=end))
    assert codes(decision) == code
    assert decision.outcome == ("withhold" if code else "release")
    assert code or decision.expires_us == end


def test_it_goes_on_for_a_purpose_it_came_for_alone():
    assert codes(passed(changed(purposes=("training",)))) == ["purpose-not-received"]
    assert passed(changed(purposes=("network-defence",))).duties.purposes == ("network-defence",)


@pytest.mark.parametrize("onward", ["originator-consent", "something new", ""])
def test_consent_is_asked_for_whenever_it_came_under_that_whatever_the_next_programme_says(onward):
    decision = passed(changed(onward=onward))
    assert (decision.outcome, codes(decision)) == ("hold", ["onward-consent-missing"])
    granted = passed(changed(onward=onward), grants=[GRANT])
    assert (granted.outcome, granted.duties.onward, granted.expires_us) == (
        "release",
        "originator-consent",
        AT_US + DAY_US,
    )


@pytest.mark.parametrize(
    ("came", "wanted"),
    [("none", "none"), ("externally-visible-direct", "internally-visible"), ("unheard of", "none")],
)
def test_what_may_be_done_with_it_is_the_least_of_both(came, wanted):
    assert passed(changed(action=came)).duties.action == wanted


def test_of_several_senders_one_that_lets_it_go_is_enough():
    over, strict = changed(until_us=AT_US), changed(onward="originator-consent")
    assert passed(over, strict, CAME).outcome == "release"
    assert codes(passed(over, strict)) == ["onward-consent-missing"]


@pytest.mark.parametrize(
    "narrow",
    [
        {"owner": "isac"},
        {"recipients": ("isac",)},
        {"versions": ("v2",)},
        {"purposes": ("assessment",)},
        {"clause": "another"},
        {"until_us": AT_US},
        {"object_id": "indicator--2"},
    ],
)
def test_a_grant_counts_for_what_it_names_alone(narrow):
    assert passed(CAME, grants=[GRANT], label=ORCON).outcome == "release"
    assert passed(CAME, grants=[msgspec.structs.replace(GRANT, **narrow)], label=ORCON).outcome == "hold"


def test_own_findings_ask_for_no_duties():
    policy = compile(programme([clause("rr")]), AT, digest="d", in_force=True)
    assert decide(subject(), "jpn", policy, AT, "", Facts(sender="nato", received={})).outcome == "release"
