"""Verb ``ingest``: source bytes through a room's door into Records; what is refused goes to quarantine, the rest goes on."""

from __future__ import annotations

import hashlib
import io
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from typing import IO, TYPE_CHECKING, Any

import msgspec

from foedus.account.bodies import IngestDone, draft
from foedus.account.ledger import append
from foedus.engine.run import is_refused
from foedus.errors import InputError
from foedus.model import instant
from foedus.model.entry import MASTER
from foedus.model.label import Label
from foedus.model.room import Room
from foedus.node import vault
from foedus.node.home import Node, Progress, silent
from foedus.node.label import label_source
from foedus.store import records, state
from foedus.store.quarantine import Refusal
from foedus.store.state import Source

if TYPE_CHECKING:
    import pyarrow as pa

RECORDS = "records"
GUESSED = b"foedus.guessed"
SETTINGS = "settings"
_REFUSALS_A_TIME = 100


class Refused(msgspec.Struct, frozen=True):
    """A part that was not taken: its number in quarantine, where it stood, why, what to do."""

    number: int
    where: str
    code: str
    message: str
    hint: str


class Ingested(msgspec.Struct, frozen=True):
    """What became of one source; ``refused`` lists the first hundred parts.

    ``known``: the very same bytes were read before under this label. ``before``: the source that brought them before under
    another one; findings rest on that source still, so they keep its label. ``guessed``: what each column of a table was taken
    for by its name alone.
    """

    area: str
    source: str
    uri: str
    sha256: str
    label: str
    records: int
    refused_count: int
    refused: tuple[Refused, ...]
    known: bool = False
    before: str = ""
    guessed: dict[str, str] = {}


class Origin(msgspec.Struct, frozen=True):
    """Where bytes come from: what people call it, the label somebody gave it, in which role."""

    uri: str
    label: Label | None = None
    label_text: str = ""
    role: str = "operator"
    source: str = ""


class _Hashing(io.RawIOBase):
    """Reads another stream and hashes what passes."""

    def __init__(self, source: IO[bytes], progress: Progress, total: int | None) -> None:
        super().__init__()
        self._source = source
        self._progress = progress
        self._total = total
        self.hash = hashlib.sha256()
        self.size = 0

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        chunk = self._source.read(size)
        self.hash.update(chunk)
        self.size += len(chunk)
        self._progress("ingest", self.size, self._total)
        return chunk

    def readinto(self, buffer: Any) -> int:
        chunk = self.read(len(buffer))
        buffer[: len(chunk)] = chunk
        return len(chunk)


def ingest(
    node: Node,
    area: str,
    source: IO[bytes],
    origin: Origin,
    settings: Mapping[str, Any] | None = None,
    progress: Progress = silent,
) -> Ingested:
    """Read a source into the node's records, which ``analyse`` takes up.

    Args:
        node: the node.
        area: a room, or a programme's area that one serves.
        source: the bytes.
        origin: where they come from, and the label a person gave them.
        settings: the room's settings (format, column map); ``at`` and ``owner`` are the node's.
        progress: told how far it is, in bytes.

    Returns:
        What was read and what was refused; ``known`` where the very same bytes had been read before.
    """
    room = node.room(area)
    at = node.clock.now()
    hashing = _Hashing(source, progress, _size_of(source))
    source_id = origin.source or f"file:{node.entropy(8).hex()}"
    keeping = _Keeping(node, room.name, source_id)
    came = vault.entrance(node, room, hashing, settings_of(node, room, settings))  # type: ignore[arg-type]
    batches = keeping.records(room.ingest(came.stream, settings=came.settings))  # type: ignore[arg-type]
    part = records.Part(room.name, at.date(), source_id)
    path = records.write(node.directory / RECORDS, part, batches)
    sha256 = hashing.hash.hexdigest()
    with node.store.write() as tx:
        before = state.source_with(tx, room.name, sha256)
        known = before is not None and _undated(before.label) == _undated(origin.label)
        if not known:
            kept = Source(source_id, room.name, origin.uri, sha256, origin.label, origin.role, instant.to_us(at))
            label_source(node, tx, kept, role=origin.role, at=at)
            vault.keep(node, tx, came.capture, room.name, source_id)
        label = None if origin.label is None else msgspec.to_builtins(origin.label)
        done = IngestDone(
            at=instant.text(instant.to_us(at)), area=room.name, source=source_id, sha256=sha256, label=label
        )
        append(tx.logs, MASTER, [draft(done)], at=at, entropy=node.entropy)
    if known and path is not None:
        path.unlink()
    if known and came.capture is not None:
        came.capture.drop()
    return Ingested(
        room.name,
        before.id if known and before else source_id,
        origin.uri,
        sha256,
        origin.label_text,
        keeping.taken,
        keeping.refused,
        tuple(keeping.first),
        known,
        before.id if before and not known else "",
        keeping.guessed,
    )


def _undated(label: Label | None) -> Label | None:
    """A label without the instant at which it was given: given again it is the same label."""
    return None if label is None else msgspec.structs.replace(label, created_at=None)


def settings_of(node: Node, room: Room, settings: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Return what a room is told: whose node it is, the instant, what the node set for it, and what a person set now.

    The node's settings of a room stand in ``settings/ROOM.toml`` of its directory. Of a table of settings each is set by itself.

    Raises:
        InputError: that file is no TOML.
    """
    told: dict[str, Any] = {"owner": node.party, "at": node.clock.now(), **_kept(node, room.name)}
    for name, value in (settings or {}).items():
        before = told.get(name)
        told[name] = {**before, **value} if isinstance(before, dict) and isinstance(value, Mapping) else value
    return told


def _kept(node: Node, room: str) -> dict[str, Any]:
    path = node.directory / SETTINGS / f"{room}.toml"
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InputError(
            f"the settings of {room} are no TOML: {error}", code="settings-malformed", where=str(path)
        ) from error


class _Keeping:
    """Lets record batches pass and puts refused parts into quarantine."""

    def __init__(self, node: Node, room: str, source: str) -> None:
        self._node = node
        self._room = room
        self._source = source
        self.taken = 0
        self.refused = 0
        self.first: list[Refused] = []
        self.guessed: dict[str, str] = {}

    def records(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Yield the batches that hold records."""
        for batch in batches:
            if is_refused(batch):
                self._put(refusals_of(batch, self._room, self._source))
            else:
                self.taken += batch.num_rows
                self.guessed = self.guessed or _guessed(batch)
                yield batch

    def _put(self, found: list[Refusal]) -> None:
        with self._node.store.write() as tx:
            numbers = vault.refuse(self._node, tx, found)
        self.refused += len(found)
        for number, one in zip(numbers, found, strict=True):
            if len(self.first) < _REFUSALS_A_TIME:
                self.first.append(Refused(number, one.where, one.code, one.message, one.hint))


def _guessed(batch: pa.RecordBatch) -> dict[str, str]:
    """Field → column, as a room reports it in a batch's metadata."""
    told = (batch.schema.metadata or {}).get(GUESSED)
    return (
        {field: str(column) for field, column in msgspec.json.decode(told, type=dict[str, Any]).items()} if told else {}
    )


def refusals_of(batch: pa.RecordBatch, room: str, source: str) -> list[Refusal]:
    """Return the refused parts of a batch."""
    return [
        Refusal(room, source, one["where"], one["code"], one["message"], one["hint"], one["raw"])
        for one in batch.to_pylist()
    ]


def waiting(node: Node, room: str) -> list[records.RecordsHandle]:
    """Return the records of a room that were not analysed yet, in order of their coming."""
    folder = node.directory / RECORDS
    with node.store.read() as read:
        known = state.sources(read, room)
    found: list[records.RecordsHandle] = []
    for source in known:
        part = records.Part(room, instant.from_us(source.at_us).date(), source.id)
        path = part.path(folder)
        if path.exists() and not done_mark(path).exists():
            found.append(records.RecordsHandle([str(path)], source.id))
    return found


def done_mark(path: Any) -> Any:
    """Return the file whose being there says that a file of records was analysed to its end."""
    return path.with_suffix(".analysed")


def _size_of(source: IO[bytes]) -> int | None:
    try:
        here = source.tell()
        size = source.seek(0, io.SEEK_END)
        source.seek(here)
    except (OSError, AttributeError, ValueError):
        return None
    return size
