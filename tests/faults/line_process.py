"""The line in a process of its own, which ends itself at a given point as a power cut would.

``python -m tests.faults.line_process DIRECTORY WORK END``: WORK is ``send FILE``, ``take-up`` or ``pull``; END is ``never``,
``before:N`` or ``after:N`` (the N-th commit), ``at:SECONDS``, or ``bytes:N`` (no file may grow beyond). What ends of itself prints the number of commits.
"""

from __future__ import annotations

import os
import resource
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.node_pair import OPEN, Nodes

from foedus.errors import FoedusError
from foedus.node.analyse import take_up
from foedus.store.engine import Store, Tx


class Commits:
    """Counts commits, and ends the process at one of them."""

    def __init__(self, end: str) -> None:
        self.count = 0
        self._where, _, number = end.partition(":")
        self._number = float(number or 0)
        self._write = Store.write
        if self._where == "at":
            timer = threading.Timer(self._number, _die)
            timer.daemon = True
            timer.start()
        if self._where == "bytes":
            resource.setrlimit(resource.RLIMIT_FSIZE, (int(self._number), int(self._number)))

    @contextmanager
    def write(self, store: Store) -> Iterator[Tx]:
        with self._write(store) as tx:
            yield tx
            self.count += 1
            if (self._where, self._number) == ("before", self.count):
                _die()
        if (self._where, self._number) == ("after", self.count):
            _die()


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def main(directory: str, work: str, end: str, source: str = "") -> int:
    """Do the work."""
    commits = Commits(end)
    Store.write = lambda self: commits.write(self)  # type: ignore[method-assign]
    nodes = Nodes(Path(directory))
    try:
        if work == "send":
            nodes.send("nato", Path(source).read_bytes(), OPEN)
        elif work == "take-up":
            with nodes.open("nato") as node:
                take_up(node)
        else:
            [pulled] = nodes.pull("jpn")
            print(pulled.error, file=sys.stderr)
    except FoedusError as error:
        print(error.code)
        return error.exit_code
    print(commits.count)
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
