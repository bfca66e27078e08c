"""The drawing of the house is checked by machine, and each check can fail."""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGES = (
    "errors model programme label release engine areas areas/one areas/two exchange account store picture node web cli"
).split()
CORE = ("model", "programme", "label", "release")

SEEDS = [
    ("The line is straight", "model/bad.py", "import foedus.node"),
    ("The line is straight", "exchange/bad.py", "import foedus.store"),
    ("The line is straight", "utils/__init__.py", "X = 1"),
    ("Areas do not know each other", "areas/one/bad.py", "import foedus.areas.two"),
    ("The decision core is pure", "release/bad.py", "import time"),
    ("The decision core is pure", "label/bad.py", "from pathlib import Path"),
    ("SQL lives in store only", "node/bad.py", "import sqlalchemy"),
    ("No cycles", "account/bad.py", "import foedus.exchange\n"),
    ("Areas conclude, they do not decide", "areas/one/bad.py", "from foedus.release import decide"),
    ("Exchange, account and store carry decisions, they make none", "account/bad.py", "import foedus.label"),
    ("Doors open on the node only", "cli/bad.py", "import foedus.store"),
    ("Doors open on the node only", "web/bad.py", "import foedus.store"),
    ("SQL lives in store only", "web/bad.py", "import sqlalchemy"),
]


def lint(tree: Path, root: Path) -> str:
    shutil.copy(root / "pyproject.toml", tree)
    done = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--config", tree / "pyproject.toml", "--no-cache"],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(tree), "COLUMNS": "200"},
        cwd=tree,
    )
    return done.stdout + done.stderr


@pytest.fixture
def skeleton(tmp_path: Path) -> Path:
    for name in PACKAGES:
        folder = tmp_path / "foedus" / name
        folder.mkdir(parents=True)
        (folder / "__init__.py").write_text("")
    (tmp_path / "foedus" / "__init__.py").write_text("")
    (tmp_path / "foedus" / "release" / "decide.py").write_text("")
    (tmp_path / "foedus" / "exchange" / "back.py").write_text("import foedus.account\n")
    return tmp_path


@pytest.mark.parametrize(("contract", "place", "seed"), SEEDS, ids=[f"{c} <- {p}" for c, p, _ in SEEDS])
def test_a_seeded_violation_is_caught(skeleton: Path, root: Path, contract: str, place: str, seed: str) -> None:
    target = skeleton / "foedus" / place
    target.parent.mkdir(exist_ok=True)
    target.write_text(seed + "\n")
    report = lint(skeleton, root)
    assert f"{contract} BROKEN" in report, report


def test_this_tree_keeps_every_contract(root: Path) -> None:
    done = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"], capture_output=True, text=True, cwd=root
    )
    assert done.returncode == 0, done.stdout
    assert "8 kept, 0 broken" in done.stdout


def builtin_calls(source: str) -> list[str]:
    return [
        node.func.id
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in {"open", "__import__", "print"}
    ]


def test_the_core_opens_no_file_by_a_builtin(root: Path) -> None:
    found = {
        str(path): calls
        for package in CORE
        for path in (root / "src" / "foedus" / package).rglob("*.py")
        if (calls := builtin_calls(path.read_text()))
    }
    assert found == {}


def test_a_seeded_builtin_is_caught() -> None:
    assert builtin_calls("def f():\n    return open('x'), __import__('os')") == ["open", "__import__"]
