"""NATO and Japan under a programme that asks for people: four eyes from RESTRICTED on, two open findings a day."""

from __future__ import annotations

import sqlite3
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from tests.node_pair import AMBER, OPEN, START, Nodes, bundle, indicator, make_nodes, stix_id

from foedus.errors import NotReleasable
from foedus.model.entry import MASTER
from foedus.model.people import Person
from foedus.node import account, people
from foedus.node.approve import Wish, approve
from foedus.node.home import Node
from foedus.node.pending import detail
from foedus.programme.packaged import read_shipped
from foedus.store.engine import FILE

WORD = "nato-jpn-itpp-2023"
ID = f"urn:foedus:programme:{WORD}"
PASSWORD = "a long password"
SECRET_ONE, SECRET_TWO = stix_id("indicator", 1), stix_id("indicator", 2)
OPEN_ONES = [stix_id("indicator", number) for number in (11, 12, 13, 14)]
ANNA = Person("anna", ("releaser",))
CHIE = Person("chie", ("approver",))
DORA = Person("dora", ("approver",))
BOTH = Person("bo", ("releaser", "approver"))
FINN = Person("finn", ("administrator",))
PEOPLE = (ANNA, CHIE, DORA, BOTH, Person("eva", ("auditor",)), FINN)
OTHERS = (*PEOPLE[4:], Person("gil", ("liaison",), "jpn"), Person("hana", ("analyst",)))
_FOUR_EYES = "      actions: internally-visible            # IEP 2.0 permitted_actions ladder\n"
_LIMIT = "      purposes: [network-defence]\n      actions: externally-visible-direct\n"


def programme(directory: Path) -> Path:
    """Write the programme."""
    text = read_shipped("nato-japan-2023").decode()
    assert _FOUR_EYES in text
    assert _LIMIT in text
    text = text.replace(_FOUR_EYES, _FOUR_EYES + "      four_eyes: restricted\n", 1)
    text = text.replace(_LIMIT, _LIMIT + "      limit: {count: 2, window: P1D}\n", 1)
    path = directory / "asks.yaml"
    path.write_text(text, encoding="utf-8")
    return path


class SetClock:
    """A clock that stands until it is moved."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def now(self) -> datetime:
        """Return what it shows."""
        return self.at

    def on(self, seconds: float) -> None:
        """Move it."""
        self.at += timedelta(seconds=seconds)


def make(directory: Path, *, start_at: datetime | None = START) -> Nodes:
    """Make the nodes; NATO has people, two findings under four eyes and four open ones, and has released what may go."""
    directory.mkdir()
    nodes = make_nodes(directory / "nodes", {str(programme(directory)): ("nato", "jpn")}, start_at=start_at)
    nodes.put("nato", bundle(indicator(1), indicator(2, x_ticket="INC-1")), AMBER)
    nodes.put("nato", bundle(*(indicator(number) for number in (11, 12, 13, 14))), OPEN)
    with nodes.open("nato") as node:
        for person in PEOPLE:
            people.add(node, person.name, person.roles, PASSWORD)
    nodes.release("nato")
    return nodes


def at_hand(node: Node, seconds: float = 3_600) -> SetClock:
    """Give an open node a clock that stands, some time after its start."""
    clock = SetClock(START + timedelta(seconds=seconds))
    node.clock = clock
    return clock


def wish(object_id: str, hash: str = "") -> Wish:
    """Return what is meant: an object, for Japan."""
    return Wish(object_id, "jpn", "", hash)


def entries(node: Node, *kinds: str) -> list[dict[str, object]]:
    """Return the bodies of kinds of entries in the private log, each with its kind."""
    with node.store.read() as read:
        stored = list(read.logs.entries(MASTER, 0, read.logs.size(MASTER)))
    return [{"entry": one.entry().kind, **one.facts()} for one in stored if one.entry().kind in kinds]


def shown(node: Node) -> set[str]:
    """Return the ids that Japan's view shows."""
    from foedus.node.view import view_name
    from foedus.store import views

    with node.store.read() as read:
        return {row.object_id for row in views.shown(read, view_name(ID, "jpn", "cyber"))}


def by_two(node, object_id=SECRET_ONE):
    """Have two persons approve."""
    approve(node, ANNA, wish(object_id))
    return approve(node, CHIE, wish(object_id), "agreed")


def state(node, object_id=SECRET_ONE):
    return detail(node, object_id, "jpn").waiting


def refused(act, *args, **more):
    """Run an act that must be refused; return the code."""
    with pytest.raises(NotReleasable) as told:
        act(*args, **more)
    assert told.value.where
    return told.value.code


def change_row(node, sql):
    """Change the index behind the node's back."""
    with sqlite3.connect(node.directory / FILE) as connection:
        connection.execute(sql)


def nodes_whole(node):
    return all(report.whole for report in account.verify(node))
