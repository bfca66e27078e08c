"""The predicate as SQL: one text for several engines, every mask in parentheses, no complement operator."""

from __future__ import annotations

import sqlite3

import pytest
from tests.unit.release.sample import AT, clause, forbid, programme

from foedus.release.compile import compile  # noqa: A004
from foedus.release.predicate import And, Cmp, Const, In, MaskOverlap, MaskSubset, Not, Or, holds, predicate, sql

FLAGS = And(
    (
        Cmp("f.level", "<=", 1),
        Not(MaskOverlap("f.caveats", 6)),
        MaskSubset("f.cats", 3),
        Or((In("o.kind", ("a", "b")), Cmp("o.created_us", ">", 2**52))),
    )
)
ROWS = [
    (level, caveats, cats, kind, us)
    for level in (0, 2)
    for caveats in (0, 4, 8)
    for cats in (0, 3, 4)
    for kind in "ac"
    for us in (0, 2**53)
]


def wanted():
    names = ("f.level", "f.caveats", "f.cats", "o.kind", "o.created_us")
    return [n for n, row in enumerate(ROWS) if holds(FLAGS, dict(zip(names, row, strict=True)))]


def fill(execute):
    execute("CREATE TABLE f (n BIGINT, level BIGINT, caveats BIGINT, cats BIGINT)")
    execute("CREATE TABLE o (n BIGINT, kind VARCHAR(9), created_us BIGINT)")
    for n, (level, caveats, cats, kind, us) in enumerate(ROWS):
        execute(f"INSERT INTO f VALUES ({n}, {level}, {caveats}, {cats})")
        execute(f"INSERT INTO o VALUES ({n}, '{kind}', {us})")


def test_sqlite_selects_what_holds():
    database = sqlite3.connect(":memory:")
    fill(database.execute)
    text, values = sql(FLAGS)
    rows = database.execute(f"SELECT o.n FROM o JOIN f ON f.n = o.n WHERE {text} ORDER BY o.n", values).fetchall()
    database.close()
    assert [n for (n,) in rows] == wanted() != []


def test_duckdb_selects_the_same_with_the_same_text():
    duckdb = pytest.importorskip("duckdb")
    database = duckdb.connect(":memory:")
    fill(database.execute)
    text, values = sql(FLAGS)
    query = f"SELECT o.n FROM o JOIN f ON f.n = o.n WHERE {text.replace(':p', '$p')} ORDER BY o.n"
    assert [n for (n,) in database.execute(query, values).fetchall()] == wanted()
    database.close()


def test_no_party_no_force_no_area_no_purpose_select_nothing():
    policy = compile(programme(), AT, digest="d", in_force=True)
    unsigned = compile(programme(), AT, digest="d", in_force=False)
    nothing = Const(value=False)
    assert predicate(policy, "mars", "cyber", AT, "") == nothing
    assert predicate(unsigned, "jpn", "cyber", AT, "") == nothing
    assert predicate(policy, "jpn", "nowhere", AT, "") == nothing
    assert predicate(policy, "jpn", "cyber", AT, "marketing") == nothing
    assert sql(nothing) == ("(1 = 0)", {})


def test_empty_lists_never_hold_and_masks_stay_within_63_bits():
    assert sql(In("o.kind", ()))[0] == "(1 = 0)"
    clauses = [clause("rr", caveats=["ATOMAL"]), forbid("ff", {"caveats_any": ["NOFORN"], "unless": "pseudonymised"})]
    policy = compile(programme(clauses), AT, digest="d", in_force=True)
    text, values = sql(predicate(policy, "jpn", "cyber", AT, ""))
    assert "~" not in text
    assert all(0 <= value < 2**63 for value in values.values() if isinstance(value, int))
