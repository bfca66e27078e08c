"""What of signing is kept outside the database: whether this directory is a copy, and how far own logs were signed.

Two files beside the database. ``lease`` is never written again; a copy of it, or one put back from a backup, has another
inode or change time. ``signed.json`` says how far each own log was signed here: a database from yesterday is behind it.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from foedus.errors import StoreError

FILE, MARKS = "lease", "signed.json"


class Lease:
    """The two files of one directory; any thread and process may use them.

    Args:
        directory: the node's directory.
    """

    def __init__(self, directory: Path) -> None:
        self._lease = directory / FILE
        self._marks = directory / MARKS

    def place(self) -> str:
        """Return what names this directory and no copy of it.

        Raises:
            StoreError: the files cannot be read or made.
        """
        with self._locked() as lease:
            found = os.fstat(lease)
        return f"{found.st_ino}-{found.st_ctime_ns}"

    def signed(self, origin: str) -> int:
        """Return how many entries of an own log were signed in this directory, as far as is known.

        Raises:
            StoreError: the files cannot be read.
        """
        with self._locked():
            return self._read().get(origin, 0)

    def mark(self, origin: str, size: int, *, lower: bool = False) -> None:
        """Keep how far an own log is signed, durably; only ``lower`` takes it back.

        Raises:
            StoreError: the files cannot be written.
        """
        with self._locked():
            marks = self._read()
            if lower or size > marks.get(origin, 0):
                self._write({**marks, origin: size})

    @contextmanager
    def _locked(self) -> Iterator[int]:
        try:
            lease = os.open(self._lease, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                fcntl.flock(lease, fcntl.LOCK_EX)
                yield lease
            finally:
                os.close(lease)
        except OSError as error:
            raise StoreError(
                "the signing lease cannot be used",
                code="lease-unusable",
                where=str(self._lease),
                hint="check its rights",
            ) from error

    def _read(self) -> dict[str, int]:
        try:
            return msgspec.json.decode(self._marks.read_bytes(), type=dict[str, int])
        except FileNotFoundError:
            return {}
        except msgspec.MsgspecError as error:
            raise StoreError(
                "how far logs were signed cannot be read",
                code="lease-damaged",
                where=str(self._marks),
                hint="take the file away and foedus exchange pull: the partners are asked",
            ) from error

    def _write(self, marks: dict[str, int]) -> None:
        fresh = self._marks.with_suffix(".new")
        with fresh.open("wb") as file:
            file.write(msgspec.json.encode(marks))
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(self._marks)
