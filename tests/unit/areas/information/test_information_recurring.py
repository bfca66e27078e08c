"""A set of accounts that comes back in another week is one campaign, under OpenCTI's id; nobody is behind it."""

from __future__ import annotations

import io
import json
from datetime import timedelta

import jsonschema
import pytest
from tests.information.pushed import ACCOUNTS, lines, posts
from tests.unit.areas.information.conftest import AT, KEYS

from foedus.areas.information import remembered
from foedus.areas.information.meaning import opencti_ids
from foedus.areas.information.meaning.extensions import CAMPAIGN, schema
from foedus.engine.run import HeldLayers, analyse, records_from

WEEK_S = 7 * 86_400
LATER = AT + timedelta(days=60)


def week(number: int, rename: str = "", **said) -> list[dict]:
    """Posts of a week; all accounts are others where renamed."""
    held = posts(seed=number + 1, **said)
    return [
        one | {"created_at": one["created_at"] + (number - 1) * WEEK_S, "user_id": f"{rename}{one['user_id']}"}
        for one in held
    ]


@pytest.fixture(scope="module")
def read(information):
    """Parts of posts, a source each, read in their order -> all that was said, the state; a state to begin with."""

    def run(parts, state=b"", first=0):
        said = []
        for number, part in enumerate(parts, first):
            settings = {"at": LATER, "keys": KEYS, "time_format": "s"}
            records = records_from(information.ingest(io.BytesIO(lines(part)), settings=settings), f"file:{number}")
            made = analyse(information, records, settings={"owner": "nato"}, layers=HeldLayers(), state=state, at=LATER)
            said += list(made)
            state = made.state
        return said, state

    return run


@pytest.fixture(scope="module")
def once(read):
    """A week, and the state after it."""
    return read([week(0)])


@pytest.fixture(scope="module")
def twice(read, once):
    """Two weeks with one set of accounts, a file each."""
    said, state = read([week(1)], once[1], 1)
    return once[0] + said, state


def campaigns(said) -> list:
    return [one for one in said if one.kind == "campaign"]


def test_a_set_that_comes_back_is_one_campaign_of_its_cases(twice):
    [found] = campaigns(twice[0])
    head = json.loads(found.head.raw)
    assert head["id"] == opencti_ids.named("campaign", head["name"])
    assert head["extensions"][CAMPAIGN]["weeks"] == ["2026-05-11", "2026-05-18"]
    assert head["extensions"][CAMPAIGN]["accounts"] == 6
    jsonschema.validate(head["extensions"][CAMPAIGN], schema(CAMPAIGN))
    cases = {one.head.id for one in twice[0] if one.kind == "coordination"}
    assert linked(found) == {("related-to", case) for case in cases}
    assert found.because == ("source:file:0", "source:file:1")


def linked(found) -> set[tuple[str, str]]:
    links = [json.loads(one.object.raw) for one in found.supports if one.object.type == "relationship"]
    assert {one["source_ref"] for one in links} == {found.head.id}
    return {(one["relationship_type"], one["target_ref"]) for one in links}


def test_nobody_is_behind_it_and_no_account_is_in_it(twice):
    [found] = campaigns(twice[0])
    raw = b"".join(
        (found.head.raw, *(one.object.raw for one in found.supports if one.object.type != "extension-definition"))
    )
    held = remembered.restore(twice[1])
    hidden = {*ACCOUNTS, *(account for one in held.said.values() for account in one.accounts)}
    assert len(hidden) == 14
    assert [one for one in (*hidden, "attributed", "intrusion-set", "threat-actor") if one.encode() in raw] == []


@pytest.mark.parametrize("other", [week(1, rename="x_"), week(1, pushed=False), week(0)[:9]])
def test_other_accounts_a_quiet_week_and_the_same_week_are_no_campaign(read, once, other):
    assert campaigns(read([other], once[1], 1)[0]) == []


def test_both_weeks_in_one_file_end_in_the_same(twice, read):
    [found] = campaigns(twice[0])
    [last] = campaigns(read([week(0) + week(1)])[0])
    assert last.head.raw == found.head.raw


def test_later_weeks_keep_its_name_those_out_of_memory_too(twice, read):
    said, state = read([week(2), week(4)], twice[1], 2)
    assert [one.head.id for one in campaigns(said)] == [campaigns(twice[0])[0].head.id] * 2
    assert not any(one.head.revoked for one in campaigns(said))
    assert 2940 not in {one.week for one in remembered.restore(state).said.values()}


def test_it_is_revoked_when_one_of_two_cases_no_longer_stands(twice, read):
    more = [one | {"id": f"9{one['id']}"} for one in week(1)[:3]]
    said, _ = read([more], remembered.forget(twice[1], {"file:1"}), 2)
    assert [one.head.revoked for one in campaigns(said)] == [True]
    assert campaigns(said)[0].head.id == campaigns(twice[0])[0].head.id


def test_no_pseudonym_of_a_source_that_is_over_is_remembered(twice):
    held = remembered.restore(remembered.forget(twice[1], {"file:0", "file:1"}))
    assert {one.accounts for one in held.said.values()} == {()}
