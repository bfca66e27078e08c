"""Predicate, SQL, Cedar and evaluator give one answer on whatever programme, finding, party and instant."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime, timedelta
from functools import reduce
from operator import or_

import msgspec
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.release import cedar
from tests.unit.release.sample import clause, forbid, programme

from foedus.model import instant
from foedus.model.decision import Facts, Grant, Subject
from foedus.model.label import Category, Label, Succession
from foedus.release.compile import compile, from_ir  # noqa: A004
from foedus.release.conditions import Case, uncovered
from foedus.release.decide import decide, decide_many
from foedus.release.facets import FACET_COLUMNS, all_facets, facets, seen
from foedus.release.index import Index
from foedus.release.policy import PolicyIR
from foedus.release.predicate import OBJECT_COLUMNS, holds, of_labels, predicate, sql

PARTIES = ("nato", "jpn", "isac")
KINDS = ("indicator", "report", "gap")
DAY = timedelta(days=1)
# Instants at and one microsecond beside every boundary of the sample programme's dates.
BOUNDS = [
    datetime(2024, 1, 1, tzinfo=UTC),
    datetime(2026, 6, 1, tzinfo=UTC),
    datetime(2026, 6, 15, tzinfo=UTC),
    datetime(2026, 7, 1, tzinfo=UTC),
    datetime(2027, 1, 1, tzinfo=UTC),
]
instants = st.builds(
    lambda b, us: b + timedelta(microseconds=us), st.sampled_from(BOUNDS), st.sampled_from([-1, 0, 1, 3_600_000_000])
)
some = lambda values, least=0: st.lists(st.sampled_from(values), min_size=least, max_size=len(values), unique=True)  # noqa: E731
levels = st.sampled_from(["unclassified", "restricted", "confidential", "secret"])
tlps = st.sampled_from(["clear", "green", "amber", "amber+strict", "red"])
caveats = ["ORCON", "NOFORN", "JPN-EYES-ONLY", "ATOMAL"]
validities = st.sampled_from(
    [
        ("2024-01-01", "2026-12-31"),
        ("2024-01-01", "2026-12-31"),
        ("2024-01-01", "2026-12-31"),
        ("2026-06-01", "2026-06-30"),
        ("2026-05-01", "2026-05-31"),
        ("2026-07-01", "2026-12-31"),
    ]
)


def mostly(good, other, odds=4):
    """The value that lets things go, or any other now and then: else nearly everything would be withheld."""
    return st.integers(0, odds).flatmap(lambda n: other if n == 0 else st.just(good))


@st.composite
def permits(draw, n):
    start, until = draw(mostly(("2024-01-01", "2026-12-31"), validities, 2))
    what = {
        "object_types": draw(mostly(["indicator", "report"], some(KINDS, 1))),
        "max_classification": draw(mostly("secret", levels)),
        "tlp_max": draw(mostly("amber", tlps)),
    }
    if draw(st.integers(0, 3)) == 0:
        what["max_age"] = draw(st.sampled_from(["P1D", "P1M", "PT24H"]))
    return clause(
        f"p-{n}",
        what=what,
        **{
            "from": draw(mostly(PARTIES, some(PARTIES, 1))),
            "to": draw(mostly(PARTIES, some([*PARTIES, "pacific"], 1))),
        },
        areas=draw(mostly(["cyber", "maritime"], some(["cyber", "maritime"], 1))),
        purposes=draw(mostly(["network-defence", "assessment"], some(["network-defence", "assessment"], 1))),
        caveats=draw(some(caveats)),
        redact=draw(some(["pseudonymise-private-persons", "drop-internal-ids"])),
        valid={"from": start, "until": until},
    )


@st.composite
def forbids(draw, n):
    what = {}
    if draw(st.booleans()):
        what["caveats_any"] = draw(some(caveats, 1))
    if draw(st.booleans()):
        what["object_types"] = draw(some(KINDS, 1))
    if draw(st.booleans()):
        what["contains"] = ["personal-data"]
    unless = draw(st.sampled_from([None, "originator-consent", "pseudonymised"]))
    if unless:
        what["unless"] = unless
    return forbid(f"f-{n}", what, **{"from": draw(some(PARTIES, 1)), "to": draw(some([*PARTIES, "pacific"], 1))})


@st.composite
def programmes(draw):
    clauses = [draw(permits(n)) for n in range(draw(st.integers(1, 4)))]
    return programme(clauses + [draw(forbids(n)) for n in range(draw(st.integers(0, 2)))])


@st.composite
def labels(draw, succeed=True):
    policy, level = draw(
        st.sampled_from(
            [
                ("NATO", "RESTRICTED"),
                ("NATO", "RESTRICTED"),
                ("PUBLIC", "UNMARKED"),
                ("NATO", "UNCLASSIFIED"),
                ("NATO", "SECRET"),
                ("PUBLIC", "UNMARKED"),
                ("JPN", "秘"),
                ("X", "Y"),
            ]
        )
    )
    cats = []
    if policy == "NATO":
        cats = [
            Category("Context", "PERMISSIVE", ("NATO", "Releasable")),
            Category(
                "Releasable To",
                "PERMISSIVE",
                tuple(draw(mostly(["NATO", "JPN", "isac"], some(["NATO", "JPN", "isac", "SWE", "CHE"])))),
            ),
        ]
    if policy == "JPN":
        cats = [Category("Releasable To", "PERMISSIVE", tuple(draw(some(["NATO", "DEU", "NOR"]))))]
    if draw(st.integers(0, 4)) == 0:
        cats.append(Category("Additional Sensitivity", "RESTRICTIVE", (draw(st.sampled_from(["ATOMAL", "BOHEMIA"])),)))
    later = ()
    if succeed and draw(st.integers(0, 3)) == 0:
        later = (Succession(draw(instants), draw(labels(succeed=False))),)
    marks = tuple(
        draw(mostly([], st.lists(st.sampled_from([*caveats, "KOR-EYES-ONLY", "STRANGE"]), min_size=1, max_size=2), 3))
    )
    return Label(
        policy, level, tuple(cats), tlp=draw(mostly("green", st.none() | tlps)), caveats=marks, successions=later
    )


@st.composite
def subjects(draw, at):
    minute, us = timedelta(minutes=1), timedelta(microseconds=1)
    ages = [
        timedelta(),
        timedelta(hours=1),
        DAY,
        DAY - us,
        DAY + us,
        31 * DAY,
        31 * DAY + us,
        -5 * minute,
        -5 * minute - us,
    ]
    missing = draw(mostly(False, st.booleans(), 9))
    return Subject(
        object_id="x",
        version="v",
        area=draw(mostly("cyber", st.sampled_from(["maritime", "nowhere"]), 6)),
        kind=draw(mostly("indicator", st.sampled_from(KINDS))),
        owner=draw(mostly("nato", st.sampled_from([*PARTIES, "stranger"]))),
        label=draw(mostly(True, st.booleans(), 9).flatmap(lambda known: labels() if known else st.none())),
        created_us=-1 if missing else instant.to_us(at - draw(st.sampled_from(ages))),
        labelled_us=instant.to_us(at) + draw(mostly(0, st.sampled_from([-1, 1]))),
        contains=tuple(draw(mostly([], st.just(["personal-data"])))),
    )


@st.composite
def cases(draw):
    at = draw(mostly(datetime(2026, 6, 2, tzinfo=UTC), instants, 2))
    policy = compile(draw(programmes()), at, digest="d", in_force=draw(mostly(True, st.booleans(), 9)))
    found = draw(st.lists(subjects(at), min_size=1, max_size=12))
    found = [msgspec.structs.replace(s, object_id=f"x{n}") for n, s in enumerate(found)]
    return (
        policy,
        found,
        draw(st.sampled_from(["nato", "jpn", "nato", "jpn", "isac"])),
        at,
        draw(mostly("", st.sampled_from(["network-defence", "assessment", "strange"]), 9)),
    )


def row(subject, policy, at):
    columns = facets(subject.label, subject.owner, policy, at)
    return {f"o.{name}": getattr(subject, name) for name in OBJECT_COLUMNS} | {
        f"f.{name}": getattr(columns, name) for name in FACET_COLUMNS
    }


def granted(subjects, party):
    return Facts(grants=tuple(Grant(s.object_id, (party,), 2**62) for s in subjects))


@given(cases())
def test_evaluator_equals_cedar_with_and_without_consent(case):
    policy, found, party, at, purpose = case
    at_us = instant.to_us(at)
    for facts in (Facts(), granted(found, party)):
        ours = [
            d.outcome in ("release", "redact", "hold") for d in decide_many(found, party, policy, at, purpose, facts)
        ]
        assert ours == cedar.allowed(found, party, policy, at_us, purpose, consented=True)
    # Without consent Cedar knows the forbids that ask for it; the evaluator also holds every ORCON, forbid or not.
    without = [d.outcome in ("release", "redact") for d in decide_many(found, party, policy, at, purpose, Facts())]
    theirs = cedar.allowed(found, party, policy, at_us, purpose, consented=False)
    assert all(b for a, b in zip(without, theirs, strict=True) if a)


@given(cases())
def test_predicate_equals_evaluator_on_findings_without_content(case):
    policy, found, party, at, purpose = case
    for subject in found:
        plain = msgspec.structs.replace(subject, contains=())
        expression = predicate(policy, party, plain.area, at, purpose)
        outcome = decide(plain, party, policy, at, purpose, Facts()).outcome
        assert holds(expression, row(plain, policy, at)) == (outcome != "withhold")
        # Content is looked at afterwards and only ever takes away.
        if decide(subject, party, policy, at, purpose, Facts()).outcome != "withhold":
            assert holds(expression, row(subject, policy, at))


@given(cases())
def test_sql_selects_what_the_predicate_holds_for(case):
    policy, found, party, at, purpose = case
    database = sqlite3.connect(":memory:")
    database.execute(f"CREATE TABLE o (n, l, {', '.join(OBJECT_COLUMNS)})")
    database.execute(f"CREATE TABLE f (l, {', '.join(FACET_COLUMNS)}, owner)")
    for n, s in enumerate(found):
        database.execute(
            f"INSERT INTO o VALUES ({','.join('?' * 7)})", (n, n, *(getattr(s, name) for name in OBJECT_COLUMNS))
        )
        for form in all_facets(s.label, s.owner, policy):
            database.execute(f"INSERT INTO f VALUES ({','.join('?' * 10)})", (n, *form, s.owner))
    for area in ("cyber", "maritime", "nowhere"):
        expression = predicate(policy, party, area, at, purpose)
        text, parameters = sql(expression)
        rows = database.execute(f"SELECT o.n FROM o JOIN f ON f.l = o.l WHERE {text} ORDER BY o.n", parameters)
        chosen = [n for (n,) in rows]
        assert chosen == [n for n, s in enumerate(found) if holds(expression, row(s, policy, at))]
        # Of the labels and owners alone, without any object beside: no label is left out under which something is chosen.
        text, parameters = sql(of_labels(expression))
        assert {*chosen} <= {n for (n,) in database.execute(f"SELECT f.l FROM f WHERE {text}", parameters)}
    database.close()


@given(cases())
def test_many_equals_one_by_one_and_a_stored_policy_replays(case):
    policy, found, party, at, purpose = case
    many = decide_many(found, party, policy, at, purpose, Facts())
    assert many == [decide(s, party, policy, at, purpose, Facts()) for s in found]
    stored = msgspec.json.decode(msgspec.json.encode(policy.ir), type=PolicyIR)
    again = from_ir(stored, policy.valid_from_us, policy.valid_until_us)
    assert again.hash == policy.hash
    assert [msgspec.json.encode(d) for d in decide_many(found, party, again, at, purpose, Facts())] == [
        msgspec.json.encode(d) for d in many
    ]


@given(cases(), st.data())
def test_a_further_forbid_never_lets_more_go(case, data):
    policy, found, party, at, purpose = case
    before = decide_many(found, party, policy, at, purpose, Facts())
    rules = data.draw(forbids(9))
    more = compile(programme([rules]), at, digest="d", in_force=True).ir.rules
    wider = from_ir(
        msgspec.structs.replace(policy.ir, rules=policy.ir.rules + more), policy.valid_from_us, policy.valid_until_us
    )
    after = decide_many(found, party, wider, at, purpose, Facts())
    rank = {"withhold": 0, "hold": 1, "redact": 2, "release": 2}
    for a, b in zip(after, before, strict=True):
        # A marking the further forbid names is known from then on; that alone releases nothing.
        assert rank[a.outcome] <= rank[b.outcome]


@given(cases())
def test_every_denial_says_why_and_every_release_by_which_clause(case):
    policy, found, party, at, purpose = case
    for decision in decide_many(found, party, policy, at, purpose, Facts()):
        assert bool(decision.reasons) == (decision.outcome in ("withhold", "hold"))
        assert (decision.duties is not None and decision.clauses != ()) == (decision.outcome != "withhold")
        assert not any(reason.code == "evaluator-error" for reason in decision.reasons)


LABEL_FIXES = {
    "level-unknown": ("f.level", "unknown"),
    "label-missing": ("f.level", "f.tlp", "f.caveats", "f.audience", "unknown"),
    "level-above-clearance": ("f.level",),
    "level-above-clause": ("f.level",),
    "tlp-missing": ("f.tlp", "unknown"),
    "tlp-above-party": ("f.tlp",),
    "tlp-above-clause": ("f.tlp",),
    "category-unknown": ("unknown",),
    "caveat-unknown": ("unknown",),
    "category-not-accepted": ("f.cats",),
    "caveat-not-accepted": ("f.caveats",),
    "caveat-not-in-clause": ("f.cats", "f.caveats"),
    "forbidden": ("f.cats", "f.caveats"),
    "not-in-audience": ("f.audience",),
    "owner-unknown": ("o.owner",),
    "recipient-is-originator": ("o.owner",),
    "owner-not-in-clause": ("o.owner",),
    "type-unknown": ("o.kind",),
    "type-not-in-clause": ("o.kind",),
    "area-unknown": ("o.area",),
    "area-not-in-clause": ("o.area",),
    "created-missing": ("o.created_us",),
    "created-in-future": ("o.created_us",),
    "too-old": ("o.created_us",),
    "labelled-later": ("o.labelled_us",),
}


@given(cases())
def test_changing_exactly_the_listed_conditions_flips_a_denial(case):
    policy, found, party, at, purpose = case
    plain = [
        rule
        for rule in policy.ir.rules
        if rule.effect == "permit" or (rule.caveats_any and not rule.types and not rule.contains)
    ]
    policy = from_ir(
        msgspec.structs.replace(policy.ir, rules=tuple(plain)), policy.valid_from_us, policy.valid_until_us
    )
    recipient = policy.recipients[party]
    for subject in found:
        decision = decide(subject, party, policy, at, purpose, Facts())
        codes = {reason.code for reason in decision.reasons}
        if decision.outcome != "withhold" or not codes <= LABEL_FIXES.keys() | {
            "purpose-unknown",
            "purpose-not-in-clause",
        }:
            continue
        # Two forbids may strike one mark.
        struck = reduce(or_, (rule.any_of for rule in recipient.forbids if rule.rule.id in decision.clauses), 0)
        nearest = next((r for r in recipient.permits if r.rule.id == decision.nearest), None)
        rule = nearest or next(r for r in recipient.permits if holds_for(r, subject, policy, at, decision.purpose))
        others = [owner for owner in rule.rule.owners if owner != party]
        if not others:
            # Only the recipient itself may give under this clause: nothing it gave is given back.
            continue
        wanted = {
            "f.level": min(recipient.clearance, rule.level_max),
            "f.tlp": min(recipient.tlp_max, rule.tlp_max),
            "f.cats": row(subject, policy, at)["f.cats"] & rule.allowed & ~struck,
            "f.caveats": row(subject, policy, at)["f.caveats"] & rule.allowed & ~struck,
            "f.audience": recipient.bit,
            "o.owner": others[0],
            "o.kind": rule.rule.types[0],
            "o.area": rule.rule.areas[0],
            "o.created_us": instant.to_us(at),
            "o.labelled_us": instant.to_us(at),
        }
        columns = {column for code in codes for column in LABEL_FIXES.get(code, ())}
        changed = row(subject, policy, at) | {column: wanted[column] for column in columns - {"unknown"}}
        if "unknown" in columns:
            changed["f.unknown"] = 0
        asked = rule.rule.purposes[0] if codes & {"purpose-unknown", "purpose-not-in-clause"} else decision.purpose
        assert holds(predicate(policy, party, changed["o.area"], at, asked), changed)


def holds_for(rule, subject, policy, at, purpose):
    recipient = policy.recipients[rule.rule.recipient]
    label = seen(subject.label, subject.owner, policy, at)
    return not uncovered(Case(subject, *label, recipient, policy, instant.to_us(at), purpose), rule)


@given(cases())
def test_the_index_finds_the_permits_that_cover_and_the_first_that_fails_fewest(case):
    policy, found, party, at, purpose = case
    recipient = policy.recipients[party]
    for age, subject in enumerate(found):
        label = seen(subject.label, subject.owner, policy, at)
        one = Case(subject, *label, recipient, policy, instant.to_us(at), purpose, age)
        lacking = [len(uncovered(one, rule)) for rule in recipient.permits]
        covering, nearest = Index(recipient).covering(one)
        assert covering == [rule for rule, n in zip(recipient.permits, lacking, strict=True) if n == 0]
        if not covering and lacking:
            assert nearest is recipient.permits[lacking.index(min(lacking))]
