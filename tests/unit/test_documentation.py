"""Docs follow the code: reference pages are up to date, every page is reachable, every decision has a number of its own."""

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
