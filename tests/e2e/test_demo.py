"""The main job, as README starts it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ENVIRONMENT = {**os.environ, "COLUMNS": "120", "NO_COLOR": "1"}


@pytest.fixture(scope="module")
def told() -> str:
    """What the demonstration prints."""
    foedus = Path(sys.executable).with_name("foedus")
    done = subprocess.run([foedus, "demo", "--once"], capture_output=True, text=True, timeout=120, env=ENVIRONMENT)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.e2e
@pytest.mark.parametrize(
    "said",
    [
        "NATO to Japan: released",
        "held for a person 4",
        "“Met at sea: GOLDEN LOTUS and MORNING CALM”",
        "four-eyes-missing, needs two",
        "Japan to NATO: released 34, released in part 3, withheld 1",
        "WITHHOLD",
        "HOLD",
        "REDACT",
        "RELEASE",
        "refused, line",
        "Japan from NATO: ",
        "NATO from Japan: ",
        "do not exist for Korea",
        "cyber-ack",
    ],
)
def test_each_way_a_finding_may_go_is_told(told: str, said: str) -> None:
    assert said in told


@pytest.mark.e2e
def test_every_ledger_is_whole_on_both_sides(told: str) -> None:
    lines = [line for line in told.splitlines() if line.rstrip().endswith(("whole", "faults")) and "entries" in line]
    assert len(lines) == 11
    assert all(line.endswith("whole") for line in lines)


@pytest.mark.e2e
def test_all_that_was_sent_was_acknowledged(told: str) -> None:
    line = next(line for line in told.splitlines() if line.strip().startswith("Japan from NATO"))
    received, acknowledged = (int(part.split()[0]) for part in line.split(": ")[1].split(", ")[:2])
    assert received == acknowledged > 10
