"""Two nodes, enrolled and signed, with samples on one of them: made once a module."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from click.testing import CliRunner, Result
from tests.node_pair import AMBER, OPEN, bundle, indicator, make_nodes, stix, stix_id

from foedus.cli.main import main

GOES, GOES_TOO, HELD, BARE = (stix_id("indicator", number) for number in (1, 2, 3, 4))
REPORT = stix_id("report", 9)
WORD = "nato-jpn-itpp-2023"


def run(*args: object, node: Path | None = None, **extra: Any) -> Result:
    """Run a command line."""
    before = ["--node", str(node)] if node else []
    return CliRunner(env={"FOEDUS_NODE": None, "COLUMNS": None}).invoke(main, [*before, *map(str, args)], **extra)


def done(*args: object, node: Path | None = None, **extra: Any) -> str:
    """Run a command line that must end well, and return what it printed."""
    result = run(*args, node=node, **extra)
    assert result.exit_code == 0, result.output
    return result.stdout


def told(*args: object, node: Path | None = None, **extra: Any) -> Any:
    """Run a command line with ``--json`` and return the one document it printed."""
    return json.loads(done(*args, "--json", node=node, **extra))


def refused(*args: object, node: Path | None = None, code: int = 2) -> str:
    """Run a command line that must end with a code, and return what it said on standard error."""
    result = run(*args, node=node)
    assert result.exit_code == code, result.output
    return result.stderr


def _made(directory: Path) -> SimpleNamespace:
    nodes = make_nodes(directory)
    return SimpleNamespace(
        nodes=nodes,
        base=directory,
        nato=nodes.path("nato"),
        jpn=nodes.path("jpn"),
        file=directory / "nato-japan-2023.yaml",
    )


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> SimpleNamespace:
    """Two nodes that hold nothing yet; tests of a module share them."""
    return _made(tmp_path_factory.mktemp("fresh"))


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> SimpleNamespace:
    """Two nodes; one holds indicators and a report, and has released what may go."""
    found = _made(tmp_path_factory.mktemp("two"))
    about = stix("report", 9, name="Two hosts", published="2026-05-03T06:00:00Z", object_refs=[GOES_TOO])
    found.nodes.put("nato", bundle(indicator(1, name="An open one")), OPEN)
    found.nodes.put("nato", bundle(indicator(2, name="For Japan"), about), AMBER)
    found.nodes.put("nato", bundle(indicator(3, name="With consent only")), f"{AMBER} ORCON")
    found.nodes.put("nato", bundle(indicator(4, name="Without a label")), "")
    found.nodes.release("nato")
    return found
