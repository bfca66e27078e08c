"""Response options beside findings: a checklist that neither deceives nor censors, and nothing where nobody loaded the table."""

from __future__ import annotations

import json

import jsonschema
import pytest
from tests.unit.areas.information.test_information_followed import FILES, followed, post, week  # noqa: F401  (a fixture)

from foedus.areas.information import options
from foedus.areas.information.about import show
from foedus.areas.information.meaning import extensions
from foedus.areas.information.meaning.counters import COLUMNS, NEVER, OFFERED, WITHHELD
from foedus.areas.information.told import dicts
from foedus.engine.run import HeldLayers
from foedus.errors import LimitExceeded, MalformedRecord
from foedus.model import stix
from foedus.model.picture import Table

NAME = "information/counters/disarm.csv"


ROWS = [(id_, "resilience") for id_ in sorted({*OFFERED, *WITHHELD})]
ROWS += [(f"C9{number:04}", kind) for number, kind in enumerate(NEVER)]


@pytest.fixture(scope="module")
def table() -> dict[str, bytes]:
    """A table as DISARM's: all that may be offered, all that is withheld, one of each kind that never is."""
    rows = [f"{id_},Option {id_},TA01,M001,{kind},text" for id_, kind in ROWS]
    return {NAME: "\n".join((",".join(COLUMNS), *rows)).encode()}


@pytest.fixture(scope="module")
def answered(followed, table):  # noqa: F811
    """A line with narratives against it, and the note of its options."""
    [found] = followed([week()], FILES | table)[0]
    [note] = [one for one in found.supports if json.loads(one.object.raw).get("labels") == ["response options"]]
    return found, note


def told(note) -> list[dict]:
    held = json.loads(note.object.raw)["extensions"][extensions.OPTIONS]
    jsonschema.validate(held, extensions.schema(extensions.OPTIONS))
    return held["options"]


def test_nothing_that_deceives_censors_or_harms_is_on_the_checklist(answered):
    listed = told(answered[1])
    assert {one["id"] for one in listed} == OFFERED
    assert not {one["id"] for one in listed} & WITHHELD.keys()
    assert not {one["kind"] for one in listed} & NEVER.keys()


def test_the_checklist_rests_on_the_table_alone_and_the_finding_not_on_it(answered):
    found, note = answered
    assert note.because == (f"layer:{NAME}",)
    assert f"layer:{NAME}" not in found.because
    assert note.object.id.encode() not in found.head.raw


def test_the_picture_has_it_where_the_reader_holds_the_note(answered):
    found, note = answered
    titles = [pane.title for pane in show(found, [note.object]).panes if isinstance(pane, Table)]
    assert "Response options (DISARM)" in titles
    assert "Response options (DISARM)" not in [pane.title for pane in show(found, ()).panes if isinstance(pane, Table)]
    assert "CC BY-SA" in str(show(found, [note.object]).panes)


def test_without_a_table_or_narratives_there_is_no_checklist(followed, table):  # noqa: F811
    alone = FILES | table | {"information/claims/ours.toml": b""}
    for files in (FILES, alone):
        [found] = followed([week()], files)[0]
        assert not [one for one in found.supports if b"response options" in one.object.raw]


def test_a_table_loaded_later_comes_with_the_next_posts(followed, table):  # noqa: F811
    _, _, state = followed([week()])
    [again] = followed([[post(99, "new", "It rains in Oslo.")]], FILES | table, state)[0]
    assert [one for one in again.supports if b"response options" in one.object.raw]


def test_an_entry_nobody_looked_at_is_not_offered():
    row = "C09999,New idea,TA01,M001,resilience,text"
    assert options.offered(HeldLayers({NAME: f"{','.join(COLUMNS)}\n{row}\n".encode()})) == options.Offered()


def test_a_partners_note_shows_whatever_stands_in_it(answered):
    head = json.loads(answered[1].object.raw)
    for broken in ([], {"options": [1, {"id": []}]}, "x"):
        raw = json.dumps(head | {"extensions": {extensions.OPTIONS: broken}}).encode()
        assert len(list(options.panes([stix.read(raw)]))) == 3
    assert dicts("x") == []


@pytest.mark.parametrize(
    ("files", "where"),
    [({NAME: b"\xff"}, NAME), ({NAME: b"a,b\n1,2\n"}, f"{NAME}, row 2")],
)
def test_another_table_is_refused_with_its_file(files, where):
    with pytest.raises(MalformedRecord) as caught:
        options.offered(HeldLayers(files))
    assert caught.value.where == where


def test_two_tables_or_one_too_large_are_refused(table):
    with pytest.raises(MalformedRecord, match="two files"):
        options.offered(HeldLayers(table | {"information/counters/more.csv": table[NAME]}))
    with pytest.raises(LimitExceeded):
        options.offered(HeldLayers({NAME: b" " * 2_000_000}))
