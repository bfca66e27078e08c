"""What the other side of a pair says it read of our log, and what it was sent since."""

from __future__ import annotations

from collections.abc import Sequence

from foedus.account import bodies
from foedus.account.bodies import CheckpointExchanged, ReleaseSent
from foedus.errors import MalformedRecord
from foedus.model.entry import LogInfo, StoredEntry
from foedus.store.engine import Read

_STEP = 200
_MARK = f'"kind":"{CheckpointExchanged.kind_of_entry}"'.encode()


def read_up_to_of(read: Read, logs: Sequence[LogInfo]) -> dict[str, int]:
    """Return the same for several logs, by name: where the last such entry of the recipient speaks of the log, in one go."""
    theirs = {log.name: f"{log.programme}|{log.recipient}|{log.sender}" for log in logs}
    last = read.logs.last_with(theirs.values(), _MARK)
    found: dict[str, int] = {}
    for log in logs:
        place = last.get(theirs[log.name])
        found[log.name] = 0 if place is None else _says(place[1], log.origin) or read_up_to(read, log)
    return found


def read_up_to(read: Read, log: LogInfo) -> int:
    """Return the size at which the recipient of a log last entered that it read it; 0: never.

    That stands in the recipient's own log. A cosignature says less: who only witnesses a log signs states it did not read.
    """
    theirs = f"{log.programme}|{log.recipient}|{log.sender}"
    end = read.logs.size(theirs) if read.logs.log(theirs) is not None else 0
    # The last entry is the newest state, and seldom far from the end.
    while end > 0:
        start = max(0, end - _STEP)
        for stored in reversed(list(read.logs.entries(theirs, start, end))):
            size = _says(stored, log.origin)
            if size:
                return size
        end = start
    return 0


def _says(stored: StoredEntry, origin: str) -> int:
    """Return up to where an entry says that a log was read; nothing where it says nothing of the kind."""
    if stored.entry().kind != CheckpointExchanged.kind_of_entry:
        return 0
    try:
        body = bodies.read(stored)
    except MalformedRecord:
        return 0
    return body.size if isinstance(body, CheckpointExchanged) and body.log == origin else 0


def without_receipt(read: Read, log: LogInfo) -> int:
    """Return how many sendings of an own log came after what its recipient last read, as far as this node heard."""
    since = read.logs.entries(log.name, read_up_to(read, log), read.logs.size(log.name))
    return sum(1 for stored in since if stored.entry().kind == ReleaseSent.kind_of_entry)
