"""How benches measure and print: CPU seconds of this process, medians, ratios to a peer run back to back."""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable
from pathlib import Path

SHARED = Path(os.environ.get("FOEDUS_SHARED", Path(__file__).resolve().parents[3] / "shared"))


def cpu_s(run: Callable[[], object], times: int = 3) -> float:
    """Median CPU seconds of a call in this process, after no warm-up."""
    taken = []
    for _ in range(times):
        start = time.process_time()
        run()
        taken.append(time.process_time() - start)
    return statistics.median(taken)


def wall_s(run: Callable[[], object], times: int = 3) -> float:
    """Median wall seconds of a call."""
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        run()
        taken.append(time.perf_counter() - start)
    return statistics.median(taken)


def row(name: str, figure: str, *, peer: str = "", bar: str = "", met: bool | None = None) -> None:
    """Print one figure, as a row of a Markdown table."""
    verdict = "" if met is None else ("yes" if met else "NO")
    print(f"| {name} | {figure} | {peer} | {bar} | {verdict} |", flush=True)


def head(title: str) -> None:
    """Print the head of a table."""
    print(
        f"\n### {title}\n\n| what | ours | peer, same data, same run | bar | met |\n|---|---|---|---|---|", flush=True
    )


def attack_bytes(name: str = "enterprise-attack-18.1.stix21.json.zst") -> bytes:
    """Bytes of an ATT&CK bundle from the real data sets beside the repository."""
    import pyarrow as pa

    path = SHARED / "data" / "cyber" / "attack" / name
    if not path.exists():
        raise SystemExit(f"this bench needs {path} (set FOEDUS_SHARED)")
    with pa.input_stream(str(path), compression="zstd") as stream:
        return bytes(stream.read())
