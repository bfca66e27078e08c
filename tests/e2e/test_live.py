"""Live sources over real sockets: what is concluded in passing is what one reading of everything concludes."""

from __future__ import annotations

import io
import os
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from tests import live_sea
from tests.live_sea import GONE, HOUR, NOW_S, OTHER, SILENT, desk, events, receiver, report, state, until
from tests.node_pair import OPEN, free_port, make_nodes
from tests.unit.cli.conftest import told
from tests.unit.node.persons import entries

from foedus.node import live_source
from foedus.node.analyse import analyse
from foedus.node.home import Node
from foedus.node.ingest import Origin, ingest
from foedus.node.label import read_text
from foedus.store import quarantine

pytestmark = pytest.mark.e2e
SCENE = live_sea.scene()
FOUND = [f"{SILENT} closed", f"{GONE} open"]
_SERVE = (
    "import sys; from pathlib import Path; from foedus.node.home import Node; from foedus.node.serve import serve\n"
    "with Node.open(Path(sys.argv[1])) as node: serve(node, plain=sys.argv[2], poll=False)"
)


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Path:
    return make_nodes(tmp_path_factory.mktemp("live") / "nodes").path("nato")


@pytest.fixture
def nato(made, tmp_path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "nato"))


def at_once(directory: Path, raw: bytes, source: str = "live:bay") -> dict[str, list[bytes]]:
    """What another node concludes from all of it at once."""
    with Node.open(directory) as node:
        label = read_text(node, OPEN, node.clock.now())
        ingest(node, "maritime", io.BytesIO(raw), Origin("all", label, OPEN, source=source))
        analyse(node, "maritime")
        return desk(node)


def come(node: Node, lines: int) -> None:
    until(lambda: state(node).lines >= lines)


def test_a_day_over_tcp_is_what_one_reading_of_it_concludes(nato, made, tmp_path):
    with receiver() as sea:
        live_sea.listed(nato, sea.uri)
        with live_sea.serving(nato) as node:
            raw, cut = b"".join(SCENE), 0
            while cut < len(raw) // 2:
                sea.send(raw[cut : cut + 997])
                cut += 997
            until(lambda: state(node).state == "up")
            sea.send(raw[cut:])
            come(node, len(SCENE))
            assert until(lambda: events(node) == FOUND and desk(node))
            found = desk(node)
    whole = at_once(Path(shutil.copytree(made, tmp_path / "other")), raw)
    assert found == whole


def test_a_finding_is_said_in_passing_and_revised_under_its_id(nato):
    first = SCENE[: int(len(SCENE) * 0.7)]
    with receiver() as sea:
        live_sea.listed(nato, sea.uri)
        with live_sea.serving(nato) as node:
            sea.send(b"".join(first))
            until(lambda: events(node) == [f"{SILENT} open"])
            [id_] = desk(node)
            sea.send(b"".join(SCENE[len(first) :]))
            until(lambda: events(node) == FOUND)
            assert id_ in desk(node)
            assert state(node).refused == 0


def test_silence_alone_is_said_when_its_time_has_come(nato):
    with receiver() as sea:
        live_sea.listed(nato, sea.uri)
        with live_sea.serving(nato) as node:
            now_s = int(node.clock.now().timestamp())
            heard = [report(OTHER, now_s - 12 * HOUR + n * 1_200, 35.0, 139.5) for n in range(36)]
            sea.send(report(SILENT, now_s - 12 * HOUR + 4, 35.0) + b"".join(heard) + report(OTHER, now_s, 35, 139.5))
            come(node, 38)
            assert events(node) == []
            until(lambda: events(node) == [f"{SILENT} open"])


def test_datagrams_with_and_without_line_ends(nato, made, tmp_path):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    live_sea.listed(nato, f"udp://127.0.0.1:{port}")
    with live_sea.serving(nato) as node, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
        until(lambda: state(node).state != "stopped")
        for number, line in enumerate(SCENE):
            out.sendto(line.rstrip(b"\n") if number % 2 else line, ("127.0.0.1", port))
            if number % 120 == 119:
                come(node, number + 1)
        come(node, len(SCENE))
        until(lambda: events(node) == FOUND)
        found = desk(node)
    assert found == at_once(Path(shutil.copytree(made, tmp_path / "other")), b"".join(SCENE))


def test_damage_goes_to_quarantine_and_the_stream_goes_on(nato):
    wrong = report(OTHER, NOW_S - HOUR, 35.0)[:-3] + b"00\n"
    endless = b"!AIVDM," + b"x" * 3_000_000
    tomorrow = report(OTHER, NOW_S + 24 * HOUR, 35.0)
    with receiver() as sea:
        live_sea.listed(nato, sea.uri)
        with live_sea.serving(nato) as node:
            sea.send(b"".join(SCENE[:100]) + wrong + b"\x00\xff\xfe\n" + endless)
            sea.send(b"\n" + tomorrow + b"".join(SCENE[100:]))
            until(lambda: events(node) == FOUND)
            until(lambda: refusals(node))
            assert {one.refusal.code for one in refusals(node)} == {
                "checksum-wrong",
                "line-unknown",
                "line-too-long",
                "time-future",
            }
            assert state(node).dropped_bytes > 2_900_000
            assert state(node).refused == 4


def refusals(node: Node) -> list[quarantine.Quarantined]:
    with node.store.read() as read:
        return quarantine.refusals(read)


def test_a_lost_connection_is_an_outage_with_its_times(nato):
    with receiver() as sea:
        live_sea.listed(nato, sea.uri)
        with live_sea.serving(nato) as node:
            sea.send(SCENE[0])
            until(lambda: state(node).state == "up")
            sea.hang_up()
            until(lambda: state(node).state == "lost")
            sea.send(b"".join(SCENE[1:3]))
            until(lambda: len(state(node).outages) == 2)
            [lost, _] = state(node).outages
            assert lost.cause == "lost"
            assert lost.since < lost.until
            said = [one for one in entries(node, "source.outage") if one["cause"] == "lost"][-1]
            assert said == {
                "area": "maritime",
                "source": "live:bay",
                "cause": "lost",
                "since": lost.since,
                "until": lost.until,
            }
        assert told("source", "list", node=nato)[0]["state"] == "stopped"
        assert told("node", "status", node=nato)["sources"][0]["lines"] == 3


def test_a_file_read_beside_it_changes_nothing_of_what_it_concludes(nato, made, tmp_path):
    half, file = len(SCENE) // 2, b"".join(live_sea.report(538000444, NOW_S - n * HOUR, -20.0) for n in (20, 19, 18))
    other = Path(shutil.copytree(made, tmp_path / "other"))
    with receiver() as sea:
        live_sea.listed(nato, sea.uri)
        with live_sea.serving(nato) as node:
            sea.send(b"".join(SCENE[:half]))
            come(node, half)
            at_once(nato, file, "file:1")
            sea.send(b"".join(SCENE[half:]))
            until(lambda: events(node) == FOUND)
            found = desk(node)
    at_once(other, file, "file:1")
    assert found == at_once(other, b"".join(SCENE))


def test_records_are_kept_in_files_of_a_bounded_size_each_once(nato, monkeypatch):
    monkeypatch.setattr(live_source, "FLUSH_ROWS", 50)
    monkeypatch.setattr(live_source, "TURN_BYTES", 5_000)
    with receiver() as sea:
        live_sea.listed(nato, sea.uri)
        for part in (SCENE[:150], SCENE[150:]):
            with live_sea.serving(nato) as node:
                sea.send(b"".join(part))
                come(node, len(part))
                until(lambda: state(node).behind_bytes == 0)
            (nato / "live" / "bay" / "health.json").unlink()
            sea.hang_up()
    assert len(list((nato / "records").rglob("live*.parquet"))) >= 3
    assert rows(nato) == len(SCENE)


def test_killed_and_served_again_it_is_what_one_reading_concludes(nato, made, tmp_path):
    half = len(SCENE) // 2
    with receiver() as sea:
        live_sea.listed(nato, sea.uri)
        with served(nato) as node:
            sea.send(b"".join(SCENE[:half]))
            come(node, half)
        sea.hang_up()
        with served(nato) as node:
            sea.send(b"".join(SCENE[half:]))
            until(lambda: events(node) == FOUND)
            found = desk(node)
        with live_sea.serving(nato) as node:
            until(lambda: state(node).state == "connecting")
            assert desk(node) == found
    assert found == at_once(Path(shutil.copytree(made, tmp_path / "other")), b"".join(SCENE))
    assert rows(nato) == len(SCENE)


class served:
    """A node served by a process of its own, which is killed at the end."""

    def __init__(self, directory: Path) -> None:
        port = free_port()
        command = [sys.executable, "-c", _SERVE, str(directory), f"127.0.0.1:{port}"]
        self._process = subprocess.Popen(command)
        self._node = Node.open(directory)

    def __enter__(self) -> Node:
        return self._node

    def __exit__(self, *_: object) -> None:
        os.kill(self._process.pid, signal.SIGKILL)
        self._process.wait(20)
        self._node.close()


def rows(directory: Path) -> int:
    return sum(pq.read_metadata(path).num_rows for path in (directory / "records").rglob("live*.parquet"))
