"""A mesh of parties under one programme: what a release costs as parties, released and stored objects grow."""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

from tests.bench.measure import head, row
from tests.node_pair import OPEN, START, Nodes, agree, bundle, indicator

from foedus.node.init import init
from foedus.node.release import release
from foedus.programme.packaged import read_shipped

PARTIES = (5, 10, 20, 40)
OBJECTS = 200
STORED = (0, 10_000, 40_000)
CLOSED = "ISAC NEED TO KNOW TLP:RED"
FOUNDERS = ("gridco", "windpark", "citypower", "meterlab")


def charter(count: int) -> str:
    """Return the shipped charter with as many members as wanted."""
    members = [*FOUNDERS, *(f"member{number}" for number in range(count - len(FOUNDERS)))]
    text = read_shipped("isac-charter").decode()
    joined = "".join(
        f"  - {{id: {one}, kind: organisation, name: {one}, clearance: restricted, tlp_max: amber}}\n"
        for one in members[4:]
    )
    text = text.replace("\ninstruments:\n", f"{joined}\ninstruments:\n", 1)
    own = '{"PUBLIC": unclassified, "UNMARKED": unclassified, "ISAC OPEN": unclassified, "ISAC MEMBERS": restricted, "ISAC NEED TO KNOW": confidential}'
    levels = "".join(f"    {one}: {own}\n" for one in members[4:])
    text = text.replace("  clauses:\n", f"{levels}  clauses:\n", 1)
    return text.replace(f"[{', '.join(FOUNDERS)}]", f"[{', '.join(members)}]")


def mesh(directory: Path, count: int) -> tuple[Nodes, list[str]]:
    """Make the nodes of a charter with so many members, all enrolled and signed."""
    path = directory / f"charter-{count}.yaml"
    path.write_text(charter(count), encoding="utf-8")
    nodes = Nodes(directory / f"mesh-{count}")
    members = [*FOUNDERS, *(f"member{number}" for number in range(count - len(FOUNDERS)))]
    for number, party in enumerate(members):
        init(nodes.path(party), party, [str(path)], address=("127.0.0.1", 20_000 + number), clock_start_at=START)
    agree(nodes, str(path), members)
    return nodes, members


def released(nodes: Nodes, party: str) -> tuple[int, float]:
    """Run a release; return how many objects went to how many parties in sum, and CPU seconds."""
    with nodes.open(party) as node:
        start = time.process_time()
        runs = release(node)
        taken = time.process_time() - start
    return sum(run.counts.release + run.counts.redact for run in runs), taken


def grow_parties(directory: Path) -> Nodes:
    """Release the same objects in meshes of more and more parties; return the largest mesh."""
    first = 0.0
    for count in PARTIES:
        start = time.perf_counter()
        nodes, _ = mesh(directory, count)
        made = time.perf_counter() - start
        nodes.put("gridco", bundle(*map(indicator, range(OBJECTS))), OPEN)
        went, taken = released(nodes, "gridco")
        assert went == OBJECTS * (count - 1)
        first = first or taken / went
        row(f"{count} parties: one releases {OBJECTS} objects to each other", f"{went / taken:,.0f} releases/CPU-s",
            peer=f"{taken / went / first:.2f}x the cost a release of {PARTIES[0]} parties; nodes made in {made:.0f} s")  # fmt: skip
    return nodes


def everybody(nodes: Nodes, parties: list[str]) -> None:
    """Let every party of a mesh release to every other."""
    total, cpu = 0, 0.0
    for number, party in enumerate(parties):
        if party != "gridco":
            nodes.put(party, bundle(*(indicator(n) for n in range(number * 100, number * 100 + 10))), OPEN)
            went, taken = released(nodes, party)
            total, cpu = total + went, cpu + taken
    expected = (len(parties) - 1) ** 2 * 10
    assert total == expected
    row(
        f"mesh of {len(parties)}: every other party releases 10 objects to all",
        f"{total / cpu:,.0f} releases/CPU-s, {total:,} in all",
    )


def grow_stored(directory: Path) -> None:
    """Release the same few new objects beside more and more that may not go."""
    nodes, _ = mesh(directory / "stored", 10)
    first, kept = 0.0, 0
    for number, wanted in enumerate(STORED):
        if wanted > kept:
            nodes.put("gridco", bundle(*map(indicator, range(1_000_000 + kept, 1_000_000 + wanted))), CLOSED)
            released(nodes, "gridco")
            kept = wanted
        nodes.put("gridco", bundle(*map(indicator, range(number * 1_000, number * 1_000 + OBJECTS))), OPEN)
        went, taken = released(nodes, "gridco")
        assert went == OBJECTS * 9
        first = first or taken
        row(f"{OBJECTS} new objects to 9 parties beside {wanted:,} that may not go", f"{taken:.2f} CPU-s",
            peer=f"{taken / first:.2f}x of none beside")  # fmt: skip


def main() -> None:
    """Print the table."""
    head("A mesh of parties: cost of a release as parties and stored objects grow")
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        largest = grow_parties(directory)
        everybody(largest, sorted(path.name for path in largest.directory.iterdir() if path.is_dir()))
        (directory / "stored").mkdir()
        grow_stored(directory)


if __name__ == "__main__":
    sys.exit(main())
