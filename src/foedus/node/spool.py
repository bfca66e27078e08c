"""Entries on their way in: all that a peer gives is fetched before anything is written, so that no writer waits for a peer."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import msgspec

from foedus.errors import BrokenChain, StoreError
from foedus.model.entry import StoredEntry

_LENGTH_BYTES = 4


@contextmanager
def spooled(directory: Path, entries: Iterable[StoredEntry], start: int) -> Iterator[Iterator[StoredEntry]]:
    """Read entries to their end into a file without a name; within it they are read again, one by one.

    Args:
        directory: where there is room for them; what is left when a process is killed goes with it.
        entries: as they come; only their numbers are looked at, so that who repeats pages does not go on for ever.
        start: the number of the first.

    Raises:
        BrokenChain: one has another number than its place gives it.
        StoreError: there is no room.
    """
    with tempfile.TemporaryFile(dir=directory) as file:
        try:
            for number, one in enumerate(entries, start):
                _numbered(one, number)
                raw = msgspec.msgpack.encode(one)
                file.write(len(raw).to_bytes(_LENGTH_BYTES) + raw)
            file.seek(0)
        except OSError as error:
            raise StoreError(
                "no room for what a peer sends",
                code="store-full",
                where=str(directory),
                hint="free disk space, then repeat; nothing was half written",
            ) from error
        yield _read(file)


def _numbered(stored: StoredEntry, number: int) -> None:
    try:
        said = stored.entry().seq
    except msgspec.DecodeError as error:
        raise BrokenChain("not the leaf of an entry", code="entry-malformed", where=f"entry {number}") from error
    if said != number:
        raise BrokenChain("an entry of another sequence", code="entry-sequence", where=f"entry {number}")


def _read(file: IO[bytes]) -> Iterator[StoredEntry]:
    while length := file.read(_LENGTH_BYTES):
        yield msgspec.msgpack.decode(file.read(int.from_bytes(length)), type=StoredEntry)
