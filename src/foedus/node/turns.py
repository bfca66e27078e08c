"""Turns: a room concludes for one of the node's processes and threads at a time: each goes on from the state of the last."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import quote

from foedus.errors import StoreError
from foedus.node.home import Node


@contextmanager
def alone(node: Node, name: str, *, wait: bool = True) -> Iterator[bool]:
    """Let nobody else take the turn of this name; say whether it was got, which is always so where it is waited for.

    Raises:
        StoreError: the file of the turn cannot be made.
    """
    path = node.directory / (".turn-" + quote(name, safe=""))
    try:
        file = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
    except OSError as error:
        raise StoreError("no turn can be taken", code="store-readonly", where=str(path)) from error
    try:
        yield _locked(file, wait=wait)
    finally:
        os.close(file)


def _locked(file: int, *, wait: bool) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
