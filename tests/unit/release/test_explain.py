"""Explanations and what would flip a decision."""

from __future__ import annotations

from tests.unit.release.sample import AT, clause, forbid, label, programme, subject

from foedus.model.decision import Facts
from foedus.release.compile import compile  # noqa: A004
from foedus.release.decide import decide
from foedus.release.explain import explain, would_release


def both(clauses, found, facts=None, purpose=""):
    agreed = programme(clauses)
    policy = compile(agreed, AT, digest="d", in_force=True)
    decision = decide(found, "jpn", policy, AT, purpose, facts or Facts())
    return explain(decision, policy, agreed), would_release(found, "jpn", policy, AT, purpose, facts or Facts())


def test_a_release_is_explained_by_clause_basis_and_duties():
    basis = {"instrument": "isa-2010", "article": "4"}
    found, ways = both([clause("rr", basis=basis, retention={"delete_after": "P1Y"})], subject())
    assert (found.outcome, found.reasons, ways) == ("release", (), ())
    assert [(c.id, c.part, c.instrument, c.article) for c in found.clauses] == [("rr", "covers", "isa-2010", "4")]
    assert ("delete_after", "P1Y", "rr") in found.duties
    assert ("notify_recall_within", "PT24H", "obligations_default") in found.duties
    assert "Clause rr (illustrative) covers it, on the basis of isa-2010 4." in found.sentences


def test_a_denial_names_the_nearest_clause_and_the_forbid_that_struck():
    found, _ = both(
        [clause("rr"), forbid("ff", {"caveats_any": ["NOFORN"]})], subject(label=label(caveats=("NOFORN",)))
    )
    assert [(c.id, c.part) for c in found.clauses] == [("ff", "strikes"), ("rr", "nearest")]
    assert [r.code for r in found.clauses[0].failing] == ["forbidden"]
    assert found.sentences[0] == "It is withheld."


def test_the_smallest_changes_are_named_and_none_that_contains_another():
    clauses = [clause("rr", purposes=["assessment"]), clause("ss", purposes=["assessment"], what={"tlp_max": "clear"})]
    _, ways = both([*clauses, clause("tt", to=["nato"])], subject(), purpose="network-defence")
    assert ways == (("purpose:assessment",),)


def test_relabelling_is_advice_for_the_owner_alone():
    secret = subject(label=label("SECRET"))
    _, mine = both([clause("rr")], secret, Facts(sender="nato"))
    assert mine == (("lower-level:restricted",),)
    _, theirs = both([clause("rr")], secret, Facts(sender="isac"))
    assert theirs == ()


def test_a_held_finding_says_who_can_let_it_go():
    clauses = [clause("rr", four_eyes="always")]
    _, ways = both(clauses, subject(label=label(caveats=("ORCON",))))
    assert ways == (("consent:nato", "approval:two-persons"),)


def test_following_the_advice_flips_the_denial():
    policy = compile(programme([clause("rr")]), AT, digest="d", in_force=True)
    assert would_release(subject(label=label("SECRET", "red")), "jpn", policy, AT, "", Facts()) == (
        ("lower-level:restricted", "lower-tlp:amber"),
    )
    assert decide(subject(label=label("RESTRICTED", "amber")), "jpn", policy, AT, "", Facts()).outcome == "release"
