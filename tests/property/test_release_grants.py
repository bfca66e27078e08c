"""With whatever grants and duties: nothing of another party goes to anybody, for anything, or for longer than its originator said."""

from __future__ import annotations

from functools import lru_cache

from hypothesis import given
from hypothesis import strategies as st
from tests.unit.release.sample import AT, AT_US, DAY_US, clause, forbid, label, programme, subject

from foedus.model.decision import Bound, Facts, Grant
from foedus.model.duration import FOREVER_US
from foedus.release.compile import compile  # noqa: A004
from foedus.release.decide import decide_many

PURPOSES = ("network-defence", "assessment", "training")
ends = st.sampled_from([AT_US - 1, AT_US, AT_US + 1, AT_US + DAY_US])
some = lambda values: st.lists(st.sampled_from(values), max_size=2, unique=True).map(tuple)  # noqa: E731
grants = st.builds(
    Grant,
    object_id=st.sampled_from(["indicator--1", "indicator--2"]),
    recipients=some(["jpn", "isac"]),
    until_us=ends,
    owner=st.sampled_from(["nato", "isac", "jpn"]),
    versions=some(["v1", "v2"]),
    purposes=some(PURPOSES),
    clause=st.sampled_from(["", "rr", "ff", "other"]),
)
bounds = st.builds(
    Bound,
    purposes=some(PURPOSES),
    onward=st.sampled_from(["clause-only", "originator-consent", "?"]),
    action=st.sampled_from(["none", "internally-visible", "externally-visible-direct", "?"]),
    until_us=st.none() | ends,
)
marks = st.sampled_from([(), ("ORCON",), ("ORCON", "NOFORN")])


@lru_cache
def policy():
    stops = [
        forbid("ff", {"caveats_any": ["ORCON"], "unless": "originator-consent"}),
        forbid("nn", {"caveats_any": ["NOFORN"]}),
    ]
    return compile(programme([clause("rr", caveats=["NOFORN"]), *stops]), AT, digest="d", in_force=True)


def lets(grant, purpose):
    return (
        (grant.object_id, grant.owner) == ("indicator--1", "nato")
        and "jpn" in grant.recipients
        and (not grant.versions or "v1" in grant.versions)
        and (not grant.purposes or purpose in grant.purposes)
        and grant.clause != "other"
        and grant.until_us > AT_US
    )


@given(st.lists(grants, max_size=4), st.lists(bounds, max_size=3), marks, st.sampled_from(PURPOSES[:2]))
def test_what_is_passed_on_was_granted_received_for_that_purpose_and_ends_with_both(given_, came, caveats, purpose):
    facts = Facts(sender="isac", grants=tuple(given_), received={("indicator--1", "v1", "nato"): tuple(came)})
    [decision] = decide_many([subject(label=label(caveats=caveats))], "jpn", policy(), AT, purpose, facts)
    if decision.outcome != "release":
        return
    assert "NOFORN" not in caveats
    until = max(grant.until_us for grant in given_ if lets(grant, purpose))
    live = [one for one in came if purpose in one.purposes and (one.until_us is None or one.until_us > AT_US)]
    last = max(FOREVER_US if one.until_us is None else one.until_us for one in live)
    assert AT_US < decision.expires_us <= min(until, last)
    assert any(set(decision.duties.purposes) <= set(one.purposes) for one in live)


@given(st.lists(grants, max_size=4), marks)
def test_an_own_orcon_finding_goes_to_whom_it_was_granted_alone(given_, caveats):
    facts = Facts(sender="nato", grants=tuple(given_), received={})
    [decision] = decide_many([subject(label=label(caveats=caveats))], "jpn", policy(), AT, "", facts)
    consented = any(lets(grant, "network-defence") for grant in given_)
    assert (decision.outcome == "release") == (not caveats or (caveats == ("ORCON",) and consented))
