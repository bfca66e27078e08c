"""Run the benches and print their tables: `python -m tests.bench [--all] [name ...]`."""

from __future__ import annotations

import platform
import subprocess
import sys
from pathlib import Path

QUICK = [
    "model",
    "release",
    "redact",
    "ledger",
    "store",
    "postgresql",
    "taxii",
    "ask",
    "twin",
    "web",
    "reconcile",
    "impact",
    "line",
    "live",
    "maritime",
    "maritime_methods",
    "information",
    "information_language",
]
LONG = ["flood", "mesh", "maritime_truth", "information_truth", "maritime_flood"]


def main(arguments: list[str]) -> int:
    names = [a for a in arguments if not a.startswith("-")]
    chosen = names or (QUICK + LONG if "--all" in arguments else QUICK)
    print(f"Python {platform.python_version()}, {platform.machine()}, {len(names) or 'all'} benches", flush=True)
    failed = 0
    for name in chosen:
        if not (Path(__file__).parent / f"bench_{name}.py").exists():
            print(f"no bench named {name}")
            failed += 1
            continue
        failed += subprocess.run([sys.executable, "-m", f"tests.bench.bench_{name}"], check=False).returncode != 0
    return failed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
