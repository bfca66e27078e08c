"""Docs follow the code: reference pages, what a page names, every page reachable, every decision with its own number."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path


def test_reference_pages_are_what_the_code_says(root: Path) -> None:
    done = subprocess.run(
        [sys.executable, root / "docs" / "make_reference.py", "--check"], capture_output=True, text=True, cwd=root
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_page_is_in_a_table_of_contents(root: Path) -> None:
    docs = root / "docs"
    listed = "\n".join(page.read_text() for page in docs.rglob("index.md"))
    for page in docs.rglob("*.md"):
        if page.name != "index.md" and "_build" not in page.parts and page.parent.name != "decisions":
            assert re.search(rf"^(.*/)?{page.stem}$", listed, re.MULTILINE), page


def test_decisions_are_numbered_without_a_gap(root: Path) -> None:
    numbers = sorted(int(page.name[:4]) for page in (root / "docs" / "decisions").glob("0*.md"))
    assert numbers == list(range(1, len(numbers) + 1))


def test_every_test_that_the_trust_page_names_is_there(root: Path) -> None:
    defined = {
        (path.name, name)
        for path in (root / "tests").rglob("test_*.py")
        for name in re.findall(r"^def (test_\w+)", path.read_text(), re.MULTILINE)
    }
    page = (root / "docs" / "trust.md").read_text()
    named = re.findall(r"\b(?:(test_\w+\.py)::)?(test_\w+)(…?)(?!\w|\.py)", page)
    assert len(named) > 100
    for file, name, begins in named:
        found = [
            one for where, one in defined if file in ("", where) and (one.startswith(name) if begins else one == name)
        ]
        assert found, f"{file}::{name}"
