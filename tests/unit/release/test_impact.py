"""Two policies over the same findings: each object's turn, and the counts of all."""

from __future__ import annotations

from collections import Counter

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.release.sample import AT, clause, forbid, label, programme, subject

from foedus.model.decision import Facts
from foedus.release.compile import compile  # noqa: A004
from foedus.release.decide import decide, decide_counted, decide_many
from foedus.release.impact import Item, Side, Tally, compare, verdict

NATO = Facts(sender="nato")


def policy(*clauses, **changes):
    return compile(programme(list(clauses) or None, **changes), AT, digest="d", in_force=True)


def alone(*subjects):
    """Findings without supports."""
    return [Item(one, index) for index, one in enumerate(subjects)]


def compared(items, old, new, party="jpn", **facts):
    given = msgspec.structs.replace(NATO, **facts)
    return compare(items, party, Side(old, given), Side(new, given), AT).verdicts


def turn(old, new, **changes):
    [found] = compared(alone(subject(**changes)), old, new)
    return found.way, found.before.outcome, found.after.outcome


@pytest.mark.parametrize(
    ("change", "given", "before", "after"),
    [
        ({"what": {"max_classification": "unclassified"}}, {}, "withhold", "release"),
        ({"what": {"tlp_max": "clear"}}, {}, "withhold", "release"),
        ({"what": {"object_types": ["report"]}}, {}, "withhold", "release"),
        ({"redact": ["drop-internal-ids"]}, {}, "redact", "release"),
        ({"four_eyes": "always"}, {}, "hold", "release"),
        ({"to": ["nato"]}, {}, "withhold", "release"),
    ],
)
def test_what_goes_further_is_loosening_and_the_way_back_tightening(change, given, before, after):
    narrow, wide = policy(clause("r-cyber", **change)), policy(clause("r-cyber"))
    assert turn(narrow, wide, **given) == ("loosening", before, after)
    assert turn(wide, narrow, **given) == ("tightening", after, before)


def test_what_waits_for_a_person_is_more_than_nothing():
    waits, nothing = policy(clause("r-cyber", four_eyes="always")), policy(clause("r-cyber", to=["nato"]))
    assert turn(nothing, waits) == ("loosening", "withhold", "hold")
    assert turn(waits, nothing) == ("tightening", "hold", "withhold")


@pytest.mark.parametrize(
    ("change", "differs"),
    [
        ({"redact": ["drop-internal-ids"]}, ("profiles",)),
        ({"id": "r-other"}, ("clauses",)),
        ({"actions": "none"}, ("duties",)),
        ({"retention": {"delete_after": "P1M"}}, ("duties", "until")),
    ],
)
def test_the_same_outcome_on_other_terms_is_different(change, differs):
    both = {"redact": ["drop-victim-identity", "drop-internal-ids"]}
    old = policy(clause("r-cyber", **both))
    new = policy(clause(**{"id": "r-cyber", **both, **change}))
    [found] = compared(alone(subject()), old, new)
    assert (found.way, found.differs) == ("different", differs)
    assert found.shows_more == (differs == ("profiles",))
    [back] = compared(alone(subject()), new, old)
    assert (back.way, back.shows_more) == ("different", False)


def test_order_of_clauses_and_profiles_is_no_difference():
    first, second = clause("r-a", redact=["drop-internal-ids"]), clause("r-b", redact=["drop-victim-identity"])
    [found] = compared(alone(subject()), policy(first, second), policy(second, first))
    assert (found.way, found.before.outcome) == ("unchanged", "redact")
    assert found.before.profiles != found.after.profiles


def test_what_goes_neither_time_is_unchanged_whatever_withholds_it():
    old, new = policy(clause("r-cyber", to=["nato"])), policy(clause("r-cyber"), forbid("f-x", {"tlp_max": "red"}))
    assert turn(old, new) == ("unchanged", "withhold", "withhold")


def test_a_party_of_one_document_only_loses_or_gains_all_it_sees():
    both = policy()
    parties = [one for one in msgspec.to_builtins(programme())["parties"] if one["id"] != "jpn"]
    without = policy(clause("r-cyber", **{"from": ["nato"], "to": ["nato"]}), parties=parties)
    assert turn(both, without) == ("tightening", "release", "withhold")
    assert turn(without, both) == ("loosening", "withhold", "release")


def test_an_area_that_no_room_serves_lets_nothing_go_and_says_so():
    sides = Side(policy(), NATO, serves=False), Side(policy(), NATO)
    [found] = compare(alone(subject()), "jpn", *sides, AT).verdicts
    assert (found.way, found.before.reasons[0].code) == ("loosening", "area-not-served")
    assert found.before.label_hash == found.after.label_hash


def test_a_support_goes_only_with_its_head():
    head, support = subject(object_id="indicator--h"), subject(object_id="indicator--s", label=label("CONFIDENTIAL"))
    items = [Item(head, 0), Item(support, 0)]
    wide = {"what": {"max_classification": "confidential"}}
    parties = [
        one | ({"clearance": "confidential"} if one["id"] == "jpn" else {})
        for one in msgspec.to_builtins(programme())["parties"]
    ]
    narrow = policy(clause("r-cyber"), parties=parties)
    wider = policy(clause("r-cyber", **wide), parties=parties)
    assert [one.way for one in compared(items, narrow, wider)] == ["unchanged", "loosening"]
    # The support alone might go; its head may not.
    stays = [Item(subject(object_id="indicator--h", label=label("SECRET")), 0), Item(support, 0)]
    assert [one.after.outcome for one in compared(stays, narrow, wider)] == ["withhold", "withhold"]
    held = policy(clause("r-cyber", four_eyes="restricted", **wide), parties=parties)
    assert [one.after.outcome for one in compared(items, narrow, held)] == ["hold", "hold"]
    open_ = [Item(head, 0), Item(subject(object_id="indicator--s", label=label("UNCLASSIFIED")), 0)]
    [_, of_open] = compared(open_, policy(clause("r-cyber")), policy(clause("r-cyber", four_eyes="restricted")))
    assert (of_open.way, of_open.after.outcome) == ("tightening", "hold")
    assert of_open.after.reasons[0].code == "four-eyes-missing"


def test_a_limit_is_counted_on_from_batch_to_batch():
    limited = policy(clause("r-cyber", limit={"count": 3, "window": "P1D"}))
    subjects = [subject(object_id=f"indicator--{n}") for n in range(5)]
    facts = NATO
    found = []
    for start in (0, 2, 4):
        part = compare(alone(*subjects[start : start + 2]), "jpn", Side(policy(), NATO), Side(limited, facts), AT)
        facts = msgspec.structs.replace(facts, counts=part.counts[1])
        found += [one.after for one in part.verdicts]
    assert found == decide_many(subjects, "jpn", limited, AT, "", NATO)
    assert [one.outcome for one in found] == ["release"] * 3 + ["hold"] * 2


def test_what_the_party_sees_already_takes_no_second_place_in_a_limit():
    limited = policy(clause("r-cyber", limit={"count": 1, "window": "P1D"}))
    subjects = [subject(object_id=f"indicator--{n}") for n in range(3)]
    sent = frozenset({("indicator--0", "v1"), ("indicator--1", "v1")})
    facts = msgspec.structs.replace(NATO, counts={"r-cyber": 1}, sent=sent)
    decisions, counts = decide_counted(subjects, "jpn", limited, AT, "", facts)
    assert [one.outcome for one in decisions] == ["release", "release", "hold"]
    assert counts["r-cyber"] == 1


# Counts equal what deciding each object by itself says.

levels = st.sampled_from(["UNCLASSIFIED", "RESTRICTED", "CONFIDENTIAL", "SECRET"])
tlps = st.sampled_from(["clear", "green", "amber", "red", None])
caveats = st.sampled_from([(), ("ORCON",), ("NOFORN",)])
subjects = st.lists(
    st.builds(
        lambda n, kind, level, tlp, marks, area, owner, age: subject(
            object_id=f"{kind}--{n}",
            kind=kind,
            area=area,
            owner=owner,
            label=None if level == "SECRET" and tlp is None else label(level, tlp, caveats=marks),
            created_us=subject().created_us - age,
        ),
        st.integers(0, 99),
        st.sampled_from(["indicator", "report", "gap"]),
        levels,
        tlps,
        caveats,
        st.sampled_from(["cyber", "maritime"]),
        st.sampled_from(["nato", "jpn", "isac"]),
        st.sampled_from([0, 10 * 86_400_000_000]),
    ),
    max_size=12,
)
rules = st.builds(
    lambda types, level, tlp, redact, eyes, age, accepted: clause(
        "r-cyber",
        what={"object_types": types, "max_classification": level, "tlp_max": tlp} | ({"max_age": age} if age else {}),
        redact=redact,
        four_eyes=eyes,
        caveats=accepted,
    ),
    st.lists(st.sampled_from(["indicator", "report", "gap"]), min_size=1, unique=True),
    st.sampled_from(["unclassified", "restricted", "confidential"]),
    st.sampled_from(["clear", "green", "amber"]),
    st.lists(st.sampled_from(["drop-internal-ids", "drop-victim-identity"]), unique=True),
    st.sampled_from([None, "always", "restricted"]),
    st.sampled_from([None, "P5D"]),
    st.lists(st.sampled_from(["ORCON"]), unique=True),
)
policies = st.lists(rules, min_size=1, max_size=1).map(
    lambda found: policy(*found, forbid("f-nf", {"caveats_any": ["NOFORN"]}))
)
HEIGHTS = ("withhold", "hold", "redact", "release")


@given(subjects, policies, policies, st.sampled_from(["jpn", "isac", "nobody"]))
def test_counts_equal_deciding_each_object_by_itself(found, old, new, party):
    tally = Tally()
    for one in compared(alone(*found), old, new, party):
        tally.add(one)
    pairs = [tuple(decide(one, party, side, AT, "", NATO) for side in (old, new)) for one in found]
    outcomes = Counter((before.outcome, after.outcome) for before, after in pairs)
    assert {(before, after): count for before, after, count in tally.outcomes()} == outcomes
    heights = [(HEIGHTS.index(before.outcome), HEIGHTS.index(after.outcome)) for before, after in pairs]
    assert tally.count("loosening") == sum(after > before for before, after in heights)
    assert tally.count("tightening") == sum(after < before for before, after in heights)
    terms = [[set(one.profiles), set(one.clauses), one.duties, one.expires_us] for pair in pairs for one in pair]
    stays = [before == after and before > 0 for before, after in heights]
    other = sum(stay and terms[2 * n] != terms[2 * n + 1] for n, stay in enumerate(stays))
    assert tally.count("different") == other
    assert tally.of.total() == len(found)


@given(subjects, policies, st.sampled_from(["jpn", "isac"]))
def test_nothing_changes_under_the_same_policy(found, same, party):
    assert all(one.way == "unchanged" for one in compared(alone(*found), same, same, party))


@given(subjects, policies, policies)
def test_the_way_back_turns_every_way_round(found, old, new):
    turned = {"loosening": "tightening", "tightening": "loosening"}
    there, back = compared(alone(*found), old, new), compared(alone(*found), new, old)
    assert [turned.get(one.way, one.way) for one in there] == [one.way for one in back]


def test_steps_come_largest_first():
    kinds = {
        "withhold": clause("r-x", to=["nato"]),
        "hold": clause("r-x", four_eyes="always"),
        "redact": clause("r-x", redact=["drop-internal-ids"]),
        "release": clause("r-x"),
    }
    decided = {name: decide(subject(), "jpn", policy(one), AT, "", NATO) for name, one in kinds.items()}
    assert {name: one.outcome for name, one in decided.items()} == {name: name for name in kinds}
    tally = Tally()
    for before, after in (("redact", "release"), ("withhold", "hold"), ("withhold", "release"), ("hold", "withhold")):
        tally.add(verdict(decided[before], decided[after]))
    assert tally.steps("loosening") == [
        ("withhold", "release", 1),
        ("redact", "release", 1),
        ("withhold", "hold", 1),
    ]
    assert tally.steps("tightening") == [("hold", "withhold", 1)]
