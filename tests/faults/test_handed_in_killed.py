"""A node that is killed between the answer to a POST and the conclusions from it: nothing is lost, nothing is said twice."""

from __future__ import annotations

import subprocess
import sys

import pytest
from tests.faults.test_killed import SAID, entries, kinds
from tests.node_pair import OPEN, TAXII, bundle, collection, indicator, make_nodes, read_all

from foedus.model.entry import MASTER
from foedus.store import handed_in, lookups

pytestmark = pytest.mark.e2e
WORD = "nato-jpn-itpp-2023"
COUNT = 510
SENT = [indicator(1_000 + n, pattern=f"[domain-name:value = 'host{n}.example']") for n in range(COUNT)]


@pytest.fixture(scope="module")
def answered(tmp_path_factory):
    """Japan's POST is answered; NATO holds some of its values."""
    made = make_nodes(tmp_path_factory.mktemp("handed") / "nodes")
    made.put("nato", bundle(*map(indicator, range(20))), OPEN)
    with made.serving_here("nato"), made.client("jpn", "nato") as partner:
        at = collection(partner, WORD, "submit-cyber") + "objects/"
        answer = partner.post(at, content=bundle(*SENT), headers={"content-type": TAXII})
        assert answer.json()["success_count"] == COUNT
    return made


def take_up(root, nodes, end):
    command = [sys.executable, "-m", "tests.faults.line_process", str(nodes.directory), "take-up", end]
    return subprocess.run(command, cwd=root, capture_output=True, text=True, check=False, timeout=120)


def concluded(nodes):
    """What was said of it, how often, and what still waits."""
    found = kinds(entries(nodes, "nato", MASTER))
    with nodes.open("nato") as node, node.store.read() as read:
        return [found[kind] for kind in SAID], lookups.heads_of(read, ["cyber"]), handed_in.waiting(read)


def test_killed_anywhere_before_it_is_concluded(answered, root, tmp_path):
    undisturbed = answered.copy(tmp_path / "undisturbed")
    commits = int(take_up(root, undisturbed, "never").stdout)
    expected = concluded(undisturbed)
    assert expected[0] == [20, 20]
    assert expected[2] == []
    for number, end in enumerate(f"{when}:{at}" for at in range(1, commits + 1) for when in ("before", "after")):
        nodes = answered.copy(tmp_path / str(number))
        assert take_up(root, nodes, end).returncode in (-9, 0)
        nodes.release("nato")
        assert concluded(nodes) == expected, end
        assert nodes.faults("nato") == [], end
    with nodes.serving_here("nato"), nodes.client("jpn", "nato") as partner:
        assert sorted(read_all(partner, collection(partner, WORD, "submit-cyber"))) == sorted(SENT)
