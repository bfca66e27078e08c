"""Live sources are put on the list and taken off by an analyst, with a label, and entered."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from tests.unit.cli.conftest import done, refused, run, told
from tests.unit.node import persons
from tests.unit.node.persons import PASSWORDS, entries

from foedus.errors import MalformedRecord
from foedus.node.home import Node
from foedus.node.sources import FILE, listed
from foedus.node.statuspage import status_page

OPEN = "PUBLIC TLP:CLEAR"


@pytest.fixture(scope="module")
def base(tmp_path_factory) -> Path:
    return persons.made(tmp_path_factory.mktemp("sources") / "nato")


@pytest.fixture
def node(base, tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "run"))
    monkeypatch.delenv("FOEDUS_SESSION", raising=False)
    return Path(shutil.copytree(base, tmp_path / "nato"))


def by(name: str, *args: object, node: Path):
    return run("source", *args, "--as", name, node=node, input=f"{PASSWORDS[name]}\n")


def add(node: Path, name: str = "bay", uri: str = "tcp://127.0.0.1:9", *more: str, person: str = "ann"):
    return by(person, "add", name, uri, "--label", OPEN, *more, node=node)


def test_an_analyst_adds_a_source_which_is_labelled_and_entered(node):
    assert "bay is on the list as live:bay" in add(node).stdout
    [one] = told("source", "list", node=node)
    assert (one["name"], one["uri"], one["label"], one["state"]) == ("bay", "tcp://127.0.0.1:9", OPEN, "stopped")
    with Node.open(node) as opened:
        assert entries(opened, "source.added") == [{"area": "maritime", "source": "live:bay", "person": "ann"}]
        assert [one["source"] for one in entries(opened, "source.labelled")] == ["live:bay"]
    assert "bay: stopped" in done("node", "status", node=node)


def test_a_source_is_taken_off_the_list_and_its_label_stays(node):
    add(node)
    add(node, "roof", "udp://[::1]:10110")
    assert "what came from it stays" in by("ann", "remove", "bay", node=node).stdout
    assert [one["name"] for one in told("source", "list", node=node)] == ["roof"]
    assert {one["id"] for one in told("label", "sources", node=node)} == {"live:bay", "live:roof"}
    with Node.open(node) as opened:
        assert entries(opened, "source.removed") == [{"area": "maritime", "source": "live:bay", "person": "ann"}]


@pytest.mark.parametrize(
    ("name", "uri", "code"),
    [
        ("bay", "http://127.0.0.1:9", "source-address"),
        ("bay", "tcp://127.0.0.1", "source-address"),
        ("bay", "tcp://127.0.0.1:99999", "source-address"),
        ("bay", "tcp://ann:secret@127.0.0.1:9", "source-address"),
        ("bay", "udp://127.0.0.1:9/path", "source-address"),
        ("../bay", "tcp://127.0.0.1:9", "source-name"),
        ("Bay", "tcp://127.0.0.1:9", "source-name"),
    ],
)
def test_what_is_no_source_is_refused(node, name, uri, code):
    result = add(node, name, uri)
    assert (result.exit_code, code in result.stderr) == (2, True)
    assert not (node / FILE).exists()


def test_only_an_analyst_may_and_a_name_is_used_once(node):
    assert "role-missing" in add(node, person="bob").stderr
    add(node)
    assert "source-exists" in add(node, uri="udp://127.0.0.1:9").stderr
    assert "source-unknown" in by("ann", "remove", "roof", node=node).stderr
    assert "person-needed" in refused("source", "remove", "bay", node=node)


def test_a_room_that_reads_files_only_is_refused(node):
    assert "source-not-live" in add(node, "bay", "tcp://127.0.0.1:9", "--area", "cyber").stderr


@pytest.mark.parametrize("text", ["source = 1", "[[source]]\nname = 'bay'", "[[source]", "\xff",
                                  "[[source]]\nname='b'\narea='maritime'\nuri='tcp://a:1'\n" * 2])  # fmt: skip
def test_a_list_that_cannot_be_read_says_so(node, text):
    (node / FILE).write_bytes(text.encode("latin-1"))
    with pytest.raises(MalformedRecord, match=r"live sources|two of one name"):
        listed(node)
    assert "sources-malformed" in refused("source", "list", node=node)
    assert "sources-malformed" in told("node", "status", node=node)["sources_fault"]
    with Node.open(node) as opened:
        assert "The list of live sources cannot be read" in status_page(opened)


def test_nobody_yet(node):
    assert "No live sources: foedus source add" in done("source", "list", node=node)
