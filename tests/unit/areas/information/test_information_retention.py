"""What the room carries between runs ends with the source it came from: no text of it, and nothing concluded later."""

from __future__ import annotations

import io
import json

import pytest
from tests.information.pushed import ACCOUNTS, lines, posts
from tests.unit.areas.information.conftest import AT, KEYS

from foedus.areas.information import remembered, retention
from foedus.areas.information.meaning.extensions import CASE
from foedus.engine.run import HeldLayers, analyse, records_from
from foedus.errors import MalformedRecord

WEEK = posts()
PUSHED, CROWD = ([one for one in WEEK if (one["user_id"] in ACCOUNTS) is said] for said in (True, False))


@pytest.fixture(scope="module")
def read(information):
    """A state, posts and their source -> what was said, the state after."""

    def run(state: bytes, held: list[dict], source: str):
        settings = {"at": AT, "keys": KEYS, "time_format": "s"}
        records = records_from(information.ingest(io.BytesIO(lines(held)), settings=settings), source)
        made = analyse(information, records, settings={"owner": "nato"}, layers=HeldLayers(), state=state, at=AT)
        return list(made), made.state

    return run


@pytest.fixture(scope="module")
def both(read):
    """The state after the crowd and those who push, from two sources; and what was found."""
    _, state = read(b"", CROWD, "file:crowd")
    return read(state, PUSHED, "file:pushed")


def texts(state: bytes) -> set[str]:
    held = remembered.restore(state).posts
    return set(remembered.read(held)["text"].to_pylist()) if held else set()


def test_nothing_of_a_source_is_left_and_all_of_the_others(both):
    left = retention.forget(both[1], {"file:pushed"})
    assert texts(both[1]) - texts(left) == {one["text"] for one in PUSHED}
    assert texts(left) == {one["text"] for one in CROWD}


def test_who_pushed_in_a_week_that_lost_posts_is_forgotten_and_once_only(both):
    def pushed(state: bytes) -> dict[int, list[str]]:
        return remembered.restore(remembered.restore(state).followed).pushed

    [(week, ids)] = pushed(both[1]).items()
    assert len(ids) >= len(PUSHED)
    left = retention.forget(both[1], {"file:pushed"})
    assert pushed(left) == {}
    held = remembered.restore(left)
    held.followed = remembered.dump(remembered.State(pushed={week: ids}))
    assert pushed(retention.forget(remembered.dump(held), {"file:other"})) == {week: ids}


def test_without_any_source_there_are_no_posts(both):
    assert texts(retention.forget(both[1], {"file:pushed", "file:crowd"})) == set()


@pytest.mark.parametrize("sources", [set(), {"file:other"}])
def test_a_source_that_brought_nothing_changes_no_byte(both, sources):
    assert retention.forget(both[1], sources) == both[1]
    assert retention.forget(b"", sources) == b""


def test_what_is_measured_later_rests_on_what_is_left_and_says_what_went(both, read):
    [found] = both[0]
    more = [one | {"id": f"9{one['id']}", "created_at": one["created_at"] + 1} for one in CROWD[-2:]]
    said, _ = read(retention.forget(both[1], {"file:pushed"}), more, "file:more")
    assert [(one.head.id, one.head.revoked) for one in said] == [(found.head.id, True)]
    said, _ = read(retention.forget(both[1], {"file:crowd"}), CROWD, "file:again")
    assert json.loads(said[0].head.raw)["extensions"][CASE]["coverage"]["posts deleted with their source"] == "some"
    assert "source:file:crowd" not in said[0].because


def test_a_state_that_is_none_is_refused():
    with pytest.raises(MalformedRecord) as caught:
        retention.forget(b"\xff", {"file:0"})
    assert caught.value.code == "state-malformed"
