"""A process that is killed anywhere: run again, everything is there once, and both ledgers are whole."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from tests import postgres
from tests.node_pair import OPEN, Nodes, bundle, collection, indicator, make_nodes, read_all, stix, stix_id

from foedus.errors import StoreError
from foedus.model.entry import MASTER
from foedus.node import account

pytestmark = pytest.mark.e2e
WORD = "nato-jpn-itpp-2023"
SENT = f"urn:foedus:programme:{WORD}|nato|jpn"
GOT = f"urn:foedus:programme:{WORD}|jpn|nato"
RUNS = 150 if os.environ.get("FOEDUS_HYPOTHESIS") == "campaign" else 5
COUNT = 520
SAID = ("finding.created", "finding.corroborated")


def objects() -> list[bytes]:
    """Indicators, and relationships from each to one malware."""
    malware = stix("malware", 1, name="A", is_family=True)
    told = {"relationship_type": "indicates", "target_ref": stix_id("malware", 1)}
    related = [stix("relationship", n, source_ref=stix_id("indicator", n), **told) for n in range(COUNT)]
    return [*related, *(indicator(n) for n in range(COUNT)), malware]


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    """Both nodes empty but for what Japan saw itself; and the source."""
    folder = tmp_path_factory.mktemp("killed")
    made = make_nodes(folder / "nodes")
    seen = [indicator(5_000 + n, pattern=f"[domain-name:value = 'host{n}.example']") for n in range(20)]
    made.put("jpn", bundle(*seen), OPEN)
    source = folder / "source.json"
    source.write_bytes(bundle(*objects()))
    return made, source


def run(root: Path, nodes: Nodes, end: str, work: str, source: Path | str = "") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tests.faults.line_process", str(nodes.directory), work, end, str(source)]
    return subprocess.run(command, cwd=root, capture_output=True, text=True, check=False, timeout=60)


def ends(commits: int, seconds: float, seed: str) -> list[str]:
    """Where to end: half of them at a commit, half at any time."""
    draw = random.Random(seed)
    found = []
    for number in range(RUNS):
        if number % 2 == 0:
            found.append(f"{draw.choice(('before', 'after'))}:{draw.randint(1, commits)}")
        else:
            found.append(f"at:{draw.uniform(0.05, seconds):.3f}")
    return found


def entries(nodes: Nodes, party: str, log: str) -> list[account.Line]:
    with nodes.open(party) as node:
        return account.show(node, log, 0, 100_000)


def desk(nodes: Nodes, party: str) -> list[bytes]:
    with nodes.serving_here(party), nodes.desk(party) as tool:
        return read_all(tool, collection(tool, "desk", "cyber"))


def kinds(lines: list[account.Line]) -> Counter[str]:
    return Counter(line.kind for line in lines)


def test_ingest_analyse_and_release_killed_anywhere_and_run_again(base, tmp_path, root):
    made, source = base
    undisturbed = made.copy(tmp_path / "undisturbed")
    commits = int(run(root, undisturbed, "never", "send", source).stdout)
    expected = sorted(objects())
    assert sorted(desk(undisturbed, "nato")) == expected
    for number, end in enumerate(ends(commits, 2.0, "send")):
        nodes = made.copy(tmp_path / str(number))
        killed = run(root, nodes, end, "send", source)
        assert killed.returncode in (-9, 0), killed.stderr
        nodes.send("nato", source.read_bytes(), OPEN)
        assert sorted(desk(nodes, "nato")) == expected, end
        sent = [line.body["object_id"] for line in entries(nodes, "nato", SENT) if line.kind == "release.sent"]
        assert sorted(sent) == sorted(json.loads(one)["id"] for one in expected), end
        assert nodes.faults("nato") == [], end
        with nodes.serving_here("nato"), nodes.client("jpn", "nato") as partner:
            assert sorted(read_all(partner, collection(partner, WORD, "released-cyber"))) == expected, end
        one, other = (kinds(entries(held, "nato", MASTER)) for held in (nodes, undisturbed))
        assert one["finding.created"] == other["finding.created"], end


def test_a_node_on_postgresql_killed_in_a_commit_and_run_again(tmp_path, root, monkeypatch):
    if why := postgres.missing():
        pytest.skip(why)
    monkeypatch.setenv(postgres.SWITCH, "postgresql")
    made = make_nodes(tmp_path / "nodes")
    source = tmp_path / "source.json"
    source.write_bytes(bundle(*(expected := sorted(indicator(n) for n in range(40)))))
    commits = int(run(root, made.copy(tmp_path / "undisturbed"), "never", "send", source).stdout)
    for end in (f"before:{commits // 2}", f"after:{commits - 1}"):
        nodes = made.copy(tmp_path / end.replace(":", "-"))
        assert run(root, nodes, end, "send", source).returncode == -9
        assert nodes.faults("nato") == [], end
        nodes.send("nato", source.read_bytes(), OPEN)
        assert sorted(desk(nodes, "nato")) == expected, end
        sent = [line.body["object_id"] for line in entries(nodes, "nato", SENT) if line.kind == "release.sent"]
        assert sorted(sent) == sorted(json.loads(one)["id"] for one in expected), end
        assert nodes.faults("nato") == [], end
    postgres.take_back()


def test_pull_killed_anywhere_and_run_again(base, tmp_path, root):
    made, source = base
    sender = made.copy(tmp_path / "sender")
    sender.send("nato", source.read_bytes(), OPEN)
    undisturbed = sender.copy(tmp_path / "undisturbed")
    with undisturbed.serving_here("nato"):
        commits = int(run(root, undisturbed, "never", "pull").stdout)
    expected = len(desk(undisturbed, "jpn"))
    concluded = kinds(entries(undisturbed, "jpn", MASTER))
    assert (concluded["finding.created"], concluded["finding.corroborated"]) == (20, 20)
    for number, end in enumerate(ends(commits, 3.0, "pull")):
        nodes = sender.copy(tmp_path / str(number))
        with nodes.serving_here("nato"):
            killed = run(root, nodes, end, "pull")
            assert killed.returncode in (-9, 0), killed.stderr
            for _ in range(2):
                [pulled] = nodes.pull("jpn")
                assert pulled.error == "", end
        held = desk(nodes, "jpn")
        assert len(held) == len(set(held)) == expected, end
        assert set(objects()) <= set(held), end
        assert nodes.faults("jpn") == [], end
        assert entries(nodes, "jpn", SENT) == entries(sender, "nato", SENT), end
        acknowledged = Counter(
            seq
            for line in entries(nodes, "jpn", GOT)
            if line.kind == "release.acknowledged"
            for seq in range(*line.body["range"])
        )
        sent = [line.seq for line in entries(sender, "nato", SENT) if line.kind == "release.sent"]
        assert [acknowledged[seq] for seq in sent] == [1] * len(sent), end
        found = kinds(entries(nodes, "jpn", MASTER))
        assert [found[kind] for kind in SAID] == [concluded[kind] for kind in SAID], end


def test_a_full_disk_ends_with_a_storage_error_and_then_it_goes_on(base, tmp_path, root):
    made, source = base
    codes = set()
    for kib in (120, 500, 1_200):
        nodes = made.copy(tmp_path / str(kib))
        stopped = run(root, nodes, f"bytes:{kib * 1024}", "send", source)
        assert stopped.returncode == StoreError.exit_code, stopped.stderr
        codes.add(stopped.stdout.strip())
        nodes.send("nato", source.read_bytes(), OPEN)
        assert sorted(desk(nodes, "nato")) == sorted(objects())
        sent = [line.body["object_id"] for line in entries(nodes, "nato", SENT) if line.kind == "release.sent"]
        assert len(sent) == len(set(sent)) == len(objects())
        assert nodes.faults("nato") == []
    assert codes <= {"store-full", "store-io", "records-unwritten"}
