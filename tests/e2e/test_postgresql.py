"""Two nodes that keep their databases in PostgreSQL: what partners see is what nodes on SQLite show, byte for byte."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from tests import postgres
from tests.node_pair import AMBER, START, Nodes, bundle, collection, indicator, make_nodes, stix, stix_id
from tests.recalling import held, pulled, recall
from tests.twin import Drawn, Stopped
from tests.unit.cli.conftest import told

from foedus.errors import FoedusError, InputError, StoreError
from foedus.node import config, init
from foedus.node.home import Node
from foedus.node.setup import Setup, Wanted

pytestmark = pytest.mark.e2e
WORD = "nato-jpn-itpp-2023"
ENGINES = ("sqlite", "postgresql")


class Still(Nodes):
    """Nodes whose clocks stand still and whose randomness is drawn from their names: the same work, the same bytes."""

    def __init__(self, directory: Path) -> None:
        super().__init__(directory)
        self.clock = Stopped(START + timedelta(hours=1))
        self.drawn = functools.cache(lambda party: Drawn(party.encode()))

    def open(self, party: str) -> Node:
        path = self.path(party)
        return Node(path, config.read(path), self.clock, self.drawn(party))


def made(folder: Path, engine: str) -> Still:
    """Nodes made with drawn keys, on an engine."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv(postgres.SWITCH, engine)
        make = init.make
        patched.setattr(init, "make", lambda path, settings: make(path, settings, entropy=Drawn(path.name.encode())))
        nodes = Still(make_nodes(folder / "nodes").directory)
    told = [stix("malware", 9, name="N\x00O\x01 ö 鍵", is_family=True), *(indicator(n) for n in range(30))]
    nodes.send("nato", bundle(*told))
    nodes.send("nato", bundle(*(indicator(n, name="b") for n in range(100, 110))), AMBER)
    return nodes


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Still]]:
    """The same nodes on both engines; Japan has pulled what NATO released, and an indicator was called back since."""
    if why := postgres.missing():
        pytest.skip(why)
    found = {engine: made(tmp_path_factory.mktemp(engine), engine) for engine in ENGINES}
    for nodes in found.values():
        with nodes.serving_here("nato", "jpn"):
            pulled(nodes, "jpn")
    yield found
    postgres.take_back()


def pages(nodes: Still) -> list[tuple[int, dict[str, str], bytes]]:
    """What Japan is answered: every page of everything, with its headers, but for the machine's time."""
    found = []
    with nodes.serving_here("nato"), nodes.client("jpn", "nato") as partner:
        at = collection(partner, WORD, "released-cyber")
        one = f"{at}objects/{stix_id('indicator', 3)}/"
        paths = [at, f"{at}objects/?limit=7", f"{at}manifest/?limit=7", one, f"{one}versions/", f"{at}objects/x--1/"]
        paths += [
            f"{at}objects/?match[type]=malware,tool",
            f"{at}manifest/?match[version]=all&added_after=2026-01-01T00:00:00Z",
        ]
        while paths:
            answer = partner.get(path := paths.pop(0))
            headers = {name: value for name, value in answer.headers.items() if name != "date"}
            found.append((answer.status_code, headers, answer.content))
            more = answer.json().get("next") if answer.status_code == 200 else None
            if more and "next=" not in path:
                paths.append(f"{path}&next={more}")
    return found


def test_what_partners_are_answered_is_the_same_byte_for_byte_also_after_a_recall(both: dict[str, Still]) -> None:
    before = [pages(nodes) for nodes in both.values()]
    assert before[0] == before[1]
    assert sum(status == 200 for status, _, _ in before[0]) >= 9
    for nodes in both.values():
        recall(nodes, "nato", stix_id("indicator", 3), "jpn")
        with nodes.serving_here("nato", "jpn"):
            pulled(nodes, "jpn")
    after = [pages(nodes) for nodes in both.values()]
    assert after[0] == after[1] != before[0]


def test_what_came_is_held_what_was_called_back_is_not_and_the_ledgers_are_whole(both: dict[str, Still]) -> None:
    for nodes in both.values():
        assert len(held(nodes, "jpn", stix_id("indicator", 4))) == 1
        assert len(held(nodes, "jpn", stix_id("malware", 9))) == 1
        assert held(nodes, "jpn", stix_id("indicator", 3)) == []
        assert nodes.faults("nato") == nodes.faults("jpn") == []
    assert not list(both["postgresql"].directory.rglob("foedus.db*"))


def test_a_second_node_cannot_be_made_in_the_database_of_another(both: dict[str, Still], tmp_path: Path) -> None:
    taken = config.read(both["postgresql"].path("jpn")).database
    with pytest.raises(InputError) as caught:
        init.init(tmp_path / "other", "jpn", ["nato-japan-2023"], database=taken)
    assert caught.value.code == "node-exists"
    assert not (tmp_path / "other").exists()


def test_a_node_does_not_open_the_database_of_another(both: dict[str, Still], monkeypatch: pytest.MonkeyPatch) -> None:
    nodes = both["postgresql"]
    monkeypatch.setenv("FOEDUS_DATABASE", config.read(nodes.path("jpn")).database)
    Node.open(nodes.path("jpn")).close()
    with pytest.raises(StoreError) as caught:
        Node.open(nodes.path("nato"))
    assert caught.value.code == "database-other"


def test_a_node_is_made_in_a_database_on_the_command_line_and_in_the_browser(tmp_path: Path) -> None:
    one, other = (postgres.database_of(tmp_path / name) for name in ("one", "other"))
    made = told("node", "init", tmp_path / "one", "--party", "jpn", "--programme", "nato-japan-2023", "--database", one)
    waiting = Setup(tmp_path / "other", "127.0.0.1:8080", other)
    wanted = Wanted("nato-japan-2023", "nato", "main", "9101", "ann", "correct horse battery")
    assert (made["party"], waiting.make(waiting.token, wanted).party) == ("jpn", "nato")
    for name, address in (("one", one), ("other", other)):
        assert config.read(tmp_path / name).database == address
        assert told("node", "status", node=tmp_path / name)["logs"]
        assert not (tmp_path / name / "foedus.db").exists()


@pytest.mark.parametrize("secret", ["postgresql://foedus:hunter2@/x", "postgresql:///x?password=hunter2", "hunter2"])
def test_an_address_with_a_password_is_refused_and_written_nowhere(tmp_path: Path, secret: str) -> None:
    with pytest.raises(FoedusError) as caught:
        init.init(tmp_path / "node", "jpn", ["nato-japan-2023"], database=secret)
    assert caught.value.code == ("database-password" if "x" in secret else "database-address")
    assert "hunter2" not in str(caught.value)
    assert not (tmp_path / "node").exists()
