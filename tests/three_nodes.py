"""NATO, Japan and Korea: a programme of two, and one of all three under which the third may be passed on to."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from tests.node_pair import JAPAN, Nodes, agree, free_port, make_nodes

from foedus.exchange.serving import serving
from foedus.model.people import Person
from foedus.node import grants
from foedus.node.grants import Told, Wanted
from foedus.node.home import Node
from foedus.node.init import init
from foedus.node.release import Run, release
from foedus.node.serve import app_of, context_of
from foedus.programme.packaged import read_shipped

PAIR, THREE = "nato-jpn-itpp-2023", "pacific"
ORCON = "NATO RESTRICTED Releasable to Japan, KOR ORCON TLP:AMBER"
BOTH = "NATO RESTRICTED Releasable to Japan, KOR TLP:AMBER"
RELEASER = Person("ada", ("releaser",))
KOREA = "  - {id: kor, kind: state, clearance: confidential, tlp_max: amber, name: {en: Korea}, country: KOR}\n"


class Fixed:
    """A clock that stands."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def now(self) -> datetime:
        """Return the instant."""
        return self.at


def day(text: str) -> datetime:
    """Return the first instant of a day of 2026, ``MM-DD``."""
    return datetime.fromisoformat(f"2026-{text}").replace(tzinfo=UTC)


def programme_of_three() -> str:
    """Return the shipped programme of NATO and Japan with Korea as a third party to its clauses."""
    text = (
        read_shipped("nato-japan-2023")
        .decode()
        .replace("urn:foedus:programme:nato-jpn-itpp-2023", f"urn:foedus:programme:{THREE}")
    )
    head, release_ = text.split("\nrelease:\n")
    head = head.replace("\ngroups:\n", f"{KOREA}\ngroups:\n")
    release_ = release_.replace("[nato, jpn, ip4]", "[nato, jpn, kor]").replace("[nato, jpn]", "[nato, jpn, kor]")
    maps = (
        '    kor: {"PUBLIC": unclassified, "UNMARKED": unclassified, "3": restricted, "2": confidential, "1": secret}\n'
    )
    return f"{head}\nrelease:\n{release_}".replace("  markings: ", f"{maps}  markings: ", 1)


def make_pair(directory: Path, changes: dict[str, str]) -> Nodes:
    """Make NATO and Japan under their shipped programme with some of its text changed."""
    text = read_shipped("nato-japan-2023").decode()
    for old, new in changes.items():
        assert old in text, old
        text = text.replace(old, new)
    nodes = Nodes(directory)
    for party in ("nato", "jpn"):
        init(nodes.path(party), party, [], address=("127.0.0.1", free_port()), clock_start_at=day("06-01"))
    path = directory / "changed.yaml"
    path.write_text(text)
    agree(nodes, str(path), ("nato", "jpn"))
    return nodes


@contextmanager
def served_at(nodes: Nodes, party: str, at: datetime) -> Iterator[Node]:
    """Serve a node whose clock stands at an instant; give it the clock it stands by."""
    with opened_at(nodes, party, at) as node:
        config = node.config
        with serving(app_of(node, plain=False), config.host, config.port, context_of(node)):
            yield node


def make_three(directory: Path) -> Nodes:
    """Make the three nodes, with both programmes in force."""
    nodes = make_nodes(directory, JAPAN)
    init(nodes.path("kor"), "kor", [], address=("127.0.0.1", free_port()), clock_start_at=day("06-01"))
    path = nodes.directory / "three.yaml"
    path.write_text(programme_of_three())
    agree(nodes, str(path), ("nato", "jpn", "kor"))
    return nodes


def give(nodes: Nodes, party: str, objects: list[str], to: str, **more: object) -> list[Told]:
    """Consent, as a releaser of a party."""
    with nodes.open(party) as node:
        return grants.give(node, Wanted(tuple(objects), (to,), **more), RELEASER)  # type: ignore[arg-type]


def release_at(nodes: Nodes, party: str, at: datetime, to: str = "", programme: str = "") -> list[Run]:
    """Release with the clock standing at an instant."""
    with nodes.open(party) as node:
        node.clock = Fixed(at)
        return release(node, to, programme)


def opened_at(nodes: Nodes, party: str, at: datetime) -> Node:
    """Open a node whose clock stands at an instant; close it after."""
    node = nodes.open(party)
    node.clock = Fixed(at)
    return node
