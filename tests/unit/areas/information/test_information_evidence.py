"""The packs of a case: the local one gives the same ties again, the released one goes with the case and names nobody."""

from __future__ import annotations

import hashlib
import io
import json

import jsonschema
import msgspec
import pytest
from tests.information.pushed import ACCOUNTS, lines, posts
from tests.unit.areas.information.conftest import AT, KEYS

from foedus.areas.information import evidence, remembered, replayed
from foedus.areas.information.meaning.extensions import CASE, EVIDENCE, schema
from foedus.areas.information.meaning.packs import opened
from foedus.engine.run import HeldLayers, analyse, records_from
from foedus.model.canonical import canonical

OPEN = "zz_public_channel"
WEEK = [one | {"user_id": OPEN if one["user_id"] == ACCOUNTS[0] else one["user_id"]} for one in posts()]


@pytest.fixture(scope="module")
def read(information):
    """Posts -> the analysis, run to its end, and what it found."""

    def run(held: list[dict]):
        settings = {"at": AT, "keys": KEYS, "time_format": "s", "channels": [OPEN]}
        records = records_from(information.ingest(io.BytesIO(lines(held)), settings=settings), "file:0")
        made = analyse(information, records, settings={"owner": "nato"}, layers=HeldLayers(), state=b"", at=AT)
        return made, list(made)

    return run


@pytest.fixture(scope="module")
def made(read):
    """The finding of the week, and what it can be replayed from."""
    analysis, [finding] = read(WEEK)
    [pack] = analysis.packs.values()
    return finding, pack


def said(finding) -> dict:
    return json.loads(finding.head.raw)["extensions"][CASE]


def note(finding):
    [one] = [held.object for held in finding.supports if held.object.type == "note"]
    return one


def test_a_replay_gives_the_same_ties_and_figures(made):
    finding, pack = made
    assert (pack.name, pack.sources) == (replayed.pack_of(finding.head), ("file:0",))
    again = replayed.replay(pack.raw, finding.head)
    assert [one.what for one in again if not one.same] == []
    assert [one.number for one in again if one.what == "ties"] == [21]  # each of seven with each


def test_the_ties_are_those_of_the_accounts_that_pushed(made):
    _, groups = evidence.replayed(made[1].raw)
    [group] = groups.values()
    tied = {one for tie in group.ties for one in (tie.a, tie.b)}
    held = remembered.read(opened(made[1].raw).posts).to_pylist()
    shared = {one["text"] for one in held if one["channel"] == OPEN}
    assert tied == {one["account"] or one["channel"] for one in held if one["text"] in shared}


def changed(pack, change) -> bytes:
    held = opened(pack.raw)
    written = remembered.written(change(remembered.read(held.posts)))
    return msgspec.msgpack.encode(msgspec.structs.replace(held, posts=written))


def test_a_pack_without_a_post_or_with_another_result_comes_out_otherwise(made):
    finding, pack = made
    of_group = [
        n for n, one in enumerate(remembered.read(opened(pack.raw).posts)["channel"].to_pylist()) if one == OPEN
    ]
    less = changed(pack, lambda posts: posts.slice(0, of_group[-1]))
    assert [one.what for one in replayed.replay(less, finding.head) if not one.same] == ["records"]
    held = opened(pack.raw)
    other = msgspec.structs.replace(held, results=dict.fromkeys(held.results, "0" * 64))
    again = replayed.replay(msgspec.msgpack.encode(other), finding.head)
    assert [one.what for one in again if not one.same] == ["ties"]


def test_the_released_pack_goes_with_the_case_which_holds_its_hash(made):
    finding, pack = made
    held = json.loads(note(finding).raw)["extensions"][EVIDENCE]
    jsonschema.validate(held, schema(EVIDENCE))
    del held["extension_type"]
    assert hashlib.sha256(canonical(held)).hexdigest() == said(finding)["pack_sha256"]
    assert held["result_sha256"] in opened(pack.raw).results.values()
    assert {one["accounts"] for one in held["cells"]} == {6}


def test_texts_of_public_channels_are_there_by_hash_and_nobody_elses(made):
    held = json.loads(note(made[0]).raw)["extensions"][EVIDENCE]
    rows = remembered.read(opened(made[1].raw).posts).to_pylist()
    assert len(held["public_items"]) == len([one for one in rows if one["channel"] == OPEN])


def test_no_account_pseudonym_text_or_id_is_in_any_byte_of_it(made):
    rows = remembered.read(opened(made[1].raw).posts).to_pylist()
    hidden = {one[name] for one in rows for name in ("record_id", "account", "channel", "text") if one[name]}
    hidden |= {word for one in rows for word in one["text"].split() if len(word) > 8}
    hidden |= {*ACCOUNTS, *(one["id"] for one in WEEK)}
    assert [one for one in hidden if one.encode() in note(made[0]).raw] == []


def test_a_week_without_a_group_keeps_nothing(read):
    analysis, found = read(posts(pushed=False))
    assert found == []
    assert [one.raw for one in analysis.packs.values()] == [b""]


def test_what_is_no_case_has_no_pack(made):
    assert replayed.pack_of(note(made[0])) == ""
