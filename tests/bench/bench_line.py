"""The whole line over ATT&CK: ingest, analyse, label, release at NATO; pulled, verified and acknowledged by Japan's node.

`python -m tests.bench.bench_line [times]`: with `times` 10 (`make campaign`) also a bundle ten times as large.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import httpx
from tests.bench.line_step import pair
from tests.bench.measure import attack_bytes, head, row
from tests.bench.opentaxii_peer import free_port

_UUID = re.compile(rb"--[0-9a-f]{4}(?=[0-9a-f]{4}-)")
_MARKING = b"marking-definition--fa42a846"


def bundle(path: Path, times: int) -> tuple[int, int]:
    """Write ATT&CK, or so many copies of it with other ids; return how many objects and references it has."""
    raw = attack_bytes()
    start, end = raw.index(b"[") + 1, raw.rindex(b"]")
    body = raw[start:end]
    with path.open("wb") as file:
        file.write(b'{"type":"bundle","id":"bundle--5f5f6a1c-9d1f-4a39-a5b2-9c3b1f1f9a18","objects":[')
        for copy in range(times):
            if copy:
                file.write(b",")
                changed = _UUID.sub(b"--%04x" % copy, body)
                # The marking stays the one that the programme maps.
                file.write(re.sub(rb"marking-definition--%04xa846" % copy, _MARKING, changed))
            else:
                file.write(body)
        file.write(b"]}")
    return body.count(b'"spec_version"') * times, len(re.findall(rb'_refs?"', body)) * times


def step(*arguments: str) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.line_step", *arguments], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(done.stderr)
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def run(times: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as name:
        base = Path(name)
        ports = {"nato": free_port(), "jpn": free_port()}
        pair(base, ports)
        objects, references = bundle(base / "bundle.json", times)
        taken = step("ingest", str(base / "nato"), str(base / "bundle.json"))
        released = step("release", str(base / "nato"), "jpn")
        server = subprocess.Popen(
            [sys.executable, "-m", "tests.bench.line_step", "serve", str(base / "nato"), ""],
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            _await(ports["nato"])
            pulled = step("pull", str(base / "jpn"), "nato")
        finally:
            server.terminate()
            out, _ = server.communicate(timeout=60)
        served = json.loads(out)
    return {
        "objects": objects, "references": references, "ingest": taken, "release": released, "pull": pulled, "serve": served,
    }  # fmt: skip


def _await(port: int) -> None:
    for _ in range(300):
        try:
            httpx.get(f"https://127.0.0.1:{port}/", verify=False, trust_env=False, timeout=2)
        except httpx.ConnectError as error:
            if "refused" not in str(error).lower():
                return
            time.sleep(0.1)
        except httpx.HTTPError:
            return
        else:
            return


def report(result: dict[str, Any]) -> float:
    objects = result["objects"]
    wall = sum(result[name]["wall_s"] for name in ("ingest", "release", "pull"))
    for name in ("ingest", "release", "pull"):
        one = result[name]
        row(
            f"{name}: {one['count']:,} of {objects:,} objects",
            f"{one['count'] / one['wall_s']:,.0f} objects/s, peak {one['peak_mb']:.0f} MB",
        )
    row("serving meanwhile", f"peak {result['serve']['peak_mb']:.0f} MB")
    row("whole line, ingest to acknowledged", f"{objects / wall:,.0f} objects/s in {wall:.1f} s")
    return max(result[name]["peak_mb"] for name in ("ingest", "release", "pull", "serve"))


def main(arguments: list[str]) -> None:
    head("The whole line, ATT&CK Enterprise")
    single = run(1)
    small = report(single)
    if arguments:
        times = int(arguments[0])
        head(f"The whole line, {times} times ATT&CK Enterprise")
        large = run(times)
        big = report(large)
        allowed = 1.3 * small + 16 * large["references"] / 2**20
        row(
            f"peak memory, {times} times the bundle", f"{big:.0f} MB",
            peer=f"one: {small:.0f} MB", bar=f"<= 1.3x + 16 B a reference = {allowed:.0f} MB", met=big <= allowed,
        )  # fmt: skip
        for name in ("ingest", "release", "pull", "serve"):
            row(f"  {name}", f"{large[name]['peak_mb']:.0f} MB", peer=f"one: {single[name]['peak_mb']:.0f} MB")


if __name__ == "__main__":
    main(sys.argv[1:])
