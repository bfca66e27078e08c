"""One step of the line in a process of its own, so that its memory is its own: prints seconds and peak memory as JSON."""

from __future__ import annotations

import json
import re
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from foedus.node.home import Node

LABEL = "PUBLIC TLP:CLEAR"


def ingest(node: Node, file: str) -> int:
    from foedus.node.analyse import analyse
    from foedus.node.ingest import Origin
    from foedus.node.ingest import ingest as take
    from foedus.node.label import read_text

    with Path(file).open("rb") as source:
        take(node, "cyber", source, Origin(file, read_text(node, LABEL, node.clock.now()), LABEL))
    return analyse(node, "cyber").new


def release(node: Node, party: str) -> int:
    from foedus.node.release import release as run

    return sum(one.counts.release + one.counts.redact for one in run(node, party))


def pull(node: Node, party: str) -> int:
    from foedus.node.exchange import pull as run

    return sum(one.acknowledged for one in run(node, party))


def serve(node: Node, _: str) -> int:
    import signal

    from foedus.node.serve import serve as run

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, stop)
    try:
        run(node, poll=False)
    except KeyboardInterrupt:
        pass
    return 0


def serve_plain(node: Node, address: str) -> int:
    from foedus.node.serve import serve as run

    try:
        run(node, plain=address, poll=False)
    except KeyboardInterrupt:
        pass
    return 0


def peak_mb() -> float:
    """Peak resident memory of this process; getrusage would count what the parent had when it forked."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    assert found is not None
    return int(found[1]) / 1024


STEPS = {"ingest": ingest, "release": release, "pull": pull, "serve": serve, "serve_plain": serve_plain}


def pair(base: Path, parties: dict[str, int], programme: str = "nato-japan-2023") -> None:
    """Make enrolled nodes of a programme's parties, on the given ports."""
    from foedus.node import init, programmes

    start = datetime(2026, 6, 1, tzinfo=UTC)
    for party, port in parties.items():
        init.init(base / party, party, [programme], address=("127.0.0.1", port), clock_start_at=start)
    file = base / "programme.yaml"
    cards = [base / party / "card.json" for party in parties]
    file.write_bytes(programmes.enrol(programme, cards, version="1.1.0", on=start.date()))
    for party in parties:
        with Node.open(base / party) as node:
            file.write_bytes(programmes.sign(node, str(file), role="bench"))
    for party in parties:
        with Node.open(base / party) as node:
            programmes.accept(node, str(file))


if __name__ == "__main__":
    step, directory, argument = sys.argv[1:4]
    with Node.open(Path(directory)) as node:
        start = time.perf_counter()
        cpu = time.process_time()
        count = STEPS[step](node, argument)
        done = {
            "count": count,
            "wall_s": time.perf_counter() - start,
            "cpu_s": time.process_time() - cpu,
            "peak_mb": peak_mb(),
        }
    print(json.dumps(done), flush=True)
