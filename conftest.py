"""The examples of the docs run: ``>>>`` in Python, ``bash`` blocks as scripts, ``console`` blocks with their output."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from sybil import Example, Sybil
from sybil.parsers.doctest import DocTestParser
from sybil.parsers.myst import CodeBlockParser

ENVIRONMENT = {
    **os.environ,
    "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
    "COLUMNS": "120",
    "NO_COLOR": "1",
    "LC_ALL": "C.UTF-8",
}


def setup(namespace: dict) -> None:
    """Give each document a directory of its own, in which its commands run one after the other."""
    namespace["directory"] = tempfile.TemporaryDirectory(prefix="foedus-docs-")


def teardown(namespace: dict) -> None:
    """Take it away again."""
    namespace["directory"].cleanup()


def run(example: Example, script: str) -> str:
    """Run a script in the document's directory; it must succeed."""
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=example.namespace["directory"].name,
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, f"{script}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def evaluate_bash(example: Example) -> None:
    """Run a ``bash`` block."""
    run(example, example.parsed)


def evaluate_console(example: Example) -> None:
    """Run each ``$`` line and compare what follows it; ``...`` stands for anything."""
    for command, expected in re.findall(r"^\$ (.*(?:\n> .*)*)\n?((?:(?!\$ ).*\n?)*)", example.parsed, re.MULTILINE):
        printed = run(example, command.replace("\n> ", "\n"))
        pattern = r"[\s\S]*?".join(re.escape(part) for part in expected.strip().split("..."))
        if expected.strip():
            assert re.search(pattern, printed), f"$ {command}\nprinted:\n{printed}\nexpected:\n{expected}"


def documents() -> Sybil:
    """Return what collects the examples of the pages."""
    return Sybil(
        parsers=[
            DocTestParser(),
            CodeBlockParser(language="bash", evaluator=evaluate_bash),
            CodeBlockParser(language="console", evaluator=evaluate_console),
        ],
        path=str(Path(__file__).parent),
        patterns=["README.md", "docs/*.md", "docs/areas/*.md"],
        setup=setup,
        teardown=teardown,
    )


pytest_collect_file = documents().pytest()
