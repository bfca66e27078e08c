"""People at a real terminal: passwords are asked for, typed twice where they are new, and not shown."""

from __future__ import annotations

import os
import pty
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from foedus.node import init, people
from foedus.node.home import Node

pytestmark = pytest.mark.e2e
GOOD = "four quiet herons at dusk"
MAIN = "from foedus.cli.main import main; main()"


def at_terminal(*args: str, typed: list[str]) -> tuple[int, str]:
    """Run a command in a session of its own, type a line at each question, and return what the terminal showed."""
    ours, theirs = pty.openpty()
    take = "import fcntl, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); "
    command = [sys.executable, "-c", take + MAIN, *args]
    with subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True) as process:
        os.close(theirs)
        shown = ""
        while True:
            try:
                read = os.read(ours, 4_096).decode()
            except OSError:  # the other side has closed
                break
            shown += read
            if read.rstrip("\r\n").endswith(": ") and typed:
                os.write(ours, typed.pop(0).encode() + b"\n")
        os.close(ours)
    return process.returncode, shown


@pytest.fixture
def directory(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "run"))
    monkeypatch.delenv("FOEDUS_SESSION", raising=False)
    init.init(tmp_path / "nato", "nato", ["nato-japan-2023"])
    return tmp_path / "nato"


def test_a_new_password_is_typed_twice_and_never_shown(directory):
    add = ("--node", str(directory), "people", "add", "root", "--role", "administrator")
    code, shown = at_terminal(*add, typed=[GOOD, "another one", GOOD, GOOD])
    assert (code, "root is administrator." in shown) == (0, True), shown
    assert (shown.count("New password of root: "), GOOD in shown, "another one" in shown) == (2, False, False)
    with Node.open(directory) as node:
        assert people.signed_in(node, "root", GOOD).has("administrator")


def test_a_session_carries_commands_of_other_processes(directory):
    with Node.open(directory) as node:
        people.add(node, "root", ["administrator"], GOOD)
        people.add(node, "ann", ["analyst"], GOOD)
    code, shown = at_terminal("--node", str(directory), "people", "sign-in", "root", typed=[GOOD])
    assert (code, GOOD in shown) == (0, False)
    [held] = (directory.parent / "run" / "foedus").iterdir()
    assert stat.S_IMODE(held.stat().st_mode) == 0o600
    code, shown = at_terminal("--node", str(directory), "people", "disable", "ann", typed=[])
    assert (code, "ann is shut out" in shown) == (0, True)
