"""Response options: nothing that deceives, censors or names people is ever on the checklist."""

from __future__ import annotations

import re

import pytest

from foedus.areas.information.meaning.counters import COLUMNS, MAX_BYTES, NEVER, OFFERED, WITHHELD, checklist, read
from foedus.errors import LimitExceeded, MalformedRecord

HEAD = ",".join(COLUMNS)


@pytest.fixture(scope="module")
def counters(shared):
    return read(shared("data/information/disarm/counters.csv").read_bytes())


def test_every_entry_is_offered_or_has_a_reason(counters):
    assert len(counters) == 140
    assert {one.id for one in checklist(counters)} == OFFERED
    assert not [one for one in counters if one.withheld == "nobody has looked at it"]
    assert not OFFERED & WITHHELD.keys()


@pytest.mark.parametrize(
    "word", ["removal", "cleaning", "data pollution", "targeting", "reduce resources", "dilution", "diversion"]
)
def test_what_deceives_censors_or_harms_is_never_offered(counters, word):
    assert word in NEVER
    assert not [one for one in checklist(counters) if one.metatechnique == word]


@pytest.mark.parametrize(
    ("id_", "why"),
    [("C00048", "names"), ("C00085", "censors"), ("C00117", "censors"), ("C00136", "targets"), ("C00160", "recruits")],
)
def test_entries_that_name_mute_target_or_recruit_people_say_why(counters, id_, why):
    held = next(one for one in counters if one.id == id_)
    assert not held.offered
    assert held.withheld.startswith(why)


def test_a_programme_narrows_and_cannot_widen(counters):
    assert [one.id for one in checklist(counters, frozenset({"C00125", "C00048"}))] == ["C00125"]
    assert checklist(counters, frozenset()) == ()


def test_an_entry_nobody_looked_at_is_withheld():
    (held,) = read(f"{HEAD}\nC09999,New idea,TA01,M001,resilience,text\n".encode())
    assert held.withheld == "nobody has looked at it"


@pytest.mark.parametrize(
    ("raw", "where"),
    [
        (b"\xff\xfe", ""),
        (b"a,b\n1,2\n", "row 2"),
        (f"{HEAD}\nX1,n,t,m,m,s\n".encode(), "row 2"),
        (f"{HEAD}\nC00001,n,t,m,m,s\nC00001,n,t,m,m,s\n".encode(), "row 3"),
        (f"{HEAD}\nC00001,n\n".encode(), "row 2"),
    ],
)
def test_another_table_is_refused_with_its_place(raw, where):
    with pytest.raises(MalformedRecord) as caught:
        read(raw)
    assert (caught.value.code, caught.value.where) == ("counters-malformed", where)


def test_a_table_too_large_is_refused():
    with pytest.raises(LimitExceeded):
        read(b" " * (MAX_BYTES + 1))


def test_the_page_lists_every_entry_that_is_withheld_with_its_reason(root):
    page = (root / "docs" / "areas" / "information-cases.md").read_text(encoding="utf-8")
    listed = {id_: line for line in page.splitlines() if line.startswith("| ") for id_ in re.findall(r"C\d{5}", line)}
    assert {id_: why in listed[id_] for id_, why in WITHHELD.items()} == dict.fromkeys(WITHHELD, True)
    assert listed.keys() == WITHHELD.keys()
    assert all(f"| {kind} | {why} |" in page for kind, why in NEVER.items())
